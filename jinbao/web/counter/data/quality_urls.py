"""Addresses of the quality pages."""

from django.urls import path, re_path

from jinbao.web.counter.data import quality

urlpatterns = [
    path("", quality.home, name="counter-data-quality"),
    path("datasets/<slug:name>", quality.dataset, name="counter-data-quality-dataset"),
    path("datasets/<slug:name>/run", quality.run, name="counter-data-quality-run"),
    path("rules/<int:pk>", quality.rule, name="counter-data-quality-rule"),
    path("tickets", quality.tickets, name="counter-data-quality-tickets"),
    path("tickets/<int:pk>", quality.ticket, name="counter-data-quality-ticket"),
    path("tickets/<int:pk>/note", quality.note, name="counter-data-quality-note"),
    re_path("^bulletin[.](?P<form>docx|pdf)$", quality.notice, name="counter-data-quality-bulletin"),
]

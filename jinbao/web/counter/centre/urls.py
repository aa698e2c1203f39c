"""Addresses of the centre's own work."""

from django.urls import path

from jinbao.web.counter.centre import books, documents, evaluation, sheets

urlpatterns = [
    path("", books.listing, name="counter-centre"),
    path("open/", books.open_year, name="counter-centre-open"),
    path("<int:pk>/", books.detail, name="counter-centre-book"),
    path("<int:pk>/step/", books.step, name="counter-centre-step"),
    path("<int:pk>/accept/", books.accept, name="counter-centre-accept"),
    path("<int:pk>/import/", documents.take_in, name="counter-centre-import"),
    path("<int:pk>/figures.xlsx", documents.figures, name="counter-centre-export"),
    path("<int:pk>/sheets/<slug:slug>/", sheets.listing, name="counter-centre-sheet"),
    path("<int:pk>/sheets/<slug:slug>/enter/", sheets.enter, name="counter-centre-enter"),
    path("lines/<int:pk>/", sheets.line, name="counter-centre-line"),
    path("lines/<int:pk>/correct/", sheets.correct, name="counter-centre-correct"),
    path("<int:pk>/evaluation/", evaluation.page, name="counter-centre-evaluation"),
    path("<int:pk>/evaluation/record/", evaluation.record, name="counter-centre-results"),
    path("<int:pk>/documents/", documents.listing, name="counter-centre-documents"),
    path("<int:pk>/documents/produce/", documents.produce, name="counter-centre-produce"),
    path("<int:pk>/monitoring.docx", documents.monitoring, name="counter-centre-monitoring"),
    path("documents/<int:pk>/", documents.download, name="counter-centre-document"),
]

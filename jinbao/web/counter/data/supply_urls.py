"""Addresses of the supply room."""

from django.urls import path

from jinbao.web.counter.data import supply

urlpatterns = [
    path("", supply.home, name="counter-data-supply"),
    path("sources/<slug:name>/pull", supply.pull, name="counter-data-supply-pull"),
    path("deliveries/<int:pk>", supply.delivery, name="counter-data-supply-delivery"),
    path("deliveries/<int:pk>/decide", supply.decide, name="counter-data-supply-decide"),
]

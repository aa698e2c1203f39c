"""Addresses of sharing and exchange at the counter."""

from django.urls import path

from jinbao.web.counter.data import exchange

urlpatterns = [
    path("exchange/", exchange.index, name="counter-exchange"),
    path("exchange/register/", exchange.register, name="counter-exchange-register"),
    path("exchange/calls/", exchange.calls, name="counter-exchange-calls"),
    path("exchange/partners/<str:code>/", exchange.partner, name="counter-exchange-partner"),
    path("exchange/partners/<str:code>/change/", exchange.change, name="counter-exchange-change"),
    path("exchange/partners/<str:code>/stop/", exchange.stop, name="counter-exchange-stop"),
    path("exchange/partners/<str:code>/key/", exchange.key, name="counter-exchange-key"),
    path("exchange/keys/<str:key_id>/withdraw/", exchange.withdraw, name="counter-exchange-withdraw"),
    path("exchange/grants/<str:number>/", exchange.grant, name="counter-exchange-grant"),
    path("exchange/grants/<str:number>/revoke/", exchange.revoke, name="counter-exchange-revoke"),
    path("exchange/grants/<str:number>/quota/", exchange.quota, name="counter-exchange-quota"),
]

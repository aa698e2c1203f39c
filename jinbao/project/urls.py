"""Addresses: the portal at the root, the counter, the screen and the API below their own names."""

from django.urls import include, path

urlpatterns = [
    path("", include("jinbao.web.portal.calculator_urls")),
    path("", include("jinbao.web.portal.urls")),
    path("counter/", include("jinbao.web.counter.urls")),
    path("screen/", include("jinbao.web.screen.urls")),
    path("api/", include("jinbao.web.api.urls")),
]

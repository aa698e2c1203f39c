"""Addresses of the data platform; each room adds its own list."""

from django.urls import include, path

from jinbao.web.counter.data import home

urlpatterns = [
    path("", home.index, name="counter-data"),
    path("quality/", include("jinbao.web.counter.data.quality_urls")),
    path("supply/", include("jinbao.web.counter.data.supply_urls")),
    path("linkage/", include("jinbao.web.counter.data.linkage_urls")),
    path("extraction/", include("jinbao.web.counter.data.extraction_urls")),
    path("", include("jinbao.web.counter.data.catalogue_urls")),
    path("", include("jinbao.web.counter.data.exchange_urls")),
    path("scenes/", include("jinbao.web.counter.data.scenes_urls")),
]

"""Addresses of data requests."""

from django.urls import path

from jinbao.web.counter.data import extraction, extraction_workbench

urlpatterns = [
    path("", extraction.listing, name="counter-extraction"),
    path("new/", extraction.new, name="counter-extraction-new"),
    path("levels/", extraction.levels, name="counter-extraction-levels"),
    path("files/<str:code>/", extraction.download, name="counter-extraction-download"),
    path("<str:number>/", extraction.detail, name="counter-extraction-request"),
    path("<str:number>/workbench/", extraction_workbench.workbench, name="counter-extraction-workbench"),
    path("<str:number>/save/", extraction_workbench.save, name="counter-extraction-save"),
    path("<str:number>/submit/", extraction_workbench.submit, name="counter-extraction-submit"),
    path("<str:number>/<str:verb>/", extraction.act, name="counter-extraction-act"),
]

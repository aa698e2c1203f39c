"""Addresses of the catalogue."""

from django.urls import path

from jinbao.web.counter.data import catalogue, catalogue_edit, catalogue_files, lineage

_ONE = "catalogue/<str:front>/<str:number>/"

urlpatterns = [
    path("catalogue/", catalogue.listing, name="counter-catalogue"),
    path("catalogue/new/", catalogue_edit.new, name="counter-resource-new"),
    path("catalogue/sync/", catalogue.sync, name="counter-catalogue-sync"),
    path("catalogue/arrivals/", catalogue.arrivals, name="counter-catalogue-arrivals"),
    path("catalogue/import/", catalogue_files.import_, name="counter-catalogue-import"),
    path("catalogue/import/confirm/", catalogue_files.confirm, name="counter-catalogue-confirm"),
    path("catalogue/template.xlsx", catalogue_files.template, name="counter-catalogue-template"),
    path("catalogue/export/<slug:form>/", catalogue_files.export, name="counter-catalogue-export"),
    path("lineage/", lineage.page, name="counter-lineage"),
    path(_ONE, catalogue.detail, name="counter-resource"),
    path(f"{_ONE}edit/", catalogue_edit.edit, name="counter-resource-edit"),
    path(f"{_ONE}publish/", catalogue.publish, name="counter-resource-publish"),
    path(f"{_ONE}withdraw/", catalogue.withdraw, name="counter-resource-withdraw"),
    path(f"{_ONE}observe/", catalogue.observe, name="counter-resource-observe"),
]

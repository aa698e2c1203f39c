"""Addresses of linkage."""

from django.urls import path

from jinbao.web.counter.data import linkage

urlpatterns = [
    path("", linkage.overview, name="counter-linkage"),
    path("run/", linkage.run, name="counter-linkage-run"),
    path("doubts/", linkage.doubts, name="counter-linkage-doubts"),
    path("doubts/<int:pk>/", linkage.doubt, name="counter-linkage-doubt"),
    path("doubts/<int:pk>/decide/", linkage.decide, name="counter-linkage-decide"),
    path("people/<str:number>/", linkage.person, name="counter-linkage-person"),
    path("people/<str:number>/merge/", linkage.merge, name="counter-linkage-merge"),
    path("people/<str:number>/split/", linkage.split, name="counter-linkage-split"),
    path("changes/<int:pk>/undo/", linkage.undo, name="counter-linkage-undo"),
]

"""Addresses of linkage."""

from django.urls import path

from jinbao.web.counter.data import linkage, linkage_proposals

urlpatterns = [
    path("", linkage.overview, name="counter-linkage"),
    path("run/", linkage.run, name="counter-linkage-run"),
    path("doubts/", linkage.doubts, name="counter-linkage-doubts"),
    path("doubts/<int:pk>/", linkage.doubt, name="counter-linkage-doubt"),
    path("doubts/<int:pk>/decide/", linkage.decide, name="counter-linkage-decide"),
    path("doubts/<int:pk>/reopen/", linkage.reopen, name="counter-linkage-reopen"),
    path("proposals/", linkage_proposals.proposals, name="counter-linkage-proposals"),
    path("proposals/<int:pk>/", linkage_proposals.proposal, name="counter-linkage-proposal"),
    path("proposals/<int:pk>/confirm/", linkage_proposals.confirm, name="counter-linkage-confirm"),
    path("proposals/<int:pk>/reject/", linkage_proposals.reject, name="counter-linkage-reject"),
    path("people/<str:number>/", linkage.person, name="counter-linkage-person"),
    path("people/<str:number>/merge/", linkage.merge, name="counter-linkage-merge"),
    path("people/<str:number>/split/", linkage.split, name="counter-linkage-split"),
    path("changes/<int:pk>/undo/", linkage.undo, name="counter-linkage-undo"),
]

"""Addresses of the scenes."""

from django.urls import path

from jinbao.web.counter.data import scenes

urlpatterns = [
    path("", scenes.index, name="counter-scenes"),
    path("person", scenes.person, name="counter-person-file"),
    path("<slug:name>", scenes.scene, name="counter-scene"),
    path("<slug:name>/run", scenes.run, name="counter-scene-run"),
    path("<slug:name>/hand-over", scenes.hand_over, name="counter-scene-hand-over"),
    path("<slug:name>/runs/<int:pk>/export", scenes.export, name="counter-scene-export"),
]

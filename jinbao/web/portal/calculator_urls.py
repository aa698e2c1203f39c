"""Addresses of the calculators, and of what is said about the law as a whole."""

from django.urls import path

from jinbao.web.portal import calculators, coverage, whatif

urlpatterns = [
    path("calculators/", calculators.index, name="calculators"),
    path("calculators/<slug:slug>/", calculators.calculate, name="calculator"),
    path("calculators/<slug:slug>/paper.pdf", calculators.paper, name="calculator-paper"),
    path("what-if/", whatif.page, name="what-if"),
    path("see/law/coverage/", coverage.page, name="law-coverage"),
]

"""Producing documents: from a workbook of figures to what is published."""

from __future__ import annotations

from jinbao.centre.disclosure.produce.assemble import paper_of, paper_of_figures
from jinbao.centre.disclosure.produce.intake import read_workbook
from jinbao.centre.disclosure.produce.performance import Performance, monitoring_paper, next_year
from jinbao.centre.disclosure.produce.schema import template, write_workbook
from jinbao.centre.disclosure.produce.writers import FORMS, write_all

__all__ = [
    "FORMS",
    "Performance",
    "monitoring_paper",
    "next_year",
    "paper_of",
    "paper_of_figures",
    "read_workbook",
    "template",
    "write_all",
    "write_workbook",
]

"""The verbs of the centre's year: the only writers."""

from __future__ import annotations

from jinbao.centre.books import approve, open_book, register_unit, send_back, submit
from jinbao.centre.lines import Imported, accept, correct, enter, import_workbook, record_results, remove
from jinbao.centre.papers import produce

__all__ = [
    "Imported",
    "accept",
    "approve",
    "correct",
    "enter",
    "import_workbook",
    "open_book",
    "produce",
    "record_results",
    "register_unit",
    "remove",
    "send_back",
    "submit",
]

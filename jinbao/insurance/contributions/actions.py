"""The verbs of contributions: record, correct, receive, refund, offset, write into the lake."""

from __future__ import annotations

from jinbao.insurance.contributions.correct import correct
from jinbao.insurance.contributions.lake import write_careers
from jinbao.insurance.contributions.receive import offset, receive_late_fee, receive_payment, refund
from jinbao.insurance.contributions.receive_file import receive_file
from jinbao.insurance.contributions.record import record
from jinbao.insurance.contributions.rows import Declared

__all__ = [
    "Declared",
    "correct",
    "offset",
    "receive_file",
    "receive_late_fee",
    "receive_payment",
    "record",
    "refund",
    "write_careers",
]

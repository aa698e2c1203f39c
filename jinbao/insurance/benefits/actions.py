"""The verbs of benefits: determine, award, suspend, resume, recalculate, end."""

from __future__ import annotations

from jinbao.insurance.benefits.award import (
    award,
    end_award,
    recalculate,
    recalculate_provisional,
    report_death,
    resume,
    suspend,
)
from jinbao.insurance.benefits.determine import determine, determine_all

__all__ = [
    "award",
    "determine",
    "determine_all",
    "end_award",
    "recalculate",
    "recalculate_provisional",
    "report_death",
    "resume",
    "suspend",
]

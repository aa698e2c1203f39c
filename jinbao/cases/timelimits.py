"""Statutory time limits, asked of the law on the day on which a case begins."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import NamedTuple

from jinbao.insurance import law
from jinbao.kernel.regions import NATION
from jinbao.rules.errors import EvaluationError


class LawLimit(NamedTuple):
    """How long the law gives."""

    days: int
    working_days: bool


def law_limit(matter: str, on: date) -> LawLimit | None:
    """Return the limit for a 服务事项 on a day; None where the law of that day sets none (经办条例: from 2023-12)."""
    return _limit(matter, on, law.law().version)


@lru_cache(maxsize=20_000)
def _limit(matter: str, on: date, version: str) -> LawLimit | None:
    facts = {"服务事项": matter}
    try:
        found = law.law().evaluate_many(["法定时限", "法定时限单位"], facts, on=on, region=NATION)
    except EvaluationError:
        return None
    return LawLimit(int(str(found["法定时限"].value)), found["法定时限单位"].value == "工作日")

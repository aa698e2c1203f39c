"""The law engine: rules in statutory Chinese under policy/law, evaluated exactly and explained; no Django."""

from __future__ import annotations

from jinbao.rules.law import Law, load_law, parse_day
from jinbao.rules.result import Result, Step, facts_hash

__all__ = ["Law", "Result", "Step", "facts_hash", "load_law", "parse_day"]

"""Candidate pairs and their weights on a Spark cluster: the same SQL as on DuckDB, translated, with the same rows out.

Nodes are made and people decided on one machine (normal.py, clusters.py); what grows with the square of a city, finding and
weighing pairs, is what is handed to the cluster. Weights are whole numbers, so both engines give the same bytes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinbao.data.linkage.blocks import WEAK, both, statements
from jinbao.data.linkage.declared import Policy, hundredths
from jinbao.data.linkage.score import score_sql
from jinbao.kernel.spark import translated

COLUMNS = ("l", "r", "near")


def pair(session: Any, members: Path, policy: Policy) -> None:
    """Make the views `members`, `weak` and `pairs` (l, r, near) from the members that a run left as Parquet."""
    session.read.parquet(str(members)).createOrReplaceTempView("members")
    session.sql(translated(WEAK)).createOrReplaceTempView("weak")
    found = both(sql for _, sql in statements(policy, "weak", "members"))
    session.sql(translated(found)).cache().createOrReplaceTempView("pairs")


def score(session: Any, policy: Policy, persons: int) -> None:
    """Make the view `scored` from `pairs` and `members`, with what may matter only."""
    least = hundredths(policy.thresholds.review)
    sql = f"SELECT * FROM ({score_sql(policy, persons, spark=True)}) AS weighed WHERE weight >= {least}"
    session.sql(translated(sql)).createOrReplaceTempView("scored")

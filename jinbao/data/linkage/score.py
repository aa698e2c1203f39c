"""The weight of each pair as one SQL statement in whole numbers: the same on DuckDB and, through sqlglot, on Spark."""

from __future__ import annotations

import math

import sqlglot

from jinbao.data.linkage.declared import Comparison, Policy, hundredths


def score_sql(policy: Policy, persons: int, *, dialect: str = "duckdb") -> str:
    """Return SQL over `pairs` and `members`: l, r, their groups, the level of each comparison (its number) and the total weight.

    The weight begins with the prior: the odds that of so many people just this one is meant.
    """
    compared = ",\n".join(f"{_level_of(one)} AS {one.name}_level" for one in policy.comparisons)
    names = ", ".join(f"{one.name}_level" for one in policy.comparisons)
    weights = " + ".join(weight_of(one, persons) for one in policy.comparisons)
    sql = f"""
SELECT l, r, l_grp, r_grp, {names}, {-hundredths(math.log2(persons))} + {weights} AS weight
FROM (SELECT p.l, p.r, l.grp AS l_grp, r.grp AS r_grp, LEAST(l.name_bits, r.name_bits) AS name_bits, LEAST(l.sound_bits, r.sound_bits) AS sound_bits,
{compared}
FROM pairs AS p JOIN members AS l ON l.node = p.l JOIN members AS r ON r.node = p.r) AS compared
"""
    return sqlglot.transpile(sql, read="duckdb", write=dialect)[0] if dialect != "duckdb" else sql


def _level_of(comparison: Comparison) -> str:
    branches = " ".join(f"WHEN {level.when} THEN {n}" for n, level in enumerate(comparison.levels))
    return f"CASE {branches} END"


def weight_of(comparison: Comparison, persons: int) -> str:
    """Return the SQL that turns the number of a level into its weight."""
    branches = " ".join(
        f"WHEN {n} THEN {level.weight(persons)}{f' + {level.bits}' if level.bits else ''}"
        for n, level in enumerate(comparison.levels)
    )
    return f"CASE {comparison.name}_level {branches} END"

"""The weight of each pair as one SQL statement in whole numbers: the same on DuckDB and, through sqlglot, on Spark."""

from __future__ import annotations

import math
import re

from jinbao.data.linkage.declared import Comparison, Policy, hundredths


def score_sql(policy: Policy, persons: int, *, spark: bool = False) -> str:
    """Return SQL over `pairs` and `members`: l, r, their groups, the level of each comparison (its number) and the total weight.

    The weight begins with the prior: the odds that of so many people just this one is meant.
    """
    compared = ",\n".join(f"{_level_of(one, spark=spark)} AS {one.name}_level" for one in policy.comparisons)
    names = ", ".join(f"{one.name}_level" for one in policy.comparisons)
    weights = " + ".join(weight_of(one, persons) for one in policy.comparisons)
    return f"""
SELECT l, r, l_grp, r_grp, {names}, {-hundredths(math.log2(persons))} + {weights} AS weight
FROM (SELECT p.l, p.r, l.grp AS l_grp, r.grp AS r_grp, LEAST(l.name_bits, r.name_bits) AS name_bits, LEAST(l.sound_bits, r.sound_bits) AS sound_bits,
{compared}
FROM pairs AS p JOIN members AS l ON l.node = p.l JOIN members AS r ON r.node = p.r) AS compared
"""


def _level_of(comparison: Comparison, *, spark: bool) -> str:
    branches = " ".join(
        f"WHEN {spelled(level.when, spark=spark)} THEN {n}" for n, level in enumerate(comparison.levels)
    )
    return f"CASE {branches} END"


ONE_CHARACTER_APART = re.compile(r"ONE_CHARACTER_APART\(([\w.]+), ([\w.]+)\)")
"""What a level may say beside plain SQL: one text becomes the other by one character that is changed, added or left out."""
PLACES = 16
"""The longest names of which this is asked."""


def spelled(when: str, *, spark: bool = False) -> str:
    """Write a condition in the SQL of an engine. LEVENSHTEIN counts characters on Spark but bytes on DuckDB: tried there place by place."""
    tell = _one_apart_on_spark if spark else _one_apart
    return ONE_CHARACTER_APART.sub(lambda found: tell(*found.groups()), when)


def _one_apart_on_spark(a: str, b: str) -> str:
    return f"(GREATEST(LENGTH({a}), LENGTH({b})) <= {PLACES} AND LEVENSHTEIN({a}, {b}) = 1)"


def _one_apart(a: str, b: str) -> str:
    def skipping(longer: str, shorter: str, place: int) -> str:
        rest = f"SUBSTRING({longer}, {place + 1}) = SUBSTRING({shorter}, {place if longer_by_one else place + 1})"
        return f"(LENGTH({longer}) >= {place} AND SUBSTRING({longer}, 1, {place - 1}) = SUBSTRING({shorter}, 1, {place - 1}) AND {rest})"

    cases = []
    for longer, shorter, longer_by_one in ((a, b, 0), (a, b, 1), (b, a, 1)):
        tried = " OR ".join(skipping(longer, shorter, place) for place in range(1, PLACES + 1))
        cases.append(f"(LENGTH({longer}) = LENGTH({shorter}) + {longer_by_one} AND ({tried}))")
    return f"({a} <> {b} AND GREATEST(LENGTH({a}), LENGTH({b})) <= {PLACES} AND ({' OR '.join(cases)}))"


def weight_of(comparison: Comparison, persons: int) -> str:
    """Return the SQL that turns the number of a level into its weight."""
    branches = " ".join(
        f"WHEN {n} THEN {level.weight(persons)}{f' + {level.bits}' if level.bits else ''}"
        for n, level in enumerate(comparison.levels)
    )
    return f"CASE {comparison.name}_level {branches} END"

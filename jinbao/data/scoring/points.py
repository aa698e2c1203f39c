"""Counts into points: passed / checked, weighed within a dimension, then over the dimensions. Integers, rounded down.

Points are hundredths: 10000 is a score of 100. Rounding down means that 100 is reached only where nothing fails.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from jinbao.data.scoring.declared import DIMENSIONS, Weights
from jinbao.data.scoring.engine import Counted

FULL = 10_000


@dataclass(frozen=True)
class Points:
    """A score with its dimensions; only dimensions in which something was checked."""

    points: int
    dimensions: Mapping[str, int]


def of_rules(counted: Iterable[Counted], weights: Weights) -> Points | None:
    """Score a dataset: X = passed / checked of each rule (GB/T 36344), weighed by rule and severity.

    Rules that checked nothing count neither for nor against. None where nothing that counts was checked.
    """
    sums: dict[str, list[Fraction]] = {}
    for one in counted:
        weight = one.rule.weight * weights.severity(one.rule.severity).factor
        if one.checked and weight:
            total = sums.setdefault(one.rule.counts_in, [Fraction(0), Fraction(0)])
            total[0] += weight * Fraction(one.checked - one.failed, one.checked)
            total[1] += weight
    return _over({name: total[0] / total[1] for name, total in sums.items()}, weights)


def of_datasets(scored: Iterable[tuple[str, Points]], weights: Weights) -> Points | None:
    """Score a unit or a region: the weighed mean of its datasets, as a whole and by dimension."""
    mine = [(weights.of_dataset(name), points) for name, points in scored if weights.of_dataset(name)]
    if not mine:
        return None
    dimensions = {}
    for name in DIMENSIONS:
        there = [(weight, points.dimensions[name]) for weight, points in mine if name in points.dimensions]
        if there:
            dimensions[name] = sum(w * p for w, p in there) // sum(w for w, _ in there)
    total = sum(weight * points.points for weight, points in mine) // sum(weight for weight, _ in mine)
    return Points(total, dimensions)


def _over(dimensions: Mapping[str, Fraction], weights: Weights) -> Points | None:
    there = {name: weights.dimensions[name] for name in DIMENSIONS if name in dimensions and weights.dimensions[name]}
    if not there:
        return None
    total = sum((weight * dimensions[name] for name, weight in there.items()), Fraction(0)) / sum(there.values())
    return Points(int(total * FULL), {name: int(dimensions[name] * FULL) for name in DIMENSIONS if name in dimensions})

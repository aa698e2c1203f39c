"""How the differences of a campaign are distributed; groups of fewer than ten people are not told apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Count

from jinbao.insurance.benefits.campaigns.models import Campaign, CampaignMember
from jinbao.insurance.benefits.campaigns.sample import differs

FEW = 10
EDGES = (-100_000, -50_000, -20_000, -10_000, -5_000, -2_000, -1_000, 0, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000,
         100_000)  # fmt: skip
"""Bounds of the histogram in fen a month."""
QUANTILES = (1, 5, 25, 50, 75, 95, 99)
State = CampaignMember.State
Row = tuple[int, int, str, date, int]
"""Difference, back-pay, sex, birth, year of award."""


def figures_of(campaign: Campaign) -> dict[str, Any]:
    """Return everything that pages and reports show of a finished dry run."""
    rows = [_row(one) for one in _changed(campaign)]
    differences = sorted(row[0] for row in rows)
    counted = CampaignMember.objects.filter(campaign=campaign).values_list("state").annotate(n=Count("pk")).order_by()
    return {
        "states": dict(counted),
        "kernel": CampaignMember.objects.filter(campaign=campaign, by_kernel=True).count(),
        "up": sum(fen > 0 for fen in differences),
        "down": sum(fen < 0 for fen in differences),
        "up_fen": sum(fen for fen in differences if fen > 0),
        "down_fen": sum(fen for fen in differences if fen < 0),
        "back_fen": sum(row[1] for row in rows if row[1] > 0),
        "over_fen": sum(row[1] for row in rows if row[1] < 0),
        "quantiles": quantiles(differences),
        "histogram": histogram(differences),
        "groups": {
            "性别": grouped(({"1": "男", "2": "女"}.get(row[2], "不明"), row) for row in rows),
            "年龄": grouped((_age_band(row[3], campaign.on), row) for row in rows),
            "待遇起始年": grouped((str(row[4]), row) for row in rows),
        },
        "sample": sample_of(campaign),
        "handed_over": handed_over_of(campaign),
    }


def handed_over_of(campaign: Campaign) -> dict[str, dict[str, int]]:
    """Count awards of the former system by what their amounts may be compared with, and how they compare.

    `adjusted`: only with the amount of the first determination, because later adjustments are in what is paid.
    `unadjusted`: what is paid is what was determined. `unknown`: with nothing. Fen are sums a month.
    """
    found: dict[str, dict[str, int]] = {}
    rows = CampaignMember.objects.filter(campaign=campaign, determination=None)
    for before, base, after in rows.values_list("before_fen", "base_fen", "after_fen"):
        if after is None:
            continue
        kind = "unknown" if base is None else "unadjusted" if base == before else "adjusted"
        counts = found.setdefault(kind, dict.fromkeys(("same", "up", "down", "up_fen", "down_fen", "count"), 0))
        counts["count"] += 1
        if base is not None:
            how = "same" if after == base else "up" if after > base else "down"
            counts[how] += 1
            if how != "same":
                counts[f"{how}_fen"] += after - base
    return found


def _changed(campaign: Campaign) -> Iterable[tuple[Any, ...]]:
    rows = CampaignMember.objects.filter(campaign=campaign, state=State.CHANGED).order_by("pk")
    return rows.values_list(
        "before_fen", "after_fen", "months", "person__sex", "person__born_on", "award__start"
    ).iterator()


def _row(one: tuple[Any, ...]) -> Row:
    before, after, months, sex, born, start = one
    return after - before, (after - before) * months, sex, born, start.year


def _age_band(born: date, on: date) -> str:
    age = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    low = age // 5 * 5
    return f"{low}–{low + 4} 岁"


def quantiles(ordered: list[int]) -> dict[str, int]:
    """Return quantiles of ordered differences, each one that occurs; none for fewer than ten people."""
    if len(ordered) < FEW:
        return {}
    return {str(percent): ordered[(len(ordered) - 1) * percent // 100] for percent in QUANTILES}


def histogram(differences: list[int]) -> list[dict[str, Any]]:
    """Count differences between the bounds: low (None: below all), high (None: above all), count (None: too few)."""
    counts = [0] * (len(EDGES) + 1)
    for fen in differences:
        counts[sum(fen >= edge for edge in EDGES)] += 1
    bounds = zip((None, *EDGES), (*EDGES, None), counts, strict=True)
    shown = [(low, high, count) for low, high, count in bounds if count]
    hidden = suppressed([count for _, _, count in shown])
    return [
        {"low": low, "high": high, "count": None if hide else count}
        for (low, high, count), hide in zip(shown, hidden, strict=True)
    ]


def suppressed(counts: list[int]) -> list[bool]:
    """Say which counts are hidden: those below ten, and one more where a single one could be found by subtraction."""
    hidden = [count < FEW for count in counts]
    if sum(hidden) == 1 and len(counts) > 1:
        others = [at for at, hide in enumerate(hidden) if not hide]
        hidden[min(others, key=lambda at: counts[at])] = True
    return hidden


def grouped(rows: Iterable[tuple[str, Row]]) -> list[dict[str, Any]]:
    """Return count, sums up and down a month and back-pay of each group; None where too few people are in it."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for name, row in rows:
        groups[name].append(row)
    names = sorted(groups)
    hidden = suppressed([len(groups[name]) for name in names])
    return [_group(name, None if hide else groups[name]) for name, hide in zip(names, hidden, strict=True)]


def _group(name: str, rows: list[Row] | None) -> dict[str, Any]:
    if rows is None:
        return {"name": name, "count": None}
    return {
        "name": name,
        "count": len(rows),
        "up_fen": sum(row[0] for row in rows if row[0] > 0),
        "down_fen": sum(row[0] for row in rows if row[0] < 0),
        "back_fen": sum(row[1] for row in rows),
    }


def sample_of(campaign: Campaign) -> dict[str, int]:
    """Return how many were computed again by the exact reading, and how many of them came out otherwise."""
    sampled = CampaignMember.objects.filter(campaign=campaign, sampled=True)
    return {"people": sampled.count(), "different": sum(differs(one) for one in sampled)}

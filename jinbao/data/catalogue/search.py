"""Search: words, filters, counts for each filter, and where each resource was found.

Order: the name is what was typed, holds it, holds its words; then found in the items; then in the summary.
Ties go by length of the name and code, so both databases give the same list.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Q, QuerySet

from jinbao.data.catalogue import index
from jinbao.data.catalogue.models import SearchEntry
from jinbao.data.catalogue.words import LONGEST_QUERY, marks
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
from jinbao.trust.scope import within

FACETS = ("provider", "category", "share_type", "grade", "kind", "status")
"""What a search may be narrowed by."""

_SHOWN_ITEMS = 6


@dataclass(frozen=True)
class Hit:
    """One resource of a result, with the items in which words were found."""

    resource: int
    code: str
    name: str
    summary: str
    provider: str
    category: str
    share_type: str
    grade: str
    kind: str
    status: str
    item_count: int
    items: tuple[str, ...] = ()
    more_items: int = 0


@dataclass(frozen=True)
class Found:
    """A page of a result: how many there are, the page, counts by facet, what to highlight."""

    total: int
    hits: tuple[Hit, ...]
    facets: Mapping[str, tuple[tuple[str, int], ...]]
    """Facet → (value, number) with the other filters applied, the most frequent first."""
    marks: tuple[str, ...] = ()
    filters: Mapping[str, str] = field(default_factory=dict)


def sees_working(by: Actor | None) -> bool:
    """Tell whether an actor sees drafts and profiles (of the own region), rather than what is published."""
    return by is not None and (by.is_system or by.is_officer or by.role == Role.STEWARD)


def entries_for(by: Actor | None) -> QuerySet[SearchEntry]:
    """Return the entries that an actor may see: the working ones of the region, or the published ones."""
    if by is None or not sees_working(by):
        return SearchEntry.objects.filter(public=True)
    return SearchEntry.objects.filter(within("region", by.region) if by.region else Q(pk__in=[]), public=False)


def search(
    text: str = "", by: Actor | None = None, *, filters: Mapping[str, str] | None = None, start: int = 0, size: int = 20
) -> Found:
    """Find resources; without an actor, what the public sees. Without words, everything that the filters leave."""
    wanted = {name: value for name, value in (filters or {}).items() if name in FACETS and value}
    places = index.matching(text)
    rows = entries_for(by).values_list("pk", "name", "code", *FACETS)
    found = [row for row in rows if places is None or row[0] in places]
    misses = [
        [name for at, name in enumerate(FACETS, 3) if name in wanted and row[at] != wanted[name]] for row in found
    ]
    kept = [row for row, missed in zip(found, misses, strict=True) if not missed]
    typed = text.strip().lower()[:LONGEST_QUERY]
    kept.sort(key=lambda row: (_closeness(row[1], typed), (places or {}).get(row[0], 0), len(row[1]), row[2]))
    highlight = marks(text)
    numbers = [row[0] for row in kept[start : start + size]]
    hits = _hits(numbers, highlight)
    return Found(len(kept), hits, _facets(found, misses), tuple(highlight), wanted)


def _closeness(name: str, typed: str) -> int:
    if not typed:
        return 0
    lowered = name.lower()
    return 0 if lowered == typed else 1 if typed in lowered else 2


def _facets(found: Sequence[tuple[str, ...]], misses: Sequence[list[str]]) -> dict[str, tuple[tuple[str, int], ...]]:
    """Count each value of a facet among the rows that every other filter lets through."""
    counted: dict[str, tuple[tuple[str, int], ...]] = {}
    for at, name in enumerate(FACETS, 3):
        numbers = Counter(row[at] for row, missed in zip(found, misses, strict=True) if missed in ([], [name]))
        counted[name] = tuple(sorted(numbers.items(), key=lambda one: (-one[1], one[0])))
    return counted


def _hits(numbers: Sequence[int], highlight: Iterable[str]) -> tuple[Hit, ...]:
    entries = SearchEntry.objects.in_bulk(list(numbers))
    return tuple(_hit(entries[number], tuple(highlight)) for number in numbers)


def _hit(entry: SearchEntry, highlight: tuple[str, ...]) -> Hit:
    lines = entry.items.splitlines() if highlight else []
    with_words = [line for line in lines if any(word in line.lower() for word in highlight)]
    return Hit(
        resource=entry.resource_id,
        code=entry.code,
        name=entry.name,
        summary=entry.summary,
        provider=entry.provider,
        category=entry.category,
        share_type=entry.share_type,
        grade=entry.grade,
        kind=entry.kind,
        status=entry.status,
        item_count=entry.item_count,
        items=tuple(with_words[:_SHOWN_ITEMS]),
        more_items=max(0, len(with_words) - _SHOWN_ITEMS),
    )

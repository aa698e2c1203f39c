"""How descriptions are kept: many at once, one version each, the search index in the same transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from jinbao.data.catalogue import index
from jinbao.data.catalogue.description import (
    ITEM_PARTS,
    STORED,
    Description,
    Item,
    content_of,
    description_of,
    differences,
)
from jinbao.data.catalogue.models import Field, Resource, SearchEntry, Version
from jinbao.trust.actors import Actor

_AT_ONCE = 400
"""Rows that one statement writes or one condition names."""


@dataclass
class Kept:
    """What became of some descriptions."""

    made: list[Resource]
    changed: list[Resource]
    unchanged: int


def keep(by: Actor, wanted: Sequence[tuple[Resource | None, Description]], act: Version.Act, now: datetime) -> Kept:
    """Make or change resources so that they are as described; what is already so is left alone.

    The descriptions are free of problems, and the actor may write them: the verbs have seen to it.
    """
    numbered = _with_codes(wanted)
    known = _stored([resource for resource, _ in numbered if resource is not None])
    kept = Kept([], [], 0)
    lines: dict[int, list[str]] = {}
    for resource, described in numbered:
        if resource is None:
            kept.made.append(_new(by, described, now))
            continue
        found = differences(known[resource.pk], described)
        if not found:
            kept.unchanged += 1
            continue
        _renew(by, resource, described, now)
        lines[resource.pk] = found
        kept.changed.append(resource)
    _write(kept)
    descriptions = {described.code: described for _, described in numbered}
    _write_items([(resource, descriptions[resource.code].items) for resource in (*kept.made, *kept.changed)])
    _write_versions(by, act, now, [*kept.made, *kept.changed], descriptions, lines)
    index_working([(resource, descriptions[resource.code]) for resource in (*kept.made, *kept.changed)])
    return kept


def _with_codes(
    wanted: Sequence[tuple[Resource | None, Description]],
) -> list[tuple[Resource | None, Description]]:
    """Give each description its code: its own, the stored one, or the next of its front code."""
    fronts = {described.front for resource, described in wanted if resource is None and not described.code}
    last = _last_numbers(fronts, [described.code for _, described in wanted])
    found: list[tuple[Resource | None, Description]] = []
    for resource, described in wanted:
        code, front = described.code, described.front
        if resource is not None:
            code = resource.code
        elif not code:
            last[front] += 1
            code = f"{front}/{last[front]}"
        found.append((resource, replace(described, code=code, category=code.partition("/")[0])))
    return found


def _last_numbers(fronts: Iterable[str], given: Iterable[str]) -> dict[str, int]:
    last: dict[str, int] = defaultdict(int)
    codes = list(given)
    for front in fronts:
        codes += Resource.objects.filter(category=front).values_list("code", flat=True)
    for code in codes:
        front, _, number = code.partition("/")
        if number:
            last[front] = max(last[front], int(number))
    return last


def _stored(resources: Sequence[Resource]) -> dict[int, Description]:
    items: dict[int, list[Field]] = defaultdict(list)
    for part in _parts([resource.pk for resource in resources]):
        for item in Field.objects.filter(resource__in=part).order_by("resource", "position"):
            items[item.resource_id].append(item)
    return {resource.pk: description_of(resource, items[resource.pk]) for resource in resources}


def _parts(numbers: Sequence[int]) -> Iterable[Sequence[int]]:
    return (numbers[start : start + _AT_ONCE] for start in range(0, len(numbers), _AT_ONCE))


def _new(by: Actor, described: Description, now: datetime) -> Resource:
    parts = {part: getattr(described, part) for part in STORED}
    return Resource(code=described.code, **parts, changed_by=by.username, changed_at=now)


def _renew(by: Actor, resource: Resource, described: Description, now: datetime) -> None:
    """Put a description into a resource: it becomes a draft again; what was published stays published."""
    for part in STORED:
        setattr(resource, part, getattr(described, part))
    resource.version += 1
    resource.status = Resource.Status.DRAFT
    resource.changed_by, resource.changed_at = by.username, now


def _write(kept: Kept) -> None:
    Resource.objects.bulk_create(kept.made, batch_size=_AT_ONCE)
    written = [*STORED, "version", "status", "changed_by", "changed_at"]
    Resource.objects.bulk_update(kept.changed, written, batch_size=100)


def _write_items(wanted: Sequence[tuple[Resource, tuple[Item, ...]]]) -> None:
    """Make the stored items those described; an item that stays keeps its number."""
    stored: dict[int, dict[str, Field]] = defaultdict(dict)
    for part in _parts([resource.pk for resource, _ in wanted]):
        for row in Field.objects.filter(resource__in=part):
            stored[row.resource_id][row.name] = row
    new: list[Field] = []
    altered: list[Field] = []
    gone: list[int] = []
    for resource, items in wanted:
        before = stored[resource.pk]
        gone += [row.pk for name, row in before.items() if name not in {item.name for item in items}]
        for position, item in enumerate(items, 1):
            row = before.get(item.name) or Field(resource=resource)
            if _fill(row, item, position):
                (altered if row.pk else new).append(row)
    for part in _parts(gone):
        Field.objects.filter(pk__in=part).delete()
    Field.objects.bulk_create(new, batch_size=_AT_ONCE)
    Field.objects.bulk_update(altered, ["position", *ITEM_PARTS], batch_size=100)


def _fill(row: Field, item: Item, position: int) -> bool:
    """Put an item into its row; tell whether anything changed."""
    changed = row.pk is None or row.position != position
    row.position = position
    for part in ITEM_PARTS:
        value = getattr(item, part)
        changed = changed or getattr(row, part) != value
        setattr(row, part, value)
    return changed


def _write_versions(
    by: Actor,
    act: Version.Act,
    now: datetime,
    resources: Sequence[Resource],
    descriptions: dict[str, Description],
    lines: dict[int, list[str]],
) -> None:
    rows = (
        Version(
            resource=resource,
            number=resource.version,
            act=act,
            at=now,
            by=by.username,
            by_name=by.name,
            changes=lines.get(resource.pk, [f"登记，{len(descriptions[resource.code].items)} 个信息项"]),
            content=content_of(descriptions[resource.code]),
        )
        for resource in resources
    )
    Version.objects.bulk_create(rows, batch_size=_AT_ONCE)


def index_working(described: Sequence[tuple[Resource, Description]]) -> None:
    """Let the working descriptions be found by those who look after them."""
    _index([_entry(resource, one, public=False) for resource, one in described], described)


def index_published(resource: Resource, described: Description) -> None:
    """Let the published description be found by everybody."""
    _index([_entry(resource, described, public=True)], [(resource, described)])


def unindex_published(resource: Resource) -> None:
    """Take a resource out of what everybody finds."""
    entries = SearchEntry.objects.filter(resource=resource, public=True)
    index.remove(list(entries.values_list("pk", flat=True)))
    entries.delete()


def mark_status(resource: Resource) -> None:
    """Bring the state of a resource into its search entries."""
    SearchEntry.objects.filter(resource=resource, public=False).update(status=resource.status)


def _entry(resource: Resource, described: Description, *, public: bool) -> SearchEntry:
    return SearchEntry(
        resource=resource,
        public=public,
        region=described.region,
        code=described.code,
        name=described.name,
        summary=described.summary,
        provider=described.provider,
        category=described.category[:3],
        share_type=described.share_type,
        grade=described.grade,
        kind=described.kind,
        status=Resource.Status.PUBLISHED if public else resource.status,
        items="\n".join(f"{item.name} {item.english}".strip() for item in described.items),
        item_count=len(described.items),
    )


def _index(entries: list[SearchEntry], described: Sequence[tuple[Resource, Description]]) -> None:
    public = bool(entries) and entries[0].public
    for part in _parts([resource.pk for resource, _ in described]):
        old = SearchEntry.objects.filter(resource__in=part, public=public)
        index.remove(list(old.values_list("pk", flat=True)))
        old.delete()
    SearchEntry.objects.bulk_create(entries, batch_size=_AT_ONCE)
    index.write(
        [
            index.Document(
                entry.pk, f"{entry.name}\n{entry.code}\n{one.dataset}", entry.items, f"{one.summary}\n{one.provider}"
            )
            for entry, (_, one) in zip(entries, described, strict=True)
        ]
    )

"""After an arrival: profile the standard table of a dataset and record how its columns changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from jinbao.data.catalogue.actions import EDITORS, require_region
from jinbao.data.catalogue.models import Profile, Resource, SchemaChange
from jinbao.data.catalogue.profiling import profile
from jinbao.data.lake import folder_of
from jinbao.data.landing import read_report
from jinbao.data.models import Batch
from jinbao.data.supply import layers, tables
from jinbao.kernel.errors import NotFound
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role

Kind = SchemaChange.Kind
OBSERVERS = (*EDITORS, Role.CLERK, Role.REVIEWER, Role.FINANCE)
"""Stewards, and the officers whose files arrive."""


@action("catalogue.observe", roles=OBSERVERS)
def observe(by: Actor, dataset: str, *, now: datetime) -> Profile:
    """Profile a dataset's standard table and compare its columns with the profile before.

    The same table is looked at once. Raises NotFound for a dataset that is not in the catalogue or has no table yet.
    """
    resource = Resource.objects.filter(dataset=dataset).order_by("pk").first()
    if resource is None:
        raise NotFound(f"数据集 {dataset} 不在资源目录中", advice="请先运行 jinbao data catalogue sync。")
    require_region(by, resource.region)
    version = tables.version(dataset)
    if not version:
        raise NotFound(f"数据集 {dataset} 还没有数据到达", advice="接收第一个批次后再试。")
    known = Profile.objects.filter(resource=resource, table_version=version).first()
    if known is not None:
        return known
    before = Profile.objects.filter(resource=resource).order_by("-pk").first()
    rows, columns = profile(dataset)
    headings = _headings(dataset)
    for column in columns:
        column["heading"] = headings.get(column["name"], "") if headings else None
    made: Profile = Profile.objects.create(resource=resource, at=now, table_version=version, rows=rows, columns=columns)
    found = schema_diff(before.columns if before else None, columns)
    SchemaChange.objects.bulk_create(SchemaChange(profile=made, **change) for change in found)
    note(target=resource, rows=rows, schema_changes=len(found))
    return made


def _headings(dataset: str) -> dict[str, str]:
    """Return the headings of the newest file in the table by column; none where it did not come as a file."""
    now = layers.current("standard", dataset)
    newest = Batch.objects.filter(pk__in=now.made_from if now else ()).order_by("-pk").first()
    if newest is None:
        return {}
    try:
        labels: dict[str, str] = read_report(folder_of(newest))["labels"]
    except (NotFound, FileNotFoundError, KeyError):
        return {}
    return labels


def schema_diff(before: list[dict[str, Any]] | None, after: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Say which columns came, went, changed their type or their heading between two profiles; nothing for the first.

    A column of the table that the newest file did not bring counts as lost: its heading is then empty.
    """
    if before is None:
        return []
    was = {column["name"]: column for column in before if column.get("heading") != ""}
    now = {column["name"]: column for column in after if column.get("heading") != ""}
    found = [_change(name, Kind.LOST, was[name]["type"], "") for name in was if name not in now]
    for name, column in now.items():
        old = was.get(name)
        if old is None:
            found.append(_change(name, Kind.NEW, "", column["type"]))
        elif old["type"] != column["type"]:
            found.append(_change(name, Kind.TYPE, old["type"], column["type"]))
        elif old.get("heading") and column.get("heading") and old["heading"] != column["heading"]:
            found.append(_change(name, Kind.HEADING, old["heading"], column["heading"]))
    return found


def _change(column: str, kind: Kind, before: str, after: str) -> dict[str, Any]:
    return {"column": column, "kind": kind, "before": before[:64], "after": after[:64]}

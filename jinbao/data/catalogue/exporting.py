"""Everything out again: a workbook that an import reads back, the guide's own tables, DCAT."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from io import BytesIO
from typing import Any

import xlsxwriter

from jinbao.data.catalogue import dcat, sheets
from jinbao.data.catalogue.description import Description, described_from, description_of
from jinbao.data.catalogue.models import Field, Resource
from jinbao.data.catalogue.queries import resources, sees_working
from jinbao.data.catalogue.standard import standard
from jinbao.kernel.errors import FormatError
from jinbao.trust.actors import Actor

Described = list[tuple[Resource, Description]]

WORKBOOK, TABLES = "xlsx", "tables"
FORMS = {WORKBOOK: "资源目录.xlsx", TABLES: "目录交换表.xlsx"} | {
    form: f"资源目录.{ending}" for form, (_, ending) in dcat.FORMATS.items()
}
"""Form → name of the file."""

CORE = (
    "信息资源分类", "信息资源名称", "信息资源代码", "信息资源提供方", "信息资源提供方代码", "信息资源摘要",
    "信息资源格式", "信息项信息", "共享属性", "开放属性", "更新周期", "发布日期", "关联资源代码",
)  # fmt: skip
"""The core metadata of the guide, in its order."""


def seen_by(by: Actor | None) -> Described:
    """Return what an actor may export: stewards and officers the working catalogue of their region,
    others the published one.
    """
    if by is not None and sees_working(by):
        found = list(resources(by).exclude(status=Resource.Status.WITHDRAWN))
        items: dict[int, list[Field]] = defaultdict(list)
        for item in Field.objects.filter(resource__in=resources(by).values("pk")).order_by("resource", "position"):
            items[item.resource_id].append(item)
        return [(row, description_of(row, items[row.pk])) for row in found]
    published = Resource.objects.filter(published__isnull=False).select_related("published").order_by("code")
    return [(row, described_from(row.published.content)) for row in published if row.published]


def export(by: Actor | None, form: str, *, base: str, now: datetime, items: bool = False) -> bytes:
    """Return the catalogue that an actor may see in one of FORMS; `base` begins the addresses of DCAT.

    Raises FormatError for another form.
    """
    if form not in FORMS:
        raise FormatError(f"没有格式“{form}”", advice=f"可用的格式：{'、'.join(FORMS)}。")
    described = seen_by(by)
    if form == WORKBOOK:
        return sheets.workbook(sheets.Exported(one, _state(row)) for row, one in described)
    if form == TABLES:
        return exchange_tables(described)
    graph = dcat.dcat(described, base=base, title="数据资源目录", now=now, items=items)
    return dcat.serialized(graph, form)


def _state(row: Resource) -> tuple[str, str, str, str]:
    day = row.published_on.isoformat() if row.published_on else ""
    return (str(row.get_status_display()), str(row.version), day, row.dataset)


def exchange_tables(described: Iterable[tuple[Resource, Description]]) -> bytes:
    """Write the guide's core metadata and information items, column by column as it names them."""
    kept, target = list(described), BytesIO()
    with xlsxwriter.Workbook(target, {"constant_memory": True, "strings_to_formulas": False}) as book:
        _sheet(book, "核心元数据", CORE, (_core(row, one) for row, one in kept))
        types = standard().types
        items = (
            (one.code, item.name, f"{types[item.type]}{item.type}{f'({item.length})' if item.length else ''}")
            for _, one in kept
            for item in one.items
        )
        _sheet(book, "信息项信息", ("信息资源代码", "信息项名称", "数据类型"), items)
    return target.getvalue()


def _core(row: Resource, one: Description) -> tuple[str, ...]:
    known = standard()
    shared = (known.share_types.get(one.share_type), one.share_terms, known.share_modes.get(one.share_mode))
    day = row.published_on.isoformat() if row.published_on else ""
    return (
        known.category_name(one.category), one.name, one.code, one.provider, one.provider_code, one.summary, one.format,
        f"{len(one.items)} 项，见“信息项信息”", _joined(shared), _joined((one.open_type, one.open_terms)),
        one.update_cycle, day, one.related,
    )  # fmt: skip


def _joined(parts: Iterable[str | None]) -> str:
    return "；".join(part for part in parts if part)


def _sheet(book: Any, name: str, head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    sheet = book.add_worksheet(name)
    sheet.set_column(0, len(head) - 1, 20)
    for number, row in enumerate([head, *rows]):
        for at, cell in enumerate(row):
            if cell:
                sheet.write_string(number, at, cell[:32767])

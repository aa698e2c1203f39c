"""The workbook of the catalogue: two sheets, their headings, and the values as people write them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import xlsxwriter

from jinbao.data.catalogue.description import ITEM_LABELS, LABELS, Description, Item
from jinbao.data.catalogue.models import Resource
from jinbao.data.catalogue.standard import SENSITIVITIES, standard

RESOURCES, ITEMS, HELP = "资源目录", "信息项", "填写说明"
RESOURCE_PARTS = (
    "code", "name", "provider", "provider_code", "category", "summary", "format", "kind", "share_type", "share_terms",
    "share_mode", "open_type", "open_terms", "update_cycle", "grade", "owner", "related",
)  # fmt: skip
ITEM_PARTS = (
    "name", "english", "type", "length", "codes", "key", "required", "sensitivity", "share_type", "about",
)  # fmt: skip
REQUIRED = {RESOURCES: ("name", "provider"), ITEMS: ("provider", "resource", "item.name")}
STATE = ("状态", "版本", "发布日期", "数据集")
"""Headings of the export that an import does not read."""

BELONGS = {"provider": LABELS["provider"], "resource": LABELS["name"]}
"""The two columns before an item that say whose it is."""

_PAIR = re.compile(r"\s*([^\s;；]+)\s+([^;；]+?)\s*(?:[;；]|$)")
_YES, _NO = ("是", "Y", "y", "1", "true", "TRUE", "√"), ("否", "N", "n", "0", "false", "FALSE", "")


def headings(sheet: str) -> dict[str, str]:
    """Return part → heading of a sheet, in order."""
    if sheet == RESOURCES:
        return {part: LABELS[part] for part in RESOURCE_PARTS}
    return BELONGS | {f"item.{part}": ITEM_LABELS[part] for part in ITEM_PARTS}


@dataclass(frozen=True)
class Exported:
    """One resource for a workbook: what it is, and its state."""

    described: Description
    state: tuple[str, str, str, str]


def template() -> bytes:
    """Return an empty workbook with one example, to be filled in."""
    example = Description(
        region="",
        name="（示例，导入前删去）企业职工基本养老保险缴费明细",
        provider="演示市人力资源和社会保障局",
        category="317001",
        summary="参保人每月的缴费基数和缴费金额",
        format="数据库/mysql",
        share_type="2",
        share_terms="用于本部门法定职责",
        share_mode="1",
        open_type="否",
        update_cycle="每月",
        grade="4",
        items=(
            Item("证件号码", english="id_number", length="18", key=True, required=True, sensitivity="敏感个人信息"),
        ),
    )
    return workbook([Exported(example, ("", "", "", ""))])


def workbook(exported: Iterable[Exported]) -> bytes:
    """Write resources and their items as a workbook that an import reads back; every cell is text."""
    target = BytesIO()
    with xlsxwriter.Workbook(target, {"constant_memory": True, "strings_to_formulas": False}) as book:
        text = book.add_format({"num_format": "@"})
        bold = book.add_format({"num_format": "@", "bold": True, "bottom": 1})
        kept = list(exported)
        _fill(book, RESOURCES, (*headings(RESOURCES).values(), *STATE), map(_resource_row, kept), text, bold)
        rows = (_item_row(one.described, item) for one in kept for item in one.described.items)
        _fill(book, ITEMS, tuple(headings(ITEMS).values()), rows, text, bold)
        _fill(book, HELP, ("列", "怎么填"), _help_rows(), text, bold)
    return target.getvalue()


def _fill(book: Any, name: str, head: tuple[str, ...], rows: Iterable[tuple[str, ...]], text: Any, bold: Any) -> None:
    sheet = book.add_worksheet(name)
    sheet.set_column(0, len(head) - 1, 18 if name != HELP else 40, text)
    sheet.freeze_panes(1, 0)
    for at, label in enumerate(head):
        sheet.write_string(0, at, label, bold)
    for number, row in enumerate(rows, 1):
        for at, cell in enumerate(row):
            if cell:
                sheet.write_string(number, at, cell[:32767], text)


def _resource_row(one: Exported) -> tuple[str, ...]:
    return (*(shown(part, getattr(one.described, part)) for part in RESOURCE_PARTS), *one.state)


def _item_row(described: Description, item: Item) -> tuple[str, ...]:
    cells = (shown(f"item.{part}", getattr(item, part)) for part in ITEM_PARTS)
    return (described.provider, described.name, *cells)


def _help_rows() -> list[tuple[str, str]]:
    known = standard()
    formats = (f"{kind}/{'、'.join(names) or '自行填写'}" for kind, names in known.formats.items())
    return [
        (LABELS["code"], "可空；空的按分类自动编号。格式：类项目细目/顺序码，如 317001/1"),
        (LABELS["category"], "类（1 位）项（2 位）目（3 位）细目（不定长），如 317001；有代码的可空"),
        (LABELS["format"], "、".join(formats)),
        (LABELS["kind"], "、".join(Resource.Kind.labels)),
        (LABELS["share_type"], _choices(known.share_types)),
        (LABELS["share_terms"], "有条件共享的写条件，不予共享的写法律、行政法规或党中央、国务院政策依据"),
        (LABELS["share_mode"], _choices(known.share_modes)),
        (LABELS["open_type"], "、".join(known.open_types)),
        (LABELS["update_cycle"], "、".join(known.cycles)),
        (LABELS["grade"], _choices(known.grades)),
        (ITEM_LABELS["type"], _choices(known.types)),
        (ITEM_LABELS["codes"], "代码 含义；代码 含义，如 1 男；2 女"),
        (ITEM_LABELS["sensitivity"], "、".join(SENSITIVITIES)),
        ("空格", "已有资源、已有信息项的空格表示不改；导入只增加和修改，不删除"),
    ]


def _choices(listed: Mapping[str, str]) -> str:
    return "、".join(f"{code} {name}" for code, name in listed.items())


def shown(part: str, value: Any) -> str:
    """Write a value of a part as it stands in the workbook."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Mapping):
        return "；".join(f"{code} {meaning}" for code, meaning in value.items())
    listed = _listed(part)
    return listed.get(str(value), str(value))


def _listed(part: str) -> Mapping[str, str]:
    known = standard()
    lists: dict[str, Callable[[], Mapping[str, str]]] = {
        "share_type": lambda: known.share_types,
        "item.share_type": lambda: known.share_types,
        "share_mode": lambda: known.share_modes,
        "grade": lambda: known.grades,
        "kind": lambda: dict(Resource.Kind.choices),
        "item.type": lambda: known.types,
    }
    return lists[part]() if part in lists else {}


def read_value(part: str, text: str) -> tuple[Any, str]:
    """Read a cell of a part; return the value and what is wrong with it, or an empty text."""
    if part in ("item.key", "item.required"):
        return (text in _YES, "") if text in (*_YES, *_NO) else (False, f"“{text}”应为 是 或 否")
    if part == "item.codes":
        return _read_codes(text)
    listed = _listed(part)
    if not text or not listed:
        return text, ""
    by_name = {name: code for code, name in listed.items()}
    code = text if text in listed else by_name.get(text) or by_name.get(_without_code(text, listed))
    return (code, "") if code else (text, f"“{text}”不在代码表中，可填：{_choices(listed)}")


def _without_code(text: str, listed: Mapping[str, str]) -> str:
    """Read 2 有条件共享 as the choice that it spells out."""
    code, _, name = text.partition(" ")
    return name if listed.get(code) == name else ""


def _read_codes(text: str) -> tuple[dict[str, str], str]:
    found = dict(_PAIR.findall(text))
    rest = _PAIR.sub("", text).strip()
    return (found, "") if not rest else ({}, f"“{text[:40]}”应写成 代码 含义；代码 含义")

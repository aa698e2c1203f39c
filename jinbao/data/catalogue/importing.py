"""Bulk import of a workbook: every bad row is reported with sheet, row and column, good rows are kept.

A dry run says what would happen. The same workbook twice changes nothing; an import adds and changes, it never deletes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from jinbao.data.catalogue.actions import EDITORS, keep_many, require_region
from jinbao.data.catalogue.description import Description, Item, description_of, differences, problems_of, wrong_item
from jinbao.data.catalogue.models import Field, Resource, Version
from jinbao.data.catalogue.sheets import HELP, ITEMS, REQUIRED, RESOURCES, STATE, headings, read_value
from jinbao.data.header import column_letter
from jinbao.data.sources import Refused
from jinbao.data.units import units
from jinbao.data.workbook_safety import inspect
from jinbao.kernel.errors import Place
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor

Key = tuple[str, str]
"""Provider and name: what identifies a resource in a workbook."""

MOST_REPORTED = 2000


@dataclass(frozen=True)
class BadRow:
    """One thing that is wrong, with its place in the workbook."""

    sheet: str
    row: int
    column: str
    reason: str

    def __str__(self) -> str:
        return f"工作表“{self.sheet}”第 {self.row} 行{f'“{self.column}”' if self.column else ''}：{self.reason}"


@dataclass
class Imported:
    """What an import did, or would do."""

    dry: bool
    made: int = 0
    changed: int = 0
    unchanged: int = 0
    items: int = 0
    """Items in good rows."""
    bad_rows: int = 0
    problems: list[BadRow] = field(default_factory=list)


@dataclass
class _Row:
    number: int
    values: dict[str, Any]
    """Part → value, of cells that are filled in."""


@dataclass
class _Plan:
    wanted: list[tuple[Resource | None, Description]] = field(default_factory=list)
    report: Imported = field(default_factory=lambda: Imported(dry=True))
    bad: set[tuple[str, int]] = field(default_factory=set)

    def fault(self, sheet: str, row: int, column: str, reason: str) -> None:
        self.bad.add((sheet, row))
        if len(self.report.problems) < MOST_REPORTED:
            self.report.problems.append(BadRow(sheet, row, column, reason))


@action("catalogue.import", roles=EDITORS)
def import_workbook(by: Actor, path: Path, file_name: str, region: str, *, now: datetime) -> Imported:
    """Keep the good rows of a workbook and report the others.

    Raises Refused for a file that is no workbook of the catalogue, NotAllowed for another region.
    """
    plan = _planned(by, path, file_name, region)
    kept = keep_many(by, plan.wanted, Version.Act.IMPORT, now)
    report = replace(plan.report, dry=False, made=len(kept.made), changed=len(kept.changed), unchanged=kept.unchanged)
    note(file=file_name[:100], items=report.items, bad_rows=report.bad_rows)
    return report


def preview(by: Actor, path: Path, file_name: str, region: str) -> Imported:
    """Say what `import_workbook` would do, and change nothing."""
    return _planned(by, path, file_name, region).report


def _planned(by: Actor, path: Path, file_name: str, region: str) -> _Plan:
    require_region(by, region)
    plan = _Plan()
    sheets = _read(path, file_name, plan)
    known = _stored(region)
    rows = _resource_rows(sheets.get(RESOURCES, []), plan)
    items = _item_rows(sheets.get(ITEMS, []), plan)
    for key in dict.fromkeys((*rows, *items)):
        _plan_one(plan, key, rows.get(key), items.get(key, []), known, region)
    plan.report.bad_rows = len(plan.bad)
    plan.report.problems.sort(key=lambda one: (one.sheet != RESOURCES, one.row))
    return plan


def _stored(region: str) -> dict[Key, tuple[Resource, Description]]:
    items: dict[int, list[Field]] = defaultdict(list)
    for item in Field.objects.filter(resource__region=region).order_by("resource", "position"):
        items[item.resource_id].append(item)
    found = Resource.objects.filter(region=region).exclude(status=Resource.Status.WITHDRAWN)
    return {(row.provider, row.name): (row, description_of(row, items[row.pk])) for row in found}


def _read(path: Path, file_name: str, plan: _Plan) -> dict[str, list[_Row]]:
    """Read the sheets by their names; raise Refused for a file that is not ours."""
    marks = inspect(path, file_name)
    at = Place(file_name)
    try:
        book = CalamineWorkbook.from_path(str(path))
        names = [name for name in (RESOURCES, ITEMS) if name in book.sheet_names]
        if not names:
            found = "、".join(book.sheet_names[:5])
            raise Refused(
                f"没有工作表“{RESOURCES}”或“{ITEMS}”，只有：{found}", at=at, advice="请下载模板，填好后再导入。"
            )
        tables = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in names}
    except CalamineError as error:
        raise Refused("工作簿读不出来", at=at, advice="请用 Excel 打开后另存为新的 .xlsx 再导入。") from error
    found_rows: dict[str, list[_Row]] = {}
    for name, table in tables.items():
        cells = marks[name].cells if name in marks else {}
        found_rows[name] = list(_rows(name, table, cells, plan, Place(file_name, sheet=name)))
    return found_rows


def _rows(
    sheet: str, table: Sequence[Sequence[Any]], marked: Mapping[tuple[int, int], str], plan: _Plan, at: Place
) -> Iterator[_Row]:
    positions = _heading(sheet, table, at)
    by_column = {column: part for part, column in positions.items()}
    faults: dict[int, dict[int, str]] = defaultdict(dict)
    for (line, column), reason in marked.items():
        if line and column in by_column:
            faults[line][column] = reason
    for number, cells in enumerate(table[1:], 1):
        texts = {part: _text(cells[column]) for part, column in positions.items() if column < len(cells)}
        if not any(texts.values()) and number not in faults:
            continue
        row = _Row(number + 1, {})
        for part, text in texts.items():
            value, wrong = read_value(part, text) if text else ("", "")
            wrong = faults.get(number, {}).get(positions[part], wrong)
            if wrong:
                plan.fault(sheet, row.number, headings(sheet)[part], wrong)
            elif text:
                row.values[part] = value
        for part in REQUIRED[sheet]:
            if not texts.get(part):
                plan.fault(sheet, row.number, headings(sheet)[part], "必须填写")
        yield row


def _heading(sheet: str, table: Sequence[Sequence[Any]], at: Place) -> dict[str, int]:
    """Find each column of a sheet; raise Refused naming every column that is missing, unknown or there twice."""
    wanted = {label: part for part, label in headings(sheet).items()}
    found: dict[str, int] = {}
    faults = []
    for column, cell in enumerate(table[0] if table else ()):
        label = _text(cell).strip("*＊ ")
        part = wanted.get(label)
        if part in found:
            faults.append(f"“{label}”出现两次")
        elif part:
            found[part] = column
        elif label and label not in STATE:
            faults.append(f"{column_letter(column)} 列“{label}”不认识")
    faults += [f"缺少“{label}”" for label, part in wanted.items() if part in REQUIRED[sheet] and part not in found]
    if faults:
        raise Refused("表头不符：" + "；".join(faults), at=at, advice=f"请对照模板（工作表“{HELP}”）改正表头。")
    return found


def _text(cell: Any) -> str:
    """Write a cell as text; whole numbers without a decimal point."""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _resource_rows(rows: Sequence[_Row], plan: _Plan) -> dict[Key, _Row]:
    found: dict[Key, _Row] = {}
    for row in rows:
        if (RESOURCES, row.number) in plan.bad:
            continue
        key = (row.values["provider"], row.values["name"])
        if key in found:
            plan.fault(RESOURCES, row.number, "", f"与第 {found[key].number} 行重复")
        else:
            found[key] = row
    return found


def _item_rows(rows: Sequence[_Row], plan: _Plan) -> dict[Key, list[_Row]]:
    found: dict[Key, list[_Row]] = defaultdict(list)
    taken: dict[tuple[str, str, str], int] = {}
    for row in rows:
        if (ITEMS, row.number) in plan.bad:
            continue
        key = (row.values["provider"], row.values["resource"])
        first = taken.setdefault((*key, row.values["item.name"]), row.number)
        if first != row.number:
            plan.fault(ITEMS, row.number, "", f"与第 {first} 行重复")
        else:
            found[key].append(row)
    return found


def _plan_one(
    plan: _Plan,
    key: Key,
    row: _Row | None,
    items: Sequence[_Row],
    known: Mapping[Key, tuple[Resource, Description]],
    region: str,
) -> None:
    resource, before = known.get(key, (None, None))
    if before is None and row is None:
        for item in items:
            plan.fault(ITEMS, item.number, "", f"没有资源“{key[1]}”：本工作簿没有它（或那一行有误），目录里也没有")
        return
    sheet, number = (RESOURCES, row.number) if row else (ITEMS, items[0].number)
    if resource is not None and resource.dataset:
        _check_declared(plan, resource, before, row, items)
        return
    start = before or Description(
        region=region, name=key[1], provider=key[0], provider_code=_unit_codes().get(key[0], "")
    )
    described = replace(start, **(row.values if row else {}), items=())
    if resource is not None and described.code != resource.code:
        plan.fault(sheet, number, headings(RESOURCES)["code"], f"目录中此资源的代码是 {resource.code}，不能改")
        return
    problems = problems_of(described)
    for problem in problems:
        plan.fault(sheet, number, headings(RESOURCES).get(problem.part, ""), problem.message)
    if problems:
        for item in items:
            plan.fault(ITEMS, item.number, "", f"资源“{key[1]}”的行有误，未导入")
        return
    described = replace(described, items=_merged(plan, start.items, items))
    plan.report.items += len(items)
    plan.wanted.append((resource, described))
    if before is None:
        plan.report.made += 1
    elif differences(before, described):
        plan.report.changed += 1
    else:
        plan.report.unchanged += 1


def _check_declared(
    plan: _Plan, resource: Resource, before: Description | None, row: _Row | None, items: Sequence[_Row]
) -> None:
    """Leave what a declared dataset describes as it is; say so where the workbook has it otherwise."""
    if before is None:
        return
    described = replace(before, **(row.values if row else {}), items=_merged(plan, before.items, items))
    if differences(before, described):
        sheet, number = (RESOURCES, row.number) if row else (ITEMS, items[0].number)
        plan.fault(sheet, number, "", f"“{resource.name}”由数据集声明 {resource.dataset} 生成，请改声明")
    else:
        plan.report.unchanged += 1


def _merged(plan: _Plan, before: Sequence[Item], rows: Sequence[_Row]) -> tuple[Item, ...]:
    """Add the items of good rows to those that are there, or change them."""
    merged = {item.name: item for item in before}
    labels = headings(ITEMS)
    for row in rows:
        values = {part.removeprefix("item."): value for part, value in row.values.items() if part.startswith("item.")}
        item = replace(merged.get(values["name"]) or Item(name=values["name"]), **values)
        problems = wrong_item(item)
        for problem in problems:
            plan.fault(ITEMS, row.number, labels.get(f"item.{problem.part}", ""), problem.message)
        if not problems:
            merged[item.name] = item
    return tuple(merged.values())


@cache
def _unit_codes() -> dict[str, str]:
    return {unit.name: unit.code for unit in units()}

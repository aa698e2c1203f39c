"""The kinds of quality rules: each looks at all rows of a chunk at once and names the rows that break it.

A verdict says which rows the rule could look at (`checked`) and, of those, which fail and why. A row whose cells are
empty or unreadable is seen but not checked: its own fault is reported by another rule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jinbao.data.columns import Mask, ReadColumn, as_mask
from jinbao.data.datasets import Column, Dataset, Rule
from jinbao.data.values import TYPES, shown
from jinbao.kernel.errors import DeclarationError, FormatError
from jinbao.kernel.identifiers import CitizenId, Uscc
from jinbao.kernel.months import Month


@dataclass(frozen=True)
class Setting:
    """What rules know beside the rows: the dataset, the day of receipt, who sent the file."""

    dataset: Dataset
    today: date
    sender: str


@dataclass
class Verdict:
    """What a rule found: rows it looked at, rows that fail with the column's name and the reason."""

    checked: Mask
    failed: dict[int, tuple[str, str]] = field(default_factory=dict)


Columns = Mapping[str, ReadColumn]
Evaluate = Callable[[Rule, Columns, Setting], Verdict]


def _range(rule: Rule, columns: Columns, setting: Setting) -> Verdict:
    column = setting.dataset.column(rule.columns[0])
    values, checked = _numbers(columns[column.name])
    low, high = (_bound(column, text, setting) for text in (rule.min, rule.max))
    below = checked & (values < low) if low is not None else np.zeros_like(checked)
    above = checked & (values > high) if high is not None else np.zeros_like(checked)
    verdict = Verdict(checked)
    for row in np.flatnonzero(below | above):
        said = f"不得小于 {_unbound(column, low)}" if below[row] else f"不得大于 {_unbound(column, high)}"
        value = shown(column.type, columns[column.name].values[int(row)].as_py())
        verdict.failed[int(row)] = (column.name, rule.message or f"{value} {said}")
    return verdict


def _bound(column: Column, text: str | None, setting: Setting) -> int | None:
    if text is None:
        return None
    if text == "today":
        return Month.of(setting.today).yyyymm if column.type == "年月" else _days(setting.today)
    try:
        value = TYPES[column.type].parse(column, setting.today)(text)
    except FormatError as error:
        raise DeclarationError(f"“{column.label}”的界限“{text}”不是{column.type}：{error.message}") from error
    return _days(value) if isinstance(value, date) else int(value)


def _unbound(column: Column, value: int | None) -> str:
    kept = date(1970, 1, 1).toordinal() + (value or 0) if column.type == "日期" else value
    return shown(column.type, date.fromordinal(kept or 1) if column.type == "日期" else kept)


def _days(day: date) -> int:
    return day.toordinal() - date(1970, 1, 1).toordinal()


def _numbers(column: ReadColumn) -> tuple[npt.NDArray[np.int64], Mask]:
    """Return a column of numbers, months or days as integers (0 where empty) and where it has a value."""
    values = column.values
    if values.type == pa.date32():
        values = pc.cast(values, pa.int32())
    return pc.fill_null(values, 0).to_numpy(zero_copy_only=False).astype(np.int64), column.valid


def _order(rule: Rule, columns: Columns, setting: Setting) -> Verdict:
    """The first column's value is not after the second's; a month and a day are compared by month."""
    first, second = rule.columns[:2]
    (a, has_a), (b, has_b) = _comparable(columns[first], columns[second])
    checked = has_a & has_b
    labels = [setting.dataset.column(name).label for name in (first, second)]
    reason = rule.message or f"“{labels[0]}”不得晚于“{labels[1]}”"
    return Verdict(checked, {int(row): (first, reason) for row in np.flatnonzero(checked & (a > b))})


def _comparable(*columns: ReadColumn) -> list[tuple[npt.NDArray[np.int64], Mask]]:
    has_month = any(column.values.type == pa.int32() for column in columns)
    return [
        _months(column) if has_month and column.values.type == pa.date32() else _numbers(column) for column in columns
    ]


def _months(column: ReadColumn) -> tuple[npt.NDArray[np.int64], Mask]:
    yyyymm = pc.add(pc.multiply(pc.year(column.values), 100), pc.month(column.values))
    return pc.fill_null(yyyymm, 0).to_numpy(zero_copy_only=False).astype(np.int64), column.valid


def _sum(rule: Rule, columns: Columns, setting: Setting) -> Verdict:
    """The first column is the sum of the others; an empty part counts as nothing."""
    total, *parts = rule.columns
    expected, checked = _numbers(columns[total])
    added = np.zeros_like(expected)
    for part in parts:
        values, has = _numbers(columns[part])
        checked = checked & (has | columns[part].empty)
        added += values
    kind = setting.dataset.column(total).type
    verdict = Verdict(checked)
    for row in np.flatnonzero(checked & (expected != added)):
        found = f"各部分之和为 {shown(kind, int(added[row]))}，此处为 {shown(kind, int(expected[row]))}"
        verdict.failed[int(row)] = (total, rule.message or found)
    return verdict


def _together(rule: Rule, columns: Columns, setting: Setting) -> Verdict:
    """All of the columns are filled in, or none."""
    empty = np.array([columns[name].empty for name in rule.columns])
    checked: Mask = np.asarray(~empty.all(axis=0))
    verdict = Verdict(checked)
    labels = "、".join(setting.dataset.column(name).label for name in rule.columns)
    for row in np.flatnonzero(checked & empty.any(axis=0)):
        missing = rule.columns[int(np.argmax(empty[:, row]))]
        verdict.failed[int(row)] = (missing, rule.message or f"{labels}须一并填写")
    return verdict


def _required_when(rule: Rule, columns: Columns, setting: Setting) -> Verdict:
    """The columns are filled in where other columns have the given codes."""
    checked = np.ones(len(columns[rule.columns[0]].empty), dtype=np.bool_)
    said = []
    for name, code in rule.when.items():
        checked &= as_mask(pc.fill_null(pc.equal(columns[name].values, code), fill_value=False))
        column = setting.dataset.column(name)
        said.append(f"{column.label}为{column.codes.get(code, code)}")
    verdict = Verdict(checked)
    for name in rule.columns:
        reason = rule.message or f"{'且'.join(said)}时必须填写“{setting.dataset.column(name).label}”"
        verdict.failed |= {int(row): (name, reason) for row in np.flatnonzero(checked & columns[name].empty)}
    return verdict


def _sender(rule: Rule, columns: Columns, setting: Setting) -> Verdict:
    """An employer's file speaks of that employer only; not checked where an officer sends it."""
    column = columns[rule.columns[0]]
    if not _is_uscc(setting.sender):
        return Verdict(np.zeros(len(column.empty), dtype=np.bool_))
    checked = column.valid | column.empty
    wrong = checked & as_mask(pc.fill_null(pc.not_equal(column.values, setting.sender), fill_value=True))
    reason = rule.message or f"应为报送单位 {setting.sender}；只能报送本单位的数据"
    return Verdict(checked, {int(row): (rule.columns[0], reason) for row in np.flatnonzero(wrong)})


def _is_uscc(text: str) -> bool:
    try:
        return Uscc.parse(text).number == text
    except FormatError:
        return False


def _matches_id(rule: Rule, columns: Columns, setting: Setting) -> Verdict:
    """The second column agrees with the date of birth or the sex in the identity number of the first."""
    number, other = columns[rule.columns[0]], columns[rule.columns[1]]
    checked = number.valid & other.valid
    verdict = Verdict(checked)
    column = setting.dataset.column(rule.columns[1])
    for row in np.flatnonzero(checked):
        citizen = CitizenId.parse(number.values[int(row)].as_py())
        value = other.values[int(row)].as_py()
        in_number = str(citizen.birth) if column.type == "日期" else citizen.sex
        if in_number not in (str(value) if column.type == "日期" else value + column.codes.get(value, "")):
            written = column.codes.get(value, str(value))
            verdict.failed[int(row)] = (column.name, rule.message or f"证件号码表明为{in_number}，此处为{written}")
    return verdict


def _known_area(rule: Rule, columns: Columns, setting: Setting) -> Verdict:
    """The address code of the identity number was listed in some year."""
    column = columns[rule.columns[0]]
    areas = pc.utf8_slice_codeunits(column.values, 0, 6).dictionary_encode()
    unknown = {area for area in areas.dictionary.to_pylist() if area and _area_remark(area)}
    verdict = Verdict(column.valid)
    if unknown:
        rows = as_mask(pc.fill_null(pc.is_in(areas.dictionary_decode(), pa.array(sorted(unknown))), fill_value=False))
        reason = "地址码未见于历年行政区划代码（GB/T 2260），请核对证件"
        verdict.failed = {int(row): (rule.columns[0], rule.message or reason) for row in np.flatnonzero(rows)}
    return verdict


def _area_remark(area: str) -> bool:
    return any(remark.code == "region" for remark in CitizenId.make(area, date(1980, 1, 1), 1).remarks)


KINDS: dict[str, Evaluate] = {
    "range": _range,
    "order": _order,
    "sum": _sum,
    "together": _together,
    "required_when": _required_when,
    "sender": _sender,
    "matches_id": _matches_id,
    "known_area": _known_area,
}
"""Every kind but `unique`, which needs the rows before and lives in `quality.py`."""

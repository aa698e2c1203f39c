"""What may be granted: the terms of an application, what stands in their way, and the grant they would make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from jinbao.data.datasets import NOT_SHARED, Column, Dataset
from jinbao.data.exchange.directory import DELIVERIES, keys_of
from jinbao.data.exchange.masks import LEVELS, default_level
from jinbao.data.exchange.models import Grant, Partner
from jinbao.data.values import shown
from jinbao.kernel.errors import Conflict, FormatError, JinbaoError
from jinbao.kernel.money import format_fen

LONGEST = timedelta(days=3 * 366)
MOST_CONDITIONS, MOST_VALUES = 20, 200


@dataclass(frozen=True)
class Terms:
    """What is decided about an application."""

    resource: str
    purpose: str
    basis: str
    fields: Mapping[str, str]
    """Field → "plain", "masked", or "" for what its sensitivity asks for."""
    valid_from: date
    valid_to: date
    quota_per_day: int
    rate_per_second: int
    delivery: Sequence[str]
    rows: Sequence[Mapping[str, Any]] = field(default_factory=list)


def require(partner: Partner, dataset: Dataset, terms: Terms) -> None:
    """Raise FormatError or Conflict for the first thing that stands in the way of a grant."""
    for _, fault in faults(partner, dataset, terms):
        raise fault


def faults(partner: Partner, dataset: Dataset, terms: Terms) -> Iterator[tuple[str, JinbaoError]]:
    """Say of each part of the terms what cannot be granted."""
    if not partner.active:
        yield "partner", Conflict(f"{partner.name}已停用", advice="请先恢复该合作单位。")
    if dataset.sharing == NOT_SHARED:
        yield (
            "resource",
            Conflict(f"“{dataset.title}”属于不予共享", advice=dataset.sharing_terms or "请向提供方了解。"),
        )
        return
    if fault := _of_fields(dataset, terms.fields):
        yield "fields", fault
    elif "match" in terms.delivery and not set(keys_of(dataset)) & set(terms.fields):
        named = "、".join(dataset.column(name).label for name in keys_of(dataset))
        yield "fields", FormatError("比对核验须有查询键", advice=f"请至少选择其一：{named}。")
    if fault := _of_rows(dataset, terms.rows):
        yield "rows", fault
    if not terms.delivery or set(terms.delivery) - set(DELIVERIES):
        yield "delivery", FormatError("使用方式有误", advice=f"可用：{'、'.join(DELIVERIES)}。")
    if not 0 < terms.quota_per_day < 2**31:
        yield "quota_per_day", FormatError("每日用量应为正整数", advice="请填写 1 至 2147483647。")
    if not 0 < terms.rate_per_second <= 10_000:
        yield "rate_per_second", FormatError("每秒次数应为 1 至 10000", advice="请按业务高峰填写。")
    if terms.valid_from > terms.valid_to:
        yield "valid_to", FormatError("止日早于起日", advice="请核对使用期限。")
    elif terms.valid_to > terms.valid_from + LONGEST:
        yield "valid_to", FormatError("一次授权最长三年", advice="请缩短期限，期满前再申请。")


def _of_fields(dataset: Dataset, fields: Mapping[str, str]) -> JinbaoError | None:
    if not fields:
        return FormatError("没有选择字段", advice="请至少选择一个字段。")
    if refused := _not_available(dataset, list(fields)):
        return refused
    if set(fields.values()) - {"", *LEVELS}:
        return FormatError("字段的提供方式有误", advice="可用：plain（原值）、masked（脱敏）。")
    return None


def _of_rows(dataset: Dataset, rows: Sequence[Mapping[str, Any]]) -> JinbaoError | None:
    if len(rows) > MOST_CONDITIONS or any(len(each.get("in", ())) > MOST_VALUES for each in rows):
        return FormatError(
            f"最多 {MOST_CONDITIONS} 个条件，一个条件最多 {MOST_VALUES} 个值", advice="请合并或分别申请。"
        )
    return _not_available(dataset, [str(each.get("column", "")) for each in rows])


def _not_available(dataset: Dataset, names: Sequence[str]) -> JinbaoError | None:
    """Say which names are no columns, or columns that nobody may have; a condition on such a one would tell of it."""
    known, shared = {column.name for column in dataset.columns}, {column.name for column in dataset.shared}
    if unknown := [name for name in names if name not in known]:
        return FormatError(f"没有字段“{'、'.join(unknown)}”", advice=f"可用的字段：{'、'.join(sorted(shared))}。")
    if refused := [dataset.column(name).label for name in names if name not in shared]:
        return Conflict(f"字段“{'、'.join(refused)}”不予共享", advice="请去掉；确有法定职责的，请与提供方商议。")
    return None


@dataclass(frozen=True)
class Words:
    """One side of a condition as people read it."""

    label: str
    """Of the field."""
    sign: str
    """`in`, `from` or `to`."""
    values: tuple[str, ...]
    unit: str = ""


SAID = {"in": "{0}为 {1}", "from": "{0}不小于 {1}", "to": "{0}不大于 {1}"}


def worded(dataset: Dataset, condition: Mapping[str, Any]) -> list[Words]:
    """Read a condition into words: amounts in yuan, months and codes as people write them."""
    name = str(condition.get("column", ""))
    column = next((each for each in dataset.columns if each.name == name), None)
    found = [(end, condition[end] if end == "in" else [condition[end]]) for end in SAID if end in condition]
    if column is None:
        return [Words(name, end, tuple(str(value) for value in values)) for end, values in found]
    unit = "元" if column.type == "金额" else ""
    return [Words(column.label, end, tuple(_show(column, value) for value in values), unit) for end, values in found]


def _show(column: Column, value: Any) -> str:
    if column.type == "金额":
        return format_fen(int(value))
    if column.type in ("年月", "整数"):
        return shown(column.type, value)
    return column.codes.get(str(value), str(value))


def in_words(dataset: Dataset, condition: Mapping[str, Any]) -> str:
    """Write one condition for people: 费款所属期不小于 2026-01."""
    return "，".join(
        SAID[each.sign].format(each.label, f"{'、'.join(each.values)} {each.unit}".rstrip())
        for each in worded(dataset, condition)
    )


def draft(partner: Partner, dataset: Dataset, terms: Terms) -> Grant:
    """Return the grant that the terms would make, not saved and without its number."""
    return Grant(
        partner=partner,
        resource=terms.resource,
        purpose=terms.purpose[:500],
        basis=terms.basis[:500],
        fields={name: level or default_level(dataset.column(name)) for name, level in terms.fields.items()},
        keys=[name for name in keys_of(dataset) if name in terms.fields],
        rows=[dict(each) for each in terms.rows],
        delivery=[name for name in DELIVERIES if name in terms.delivery],
        valid_from=terms.valid_from,
        valid_to=terms.valid_to,
        quota_per_day=terms.quota_per_day,
        rate_per_second=terms.rate_per_second,
    )

"""The form of a data-sharing application: how it is read into terms, written from choices, and granted only in part.

A form is kept as texts, so that whoever applies by a program writes what the page writes: fields as
`id_number, wage_fen:plain` (masked unless said otherwise), rows as `month>=202601；scheme=110,210`, amounts in fen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, TypeVar

from jinbao.cases.forms import FormRefused, told
from jinbao.cases.services import service_of
from jinbao.data.datasets import Column, Dataset, load_dataset
from jinbao.data.exchange.masks import MASKED, PLAIN, default_level
from jinbao.data.exchange.models import Partner
from jinbao.data.exchange.terms import Terms, faults
from jinbao.data.values import TYPES
from jinbao.kernel.errors import FormatError, JinbaoError, NotFound
from jinbao.kernel.months import Month

Form = Mapping[str, Any]
T = TypeVar("T")

ITEM = "data_sharing"
SIGNS = {"=": "in", ">=": "from", "<=": "to"}
LESSENED = ("fields", "rows", "use_mode", "valid_to", "quota_per_day", "rate_per_second")
"""What of a form an officer may grant less of than is asked for."""
_FIELD_OF = {"partner": "partner_code", "delivery": "use_mode"}
"""Part of the terms → the form's field, where the names differ."""
_CONDITION = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s*(>=|<=|=)\s*(.+?)\s*")
_PARTED = re.compile("[,，、]")


def partner_of(code: str) -> Partner:
    """Return the registered partner. Raises NotFound."""
    found = Partner.objects.filter(code=code).first()
    if found is None:
        raise NotFound(f"{code} 还没有登记为合作单位", advice="请先由数据管理人员登记。")
    return found


def terms_of(form: Form) -> Terms:
    """Read the terms out of a form. Raises FormatError that tells everything that is wrong."""
    terms, errors = read_terms(form)
    if terms is None:
        raise FormatError("；".join(text.rstrip("。") for text in errors.values()))
    return terms


def read_terms(form: Form) -> tuple[Terms | None, dict[str, str]]:
    """Read the terms out of a form, or say at each of its fields what is wrong and what to do."""
    errors: dict[str, str] = {}

    def part(name: str, read: Callable[[], T], instead: T) -> T:
        try:
            return read()
        except JinbaoError as error:
            errors[name] = told(error)
            return instead

    partner = part("partner_code", lambda: partner_of(form["partner_code"]), None)
    dataset = part("resource", lambda: load_dataset(form["resource"]), None)
    if dataset is None or partner is None:
        return None, errors
    terms = Terms(
        dataset.name,
        form["purpose"],
        form["basis"],
        read_fields(form["fields"]),
        date.fromisoformat(str(form["valid_from"])),
        date.fromisoformat(str(form["valid_to"])),
        part("quota_per_day", lambda: _number(form, "quota_per_day", "每日用量"), 1),
        part("rate_per_second", lambda: _number(form, "rate_per_second", "每秒次数"), 1),
        str(form["use_mode"]).split(","),
        part("rows", lambda: read_rows(dataset, form.get("rows", "")), []),
    )
    for name, fault in faults(partner, dataset, terms):
        errors.setdefault(_FIELD_OF.get(name, name), told(fault))
    return (None if errors else terms), errors


def read_fields(text: str) -> dict[str, str]:
    """Read the chosen fields: name → "plain", "masked", or "" where nothing is said."""
    names = [part.strip() for part in re.split("[,，、;；]", text) if part.strip()]
    return {name.strip(): level.strip() for name, _, level in (n.replace("：", ":").partition(":") for n in names)}


def write_fields(dataset: Dataset, levels: Mapping[str, str]) -> str:
    """Write chosen fields as they are kept; a level is written only where it is not what the field's grade asks for."""
    known = {column.name: default_level(column) for column in dataset.columns}
    return ", ".join(name if level in ("", known.get(name)) else f"{name}:{level}" for name, level in levels.items())


def read_rows(dataset: Dataset, text: str) -> list[dict[str, Any]]:
    """Read the conditions that rows must meet. Raises FormatError that quotes the one that is wrong."""
    return [_condition(dataset, part) for part in re.split("[;；]", text) if part.strip()]


def write_rows(conditions: Iterable[Mapping[str, Any]]) -> str:
    """Write conditions as they are kept."""
    return "；".join(
        f"{each['column']}{sign}{','.join(map(str, each[end])) if end == 'in' else each[end]}"
        for each in conditions
        for sign, end in SIGNS.items()
        if end in each
    )


def _condition(dataset: Dataset, text: str) -> dict[str, Any]:
    found = _CONDITION.fullmatch(text)
    if found is None:
        raise FormatError(f"看不懂数据范围“{text.strip()[:40]}”", advice="请写成 字段=值 或 字段>=值，条件之间用分号。")
    name, sign, values = found.groups()
    return condition(dataset, name, sign, values, _kept)


def condition(
    dataset: Dataset, name: str, sign: str, text: str, read: Callable[[Column, str], str | int]
) -> dict[str, Any]:
    """Make one condition of a column, a sign of SIGNS and one or several values. Raises FormatError, NotFound."""
    column = dataset.column(name)
    if sign not in SIGNS:
        raise FormatError("没有选择比较方式", advice="请选择。")
    if sign != "=":
        return {"column": name, SIGNS[sign]: read(column, text.strip())}
    values = [part.strip() for part in _PARTED.split(text) if part.strip()]
    if not values:
        raise FormatError("没有填写值", advice="请填写，多个值用逗号隔开。")
    return {"column": name, "in": [read(column, value) for value in values]}


def typed(column: Column, text: str) -> str | int:
    """Read a value of a condition as people type it: amounts in yuan, codes by number or meaning."""
    if column.type in ("公民身份号码", "证件号码"):
        return text.strip()
    value = TYPES[column.type].parse(column, date.max)(text)
    return value if isinstance(value, int) else str(value)


def _kept(column: Column, text: str) -> str | int:
    """Read a value of a condition as it is kept: amounts in fen, months as 202601."""
    if column.type != "金额":
        return typed(column, text)
    if not text.isascii() or not text.isdigit():
        raise FormatError(f"“{column.label}”的范围“{text[:20]}”不是整数", advice="金额以分填写。")
    return int(text)


def as_typed(column: Column, value: Any) -> str:
    """Write a kept value of a condition as people type it."""
    if column.type == "年月":
        return str(Month.from_yyyymm(int(value)))
    return TYPES[column.type].show(value) if column.type == "金额" else str(value)


def _number(form: Form, name: str, label: str) -> int:
    text = str(form[name]).strip()
    if not text.isascii() or not text.isdigit():
        raise FormatError(f"“{label}”不是整数", advice="请填写正整数。")
    return int(text)


def lessened(form: Form, sent: Mapping[str, str]) -> dict[str, Any]:
    """Return what of `sent` grants less than the form asks for, by field. Raises FormRefused for whatever is more.

    `sent` may hold the fields of LESSENED; what is left out stays as it was asked for.
    """
    changed = {name: str(sent[name]).strip() for name in LESSENED if name in sent}
    terms, errors = read_terms({**form, **changed} if _is_day(changed.get("valid_to", "2000-01-01")) else form)
    if not _is_day(changed.get("valid_to", "2000-01-01")):
        errors["valid_to"] = "不是日期。请写成 2026-12-31 的形式。"
    asked = terms_of(form)
    if terms is not None and not errors:
        errors = dict(_more(asked, terms, load_dataset(asked.resource)))
    if errors:
        raise FormRefused(service_of(ITEM), errors)
    return {name: value for name, value in changed.items() if value != str(form.get(name, ""))}


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _more(asked: Terms, given: Terms, dataset: Dataset) -> Iterable[tuple[str, str]]:
    """Say at each field where more would be given than was asked for."""
    level = {name: chosen or default_level(dataset.column(name)) for name, chosen in asked.fields.items()}
    for name, chosen in given.fields.items():
        new = chosen or default_level(dataset.column(name))
        if name not in level or (level[name], new) == (MASKED, PLAIN):
            yield "fields", f"“{dataset.column(name).label}”超出申请。只能减少字段，或改为脱敏。"
            break
    if any(each not in given.rows for each in asked.rows):
        yield "rows", "去掉或改了申请的数据范围。只能再加条件。"
    if set(given.delivery) - set(asked.delivery):
        yield "use_mode", "超出申请的使用方式。请在申请的方式中选。"
    if given.valid_to > asked.valid_to:
        yield "valid_to", f"晚于申请的止日 {asked.valid_to}。请改早。"
    if given.quota_per_day > asked.quota_per_day:
        yield "quota_per_day", f"多于申请的 {asked.quota_per_day}。请改少。"
    if given.rate_per_second > asked.rate_per_second:
        yield "rate_per_second", f"多于申请的 {asked.rate_per_second}。请改少。"

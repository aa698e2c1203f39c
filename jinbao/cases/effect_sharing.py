"""What the approval of a data-sharing application does: a grant of the exchange, with the terms of the form."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from jinbao.cases.effect_batches import NOTHING
from jinbao.cases.models import Case
from jinbao.cases.outcome import Change, Preview
from jinbao.cases.services import service_of
from jinbao.data.datasets import Column, Dataset, load_dataset
from jinbao.data.exchange import actions as exchange
from jinbao.data.exchange.actions import Terms
from jinbao.data.exchange.masks import LEVELS, PERSONAL, PLAIN, default_level
from jinbao.data.exchange.models import Grant, Partner
from jinbao.kernel.errors import FormatError, JinbaoError, NotFound
from jinbao.trust.actors import Actor

_CONDITION = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s*(>=|<=|=)\s*(.+?)\s*")
_NUMBERS = frozenset({"金额", "整数", "年月"})


def terms_of(form: dict[str, Any]) -> Terms:
    """Read the terms out of a form. Raises FormatError, NotFound or Conflict that says which part is wrong."""
    dataset = load_dataset(form["resource"])
    terms = Terms(
        dataset.name,
        form["purpose"],
        form["basis"],
        _fields(form["fields"]),
        date.fromisoformat(str(form["valid_from"])),
        date.fromisoformat(str(form["valid_to"])),
        _number(form, "quota_per_day", "每日用量"),
        _number(form, "rate_per_second", "每秒次数"),
        form["use_mode"].split(","),
        [_condition(dataset, part) for part in re.split("[;；]", form.get("rows", "")) if part.strip()],
    )
    exchange.check_terms(partner_of(form["partner_code"]), dataset, terms)
    return terms


def partner_of(code: str) -> Partner:
    """Return the registered partner. Raises NotFound."""
    found = Partner.objects.filter(code=code).first()
    if found is None:
        raise NotFound(f"{code} 还没有登记为合作单位", advice="请先由数据管理人员登记。")
    return found


def _fields(text: str) -> dict[str, str]:
    names = [part.strip() for part in re.split("[,，、;；]", text) if part.strip()]
    return {name: level.strip() for name, _, level in (part.replace("：", ":").partition(":") for part in names)}


def _number(form: dict[str, Any], name: str, label: str) -> int:
    text = str(form[name])
    if not text.isascii() or not text.isdigit():
        raise FormatError(f"“{label}”不是整数", advice="请填写正整数。")
    return int(text)


def _condition(dataset: Dataset, text: str) -> dict[str, Any]:
    """Read one condition: column=value,value or column>=value or column<=value."""
    found = _CONDITION.fullmatch(text)
    if found is None:
        raise FormatError(f"看不懂数据范围“{text.strip()[:40]}”", advice="请写成 字段=值 或 字段>=值，条件之间用分号。")
    name, sign, values = found.groups()
    column = dataset.column(name)
    if sign == "=":
        return {"column": name, "in": [_value(column, part.strip()) for part in re.split("[,，、]", values)]}
    return {"column": name, "from" if sign == ">=" else "to": _value(column, values)}


def _value(column: Column, text: str) -> str | int:
    if column.type not in _NUMBERS:
        return text
    if not text.isascii() or not text.isdigit():
        raise FormatError(f"“{column.label}”的范围“{text[:20]}”不是数字", advice="金额以分、年月以 202601 的形式填写。")
    return int(text)


def grant_access(by: Actor, case: Case, now: datetime) -> dict[str, Any]:
    """Grant what was applied for (数据共享授权)."""
    made = exchange.grant(by, partner_of(case.form["partner_code"]), terms_of(case.form), case.number, now=now)
    return {"grant": made.pk, "number": made.number}


def preview_access(case: Case, today: date) -> Preview:
    """Show each field with its level, the rows, the time and the amount; warn of personal data given as it is."""
    form = case.form
    try:
        terms, partner = terms_of(form), partner_of(form["partner_code"])
    except JinbaoError as error:
        return Preview((), (f"{error.message}。{error.advice}",))
    dataset = load_dataset(terms.resource)
    former = Grant.objects.filter(partner=partner, resource=terms.resource, revoked_at__isnull=True).first()
    ways = service_of(case.item).field("use_mode").choices
    until = "已过" if terms.valid_to < today else ""
    changes = (
        Change("数据共享授权", former.number if former else "未授权", f"{dataset.title}（{dataset.name}）"),
        *(_line(dataset, name, level, former) for name, level in terms.fields.items()),
        Change("数据范围", NOTHING, form.get("rows") or "全部"),
        Change("使用方式", NOTHING, ways[form["use_mode"]]),
        Change("期限", NOTHING, f"{terms.valid_from} 至 {terms.valid_to}"),
        Change("用量", NOTHING, f"每日 {terms.quota_per_day} 行，每秒 {terms.rate_per_second} 次"),
    )
    return Preview(changes, (f"使用止日 {terms.valid_to} {until}",) if until else ())


def _line(dataset: Dataset, name: str, level: str, former: Grant | None) -> Change:
    column = dataset.column(name)
    given = level or default_level(column)
    before = LEVELS.get(former.fields.get(name, ""), NOTHING) if former else NOTHING
    warning = "（个人信息，须有必要性说明）" if given == PLAIN and column.sensitivity in PERSONAL else ""
    return Change(f"字段 {column.label}（{column.sensitivity}）", before, f"{LEVELS[given]}{warning}")

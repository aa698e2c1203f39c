"""The form of a data-sharing application on a page: fields that are ticked, conditions that are chosen, a sample.

The portal fills it in, the counter reads it and grants less. What is chosen is written as the texts that
`cases.sharing_form` keeps, so a page and a program apply with the same form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jinbao.cases import sharing_form
from jinbao.cases.forms import Shown, shown, told
from jinbao.cases.models import Case
from jinbao.cases.services import Service, service_of
from jinbao.data.datasets import NOT_SHARED, Column, Dataset, load_dataset
from jinbao.data.exchange.directory import keys_of
from jinbao.data.exchange.masks import LEVELS, MASKED, PERSONAL, PLAIN, default_level
from jinbao.data.exchange.queries import Usage
from jinbao.data.exchange.sample import Sample
from jinbao.data.exchange.terms import Words, worded
from jinbao.kernel.errors import DeclarationError, FormatError, JinbaoError, NotFound
from jinbao.web.caseforms import CaseField

SIGNS = (("=", gettext_lazy("为（任一）")), (">=", gettext_lazy("不小于")), ("<=", gettext_lazy("不大于")))
LEAST_LINES, MOST_LINES = 2, 20
SAID = {
    "in": gettext_lazy("%(label)s为 %(value)s"),
    "from": gettext_lazy("%(label)s不小于 %(value)s"),
    "to": gettext_lazy("%(label)s不大于 %(value)s"),
}
WRONG_ROWS = gettext_lazy("有的条件看不懂，请逐条改正。")
MODES = {
    "api": gettext_lazy("接口查询"),
    "match": gettext_lazy("比对核验"),
    "file": gettext_lazy("文件"),
    "push": gettext_lazy("推送"),
}


@dataclass(frozen=True)
class FieldLine:
    """One column of the resource as it is chosen."""

    column: Column
    sharing: str
    is_key: bool
    chosen: bool
    plain: bool
    """Whether the value is wanted as it is, where it would be masked."""

    @property
    def may(self) -> bool:
        """Whether it may be asked for at all."""
        return self.sharing != NOT_SHARED

    @property
    def personal(self) -> bool:
        """Whether it is masked unless asked for otherwise."""
        return self.column.sensitivity in PERSONAL


@dataclass(frozen=True)
class RowLine:
    """One condition as it is typed."""

    number: int
    column: str = ""
    sign: str = "="
    value: str = ""
    error: str = ""


@dataclass(frozen=True)
class Chosen:
    """What was chosen on the page: the form as it is kept, the conditions as typed, and what is wrong with them."""

    form: dict[str, str]
    rows: list[RowLine]
    errors: dict[str, str]


def is_for(service: Service) -> bool:
    """Tell whether an item has this form."""
    return service.code == sharing_form.ITEM


def field_lines(dataset: Dataset, fields: str) -> list[FieldLine]:
    """Return every column with what is chosen of it."""
    chosen, keys = sharing_form.read_fields(fields), keys_of(dataset)
    return [
        FieldLine(
            column,
            dataset.sharing_of(column),
            column.name in keys,
            column.name in chosen,
            (chosen.get(column.name) or default_level(column)) == PLAIN and column.name in chosen,
        )
        for column in dataset.columns
    ]


def row_lines(dataset: Dataset, rows: str) -> list[RowLine]:
    """Return the kept conditions as they are typed, with empty ones to fill in."""
    lines: list[RowLine] = []
    try:
        conditions = sharing_form.read_rows(dataset, rows)
    except JinbaoError:
        conditions = []
    for each in conditions:
        column = dataset.column(each["column"])
        for sign, end in sharing_form.SIGNS.items():
            if end in each:
                values = each[end] if end == "in" else [each[end]]
                text = "、".join(sharing_form.as_typed(column, value) for value in values)
                lines.append(RowLine(len(lines) + 1, column.name, sign, text))
    return with_empty(lines)


def with_empty(lines: Sequence[RowLine], spare: int = 1) -> list[RowLine]:
    """Add empty lines at the end."""
    count = min(MOST_LINES, max(LEAST_LINES, len(lines) + spare))
    return [*lines, *(RowLine(number) for number in range(len(lines) + 1, count + 1))]


def chosen(dataset: Dataset, sent: QueryDict) -> Chosen:
    """Read what was chosen on the page."""
    names = [column.name for column in dataset.columns]
    picked = [name for name in sent.getlist("field") if name in names]
    wanted = set(sent.getlist("plain"))
    levels = {name: _level(dataset.column(name), plain=name in wanted) for name in names if name in picked}
    unknown = [name for name in sent.getlist("field") if name not in names]
    errors = {"fields": _("没有所选的字段，请重新选择。")} if unknown else {}
    lines, conditions = _rows(dataset, sent)
    if any(line.error for line in lines):
        errors["rows"] = str(WRONG_ROWS)
    form = {name: value for name, value in sent.items() if isinstance(value, str)}
    form |= {"fields": sharing_form.write_fields(dataset, levels), "rows": sharing_form.write_rows(conditions)}
    return Chosen(form, with_empty(lines, spare=1), errors)


def _level(column: Column, *, plain: bool) -> str:
    return PLAIN if plain or default_level(column) == PLAIN else MASKED


def _rows(dataset: Dataset, sent: QueryDict) -> tuple[list[RowLine], list[dict[str, Any]]]:
    """Read the lines of conditions: as they were typed, and those that can be read."""
    lines: list[RowLine] = []
    conditions: list[dict[str, Any]] = []
    parts = zip(sent.getlist("row-column"), sent.getlist("row-sign"), sent.getlist("row-value"), strict=False)
    for column, sign, value in list(parts)[:MOST_LINES]:
        if not column and not value.strip():
            continue
        line, condition = _row(dataset, RowLine(len(lines) + 1, column, sign, value.strip()))
        lines.append(line)
        conditions += [condition] if condition else []
    return lines, conditions


def _row(dataset: Dataset, line: RowLine) -> tuple[RowLine, dict[str, Any] | None]:
    """Read one line; what is wrong stands at it."""
    try:
        if not line.column:
            raise FormatError(_("没有选择字段"), advice=_("请选择。"))
        return line, sharing_form.condition(dataset, line.column, line.sign, line.value, sharing_form.typed)
    except JinbaoError as error:
        return RowLine(line.number, line.column, line.sign, line.value, told(error)), None


def context(
    dataset: Dataset, form: Mapping[str, Any], fields: Sequence[CaseField], rows: Sequence[RowLine] | None = None
) -> dict[str, Any]:
    """Return what the template of the form needs; `rest` are the fields that are filled in like any other."""
    return {
        "rest": [one for one in fields if one.field.name not in ("resource", "fields", "rows")],
        "dataset": dataset,
        "lines": field_lines(dataset, str(form.get("fields", ""))),
        "rows": row_lines(dataset, str(form.get("rows", ""))) if rows is None else rows,
        "conditions": dataset.shared,
        "coded": [column for column in dataset.shared if column.codes],
        "signs": SIGNS,
    }


def sample_table(dataset: Dataset, sample: Sample) -> dict[str, Any]:
    """Return a sample as a table: labels, and rows of values."""
    names = list(sample.rows[0]) if sample.rows else []
    return {
        "labels": [dataset.column(name).label for name in names],
        "rows": [list(row.values()) for row in sample.rows],
        "fits": sample.fits,
        "delivery": sample.delivery,
        "names": names,
    }


def words_of(dataset: Dataset, conditions: Sequence[Mapping[str, Any]]) -> list[str]:
    """Write the conditions on rows in the reader's language, amounts in yuan."""
    return [
        str(SAID[part.sign]) % {"label": _(part.label), "value": _value(part)}
        for each in conditions
        for part in worded(dataset, each)
    ]


def _value(part: Words) -> str:
    values = "、".join(part.values)
    return _("%(amount)s 元") % {"amount": values} if part.unit else values


@dataclass(frozen=True)
class Granted:
    """A grant as people read it."""

    usage: Usage
    title: str
    fields: list[tuple[str, str, bool]]
    """Label of the field, what is given (原值, 脱敏), and whether that is masked."""
    rows: list[str]
    modes: list[str]


def granted(usage: Usage) -> Granted:
    """Put the terms of a grant into words; a resource that is no longer declared keeps its codes."""
    grant = usage.grant
    modes = [str(MODES.get(mode, mode)) for mode in grant.delivery]
    try:
        dataset = load_dataset(grant.resource)
    except (NotFound, DeclarationError):
        fields = [(name, _(LEVELS[level]), level == MASKED) for name, level in grant.fields.items()]
        return Granted(usage, grant.resource, fields, [str(each) for each in grant.rows], modes)
    labels = {column.name: column.label for column in dataset.columns}
    fields = [(_(labels.get(name, name)), _(LEVELS[level]), level == MASKED) for name, level in grant.fields.items()]
    return Granted(usage, dataset.title, fields, words_of(dataset, grant.rows), modes)


def lines_in_words(form: Mapping[str, Any], lines: Sequence[Shown]) -> list[Shown]:
    """Return the lines of an application with titles, masks and amounts in place of the codes it is kept in."""
    try:
        dataset = load_dataset(str(form.get("resource", "")))
        levels = sharing_form.read_fields(str(form.get("fields", "")))
        rows = words_of(dataset, sharing_form.read_rows(dataset, str(form.get("rows", ""))))
        fields = [_field_in_words(dataset.column(name), level) for name, level in levels.items()]
    except JinbaoError:
        return list(lines)
    texts = {"resource": _(dataset.title), "fields": "、".join(fields), "rows": "；".join(rows)}
    return [replace(line, text=texts.get(line.name, line.text)) for line in lines]


def less_in_words(case: Case) -> list[Shown]:
    """Return the lines of an application in which less is granted than was asked for, as they are granted."""
    lines = lines_in_words(case.decided, shown(service_of(case.item), case.decided, whole=False))
    return [line for line in lines if line.name in case.lessened]


def _field_in_words(column: Column, level: str) -> str:
    return _("%(label)s（%(level)s）") % {"label": _(column.label), "level": _(LEVELS[level or default_level(column)])}


@dataclass(frozen=True)
class DecidedLine:
    """One field of an application as it is asked for and as it is to be granted."""

    column: Column
    sharing: str
    asked: str
    given: str
    """A level, or empty for a field that is not granted."""


def decision(case: Case, sent: Mapping[str, str], typed: Sequence[RowLine] = ()) -> dict[str, Any]:
    """Return an application beside the grades of its fields, for whoever decides; empty when it cannot be read.

    `sent` is what was just chosen and refused, `typed` its conditions: both stay on the page.
    """
    decided = {**case.decided, **sent}
    try:
        dataset = load_dataset(str(case.form.get("resource", "")))
        asked = sharing_form.read_fields(str(case.form.get("fields", "")))
        given = sharing_form.read_fields(str(decided.get("fields", "")))
        lines = [_decided(dataset, name, asked, given) for name in asked]
        rows = sharing_form.read_rows(dataset, str(case.form.get("rows", "")))
        added = [each for each in sharing_form.read_rows(dataset, str(decided.get("rows", ""))) if each not in rows]
    except JinbaoError:
        return {}
    modes = service_of(case.item).field("use_mode").choices
    wanted = set(str(case.form["use_mode"]).split(","))
    return {
        "dataset": dataset,
        "lines": lines,
        "asked_rows": words_of(dataset, rows),
        "added_rows": words_of(dataset, added),
        "rows": list(typed) or row_lines(dataset, sharing_form.write_rows(added)),
        "conditions": dataset.shared,
        "coded": [column for column in dataset.shared if column.codes],
        "signs": SIGNS,
        "modes": [(mode, label) for mode, label in modes.items() if set(mode.split(",")) <= wanted],
        "decided": decided,
        "asked": case.form,
        "lessened": bool(case.lessened),
    }


def _decided(dataset: Dataset, name: str, asked: Mapping[str, str], given: Mapping[str, str]) -> DecidedLine:
    column = dataset.column(name)
    level = (given[name] or default_level(column)) if name in given else ""
    return DecidedLine(column, dataset.sharing_of(column), asked[name] or default_level(column), level)


def lessened(case: Case, sent: QueryDict) -> Chosen:
    """Read what an officer chose to grant, as `cases.actions.lessen` takes it; conditions come to those asked for."""
    dataset = load_dataset(case.form["resource"])
    levels = {column.name: sent.get(f"level-{column.name}", "") for column in dataset.columns}
    kept = {name: level for name, level in levels.items() if level in (PLAIN, MASKED)}
    others = {name: str(sent[name]) for name in sharing_form.LESSENED if name in sent}
    lines, added = _rows(dataset, sent)
    asked = sharing_form.read_rows(dataset, str(case.form.get("rows", "")))
    rows = [*asked, *(each for each in added if each not in asked)]
    errors = {"rows": str(WRONG_ROWS)} if any(line.error for line in lines) else {}
    form = others | {"fields": sharing_form.write_fields(dataset, kept), "rows": sharing_form.write_rows(rows)}
    return Chosen(form, with_empty(lines), errors)

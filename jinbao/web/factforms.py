"""A form made from the glossary: one field for each fact, read and checked as the law engine itself would."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from jinbao.kernel.errors import JinbaoError
from jinbao.rules.glossary import Glossary, Term


@dataclass(frozen=True)
class Field:
    """One field as the page shows it."""

    name: str
    term: Term
    value: str
    required: bool
    error: str = ""
    common: bool = False
    """Whether many people need it although it need not be filled in."""

    @property
    def rare(self) -> bool:
        """Whether few people need it: it has a default, or counts under rare circumstances only."""
        return not self.required and not self.term.optional and not self.common

    @property
    def is_default(self) -> bool:
        """Whether it says what counts anyway."""
        return self.term.default is not None and self.value == _plain(self.term.default, "是", "否")

    @property
    def kind(self) -> str:
        """How it is entered: choice, check or text."""
        if self.term.choices:
            return "choice"
        return "check" if self.term.type == "布尔" else "text"

    @property
    def unit(self) -> str:
        """The unit in which people enter it; per cent are entered as they are stored, as a ratio."""
        return "" if self.term.type in ("年月", "日期", "年龄", "选项", "布尔", "文字") else self.term.unit or ""

    @property
    def hints(self) -> list[str]:
        """What the reader should know: range, form, default."""
        term, hints = self.term, []
        if term.type == "年月":
            hints.append(_("例如 1966-01 或 1966年1月"))
        elif term.type == "年龄":
            hints.append(_("例如 60岁2个月"))
        if term.min is not None and term.max is not None:
            hints.append(_("%(low)s 至 %(high)s") % {"low": _plain(term.min), "high": _plain(term.max)})
        if term.default is not None and not term.choices:
            hints.append(_("不填按 %(value)s 计算") % {"value": _plain(term.default)})
        return hints


@dataclass(frozen=True)
class FactForm:
    """The fields, the facts that could be read, and whether anything was filled in."""

    fields: tuple[Field, ...]
    facts: dict[str, Any] = field(default_factory=dict)
    filled: bool = False

    @property
    def usual(self) -> list[Field]:
        """The fields that most people fill in."""
        return [each for each in self.fields if not each.rare]

    @property
    def rare(self) -> list[Field]:
        """The fields that have a default and concern few people."""
        return [each for each in self.fields if each.rare]

    @property
    def rare_open(self) -> bool:
        """Whether one of the rare fields is wrong or says something else than its default, so that it must be seen."""
        return any(each.error or (each.name in self.facts and not each.is_default) for each in self.rare)

    @property
    def told(self) -> dict[str, Any]:
        """The facts that say more than the default does."""
        usual = {each.name for each in self.fields if each.is_default}
        return {name: value for name, value in self.facts.items() if name not in usual}

    @property
    def wrong(self) -> list[Field]:
        """The fields that must be corrected."""
        return [each for each in self.fields if each.error]

    @property
    def ready(self) -> bool:
        """Whether the facts can be put to the law."""
        return self.filled and not self.wrong


def read_form(
    glossary: Glossary,
    names: Iterable[str],
    data: Mapping[str, str],
    required: Iterable[str] = (),
    *,
    asked: bool | None = None,
    common: Iterable[str] = (),
) -> FactForm:
    """Read the named facts from what a visitor sent; every wrong value is reported at its field.

    `asked` tells whether the visitor asked for an answer, so that missing facts are mistakes; by default, when anything
    is filled in. `common` names facts that stand in sight although they need not be filled in.
    """
    needed, seen = set(required), set(common)
    names = tuple(names)
    filled = any(data.get(name, "").strip() for name in names) if asked is None else asked
    facts: dict[str, Any] = {}
    fields = []
    for name in names:
        value = data.get(name, "").strip()
        error = _error(glossary, name, value, filled and name in needed)
        if value and not error:
            facts[name] = value
        fields.append(
            Field(name, glossary[name], value or _initial(glossary[name]), name in needed, error, name in seen)
        )
    return FactForm(tuple(fields), facts, filled)


def _error(glossary: Glossary, name: str, value: str, needed: bool) -> str:
    if not value:
        return _("请填写“%(name)s”") % {"name": _(name)} if needed else ""
    try:
        glossary.read_fact(name, value)
    except JinbaoError as error:
        return f"{error.message}。{error.advice}" if error.advice else f"{error.message}。"
    return ""


def _initial(term: Term) -> str:
    """What is ticked before anybody ticks: the choice that counts anyway."""
    ticked = bool(term.choices) or term.type == "布尔"
    return _plain(term.default, "是", "否") if ticked and term.default is not None else ""


def _plain(value: Any, yes: str = "", no: str = "") -> str:
    if isinstance(value, bool):
        return (yes or _("是")) if value else (no or _("否"))
    return str(value)

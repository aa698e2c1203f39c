"""Rules into SQL: each row-wise rule is a condition under which a row is checked and one under which it holds.

A rule between rows or tables brings a join that finds at most one row of the other side, so the number of rows never
changes and one scan finds the failing rows of every rule of a dataset.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from jinbao.data.datasets import Column, Dataset
from jinbao.data.scoring import identity, pattern
from jinbao.data.scoring.declared import ScoredRule
from jinbao.data.supply.standard import SQL_TYPES
from jinbao.data.values import TYPES
from jinbao.kernel.duck import literal, quoted
from jinbao.kernel.errors import DeclarationError, FormatError
from jinbao.kernel.months import Month

BY_TABLE = ("gate", "accessible")
"""Kinds that are answered without looking at rows."""


@dataclass(frozen=True)
class Setting:
    """What a condition may depend on beside the rows."""

    dataset: Dataset
    today: date
    least: date | None
    """Timeliness: the day from which a row (its period) or the last delivery counts as timely; None: never late."""
    arrived: datetime | None
    """When the last accepted delivery came."""
    empty: frozenset[str]
    """Other tables that hold no row, so nothing can be checked against them."""

    def kind(self, column: str) -> str:
        """Return the declared type of a column."""
        return self.dataset.column(column).type


@dataclass(frozen=True)
class Condition:
    """A rule in SQL; `join` is empty for rules within a row."""

    given: tuple[str, ...]
    """Columns that must hold a value for a row to be checked."""
    holds: str
    only: str = ""
    """What else must be true of a row to be checked."""
    join: str = ""
    numbers: tuple[str, ...] = ()
    """Columns of identity numbers that must have been read: `identity.with_numbers`."""
    is_deep: bool = False
    """Whether `only` looks into the join or the numbers."""

    @property
    def checked(self) -> str:
        """The condition that a row is checked."""
        return (
            " AND ".join([*(f"{_col(name)} IS NOT NULL" for name in self.given), *filter(None, [self.only])]) or "TRUE"
        )

    @property
    def fails(self) -> str:
        """The condition that a row breaks the rule; what cannot be told breaks it."""
        return f"{self.checked} AND ({self.holds}) IS NOT TRUE"

    @property
    def count(self) -> str:
        """The aggregate that counts the checked rows; every question of a column alone has one form."""
        if self.only or len(self.given) > 1:
            return f"count_if({self.checked})"
        return f"count({_col(self.given[0])})" if self.given else "count(*)"


NEVER = Condition((), "TRUE", "FALSE")
"""A rule that can check no row."""


def compile_rule(rule: ScoredRule, setting: Setting, alias: str) -> Condition:
    """Return the condition of one rule; `alias` names its join. Raises DeclarationError with file:line."""
    condition = _KINDS[rule.kind](rule, setting, alias)
    where = [_is_one_of(name, codes) for name, codes in rule.where.items()]
    return replace(condition, only=" AND ".join(filter(None, [condition.only, *where])))


def _col(name: str) -> str:
    return f"t.{quoted(name)}"


def _there(*names: str) -> str:
    return " AND ".join(f"{_col(name)} IS NOT NULL" for name in names)


def _is_one_of(name: str, codes: Iterable[str]) -> str:
    """Ask of a code list. Codes lie in the file as a dictionary: `list_contains` asks once an entry, IN once a row."""
    return f"list_contains([{', '.join(map(literal, codes))}], {_col(name)})"


def _not_null(rule: ScoredRule, setting: Setting, _alias: str) -> Condition:
    column = _col(rule.columns[0])
    is_text = setting.kind(rule.columns[0]) not in SQL_TYPES
    return Condition((), f"{column} <> ''" if is_text else f"{column} IS NOT NULL")


def _format(rule: ScoredRule, _setting: Setting, _alias: str) -> Condition:
    name = rule.columns[0]
    return Condition((name,), pattern.matches(_col(name), rule.pattern))


def _code_list(rule: ScoredRule, setting: Setting, _alias: str) -> Condition:
    name = rule.columns[0]
    return Condition((name,), _is_one_of(name, setting.dataset.column(name).codes))


def _looks_like_id(rule: ScoredRule, setting: Setting) -> str:
    """Ask of 证件号码 only what begins like an identity number: passports have no check character of this kind."""
    name = rule.columns[0]
    if setting.kind(name) == "公民身份号码":
        return ""
    return f"length({_col(name)}) >= 15 AND left({_col(name)}, 1) BETWEEN '1' AND '9'"


def _citizen_id(rule: ScoredRule, setting: Setting, _alias: str) -> Condition:
    name = rule.columns[0]
    return Condition((name,), identity.valid(name, setting.today), _looks_like_id(rule, setting), numbers=(name,))


def _uscc(rule: ScoredRule, _setting: Setting, _alias: str) -> Condition:
    return Condition(rule.columns[:1], identity.uscc(_col(rule.columns[0])))


def _matches_id(rule: ScoredRule, setting: Setting, _alias: str) -> Condition:
    number, other = rule.columns[:2]
    column = setting.dataset.column(other)
    only = identity.valid(number, setting.today)
    if column.type == "日期":
        holds = f"{_days_as_number(_col(other))} = {identity.birth(number)}"
    else:
        men, women = ([code for code, meaning in column.codes.items() if sign in (code, meaning)] for sign in "男女")
        only += f" AND {_is_one_of(other, [*men, *women])}"
        holds = f"CASE WHEN {_is_one_of(other, men)} THEN 1 ELSE 0 END = {identity.sex(number)}"
    return Condition((number, other), holds, only, numbers=(number,), is_deep=True)


def _days_as_number(column: str) -> str:
    return f"(year({column}) * 10000 + month({column}) * 100 + day({column}))"


def _range(rule: ScoredRule, setting: Setting, _alias: str) -> Condition:
    name = rule.columns[0]
    column = setting.dataset.column(name)
    low, high = (_bound(rule, column, text, setting) for text in (rule.min, rule.max))
    sides = [f"{_col(name)} >= {low}" if low else "", f"{_col(name)} <= {high}" if high else ""]
    return Condition((name,), " AND ".join(filter(None, sides)))


def _bound(rule: ScoredRule, column: Column, text: str | None, setting: Setting) -> str:
    if text is None:
        return ""
    if text == "today":
        value = Month.of(setting.today).yyyymm if column.type == "年月" else setting.today
    else:
        try:
            value = TYPES[column.type].parse(column, setting.today)(text)
        except FormatError as error:
            said = f"规则“{rule.name}”的界限“{text}”不是{column.type}：{error.message}"
            raise DeclarationError(said, at=rule.at) from error
    return f"DATE '{value}'" if isinstance(value, date) else str(int(value))


def _order(rule: ScoredRule, setting: Setting, _alias: str) -> Condition:
    kinds = {setting.kind(name) for name in rule.columns[:2]}
    sides = [_month_of(name, setting) if len(kinds) > 1 else _col(name) for name in rule.columns[:2]]
    return Condition(rule.columns[:2], f"{sides[0]} <= {sides[1]}")


def _month_of(name: str, setting: Setting) -> str:
    column = _col(name)
    return f"(year({column}) * 100 + month({column}))" if setting.kind(name) == "日期" else column


def _sum(rule: ScoredRule, _setting: Setting, _alias: str) -> Condition:
    total, *parts = rule.columns
    added = " + ".join(f"coalesce({_col(name)}, 0)" for name in parts)
    return Condition((total,), f"{_col(total)} = {added}")


def _together(rule: ScoredRule, _setting: Setting, _alias: str) -> Condition:
    some = " OR ".join(f"{_col(name)} IS NOT NULL" for name in rule.columns)
    return Condition((), _there(*rule.columns), f"({some})")


def _required_when(rule: ScoredRule, _setting: Setting, _alias: str) -> Condition:
    when = " AND ".join(f"{_col(name)} = {literal(code)}" for name, code in rule.when.items())
    return Condition((), _there(*rule.columns), when)


def _unique(rule: ScoredRule, setting: Setting, alias: str) -> Condition:
    """Every row of a repeated key fails: nobody can tell from here which of them is right."""
    first, *others = [quoted(name) for name in rule.columns]
    names = ", ".join([first, *others])
    twice = f"SELECT {names} FROM {quoted(setting.dataset.name)} WHERE {first} IS NOT NULL GROUP BY {names} HAVING count(*) > 1"  # noqa: S608, E501  # quoted; one statement
    same = [f"t.{first} = {alias}.{first}", *(f"t.{name} IS NOT DISTINCT FROM {alias}.{name}" for name in others)]
    join = f"LEFT JOIN ({twice}) {alias} ON {' AND '.join(same)}"
    return Condition(rule.columns[:1], f"{alias}.{first} IS NULL", join=join)


def _reference(rule: ScoredRule, setting: Setting, alias: str) -> Condition:
    if rule.table in setting.empty:
        return NEVER
    names = [quoted(name) for name in rule.to]
    known = f"SELECT DISTINCT {', '.join(names)}, TRUE AS hit FROM {quoted(rule.table)} WHERE {names[0]} IS NOT NULL"  # noqa: S608  # quoted
    hit = f"{alias}.hit IS {'NULL' if rule.kind == 'excluded' else 'NOT NULL'}"
    return Condition(rule.columns, hit, join=f"LEFT JOIN ({known}) {alias} ON {_on(rule, alias)}")


def _consistent(rule: ScoredRule, setting: Setting, alias: str) -> Condition:
    """Where the other table knows the row, one of the values there is ours."""
    if rule.table in setting.empty:
        return NEVER
    ours, theirs = next(iter(rule.equal.items()))
    names = ", ".join(quoted(name) for name in rule.to)
    said = f"SELECT {names}, list(DISTINCT {quoted(theirs)}) AS said FROM {quoted(rule.table)} WHERE {quoted(theirs)} IS NOT NULL GROUP BY {names}"  # noqa: S608, E501  # quoted; one statement
    holds, join = f"list_contains({alias}.said, {_col(ours)})", f"LEFT JOIN ({said}) {alias} ON {_on(rule, alias)}"
    return Condition((*rule.columns, ours), holds, f"{alias}.said IS NOT NULL", join, is_deep=True)


def _on(rule: ScoredRule, alias: str) -> str:
    return " AND ".join(
        f"{_col(ours)} = {alias}.{quoted(theirs)}" for ours, theirs in zip(rule.columns, rule.to, strict=True)
    )


def _timely(_rule: ScoredRule, setting: Setting, _alias: str) -> Condition:
    """A row speaks of a late enough period; without a period the last delivery came late enough."""
    if setting.least is None:
        return NEVER
    period = setting.dataset.period
    if not period or setting.dataset.delivery != "full":
        is_timely = setting.arrived is not None and setting.arrived.date() >= setting.least
        return Condition((), "TRUE" if is_timely else "FALSE")
    least = str(Month.of(setting.least).yyyymm) if setting.kind(period) == "年月" else f"DATE '{setting.least}'"
    return Condition((period,), f"{_col(period)} >= {least}")


_KINDS: dict[str, Callable[[ScoredRule, Setting, str], Condition]] = {
    "not_null": _not_null,
    "format": _format,
    "code_list": _code_list,
    "citizen_id": _citizen_id,
    "uscc": _uscc,
    "matches_id": _matches_id,
    "range": _range,
    "order": _order,
    "sum": _sum,
    "together": _together,
    "required_when": _required_when,
    "unique": _unique,
    "reference": _reference,
    "excluded": _reference,
    "consistent": _consistent,
    "timely": _timely,
}

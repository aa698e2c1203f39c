"""One evaluation: the values of a person, of each year and of each month, computed when they are first asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import DecimalException
from itertools import repeat
from typing import Any, NoReturn

from jinbao.rules.career import ABSENT, Rows, column, fact_column, read_rows
from jinbao.rules.errors import EvaluationError, MissingFact, WrongFact
from jinbao.rules.lawbook import Rule
from jinbao.rules.parameters import ASSUMED, Found, worst
from jinbao.rules.scope import Scope, first_day

_NO_ROWS = Rows("月", [], [], frozenset())


class Run:
    """The state that compiled rules read; see `jinbao.rules.codegen` for the short names."""

    def __init__(self, scope: Scope, facts: Mapping[str, Any]) -> None:
        self.scope = scope
        self.law = scope.law
        glossary = self.law.glossary
        months = read_rows("月", facts.get("月") or [], glossary)
        years = read_rows("年", facts.get("年") or [], glossary)
        self.given = frozenset(facts) - {"月", "年"}
        self.month_rows, self.year_rows = months, years
        self.V = PersonValues(self)
        for name in self.given:
            self._give(name, facts[name])
        self.months = months.keys
        self.years = _calendar(months.keys, years.keys, scope.on.year)
        first = self.years[0] if self.years else 0
        self.month_years = [month // 12 - first for month in months.keys]
        self.slices = _slices(self.month_years, len(self.years))
        self.Y, self.M = YearCells(self), MonthColumns(self)
        self.AT, self.AP = ParameterTables(self, "年"), ParameterTables(self, "月")
        self.T, self.P = PlainTables(self, self.AT), PlainTables(self, self.AP)
        self.used: dict[int, Found] = {}  # by identity: the scope keeps them alive
        self.called: dict[str, str] = {}
        """The rules that were evaluated, each with the worst confidence of its definitions."""

    def _give(self, name: str, value: Any) -> None:
        term = self.law.glossary[name]
        if term.grain != "人":
            advice = f'写成 "{term.grain}": [{{"{"年月" if term.grain == "月" else "年度"}": …, "{name}": …}}, …]。'
            raise EvaluationError(f"“{name}”是{term.grain}级的，不能作为一个值给定", advice=advice)
        parameter = self.law.parameters.get(name)
        if parameter and parameter.key is not None:
            raise WrongFact(f"“{name}”（{term.meaning}）是一张表，不能作为事实给定", advice="请给定由它查出的值。")
        self.V[name] = self.law.glossary.read_fact(name, value)

    def note(self, found: Found) -> Any:
        """Remember that a value was used, and return it."""
        if id(found) not in self.used:
            self.used[id(found)] = found
        return found.dated.value

    def evidence(self, name: str) -> tuple[str, list[Found]]:
        """Return the worst confidence that went into a value, and the parameters that did.

        What one name rests on is found by following what its rules read, as far as it was evaluated in this run.
        """
        names = self.scope.behind(name, self.given)
        used = [found for found in self.used.values() if found.name in names]
        called = (confidence for other, confidence in self.called.items() if other in names)
        return worst([*(found.dated.confidence for found in used), *called]), used

    def supposed_rules(self, name: str) -> list[str]:
        """Return the rules behind a value, evaluated in this run, that are only supposed."""
        names = self.scope.behind(name, self.given)
        return [other for other, confidence in self.called.items() if confidence == ASSUMED and other in names]

    def call(self, rule: Rule, *position: Any) -> Any:
        """Evaluate one rule. Raises EvaluationError that names the rule."""
        return self._guarded(rule, rule.compiled.run, self, *position)

    def call_rows(self, rule: Rule, rows: range, columns: list[list[Any]]) -> list[Any]:
        """Evaluate a monthly rule for consecutive months, given its monthly inputs."""
        part = slice(rows.start, rows.stop)
        inputs = [self.months[part], self.month_years[part], *(column[part] for column in columns)]
        values: list[Any] = self._guarded(rule, lambda: list(map(rule.compiled.run, repeat(self), *inputs)))
        return values

    def _guarded(self, rule: Rule, compute: Callable[..., Any], *position: Any) -> Any:
        name, confidence = rule.source.name, rule.source.confidence
        known = self.called.get(name)
        if known != confidence:
            self.called[name] = worst((known, confidence)) if known else confidence
        try:
            return compute(*position)
        except MissingFact as error:
            error.path.append(rule.name)
            raise
        except EvaluationError as error:
            if error.at is None:
                error.at = rule.source.at
                error.message = f"规则“{rule.name}”：{error.message}"
            raise
        except (DecimalException, ZeroDivisionError, OverflowError, ValueError) as error:
            raise _broken(rule, error) from error

    def has_row(self, grain: str, key: int) -> bool:
        """Tell whether there is a row of a month or year."""
        return key in (self.years if grain == "年" else self.months)

    def row(self, grain: str, key: int) -> int:
        """Return the index of a row that exists."""
        return (self.years if grain == "年" else self.months).index(key)

    def no_row(self, grain: str, key: int) -> NoReturn:
        """Say that 取年 or 取月 asked for a row that is not there. Raises EvaluationError."""
        shown = f"{key}年" if grain == "年" else f"{key // 12}年{key % 12 + 1}月"
        raise EvaluationError(f"履历中没有{shown}这一行", advice="补上该行，或给 取年、取月 写第三个参数（缺省）。")


def _calendar(months: list[int], years: list[int], today: int) -> list[int]:
    """Every year from the first row to the year of the evaluation, or the last row if that is later."""
    ends = [*([months[0] // 12, months[-1] // 12] if months else []), *years[:1], *years[-1:]]
    return list(range(min(ends), max(*ends, today) + 1)) if ends else []


def _slices(month_years: list[int], count: int) -> list[slice]:
    """Where the months of each year lie; they are contiguous because the months are in order."""
    sizes = [0] * count
    for index in month_years:
        sizes[index] += 1
    found, start = [], 0
    for size in sizes:
        found.append(slice(start, start + size))
        start += size
    return found


def _broken(rule: Rule, error: Exception) -> EvaluationError:
    zero = isinstance(error, ZeroDivisionError) or "DivisionByZero" in repr(error) or "DivisionUndefined" in repr(error)
    what = "除数为零" if zero else f"超出可以计算的范围（{type(error).__name__}）"
    advice = "核对给定的事实；规则应先判断除数是否为零。" if zero else "核对给定的事实。"
    return EvaluationError(f"规则“{rule.name}”：{what}", at=rule.source.at, advice=advice)


class PersonValues(dict[str, Any]):
    """Values of the person by name; a fact that was given stands."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run = run

    def __missing__(self, name: str) -> Any:
        run = self._run
        kind = run.law.glossary[name].kind
        if kind == "规则":
            value = run.call(run.scope.rule(name))
        elif kind == "参数":
            value = run.note(run.scope.parameter(name, run.scope.on))
        else:
            value = _default(run, name)
        self[name] = value
        return value


def _default(run: Run, name: str) -> Any:
    glossary = run.law.glossary
    value = glossary.default(name)
    if value is None and not glossary[name].optional:
        term = glossary[name]
        unit = f"，单位：{term.unit}" if term.unit else ""
        raise MissingFact(name, f"缺少事实“{name}”（{term.meaning}{unit}）")
    return value


class YearCells(dict[tuple[str, int], Any]):
    """Values by (name, index of the year)."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run = run
        position = {year: index for index, year in enumerate(run.years)}
        for name in run.year_rows.names:
            if run.law.glossary[name].kind != "参数":
                values = column(run.year_rows, name, run.law.glossary)
                cells = zip(run.year_rows.keys, values, strict=True)
                self.update({(name, position[year]): value for year, value in cells if value is not ABSENT})

    def __missing__(self, cell: tuple[str, int]) -> Any:
        name, index = cell
        run = self._run
        term = run.law.glossary[name]
        if term.kind == "规则":
            if index and name in run.law.recurrent and (name, index - 1) not in self:
                self._fill_before(name, index)
            year = run.years[index]
            value = run.call(run.scope.rule(name, run.scope.year_day(year)), index, year)
        else:
            value = run.law.glossary.default(name)
            if value is None:
                raise MissingFact(name, f"{run.years[index]} 年缺少“{name}”（{term.meaning}）")
        self[cell] = value
        return value

    def _fill_before(self, name: str, index: int) -> None:
        """Compute earlier years first, so that a recurrence over forty years does not nest forty calls deep."""
        for earlier in range(index):
            if (name, earlier) not in self:
                self[name, earlier]  # computes and keeps the cell


class MonthColumns(dict[str, list[Any]]):
    """Values of every month by name."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run = run

    def __missing__(self, name: str) -> list[Any]:
        run = self._run
        rows = run.month_rows
        if run.law.glossary[name].kind == "规则":
            given = column(rows, name, run.law.glossary) if name in rows.names else None
            values = self._computed(name, given)
        else:
            values = fact_column(rows, name, run.law.glossary)
        self[name] = values
        return values

    def _computed(self, name: str, given: list[Any] | None) -> list[Any]:
        """Compute the rows that do not give the value, a stretch of months under one definition at a time."""
        run = self._run
        values: list[Any] = list(given) if given else [ABSENT] * len(run.months)
        for rows in _stretches(values, run.scope.changes(name, run.months)):
            rule = run.scope.rule(name, first_day(run.months[rows.start]))
            values[rows.start : rows.stop] = run.call_rows(rule, rows, [self[other] for other in rule.compiled.columns])
        return values


def _stretches(values: list[Any], cuts: set[int]) -> list[range]:
    """Return the longest runs of absent values that do not cross a cut."""
    found: list[range] = []
    start = None
    for index, value in enumerate(values):
        if start is not None and (value is not ABSENT or index in cuts):
            found.append(range(start, index))
            start = None
        if start is None and value is ABSENT:
            start = index
    return found if start is None else [*found, range(start, len(values))]


class PlainTables(dict[str, dict[int, Any]]):
    """Parameters as rows read them by plain name: one that was given as a fact stands in every row."""

    def __init__(self, run: Run, dated: ParameterTables) -> None:
        super().__init__()
        self._run = run
        self._dated = dated

    def __missing__(self, name: str) -> dict[int, Any]:
        run = self._run
        given = name in run.given and name not in self._dated.rows.names
        table = self[name] = Everywhere(run.V[name]) if given else self._dated[name]
        return table


class Everywhere(dict[int, Any]):
    """One value for every row."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self._value = value

    def __missing__(self, key: int) -> Any:
        return self._value


class ParameterTables(dict[str, dict[int, Any]]):
    """For each parameter its values by year or by ordinal month; rows may give their own."""

    def __init__(self, run: Run, grain: str) -> None:
        super().__init__()
        self._run = run
        self._grain = grain
        self.rows = run.year_rows if grain == "年" else run.month_rows

    def __missing__(self, name: str) -> dict[int, Any]:
        rows = self.rows
        table = ParameterTable(self._run, name, self._grain)
        if name in rows.names:
            given = zip(rows.keys, column(rows, name, self._run.law.glossary), strict=True)
            table.update({key: value for key, value in given if value is not ABSENT})
            table.given = True
        self[name] = table
        return table


class ParameterTable(dict[int, Any]):
    """Values of one parameter by year or ordinal month."""

    def __init__(self, run: Run, name: str, grain: str) -> None:
        super().__init__()
        self._run, self._name, self._grain = run, name, grain
        self.given = False
        """Whether some rows give their own value."""

    def __missing__(self, key: int) -> Any:
        scope = self._run.scope
        value = self._run.note(scope.parameter_at(self._name, self._grain, key))
        if self._grain == "月" and not self.given:
            self.update(scope.months_alike(self._name, key))
        else:
            self[key] = value
        return value

"""Count the parts: exact sums by group over everybody, in bounded memory, by DuckDB."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jinbao.kernel import duck
from jinbao.kernel.errors import NotFound
from jinbao.kernel.money import fen_to_yuan
from jinbao.kernel.months import Month
from jinbao.kernel.regions import RegionTree
from jinbao.oversight.simulation.months import Starts
from jinbao.oversight.simulation.question import Question, sides_of
from jinbao.oversight.simulation.suppression import LEAST
from jinbao.oversight.simulation.tables import COLUMNS, Figures, Groups
from jinbao.oversight.simulation.yearly import MILLION, read_yearly

MEMORY = "1GB"
STEPS_FEN = (5_000, 10_000, 20_000, 50_000, 100_000)
"""Edges of the distribution: changes of the monthly average in fen."""

_PEOPLE = """
CREATE VIEW begun AS
SELECT *,
  CASE WHEN entitled_before THEN least(greatest(start_before - {first}, 0), {months}) ELSE {months} END AS at_before,
  CASE WHEN entitled_after THEN least(greatest(start_after - {first}, 0), {months}) ELSE {months} END AS at_after
FROM read_parquet('{files}') WHERE {who};
CREATE VIEW paid AS SELECT * FROM {paid};
CREATE TABLE tenths AS
SELECT income, least((10 * below) // everybody + 1, 10) AS tenth
FROM (SELECT income, sum(n) OVER (ORDER BY income) - n AS below, sum(n) OVER () AS everybody
      FROM (SELECT income, count(*) AS n FROM paid WHERE income > 0 GROUP BY income));
CREATE VIEW people AS
SELECT *, after_end - before_end AS end_change, after_sum - before_sum AS change, {steps} AS step
FROM (SELECT paid.*, coalesce(tenth, 0) AS tenth, {ages} AS ages,
        CASE WHEN at_before < {months} THEN before_{end} ELSE 0 END AS before_end,
        CASE WHEN at_after < {months} THEN after_{end} ELSE 0 END AS after_end,
        {before_sum} AS before_sum, {after_sum} AS after_sum
      FROM paid LEFT JOIN tenths USING (income));
"""

_SUMS = """
SELECT {dimension} AS grp, count(*) AS persons,
  count(*) FILTER (at_before < {months}) AS "before", count(*) FILTER (at_after < {months}) AS "after",
  count(*) FILTER (at_before >= {months} AND at_after < {months}) AS gained,
  count(*) FILTER (at_before < {months} AND at_after >= {months}) AS lost,
  count(*) FILTER (change >= {least}) AS winners, count(*) FILTER (change <= -{least}) AS losers,
  count(*) FILTER (change > -{least} AND change < {least}) AS same,
  {month_changed} AS month_changed, {sum_changed} AS sum_changed,
  coalesce(sum(before_end), 0) AS month_before, coalesce(sum(after_end), 0) AS month_after,
  coalesce(sum(end_change), 0) AS month_change,
  coalesce(sum(before_sum), 0) AS sum_before, coalesce(sum(after_sum), 0) AS sum_after,
  coalesce(sum(change), 0) AS sum_change,
  coalesce(quantile_disc(end_change, 0.5) FILTER (at_before < {months} OR at_after < {months}), 0) AS median
FROM people GROUP BY ALL ORDER BY grp
"""

_STARTS = """
SELECT at_before, at_after, count(*), {sums}
FROM people WHERE at_before < {months} OR at_after < {months} GROUP BY at_before, at_after
"""

_AGES = "CASE WHEN age < 0 THEN -1 ELSE greatest(least(age // 5 * 5, 75), 25) END"
_NOBODY = dict.fromkeys((*COLUMNS, "month_changed", "sum_changed", "median"), 0)
_SEXES = {0: "女", 1: "男", 2: "不详"}


class Counted:
    """The sums of a simulation as they are, before anything is hidden."""

    def __init__(self, question: Question, parts: Path, places: str) -> None:
        self.question = question
        self.edges = (question.threshold_fen, *(step for step in STEPS_FEN if step > question.threshold_fen))
        with duck.connect(threads=2, memory=MEMORY, folders=[parts], spill=parts / "spill") as connection:
            connection.execute(_PEOPLE.format(**self._names(parts)))
            self.total = self._sums(connection, "'all'").get("all", _NOBODY)
            self.dimensions = [
                Groups("age", "年龄", _named(self._sums(connection, "ages"), _age)),
                Groups("sex", "性别", _named(self._sums(connection, "sex"), lambda sex: _SEXES[sex])),
                Groups("income", "收入十等分", _named(self._sums(connection, "tenth"), _tenth)),
                Groups("region", places, _named(self._sums(connection, "place"), _place)),
                self._distribution(self._sums(connection, "step")),
            ]
            rows = connection.execute(_STARTS.format(months=question.months, sums=self._yearly_sums())).fetchall()
        self.starts = [_starts([int(value) for value in row], self.years) for row in rows]

    def _names(self, parts: Path) -> dict[str, Any]:
        question, first = self.question, self.question.first.ordinal
        already = f"(entitled_before AND start_before < {first} AND entitled_after AND start_after < {first})"
        edges = [edge * question.months for edge in self.edges]
        steps = " + ".join(f"(change >= {edge})::INT - (change <= -{edge})::INT" for edge in edges)
        return {
            "first": first,
            "months": question.months,
            "files": f"{parts}/part-*.parquet".replace("'", "''"),
            "who": f"NOT {already}" if question.only_new else "true",
            "steps": steps,
            "ages": _AGES,
            "end": self.years - 1,
            "paid": self._adjusted(),
            "before_sum": self._sum_of("before"),
            "after_sum": self._sum_of("after"),
        }

    @property
    def years(self) -> int:
        """The calendar years that the horizon touches."""
        return self.question.last.year - self.question.first.year + 1

    def _adjusted(self) -> str:
        """Return the table of people with what each law pays them in each year: `before_0`, `after_0`, `before_1`, …

        In January everybody who began in an earlier year is adjusted, each rounded half up to the fen.
        """
        rates = {name: read_yearly(side.yearly) for name, side in sides_of(self.question)}
        table = "(SELECT *, fen_before AS before_0, fen_after AS after_0 FROM begun)"
        for year in range(1, self.years):
            january = self._january(year)
            columns = []
            for name, yearly in rates.items():
                rate, was = yearly.adjustment(self.question.first.year + year), f"{name}_{year - 1}"
                raised = f"(2 * {was}::BIGINT * {MILLION + rate} + {MILLION}) // {2 * MILLION}"
                columns.append(f"CASE WHEN at_{name} < {january} THEN {raised} ELSE {was} END AS {name}_{year}")
            table = f"(SELECT *, {', '.join(columns)} FROM {table})"  # noqa: S608  # built from numbers and own names
        return table

    def _january(self, year: int) -> int:
        """Return the month of the horizon with which a later year of it begins."""
        return Month(self.question.first.year + year, 1) - self.question.first

    def _sum_of(self, side: str) -> str:
        """Return what a law pays somebody over the horizon."""
        terms = []
        for year in range(self.years):
            low = self._january(year) if year else 0
            high = min(self._january(year + 1), self.question.months)
            terms.append(f"{side}_{year} * greatest({high} - greatest(at_{side}, {low}), 0)")
        return " + ".join(terms)

    def _yearly_sums(self) -> str:
        """Return, year by year, how many people's amounts differ and what each law pays them."""
        columns = [f"count(*) FILTER (before_{year} <> after_{year})" for year in range(self.years)]
        for side in ("before", "after"):
            paid = f"at_{side} < {self.question.months}"
            columns += [f"CASE WHEN {paid} THEN sum({side}_{year}) ELSE 0 END" for year in range(self.years)]
        return ", ".join(columns)

    def _sums(self, connection: Any, dimension: str) -> dict[Any, Figures]:
        least = self.question.threshold_fen * self.question.months
        months = self.question.months
        found = connection.execute(_SUMS.format(dimension=dimension, months=months, least=least, **self._changed()))
        names = [column[0] for column in found.description][1:]
        return {row[0]: {n: int(v) for n, v in zip(names, row[1:], strict=True)} for row in found.fetchall()}

    def _changed(self) -> dict[str, str]:
        """Return how many people the changes rest on: whose amounts or months differ before any yearly adjustment, if
        they are so few that known rates would give them away; else whose sums differ."""
        months = self.question.months
        ends = [f"CASE WHEN at_{side} < {months} THEN fen_{side} ELSE 0 END" for side in ("before", "after")]
        month = f"{ends[0]} <> {ends[1]}"
        own = {"month_changed": month, "sum_changed": f"({month} OR at_before <> at_after)"}
        sums = {"month_changed": "end_change", "sum_changed": "change"}
        return {
            name: f"CASE WHEN count(*) FILTER ({few}) BETWEEN 1 AND {LEAST - 1} THEN count(*) FILTER ({few}) "
            f"ELSE count(*) FILTER ({sums[name]} <> 0) END"
            for name, few in own.items()
        }

    def _distribution(self, sums: Mapping[int, Figures]) -> Groups:
        """Make the dimension of changes; whoever loses was paid before, whoever gains is paid afterwards."""
        equal = {self._step(step): ("before" if step < 0 else "after", "persons") for step in sums if step}
        return Groups("change", "变化分布", _named(sums, self._step), equal)

    def _step(self, step: int) -> str:
        """Name a step of the distribution: the change of the monthly average."""
        if step == 0:
            return f"变化不足 {fen_to_yuan(self.edges[0])} 元"
        verb, size = ("增加" if step > 0 else "减少"), abs(step)
        low = fen_to_yuan(self.edges[size - 1])
        if size == len(self.edges):
            return f"{verb} {low} 元以上"
        return f"{verb} {low} 元至不足 {fen_to_yuan(self.edges[size])} 元"


def _starts(row: list[int], years: int) -> Starts:
    before, after, people, *rest = row
    parts = [tuple(rest[at * years : (at + 1) * years]) for at in range(3)]
    return Starts(before, after, people, *parts)


def _named(sums: Mapping[Any, Figures], name: Callable[[Any], str]) -> dict[str, Figures]:
    return {name(key): figures for key, figures in sums.items()}


def _age(age: int) -> str:
    if age < 0:
        return "不详"
    return {25: "不满30岁", 75: "75岁以上"}.get(age, f"{age}—{age + 4}岁")


def _tenth(tenth: int) -> str:
    end = {1: "（最低）", 10: "（最高）"}.get(tenth, "")
    return f"第{tenth}等{end}" if tenth else "没有指数"


def _place(code: str | None) -> str:
    if not code:
        return "不详"
    try:
        return f"{RegionTree.read().name(code)}（{code}）"
    except NotFound:
        return code

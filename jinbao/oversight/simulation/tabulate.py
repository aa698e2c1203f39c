"""Count the parts: exact sums by group over everybody, in bounded memory, by DuckDB."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jinbao.kernel import duck
from jinbao.kernel.errors import NotFound
from jinbao.kernel.money import fen_to_yuan
from jinbao.kernel.regions import RegionTree
from jinbao.oversight.simulation.months import Starts
from jinbao.oversight.simulation.question import Question
from jinbao.oversight.simulation.tables import COLUMNS, Figures, Groups

MEMORY = "1GB"
STEPS_FEN = (5_000, 10_000, 20_000, 50_000, 100_000)
"""Edges of the distribution: changes of the monthly average in fen."""

_PEOPLE = """
CREATE VIEW paid AS
SELECT *,
  CASE WHEN entitled_before THEN least(greatest(start_before - {first}, 0), {months}) ELSE {months} END AS at_before,
  CASE WHEN entitled_after THEN least(greatest(start_after - {first}, 0), {months}) ELSE {months} END AS at_after
FROM read_parquet('{files}') WHERE {who};
CREATE TABLE tenths AS
SELECT income, least((10 * below) // everybody + 1, 10) AS tenth
FROM (SELECT income, sum(n) OVER (ORDER BY income) - n AS below, sum(n) OVER () AS everybody
      FROM (SELECT income, count(*) AS n FROM paid WHERE income > 0 GROUP BY income));
CREATE VIEW people AS
SELECT *, after_end - before_end AS end_change, after_sum - before_sum AS change, {steps} AS step
FROM (SELECT paid.*, coalesce(tenth, 0) AS tenth, {ages} AS ages,
        CASE WHEN at_before < {months} THEN fen_before ELSE 0 END AS before_end,
        CASE WHEN at_after < {months} THEN fen_after ELSE 0 END AS after_end,
        fen_before * ({months} - at_before) AS before_sum, fen_after * ({months} - at_after) AS after_sum
      FROM paid LEFT JOIN tenths USING (income));
"""

_SUMS = """
SELECT {dimension} AS grp, count(*) AS persons,
  count(*) FILTER (at_before < {months}) AS "before", count(*) FILTER (at_after < {months}) AS "after",
  count(*) FILTER (at_before >= {months} AND at_after < {months}) AS gained,
  count(*) FILTER (at_before < {months} AND at_after >= {months}) AS lost,
  count(*) FILTER (change >= {least}) AS winners, count(*) FILTER (change <= -{least}) AS losers,
  count(*) FILTER (change > -{least} AND change < {least}) AS same,
  count(*) FILTER (end_change <> 0) AS month_changed, count(*) FILTER (change <> 0) AS sum_changed,
  coalesce(sum(before_end), 0) AS month_before, coalesce(sum(after_end), 0) AS month_after,
  coalesce(sum(end_change), 0) AS month_change,
  coalesce(sum(before_sum), 0) AS sum_before, coalesce(sum(after_sum), 0) AS sum_after,
  coalesce(sum(change), 0) AS sum_change,
  coalesce(quantile_disc(end_change, 0.5) FILTER (at_before < {months} OR at_after < {months}), 0) AS median
FROM people GROUP BY ALL ORDER BY grp
"""

_STARTS = """
SELECT at_before, at_after, count(*), count(*) FILTER (fen_before <> fen_after),
  CASE WHEN at_before < {months} THEN sum(fen_before) ELSE 0 END,
  CASE WHEN at_after < {months} THEN sum(fen_after) ELSE 0 END
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
            rows = connection.execute(_STARTS.format(months=question.months)).fetchall()
        self.starts = [Starts(*(int(value) for value in row)) for row in rows]

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
        }

    def _sums(self, connection: Any, dimension: str) -> dict[Any, Figures]:
        least = self.question.threshold_fen * self.question.months
        found = connection.execute(_SUMS.format(dimension=dimension, months=self.question.months, least=least))
        names = [column[0] for column in found.description][1:]
        return {row[0]: {n: int(v) for n, v in zip(names, row[1:], strict=True)} for row in found.fetchall()}

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

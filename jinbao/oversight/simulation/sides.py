"""One of the two laws made ready, and what it gives everybody of a bucket: month by month the law of that month.

Where something is supposed from a later month on, both sides are computed once more under the law of that month: who
does not yet receive by then comes under it, who does keeps what was determined.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from jinbao.kernel.months import Month
from jinbao.oversight.simulation.paying import one_piece, paying_on
from jinbao.oversight.simulation.question import Benefit, Question, Side, sides_of
from jinbao.oversight.simulation.yearly import Yearly, check_years, read_yearly, sentences
from jinbao.rules.bulk.careers import CAREER, Array
from jinbao.rules.bulk.compiler import Program, compile_rules
from jinbao.rules.bulk.errors import NotCompilable
from jinbao.rules.bulk.exact import exact_row
from jinbao.rules.bulk.execute import Answers, execute
from jinbao.rules.bulk.run import parameter_hash
from jinbao.rules.errors import WrongAssumption
from jinbao.rules.law import Law
from jinbao.rules.layer import Supposition

TRIED = 3
"""So many people are tried before careers of everybody are let go on."""


@dataclass(frozen=True)
class Prepared:
    """One side, ready to run."""

    question: Question
    side: Side
    law: Law
    assumptions: tuple[Supposition, ...]
    yearly: Yearly
    programs: tuple[tuple[Month, Program], ...]
    """The law of the first month of the horizon, and of each later one from which on something else is supposed."""

    @property
    def program(self) -> Program:
        """The law of the first month."""
        return self.programs[0][1]

    def about(self) -> dict[str, Any]:
        """Say what law this is."""
        later = [{"from": str(month), "parameter_hash": parameter_hash(program)} for month, program in self.programs]
        return {
            "on": str(self.side.on),
            "region": self.side.region,
            "assumptions": [{**each.as_json(), "text": str(each)} for each in self.assumptions],
            "yearly": sentences(self.yearly, self.question.first, self.question.last),
            "rule_version": self.program.version,
            "parameter_hash": parameter_hash(self.program),
            "later": later[1:],
        }


def prepared(law: Law, benefit: Benefit, question: Question, held: tuple[str, ...]) -> dict[str, Prepared]:
    """Make both sides ready. Raises WrongAssumption, NotCompilable and what loading raises, with file:line."""
    found = dict(sides_of(question))
    laws = {name: side.law(law, question.last) for name, side in found.items()}
    for side in found.values():
        check_years(read_yearly(side.yearly), question.first, question.last)
    changes = {month for name, side in found.items() for month in side.changes(*laws[name])}
    later = sorted(month for month in changes if question.first < month <= question.last)
    sides = {}
    for name, side in found.items():
        own, said = laws[name]
        stands = Month.of(side.on) != question.first  # the law of another day than the horizon's stays that of its day
        days = [(question.first, side.on), *(() if stands else ((month, month.first_day) for month in later))]
        programs = tuple((month, _compiled(own, benefit, side.region, day, held)) for month, day in days)
        sides[name] = Prepared(question, side, own, said, read_yearly(side.yearly), programs)
    return sides


def _compiled(law: Law, benefit: Benefit, region: str, on: date, held: tuple[str, ...]) -> Program:
    program = compile_rules(law, benefit.rules, region=region, on=on, columns=frozenset(held))
    amount = program.outputs[0]
    if 100 % amount.scale:
        advice = "在规则里四舍五入到分。"
        raise NotCompilable(f"“{amount.name}”不是舍入到分的金额，不能模拟", advice=advice)
    return program


@dataclass
class Outcome:
    """What one law gives the people of a table."""

    fen: Array
    entitled: Array
    start: Array
    """Ordinals of the first months paid."""
    income: Array
    no_income: Array
    without: Array
    """Who gets no answer to what decides the benefit; without an income one is only in no tenth."""
    reasons: dict[int, str]
    exact: int


def outcome_of(side: Prepared, table: pa.Table, cache: Path | None) -> Outcome:
    """Compute a table under the law of each month in turn. Raises LakeError where a career is out of order."""

    def answer(program: Program, people: pa.Table) -> Outcome:
        return _outcome(program, execute(side.law, program, people, cache))

    found = answer(side.program, table)
    paying = Paying(side, table, found)
    if paying.rate is not None:
        income = found.income, found.no_income
        found = answer(side.program, paying.longer)
        found.income, found.no_income = income
    for month, program in side.programs[1:]:
        rows = np.flatnonzero(found.without | ~found.entitled | (found.start >= month.ordinal))
        if rows.size:
            later = answer(program, paying.longer.take(pa.array(rows)))
            if paying.rate is not None and paying.changes(rows, later, month):
                later = answer(program, paying.longer.take(pa.array(rows)))
            _come_under(found, rows, later, month)
    return found


class Paying:
    """Who still pays, until the month in which the law of each month lets the benefit begin."""

    def __init__(self, side: Prepared, table: pa.Table, found: Outcome) -> None:
        self.rate, self._table, self._question = side.yearly.paying, table, side.question
        self._until = self._within(np.where(found.without, 0, found.start))
        self.longer = self._lengthened()
        """The careers as they go on; as they are where nobody supposes that they do."""

    def changes(self, rows: Array, later: Outcome, month: Month) -> bool:
        """Let some people pay until a later law lets them begin; tell whether that is another month for anybody.

        Who is let in by the law itself pays until it comes.
        """
        was = self._until[rows]
        until = np.where(later.start >= month.ordinal, later.start, np.minimum(was, month.ordinal))
        until = self._within(np.where(later.without, was, until))
        if np.array_equal(until, was):
            return False
        self._until[rows] = until
        self.longer = self._lengthened()
        return True

    def _within(self, until: Array) -> Array:
        return np.minimum(until, self._question.last.ordinal + 1)

    def _lengthened(self) -> pa.Table:
        if self.rate is None:
            return self._table
        return paying_on(self._table, self.rate, self._until, self._question.first, self._question.last)


def refuse_unknown_years(side: Prepared, table: pa.Table, cache: Path | None) -> None:
    """Refuse to let careers go on into years of which the law does not know enough: nearly nobody would get a result.

    A few people of the table whose careers go on furthest are tried. Raises WrongAssumption with what is missing.
    """
    if side.yearly.paying is None:
        return
    first, last = side.question.first, side.question.last
    found = _outcome(side.program, execute(side.law, side.program, table, cache))
    until = np.where(found.without, 0, np.minimum(found.start, last.ordinal + 1))
    longer = paying_on(table, side.yearly.paying, until, first, last)
    lengths = [one_piece(each.column(CAREER)).value_lengths().to_numpy() for each in (table, longer)]
    more = np.flatnonzero(lengths[0] < lengths[1])
    for row in more[np.argsort(-until[more], kind="stable")][:TRIED].tolist():
        _, reason = exact_row(side.law, side.program, longer.slice(row, 1).to_pylist()[0])
        if reason:
            said = (
                f"还在缴费的人继续缴费到 {min(last, Month.from_ordinal(int(until[row]) - 1))}，可是算不出来：{reason}"
            )
            advice = "今后各年用到的参数一并假设，例如 缴费指数分母年增长率=3%，或 名=值@2027-01-01。"
            raise WrongAssumption(said, advice=advice)


def _outcome(program: Program, answers: Answers) -> Outcome:
    amount, entitled, start, income = answers.columns
    without = np.asarray(np.logical_or.reduce(answers.missing[:3]))
    return Outcome(
        np.where(without, 0, amount * (100 // program.outputs[0].scale)),
        (entitled != 0) & ~without,
        start // 100 * 12 + start % 100 - 1,
        income,
        answers.missing[3],
        without,
        answers.reasons,
        answers.exact,
    )


def _come_under(found: Outcome, rows: Array, later: Outcome, month: Month) -> None:
    """Let people come under a later law; nobody begins before it does."""
    later.start = np.maximum(later.start, month.ordinal)
    for name in ("fen", "entitled", "start", "without"):
        getattr(found, name)[rows] = getattr(later, name)
    for at, row in enumerate(rows.tolist()):
        found.reasons.pop(row, None)
        if at in later.reasons:
            found.reasons[row] = later.reasons[at]
    found.exact += later.exact

"""Compile the rules of one region and day to the source of one kernel: one loop per person, nothing in between.

The same intermediate form that the exact reading is made from is written out as whole-number arithmetic. Three sections
follow each other in the loop of a person: what rows need of the person, the years (and in them the stretches of equal
months), and what the person gets. Names are computed where they are first asked for, so that a refusal in a branch that
is not taken costs nobody anything.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from jinbao.rules.bulk.assembly import assemble
from jinbao.rules.bulk.errors import NotCompilable
from jinbao.rules.bulk.expressions import Expressions
from jinbao.rules.bulk.inputs import Column, Output
from jinbao.rules.bulk.state import Again, Findings
from jinbao.rules.bulk.tables import Integers, Tables
from jinbao.rules.bulk.value import Value, finest
from jinbao.rules.ir import Type
from jinbao.rules.law import Law
from jinbao.rules.scope import Scope

FIRST_YEAR = 1949
YEARS_AHEAD = 50


@dataclass(frozen=True)
class Program:
    """A compiled rule set: source, what it reads, what it writes, and which law it is."""

    rules: tuple[str, ...]
    region: str
    on: date
    source: str
    columns: tuple[Column, ...]
    months: tuple[Column, ...]
    outputs: tuple[Output, ...]
    arrays: tuple[Integers, ...]
    codes: dict[str, int]
    version: str
    given: tuple[str, ...] = ()


def compile_rules(
    law: Law, rules: Iterable[str], *, region: str, on: date, columns: Collection[str] | None = None,
    given: Collection[str] = (),
) -> Program:  # fmt: skip
    """Compile rules of the person's grain that share one pass over the careers.

    `columns` are the facts of the person that the careers hold (None: every one that is asked for); facts that are not
    held take their default. `given` are rules or parameters of the person that the careers hold and that then stand.
    Raises NotCompilable with file:line, UnknownName, NotInForce.
    """
    wanted = tuple(rules)
    scope = Scope(law.book, region, on, production=law.production)
    findings = Findings()
    for _ in range(12):
        tables = Tables(scope, FIRST_YEAR, on.year + YEARS_AHEAD, findings.first_month)
        made = Expressions(scope, tables, findings, columns, frozenset(given))
        try:
            outputs = _outputs(made, wanted)
        except Again:
            continue
        if not findings.changed():
            return _program(law, made, wanted, outputs)
    raise NotCompilable("年级规则的递推在编译时不收敛", advice="递推的值先四舍五入到固定的小数位。")


def _outputs(made: Expressions, rules: tuple[str, ...]) -> list[tuple[Output, Value]]:
    made.prepare()
    found = [_output(made, name) for name in rules]
    made.close_years()
    return found


def _output(made: Expressions, name: str) -> tuple[Output, Value]:
    term = made.scope.law.glossary[name]
    if term.grain != "人":
        raise NotCompilable(f"“{name}”是{term.grain}级的，成批计算只给出人级的值", advice="求用到它的人级规则。")
    value = made.read(name, "人")
    scale = 1
    while scale % value.scale and scale < 10**12:
        scale *= 10
    if value.by or value.err or scale % value.scale:
        at = made.scope.rule(name).source.at if term.kind == "规则" else None
        raise NotCompilable(
            f"“{name}”的值没有舍入，存不下全部小数", at=at, advice="在规则里先四舍五入，或求用到它的规则。"
        )
    value = made.rescaled(value, scale)
    made.w.line(f"out{len(made.outputs)}[p] = {value.code}")
    made.outputs.append(name)
    kind = Type.BOOL if term.inner is Type.BOOL else term.inner
    return Output(name, kind, scale, term.unit or ""), value.at(finest(value))


def _program(law: Law, made: Expressions, rules: tuple[str, ...], outputs: list[tuple[Output, Value]]) -> Program:
    region, on = made.scope.region, made.scope.on
    head = [f"规则：{'、'.join(rules)}", f"地区：{region}　计算日：{on}"]
    return Program(
        rules=rules, region=region, on=on, source=assemble(made, head), columns=tuple(made.columns.values()),
        months=tuple(made.months.values()), outputs=tuple(output for output, _ in outputs),
        arrays=tuple(made.tables.arrays), codes=dict(made.tables.codes), given=tuple(sorted(made.given)),
        version=sha256("".join(law.rule_version(name, region) for name in rules).encode()).hexdigest()[:16],
    )  # fmt: skip

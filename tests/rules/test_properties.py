"""Three independent evaluations agree: the exact reading, the explained reading, and rational numbers (`fractions`)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jinbao.kernel.regions import Region, RegionTree
from jinbao.rules import Law
from jinbao.rules.errors import EvaluationError
from jinbao.rules.glossary import Glossary, Term
from jinbao.rules.lawbook import Lawbook, Rule
from jinbao.rules.lower import lower
from jinbao.rules.names import known_names
from jinbao.rules.runtime import Run
from jinbao.rules.source import parse_rules
from jinbao.rules.trace import Tracer
from jinbao.rules.values import CONTEXT
from tests.rules.conftest import SAMPLES

ON = date(2024, 3, 1)
NAMES = ("甲", "乙", "丙")
TREE = RegionTree([Region("000000", "全国")])


@dataclass(frozen=True)
class Formula:
    """A random formula: how the rule writes it, and what rational numbers make of it."""

    text: str
    value: Any  # Callable[[dict[str, Fraction]], Fraction]


def rounded(value: Fraction, places: int, how: str) -> Fraction:
    """Round as the law says, with whole numbers only."""
    scaled = value * 10**places
    floor = math.floor(scaled)
    half_up = math.floor(abs(scaled) + Fraction(1, 2)) * (1 if scaled >= 0 else -1)
    whole = {"四舍五入": half_up, "向下取整": floor, "向上取整": math.ceil(scaled), "截断": math.trunc(scaled)}
    whole["银行家舍入"] = round(scaled)
    return Fraction(whole[how], 10**places)


def binary(sign: str, left: Formula, right: Formula) -> Formula:
    """Join two formulas."""
    make = {
        "+": lambda a, b: a + b,
        "-": lambda a, b: a - b,
        "*": lambda a, b: a * b,
        "/": lambda a, b: a / b,
    }[sign]
    return Formula(f"({left.text} {sign} {right.text})", lambda env: make(left.value(env), right.value(env)))


def rounding(how: str, places: int, item: Formula) -> Formula:
    return Formula(f"{how}({item.text}, {places})", lambda env: rounded(item.value(env), places, how))


def choice(sign: str, left: Formula, right: Formula, then: Formula, other: Formula) -> Formula:
    """Choose by a comparison, which must be exact too."""
    test = {"<": lambda a, b: a < b, ">=": lambda a, b: a >= b, "==": lambda a, b: a == b}[sign]
    text = f"({then.text} if {left.text} {sign} {right.text} else {other.text})"
    return Formula(text, lambda env: (then if test(left.value(env), right.value(env)) else other).value(env))


def extreme(verb: str, left: Formula, right: Formula) -> Formula:
    pick = max if verb == "取大" else min
    return Formula(f"{verb}({left.text}, {right.text})", lambda env: pick(left.value(env), right.value(env)))


def named(name: str) -> Formula:
    return Formula(name, lambda env: env[name])


def literal(text: str) -> Formula:
    return Formula(text, lambda _: Fraction(text))


NUMBERS = st.decimals(min_value=-999999, max_value=999999, places=2).map(lambda number: format(number, "f"))
LITERALS = st.sampled_from(["0", "1", "2", "3", "7", "12", "0.01", "1.083", "139", "0.005"])
LEAVES = st.one_of(st.sampled_from(NAMES).map(named), LITERALS.map(literal))
FORMULAS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(binary, st.sampled_from("+-*/"), inner, inner),
        st.builds(
            rounding,
            st.sampled_from(["四舍五入", "向下取整", "向上取整", "截断", "银行家舍入"]),
            st.integers(0, 4),
            inner,
        ),
        st.builds(choice, st.sampled_from(["<", ">=", "=="]), inner, inner, inner, inner),
        st.builds(extreme, st.sampled_from(["取大", "取小"]), inner, inner),
    ),
    max_leaves=8,
)


@cache
def glossary() -> Glossary:
    facts = {name: Term("一个数", "事实") for name in NAMES}
    return Glossary({**facts, "结果": Term("结果", "规则")})


def law_of(text: str, inputs: tuple[str, ...]) -> Law:
    """Make a law of one rule."""
    source = parse_rules(f'@rule("结果")\ndef 结果({", ".join(inputs)}):\n    return {text}\n', "random.py")[0]
    rule = Rule(source, lower(source, known_names(glossary(), {}), glossary()), (), "random")
    return Law(Lawbook(SAMPLES, glossary(), TREE, {}, {"结果": (rule,)}, "random"))


def answer(law: Law, facts: dict[str, Any]) -> Decimal:
    """Return the value of both readings, which must be the same number."""
    exact = law.evaluate("结果", facts, on=ON, region="000000").value
    explained = law.evaluate("结果", facts, on=ON, region="000000", explain=True).value
    assert isinstance(exact, Decimal)
    assert exact.as_tuple() == explained.as_tuple()
    return exact


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(formula=FORMULAS, numbers=st.tuples(NUMBERS, NUMBERS, NUMBERS))
def test_random_formulas_agree_with_rational_numbers(formula: Formula, numbers: tuple[str, str, str]) -> None:
    facts = dict(zip(NAMES, numbers, strict=True))
    law = law_of(formula.text, tuple(name for name in NAMES if name in formula.text))
    try:
        expected = formula.value({name: Fraction(number) for name, number in facts.items()})
    except ZeroDivisionError:
        with pytest.raises(EvaluationError, match="除数为零"):
            answer(law, facts)
        return
    found = Fraction(answer(law, facts))
    assert abs(found - expected) <= max(abs(expected), 1) * Fraction(1, 10**28)
    if formula.text.startswith(("四舍五入", "向下取整", "向上取整", "截断", "银行家舍入")):
        assert found == expected, "a rounded value is exact"


def test_a_third_times_three_rounds_and_compares_as_one() -> None:
    for text in ("四舍五入(甲 / 3 * 3 - 0.005, 2)", "(0 if 甲 / 3 * 3 < 1 else 1)", "向上取整(甲 / 7 * 7, 0)"):
        assert answer(law_of(text, ("甲",)), {"甲": "1"}) == 1


@st.composite
def careers(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw rows between 2019 and 2021, the years for which the sample law has wages."""
    chosen = draw(st.sets(st.integers(0, 35), max_size=36))
    amounts = st.decimals(min_value=0, max_value=30000, places=2)
    return [{"年月": f"{2019 + n // 12}-{n % 12 + 1:02d}", "缴费基数": draw(amounts)} for n in chosen]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=careers(), deemed=st.integers(0, 600), day=st.dates(date(2021, 1, 1), date(2030, 1, 1)))
def test_lifting_and_recurrence_interpreted_row_by_row_agree_with_the_compiled_law(
    law: Law, rows: list[dict[str, Any]], deemed: int, day: date
) -> None:
    facts = {"月": rows, "视同缴费月数": deemed, "出生年月": "1962-01"}
    names = ["缴费月数", "缴费年限", "个人账户储存额"]
    compiled = law.evaluate_many(names, facts, on=day, region="420000")
    with localcontext(CONTEXT):
        run = Run(law._scope("420000", day), facts)  # the inside of an evaluation
        for name in names:
            tracer = Tracer(run, run.scope.rule(name), thorough=True)
            assert tracer.value(tracer.rule.body) == compiled[name].value


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=careers(), extra=st.decimals(min_value=0, max_value=10000, places=2))
def test_a_higher_base_never_lowers_the_account(law: Law, rows: list[dict[str, Any]], extra: Decimal) -> None:
    def account(career: list[dict[str, Any]]) -> Any:
        facts = {"月": career, "出生年月": "1962-01"}
        return law.evaluate("个人账户储存额", facts, on=date(2022, 12, 31), region="420000").value

    assert account([{**row, "缴费基数": row["缴费基数"] + extra} for row in rows]) >= account(rows)

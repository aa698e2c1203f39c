"""The kernel gives what the exact reading gives, to the fen, or hands the person over to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jinbao.kernel.months import Month
from jinbao.rules import Law, load_law
from jinbao.rules.bulk import NotCompilable, Program, compile_rules, exact, native
from jinbao.rules.bulk.careers import CAREER, PERSON
from jinbao.rules.bulk.exact import as_integer, exact_row
from jinbao.rules.bulk.execute import as_table, execute
from jinbao.rules.bulk.generate import Plan, bucket_table
from jinbao.rules.bulk.lake import SCHEMA
from jinbao.rules.bulk.wages import average_wages
from jinbao.rules.cases import Case, read_cases
from jinbao.rules.values import outer_value, read_value

ON, REGION = date(2025, 12, 1), "990100"
RULES = ("基本养老金", "基础养老金", "个人账户养老金", "过渡性养老金", "增发养老金", "个人账户储存额", "平均缴费工资指数",  # noqa: E501  # reads better whole
         "累计缴费月数", "可否领取基本养老金")  # fmt: skip
FACTS = ("出生年月", "退休类别", "选择退休年月", "视同缴费月数")


@pytest.fixture(scope="module")
def law() -> Law:
    return load_law(production=False)


@pytest.fixture(scope="module")
def program(law: Law) -> Program:
    return compile_rules(law, RULES, region=REGION, on=ON, columns=FACTS)


def people(count: int, seed: int) -> pa.Table:
    return bucket_table(Plan(count, seed, 2025 * 12 + 10, average_wages(2025)), 0, np.arange(count))[0]


def compare(law: Law, program: Program, table: pa.Table, rows: Iterator[int] | range) -> None:
    """Hold a sample against the exact reading, every output of every person."""
    answers, facts = execute(law, program, table), table.to_pylist()
    for row in rows:
        expected, _ = exact_row(law, program, facts[row])
        pairs = zip(answers.columns, answers.missing, strict=True)
        assert [None if gap[row] else int(values[row]) for values, gap in pairs] == expected, row


@pytest.mark.parametrize("part", range(4))
def test_twenty_thousand_random_careers_agree_with_the_exact_reading_to_the_fen(
    law: Law, program: Program, part: int
) -> None:  # reads better whole
    """Four times 5,000; `bench/exact_careers.py` goes on to a million, on every core and resumable."""
    table = people(5_000, 4 + part)
    compare(law, program, table, range(table.num_rows))


@pytest.mark.nightly
def test_a_million_random_careers_agree_with_the_exact_reading(law: Law, program: Program) -> None:
    for part in range(20):
        table = people(50_000, 100 + part)
        compare(law, program, table, range(table.num_rows))


@pytest.mark.parametrize(("region", "on"), [("420000", date(2025, 6, 1)), ("510000", date(2025, 12, 1)),
                                            ("990100", date(2024, 3, 1))])  # fmt: skip
def test_other_regions_and_days_agree_as_well(law: Law, region: str, on: date) -> None:
    """Where a parameter is not known, both readings say so."""
    program = compile_rules(
        law, ("累计缴费月数", "法定退休年月", "计发月数", "最低缴费月数"), region=region, on=on, columns=FACTS
    )
    compare(law, program, people(400, 5), range(0, 400, 4))


def test_the_pension_of_every_region_with_rules_of_its_own_compiles(law: Law) -> None:
    regions = {rule.source.region for name in law.needs("基本养老金") if name in law.rules for rule in law.rules[name]}
    assert {"000000", "110000", "310000", "330000", "420000", "510000"} <= regions
    for region in sorted(regions):
        compile_rules(law, RULES, region=region, on=ON, columns=FACTS)


def test_the_transitional_pension_of_beijing_comes_out_of_the_kernel_to_the_fen(law: Law) -> None:
    """Three factors with decimals fit 64 bits by the ranges that the glossary declares; index and account are given."""
    given = {"平均缴费工资指数": (3, 10**4), "个人账户储存额": (10**6, 100)}
    facts = {"建账初期平均缴费指数": (20, 10**6), "建账初期缴费年限": (5.75, 100), **given}
    rules = ["过渡性养老金", "基本养老金"]
    program = compile_rules(law, rules, region="110000", on=ON, columns=(*FACTS, *facts), given=given)
    table, draw = people(300, 8), np.random.default_rng(8)
    for name, (most, scale) in facts.items():
        codes = draw.integers(0, int(most * scale) + 1, table.num_rows)
        codes[:2] = 0, int(most * scale)
        values = [Decimal(int(code)) / scale for code in codes]
        table = table.append_column(name, pa.array(values, pa.decimal128(16, 6)))
    assert execute(law, program, table).exact < 10
    compare(law, program, table, range(table.num_rows))


def test_a_base_changing_every_month_gives_the_same_as_the_exact_reading(law: Law, program: Program) -> None:
    draw = np.random.default_rng(9)
    careers = [
        [{"起": (Month(1994, 1) + at).yyyymm, "月数": 1, "缴费基数": int(draw.integers(20_000, 2_000_000))}
         for at in range(380) if draw.random() > 0.1]
        for _ in range(30)
    ]  # fmt: skip
    compare(law, program, table_of(careers), range(30))


@pytest.mark.parametrize("amount", [1, 50, 62, 63, 2**24 - 1, 2**24, 2**31 - 1])
def test_extreme_amounts_are_computed_or_handed_over_but_never_wrong(law: Law, program: Program, amount: int) -> None:
    compare(law, program, table_of([[{"起": 199601, "月数": 359, "缴费基数": amount}]]), range(1))


def without_deemed_months(table: pa.Table, months: list[int]) -> pa.Table:
    at = table.schema.get_field_index("视同缴费月数")
    return table.set_column(at, table.schema.field(at), pa.array(months, pa.int16()))


def test_who_has_neither_months_nor_deemed_ones_gets_the_reason_instead_of_an_amount(
    law: Law, program: Program
) -> None:
    table = without_deemed_months(table_of([[]]), [0])
    result = as_table(program, table, execute(law, program, table)).to_pylist()[0]
    assert result["基本养老金"] is None
    assert "没有缴费记录" in result["未给出结果的原因"]


def test_who_has_only_deemed_months_comes_out_of_the_kernel_with_nothing_in_the_account(
    law: Law, program: Program
) -> None:
    table = without_deemed_months(table_of([[], [], []]), [200, 0, 200])
    assert execute(law, program, table).exact == 1, "only who has neither months nor deemed ones"
    compare(law, program, table, range(3))


def test_people_without_career_and_with_the_same_facts_are_computed_once(
    law: Law, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(exact, "exact_row", lambda *given: (asked.append(given), exact_row(*given))[1])
    table = without_deemed_months(table_of([[], [], [{"起": 199601, "月数": 359, "缴费基数": 2**24}]]), [0, 0, 0])
    answers = execute(law, program, table)
    assert (answers.exact, len(asked)) == (3, 2)
    assert answers.reasons[0] == answers.reasons[1]


def test_a_quotient_at_the_point_of_decision_goes_to_the_exact_reading(law: Law) -> None:
    """An index of n.nnnn5 made of thirds: the kernel cannot tell, and says so instead of guessing."""
    program = compile_rules(law, ["平均缴费工资指数"], region=REGION, on=ON, columns=FACTS)
    source = program.source
    assert "status[p] = EXACT" in source[source.index("half_up") :]
    compare(law, program, people(3000, 8), range(0, 3000, 30))


def table_of(careers: list[list[dict[str, int]]]) -> pa.Table:
    rows = [
        {PERSON: f"9901011970010100{at:02d}", "出生年月": 197001, "退休类别": "男职工", "选择退休年月": None, "视同缴费月数": 7,  # noqa: E501  # reads better whole
         CAREER: career} for at, career in enumerate(careers)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, SCHEMA)


# --- worked cases -----------------------------------------------------------------------------------------------------


def career_cases() -> list[Case]:
    law = load_law(production=False)
    wanted = ("缴费基数", "年月")
    return [
        case for case in read_cases(law)
        if case.expect and case.facts and "月" in case.facts and all(set(row) <= set(wanted) for row in case.facts["月"])  # noqa: E501  # reads better whole
        and "年" not in case.facts
    ]  # fmt: skip


@pytest.mark.parametrize("case", career_cases(), ids=lambda case: case.name)
def test_every_worked_case_with_a_career_comes_out_of_the_kernel(law: Law, case: Case) -> None:
    names = [name for name in case.expect if law.glossary[name].grain == "人"]
    given = [name for name in case.facts if name != "月" and law.glossary[name].kind != "事实"]
    if not names:
        pytest.skip("the case asks for years or months only")
    facts = [name for name in case.facts if name != "月"]
    try:
        program = compile_rules(law, names, region=case.region, on=case.on, columns=facts, given=given)
    except NotCompilable as refusal:
        assert "没有舍入" in str(refusal)  # an intermediate sum with endless decimals: only the exact reading shows it  # noqa: PT017  # the refusal itself is the expectation
        return
    table = case_table(law, case)
    answers = execute(law, program, table)
    for output, values in zip(program.outputs, answers.columns, strict=True):
        kind = law.glossary[output.name].inner
        expected = as_integer(program, output, outer_value(kind, read_value(kind, case.expect[output.name])))
        assert (int(values[0]) == expected) or not case.sure, output.name


def case_table(law: Law, case: Case) -> pa.Table:
    row: dict[str, Any] = {PERSON: "990101197001010017"}
    fields = [SCHEMA.field(PERSON)]
    for name, value in case.facts.items():
        if name == "月":
            continue
        kind = law.glossary[name].inner
        outer = outer_value(kind, read_value(kind, value))
        outer = outer.yyyymm if isinstance(outer, Month) else outer
        row[name] = int(outer) if type(outer) is not bool and isinstance(outer, int) else outer
        decimal = pa.decimal128(30, 10) if isinstance(outer, Decimal) else None
        fields.append(pa.field(name, decimal or pa.infer_type([row[name]])))
    rows = sorted(
        (Month.parse(str(m["年月"])) if not isinstance(m["年月"], Month) else m["年月"], m["缴费基数"])
        for m in case.facts["月"]
    )
    row[CAREER] = [
        {"起": month.yyyymm, "月数": 1, "缴费基数": int(Decimal(str(base)) * 100)}
        for month, base in rows
        if Decimal(str(base)) > 0
    ]
    return pa.Table.from_pylist([row], pa.schema([*fields, SCHEMA.field(CAREER)]))


# --- refusal and reading -----


def test_a_rule_that_cannot_be_compiled_is_refused_with_its_line(law: Law) -> None:
    with pytest.raises(NotCompilable) as caught:
        compile_rules(law, ["年末储存额"], region=REGION, on=ON)
    assert "年级" in str(caught.value)


def test_a_rule_without_rounding_is_refused_where_it_is_written(law: Law) -> None:
    with pytest.raises(NotCompilable) as caught:
        compile_rules(law, ["缴费工资指数之和"], region=REGION, on=ON)
    assert "pension/index/rules.py:" in str(caught.value)


def test_the_source_can_be_read_and_is_the_same_each_time(law: Law, program: Program) -> None:
    assert program.source == compile_rules(law, RULES, region=REGION, on=ON, columns=FACTS).source
    assert program.source.count("for p in range") == 1
    assert "def kernel(" in program.source
    assert "基本养老金" in program.source


def test_the_source_uses_no_floating_point(program: Program) -> None:
    body = program.source[program.source.index("def kernel") :]
    assert " / " not in body
    assert "." not in body.replace("np.int64", "").replace("status.size", "")


# --- whole-number rounding -----


@pytest.mark.parametrize(
    ("helper", "how"),
    [(native.half_up, ROUND_HALF_UP), (native.half_even, ROUND_HALF_EVEN), (native.ceiling, ROUND_CEILING),
     (native.floor, ROUND_FLOOR), (native.truncate, ROUND_DOWN)],
)  # fmt: skip
def test_rounding_in_whole_numbers_is_the_named_rounding(helper: Any, how: str) -> None:
    for n in range(-60, 61):
        for d in (1, 2, 3, 4, 6, 7, 10):
            quotient = Decimal(n) / Decimal(d)
            assert helper(n, d) == int(quotient.quantize(Decimal(1), rounding=how)), (n, d)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**28), st.integers(1, 2**24))
def test_a_quotient_in_steps_is_less_than_a_step_too_small(n: int, d: int) -> None:
    assert native.quotient(n, d, 10**10) == n * 10**10 // d


def test_the_machine_code_is_found_again(law: Law, program: Program, tmp_path: Path) -> None:
    from jinbao.rules.bulk import kernel

    kernel._loaded.clear()
    first = kernel.load_kernel(program, tmp_path)
    assert kernel.load_kernel(program, tmp_path) is first
    assert len(list(tmp_path.glob("*/kernel_*.py"))) == 1


CONFIRMATION = ("资格确认截止年月", "资格确认逾期", "资格确认下一步", "可否暂停发放")


def test_who_must_confirm_is_told_of_everybody_as_of_one(law: Law) -> None:
    """Every day around the ends of months, leap years and centuries; yes and no of each circumstance."""
    flags = ("数据比对可确认", "已试自助", "行动不便或异地", "无法取得联系", "疑似丧失条件")
    first = [date(year, month, 1) for year in (1900, 1999, 2000, 2024, 2025, 2100) for month in range(1, 13)]
    days = [date.fromordinal(day.toordinal() + more) for day in first for more in (-1, 0, 14)]
    rows = [
        {PERSON: f"{at:018d}", "最近确认日期": day, "核查年月": 202506 if at % 2 else 202407, CAREER: []}
        | {flag: bool(at >> bit & 1) for bit, flag in enumerate(flags)}
        for at, day in enumerate(days)
    ]
    kinds = [
        pa.field("最近确认日期", pa.date32()),
        pa.field("核查年月", pa.int32()),
        *(pa.field(f, pa.bool_()) for f in flags),
    ]
    schema = pa.schema([SCHEMA.field(PERSON), *kinds, SCHEMA.field(CAREER)])
    program = compile_rules(law, CONFIRMATION, region="000000", on=date(2025, 6, 1), columns=schema.names)
    table = pa.Table.from_pylist(rows, schema)
    assert execute(law, program, table).exact == 0
    compare(law, program, table, range(table.num_rows))


@given(st.integers(date(1850, 1, 1).toordinal(), date(2150, 1, 1).toordinal()))
@settings(max_examples=300, deadline=None)
def test_the_month_of_any_day_is_that_of_the_calendar(law: Law, ordinal: int) -> None:
    program = compile_rules(law, CONFIRMATION[:1], region="000000", on=date(2025, 6, 1), columns=["最近确认日期"])
    schema = pa.schema([SCHEMA.field(PERSON), pa.field("最近确认日期", pa.date32()), SCHEMA.field(CAREER)])
    day = date.fromordinal(ordinal)
    table = pa.Table.from_pylist([{PERSON: "1", "最近确认日期": day, CAREER: []}], schema)
    assert execute(law, program, table).columns[0].tolist() == [(day.year + 1) * 100 + day.month]

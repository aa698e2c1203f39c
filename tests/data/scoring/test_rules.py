"""What each kind of rule counts: rows seen, checked, failed; SQL agrees with the kernel about check characters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jinbao.data.scoring import engine, identity
from jinbao.data.scoring.declared import weights
from jinbao.data.scoring.points import FULL, of_rules
from jinbao.kernel import duck
from jinbao.kernel.errors import DeclarationError, FormatError
from jinbao.kernel.identifiers import CitizenId, Uscc
from tests.conftest import EMPLOYER, LI_SI, WANG_WU, ZHANG_SAN
from tests.data.scoring.conftest import Judge, Put

ZHANG = ("1", ZHANG_SAN, "张三", "1", date(1966, 1, 15), EMPLOYER, 202610)
LI = ("2", LI_SI, "李四", "2", date(1971, 6, 20), None, 202610)
TODAY = date(2026, 11, 20)
Declare = Callable[[str, str], None]


def counts(judged: Judge, rule: str, dataset: str = "people") -> tuple[int, int, int]:
    one = judged(dataset)[rule]
    return one.seen, one.checked, one.failed


def test_good_rows_pass_and_an_empty_cell_is_seen_but_not_checked(put: Put, judged: Judge) -> None:
    put("people", [ZHANG, LI])
    found = judged("people")
    assert not [one.rule.name for one in found.values() if one.failed]
    assert (found["校验码：单位"].seen, found["校验码：单位"].checked) == (2, 1)
    assert found["校验码：单位"].outcome == "通过"


def test_a_rule_that_saw_no_row_is_not_a_pass(put: Put, judged: Judge) -> None:
    put("people", [LI])
    assert judged("people")["校验码：单位"].outcome == "未检查"
    assert judged("deaths")["必填：编号"].outcome == "未检查"


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({1: ZHANG_SAN[:17] + "5"}, "校验码：证件号码"),
        ({1: ZHANG_SAN[:17]}, "校验码：证件号码"),
        ({2: "张?"}, "格式：姓名"),
        ({2: None}, "必填：姓名"),
        ({3: "9"}, "代码表：性别"),
        ({3: "2"}, "性别与证件号码一致"),
        ({4: date(1966, 1, 16)}, "出生日期与证件号码一致"),
        ({4: date(1066, 1, 15)}, "合理范围：出生日期"),
        ({5: EMPLOYER[:17] + "0"}, "校验码：单位"),
    ],
)
def test_a_fault_is_found_with_its_origin(put: Put, judged: Judge, change: dict[int, object], rule: str) -> None:
    put("people", [LI, tuple(change.get(at, value) for at, value in enumerate(ZHANG))])
    one = judged("people")[rule]
    assert one.failed == 1
    assert one.sample == [[1, 3, "1"]]


def test_every_row_of_a_repeated_value_fails(put: Put, judged: Judge, declare: Declare) -> None:
    declare("people", "- {name: 一人一号, kind: unique, columns: [id_number]}")
    put("people", [ZHANG, ("3", *ZHANG[1:]), LI, ("4", None, *LI[2:])])
    assert counts(judged, "一人一号") == (4, 3, 2)


def test_rules_between_tables(put: Put, judged: Judge, declare: Declare) -> None:
    between = "columns: [id_number], table: people, to: [id_number]"
    declare(
        "deaths",
        f"- {{name: 有户籍, kind: reference, {between}}}\n"
        f"- {{name: 无户籍, kind: excluded, {between}}}\n"
        f"- {{name: 同名, kind: consistent, {between}, equal: {{name: name}}}}\n",
    )
    put("deaths", [("1", ZHANG_SAN, "张三"), ("2", LI_SI, "李思"), ("3", WANG_WU, "王五"), ("4", None, "赵六")])
    assert judged("deaths")["有户籍"].outcome == "未检查"
    put("people", [ZHANG, LI])
    assert counts(judged, "有户籍", "deaths") == (4, 3, 1)
    assert counts(judged, "无户籍", "deaths") == (4, 3, 2)
    assert counts(judged, "同名", "deaths") == (4, 2, 1)


def test_a_mistake_in_a_declaration_names_its_line(declare: Declare, judged: Judge) -> None:
    declare("people", "- name: 甲\n  kind: range\n  columns: [nothing]\n  min: '1'\n")
    with pytest.raises(DeclarationError, match=r"scoring\.yaml:1.*nothing"):
        judged("people")


WRONG = {
    "format, columns: [name], pattern: '['": "pattern 不是 RE2",
    "format, columns: [name], pattern: '(?=a)b'": "pattern 不是 RE2",
    "format, columns: [born_on], pattern: '[0-9]+'": "只能用于文本列",
    "unique": "至少 1 列",
    "not_null": "应有 1 列",
    "together, columns: [name]": "至少 2 列",
    "order, columns: [born_on]": "应有 2 列",
    "order, columns: [born_on, name]": "都是时间或都是数",
    "range, columns: [sex], min: '1'": "只能用于数、日期和年月",
    "range, columns: [born_on], min: x": "不是日期",
    "sum, columns: [name, sex]": "同为金额或同为整数",
    "code_list, columns: [name]": "应有代码表",
    "citizen_id, columns: [born_on]": "只能用于文本列",
    "uscc, columns: [as_of]": "只能用于文本列",
    "matches_id, columns: [id_number, name]": "男、女",
    "required_when, columns: [name]": "应有 when",
    "required_when, columns: [name], when: {sex: '7'}": "代码表没有 7",
    "required_when, columns: [name], when: {as_of: x}": "只能问代码和文本",
    "not_null, columns: [name], where: {as_of: [x]}": "只能问代码和文本",
    "reference, columns: [born_on], table: deaths, to: [cert_no]": "类型不同",
    "reference, columns: [name], table: deaths, to: [nothing]": "死亡”没有的列：nothing",
    "reference, columns: [name], table: nowhere, to: [name]": "没有名为“nowhere”的数据集",
    "consistent, columns: [id_number], table: deaths, to: [id_number], equal: {as_of: name}": "类型不同",
}
"""Declarations that the database would only stumble over, and what is said of them instead."""


@pytest.mark.parametrize(("text", "said"), WRONG.items())
def test_a_rule_that_does_not_fit_its_columns_is_refused_with_its_line(
    put: Put, declare: Declare, judged: Judge, text: str, said: str
) -> None:
    put("people", [ZHANG])
    declare("people", f"# 试\n- {{name: 甲, kind: {text}}}\n")
    with pytest.raises(DeclarationError, match=rf"scoring\.yaml:2.*甲.*{said}"):
        judged("people")


def test_points_are_the_share_that_passed_and_never_rounded_up(put: Put, judged: Judge) -> None:
    put("people", [ZHANG, (LI[0], None, *LI[2:])])
    found = list(judged("people").values())
    scored = of_rules(found, weights())
    assert scored is not None
    assert scored.points < FULL
    assert scored.dimensions["准确性"] == FULL
    assert scored.dimensions["完整性"] == 9285  # three required columns (严重) and half of another (一般): 6.5 of 7
    assert "可访问性" not in scored.dimensions
    assert of_rules([one for one in found if not one.checked], weights()) is None


def is_citizen(text: str) -> bool:
    try:
        return CitizenId.parse(text, TODAY).number18 == text
    except FormatError:
        return False


def is_uscc(text: str) -> bool:
    try:
        return Uscc.parse(text).number == text
    except FormatError:
        return False


def ask(condition: str, text: str, source: str = "(SELECT ?::VARCHAR AS x)") -> bool:
    with duck.connect(threads=1) as connection:
        identity.register(connection)
        found = connection.execute(f"SELECT {condition} FROM {source} t", [text]).fetchone()[0]
    return bool(found)


DIGITS = st.text("0123456789X", min_size=18, max_size=18)
NEAR = st.builds(
    lambda born, seq, at, char: (n := CitizenId.make("990101", born, seq).number18)[:at] + char + n[at + 1 :],
    st.dates(date(1900, 1, 1), date(2030, 12, 31)), st.integers(1, 999), st.integers(0, 17),
    st.sampled_from("0123456789X 一e"),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.one_of(NEAR, DIGITS, st.text(max_size=19)))
def test_sql_and_kernel_agree_about_identity_numbers(text: str) -> None:
    wanted = is_citizen(text)
    source = identity.with_numbers("(SELECT ?::VARCHAR AS x)", ["x"])
    assert ask(identity.valid("x", TODAY), text.replace("\0", ""), source) == wanted or "\0" in text


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 17), st.sampled_from("0123456789ABCDEFGHJKLMNPQRTUWXYIOa"))
def test_sql_and_kernel_agree_about_codes_of_organisations(at: int, char: str) -> None:
    text = EMPLOYER[:at] + char + EMPLOYER[at + 1 :]
    assert ask(identity.uscc("t.x"), text) == is_uscc(text)


def test_a_rule_keeps_the_origins_of_its_first_failing_rows_and_counts_all(
    put: Put, judged: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "KEPT", 2)
    put("people", [(str(at), None, "张三", "9", None, None, 202610) for at in range(5)])
    assert counts(judged, "代码表：性别") == (5, 5, 5)
    assert judged("people")["代码表：性别"].sample == [[1, 2, "0"], [1, 3, "1"]]


def test_more_rules_than_one_statement_takes_are_all_answered(
    put: Put, judged: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("people", [ZHANG, (LI[0], None, *LI[2:])])
    whole = {name: (one.checked, one.failed, one.sample) for name, one in judged("people").items()}
    monkeypatch.setattr(engine, "AT_ONCE", 3)
    assert {name: (one.checked, one.failed, one.sample) for name, one in judged("people").items()} == whole


VALUES = st.tuples(
    st.one_of(st.sampled_from([None, ZHANG_SAN, ZHANG_SAN.lower(), "E1234567"]), NEAR, st.text("0X 一", max_size=18)),
    st.sampled_from(["张三", "", None, "张?", "阿依古丽·买买提"]),
    st.sampled_from(["1", "2", "9", None]),
    st.sampled_from([None, date(1966, 1, 15), date(1066, 1, 15), date(2026, 2, 28)]),
    st.sampled_from([None, EMPLOYER, EMPLOYER[:17] + "0", ""]),
)  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(VALUES, max_size=6))
def test_what_sql_counts_is_what_a_slow_reading_row_by_row_counts(
    put: Put, judged: Judge, declare: Declare, rows: list[tuple[object, ...]]
) -> None:
    declare("people", "- {name: 一人一号, kind: unique, columns: [id_number], where: {sex: ['1', '2']}}")
    rows = [(None if row[0] is None else str(row[0]), *row[1:]) for row in rows]
    put("people", [(str(at), *row, 202610) for at, row in enumerate(rows)])
    found = judged("people")
    for rule, (checked, holds) in SLOWLY.items():
        asked = [row for row in rows if checked(row)]
        wanted = (len(rows), len(asked), sum(not holds(row) for row in asked))
        assert (found[rule].seen, found[rule].checked, found[rule].failed) == wanted, rule
    numbers = Counter(row[0] for row in rows)
    asked = [row for row in rows if row[0] is not None and row[2] in ("1", "2")]
    assert found["一人一号"].failed == sum(numbers[row[0]] > 1 for row in asked)


def looks_like_id(row: Any) -> bool:
    return row[0] is not None and len(row[0]) >= 15 and row[0][0] in "123456789"


def says(row: Any) -> CitizenId | None:
    return CitizenId.parse(row[0], TODAY) if row[0] is not None and is_citizen(row[0]) else None


SLOWLY: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "必填：姓名": (lambda _: True, lambda row: row[1]),
    "校验码：证件号码": (looks_like_id, says),
    "代码表：性别": (lambda row: row[2] is not None, lambda row: row[2] in ("1", "2")),
    "性别与证件号码一致": (
        lambda row: says(row) and row[2] in ("1", "2"),
        lambda row: (says(row).sex == "男") == (row[2] == "1"),  # type: ignore[union-attr]  # checked before
    ),
    "出生日期与证件号码一致": (
        lambda row: says(row) and row[3] is not None,
        lambda row: says(row).birth == row[3],  # type: ignore[union-attr]  # checked before
    ),
    "合理范围：出生日期": (
        lambda row: row[3] is not None,
        lambda row: date(1900, 1, 1) <= row[3] <= date(2099, 12, 31),
    ),
    "校验码：单位": (lambda row: row[4] is not None, lambda row: is_uscc(row[4])),
}

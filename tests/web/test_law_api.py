"""POST /api/law/eval: the answer of the command to the byte, described, and never a crash."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jinbao.project.commands.law import command
from jinbao.rules import load_law
from jinbao.web.api.law import Answer
from tests.policy.person import PERSON

EVAL = "/api/law/eval"
CAREER = ", ".join(f'{{"年月": "{year}-{month:02d}", "缴费基数": {300 + 10 * month}.5}}'
                   for year in range(1996, 2024) for month in range(1, 13))  # fmt: skip
QUESTIONS = [
    ("法定退休年月", '{"出生年月": "1966-01", "退休类别": "男职工"}', "2026-03-20", "000000"),
    ("基础养老金", '{"计发基数": 8880, "平均缴费工资指数": 0.8219, "缴费年限": "30.67"}', "2024-03-01", "420000"),
    ("基础养老金", '{"计发基数": 8880, "平均缴费工资指数": 0.8219, "缴费年限": 30.67}', "2024-03", "420000"),
    ("可否领取基本养老金", '{"出生年月": "1974-01", "退休类别": "男职工", "累计缴费月数": 183}', "2036-05", "990100"),
    ("基本养老金", f'{{"出生年月": "1966-01", "退休类别": "男职工", "月": [{CAREER}]}}', "2026-05", "990100"),
    ("可否领取失业保险金", '{"失业保险缴费月数": 10}', "2025-05-01", "420100"),
]


def post(client: Client, body: str | bytes) -> Any:
    return client.post(EVAL, body, content_type="application/json")


def body_of(rule: str, facts: str, on: str, region: str) -> str:
    return f'{{"rule": "{rule}", "facts": {facts}, "on": "{on}", "region": "{region}"}}'


@pytest.mark.parametrize(("rule", "facts", "on", "region"), QUESTIONS)
def test_the_answer_is_that_of_the_command_to_the_byte(
    client: Client, tmp_path: Path, rule: str, facts: str, on: str, region: str
) -> None:
    path = tmp_path / "facts.json"
    path.write_text(facts, encoding="utf-8")
    printed = CliRunner().invoke(
        command, ["eval", rule, "--facts", str(path), "--on", on, "--region", region, "--json"]
    )  # fmt: skip
    assert printed.exit_code == 0
    answer = post(client, body_of(rule, facts, on, region))
    assert answer.status_code == 200
    assert answer.content == printed.stdout_bytes


@pytest.mark.parametrize(("rule", "facts", "on", "region"), QUESTIONS)
def test_the_answer_has_the_described_form(client: Client, rule: str, facts: str, on: str, region: str) -> None:
    answer = post(client, body_of(rule, facts, on, region)).json()
    assert Answer.model_validate(answer).model_dump() == answer


def test_the_description_tells_request_answer_and_errors(client: Client) -> None:
    schema = client.get("/api/openapi.json").json()
    operation = schema["paths"][EVAL]["post"]
    assert set(operation["responses"]) == {"200", "400", "404"}
    reference = operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    described = schema["components"]["schemas"][reference]
    assert set(described["required"]) == {"rule", "value", "unit", "on", "region", "confidence", "steps", "reasons",
                                          "provisional", "version", "facts_hash"}  # fmt: skip
    fields = schema["components"]["schemas"]["Question"]["properties"]
    assert all(field["description"] for field in (*fields.values(), *described["properties"].values()))


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        ("", "format", ""),
        ("{", "format", "不是 JSON"),
        ("[]", "format", ""),
        ("null", "format", ""),
        ('"x"', "format", ""),
        (b"\xff\xfe", "format", "UTF-8"),
        ('{"rule": "基础养老金", "facts": {"缴费年限": 1, "缴费年限": 2}}', "format", "写了两次"),
        ('{"rule": "基础养老金", "facts": {"缴费年限": NaN}}', "format", "NaN"),
        ('{"rule": "\\ud800"}', "format", "不成字"),
        ('{"rule": "基础养老金", "facts": {"\\udfff": 1}}', "format", "不成字"),
        ('{"rule": "基础养老金", "facts": {"月": ' + "[" * 500 + "]" * 500 + "}}", "format", "太深"),
        ('{"rule": "基础养老金", "facts": {"缴费年限": ' + "[" * 99999 + "]" * 99999 + "}}", "format", "太深"),
        ('{"rule": "基础养老金", "facts": {"缴费年限": ' + "9" * 9999 + "}}", "format", "太长"),
        ('{"rule": "基础养老金", "facts": {"缴费年限": 1e999999999}}', "wrong-fact", "超出"),
        ('{"rule": "基础养老金", "on": 0}', "format", "on"),
        ('{"rule": "基础养老金", "on": "2024-13"}', "format", "13"),
        ('{"rule": "基础养老金", "on": "2024-02-30"}', "format", ""),
        ('{"rule": "基础养老金", "facts": []}', "format", "facts"),
        ('{"rule": "出生年月"}', "missing-fact", "出生年月"),
        ('{"rule": "月缴费工资指数"}', "evaluation", "月级"),
        ('{"rule": "法定退休年月", "on": "1970-01-01"}', "not-in-force", "1978-07"),
    ],
)
def test_a_bad_request_is_refused_with_a_code(client: Client, body: str | bytes, code: str, said: str) -> None:
    answer = post(client, body)
    assert answer.status_code == 400, answer.content[:300]
    assert answer.json()["code"] == code
    assert said in answer.json()["message"]
    assert answer.json()["message"]


def test_what_is_too_long_is_refused(client: Client) -> None:
    answer = post(client, "[" + " " * 3_000_000 + "]")
    assert answer.status_code in (400, 413)
    assert answer.json()["code"] in ("format", "too-big")


LAW = load_law(production=False)
NAMES = st.sampled_from([*LAW.rules, *LAW.glossary])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True)
    | st.text(max_size=12)
    | st.sampled_from(
        ["1966-01", "男职工", "60岁2个月", "2024-02-29", "0.08", "9999-12", "0001-01", "是", "-1", "１２"]
    )
)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
)
ROWS = st.lists(
    st.dictionaries(st.sampled_from(["年月", "年度", "缴费基数", "年初储存额", "记账利率"]), SCALARS, max_size=4)
    | JSON,
    max_size=4,
)
FACTS = st.builds(
    lambda facts, months, years: facts | ({"月": months} if months else {}) | ({"年": years} if years else {}),
    st.dictionaries(NAMES, SCALARS | JSON, max_size=6),
    ROWS,
    ROWS,
)
DAYS = st.dates().map(str) | st.sampled_from(["2024-03", "2026-05-01", "9999-12-31", "0001-01-01"]) | SCALARS
REGIONS = st.sampled_from(["000000", "420000", "420106", "510000", "990100", "999999"]) | SCALARS
SENSIBLE = st.fixed_dictionaries({"rule": NAMES, "facts": FACTS}, optional={"on": DAYS, "region": REGIONS})
WILD = JSON | st.fixed_dictionaries({"rule": SCALARS, "facts": JSON}, optional={"on": JSON, "region": JSON})


@pytest.mark.parametrize("facts", [{}, PERSON], ids=["nothing", "everything"])
def test_whatever_name_is_asked_the_answer_is_an_answer_or_an_error_with_a_code(
    client: Client, facts: dict[str, Any]
) -> None:
    for name in LAW.glossary:
        answer = post(client, json.dumps({"rule": name, "facts": facts, "on": "2025-06-01", "region": "420100"}))
        assert answer.status_code in (200, 400), name
        assert answer.json().get("code") or answer.json()["steps"], name


@given(SENSIBLE | WILD)
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_whatever_is_sent_the_answer_is_an_answer_or_an_error_with_a_code(question: Any) -> None:
    answer = post(Client(), json.dumps(question))
    assert answer.status_code in (200, 400, 404), answer.content[:500]
    found = answer.json()
    if answer.status_code == 200:
        assert found["steps"]
    else:
        assert found["code"]
        assert found["message"]


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@settings(max_examples=100, deadline=None)
def test_whatever_bytes_are_sent_they_are_refused_with_a_code(body: bytes) -> None:
    answer = post(Client(), body)
    assert answer.status_code == 400
    assert answer.json()["code"]

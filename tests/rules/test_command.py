"""The command `jinbao law`, as a person and as a program uses it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rules.conftest import SAMPLES

FORM = '{"计发基数": 8880, "平均缴费工资指数": 0.8219, "缴费年限": "30.67"}'


def jinbao(*args: str, stdin: str = "", policy: Path = SAMPLES / "good") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "JINBAO_POLICY": str(policy), "JINBAO_PRODUCTION": ""}
    command = [sys.executable, "-m", "jinbao.project.cli", "law", *args]
    return subprocess.run(command, input=stdin, env=environment, capture_output=True, text=True, check=False)


def test_eval_as_json(tmp_path: Path) -> None:
    facts = tmp_path / "facts.json"
    facts.write_text(FORM, encoding="utf-8")
    for on in ("2024-03-01", "2024-03"):
        done = jinbao("eval", "基础养老金", "--facts", str(facts), "--on", on, "--region", "420000", "--json")
        assert done.returncode == 0, done.stderr
        answer = json.loads(done.stdout)
        assert (answer["rule"], answer["value"], answer["on"]) == ("基础养老金", "2480.97", "2024-03-01")


def test_eval_from_standard_input_prints_the_value_alone() -> None:
    done = jinbao("eval", "基础养老金", "--facts", "-", "--on", "2024-03", "--region", "420000", stdin=FORM)
    assert (done.stdout, done.stderr) == ("2480.97元/月\n", "")


def test_explain_prints_the_tree() -> None:
    done = jinbao("explain", "基础养老金", "--facts", "-", "--on", "2024-03", "--region", "420000", stdin=FORM)
    assert "(8880 + 7298.47) ÷ 2 × 30.67 × 1%" in done.stdout


@pytest.mark.parametrize(
    ("rule", "facts", "on", "said"),
    [
        ("基础养老金", "{", "2024-03", "不是 JSON"),
        ("基础养老金", "[]", "2024-03", "应为 JSON 对象"),
        ("基础养老金", '{"缴费年限": 1, "缴费年限": 2}', "2024-03", "写了两次"),
        ("基础养老金", '{"缴费年限": NaN}', "2024-03", "不能有 NaN"),
        ("基础养老金", "{}", "2024-13", "没有 2024 年 13 月"),
        ("基础养老津", "{}", "2024-03", "是不是“基础养老金”"),
        ("个人账户养老金", '{"个人账户储存额": 1}', "2024-03", "缺少事实“退休年龄”"),
    ],
)
def test_a_wrong_question_ends_with_a_message_and_code_2(rule: str, facts: str, on: str, said: str) -> None:
    done = jinbao("eval", rule, "--facts", "-", "--on", on, "--region", "420000", stdin=facts)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_facts_file_and_a_missing_policy_are_told(tmp_path: Path) -> None:
    args = ("--on", "2024-03", "--region", "420000")
    assert "读不了事实文件" in jinbao("eval", "基础养老金", "--facts", "nothing.json", *args).stderr
    assert "没有法规文件夹" in jinbao("list", policy=tmp_path).stderr


def test_list_and_show() -> None:
    rows = json.loads(jinbao("list", "--json", "--branch", "pension/basic").stdout)
    assert {row["branch"] for row in rows} == {"pension/basic"}
    assert sum(row["name"] == "增发养老金" for row in rows) == 3
    shown = jinbao("show", "基础养老金").stdout
    assert "def 基础养老金(计发基数, 指数化工资, 缴费年限):" in shown
    assert "参数 计发基数（元/月）：退休时适用的计发基数" in shown
    assert "是不是“基础养老金”" in jinbao("show", "基础养老津").stderr


def test_rows_prints_a_line_per_year() -> None:
    facts = '{"月": [{"年月": "2020-01", "缴费基数": 1000}]}'
    done = jinbao("rows", "年末储存额", "--facts", "-", "--on", "2021-06", "--region", "420000", stdin=facts)
    assert [line.split(" ")[:2] for line in done.stdout.splitlines()] == [
        ["年末储存额（2020年）", "113.57元"],
        ["年末储存额（2021年）", "119.25元"],
    ]


def test_test_runs_the_cases_and_fails_on_a_sure_one_that_differs(tmp_path: Path) -> None:
    import shutil

    done = jinbao("test")
    assert done.returncode == 0
    assert "算例 4 个，核对 5 项：不符 0 项，不确定的算例不符 1 项。" in done.stdout
    policy = tmp_path / "policy"
    shutil.copytree(SAMPLES / "good", policy)
    cases = policy / "law/pension/basic/cases.yaml"
    cases.write_text(cases.read_text(encoding="utf-8").replace("7298.47", "7298.48"), encoding="utf-8")
    done = jinbao("test", policy=policy)
    assert done.returncode == 1
    assert "指数化工资 应为 7298.48，实为 7298.47，不符" in done.stdout


def test_the_command_does_not_load_django() -> None:
    code = "import sys, jinbao.rules, jinbao.project.commands.law; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("on", "said"),
    [
        ("2024-3-1", ""),
        ("2024年3月1日", ""),
        ("2024年3月", ""),
        ("2024-02-30", "没有 2024-02-30 这一天"),
        ("今天", "写 2026-01 表示该月一日"),
    ],
)
def test_a_day_is_read_as_people_write_it(on: str, said: str) -> None:
    done = jinbao("eval", "基础养老金", "--facts", "-", "--on", on, "--region", "420000", stdin=FORM)
    assert (done.returncode, done.stdout) == ((2, "") if said else (0, "2480.97元/月\n"))
    assert said in done.stderr


@pytest.mark.parametrize(
    ("file", "said"), [("missing.json", "没有这个文件"), (".", "是一个目录"), ("gbk", "不是 UTF-8")]
)
def test_a_file_that_cannot_be_read_is_said_in_words(tmp_path: Path, file: str, said: str) -> None:
    (tmp_path / "gbk").write_bytes('{"缴费年限": 1}'.encode("gbk"))
    done = jinbao("eval", "基础养老金", "--facts", str(tmp_path / file), "--on", "2024-03", "--region", "420000")
    assert done.returncode == 2
    assert said in done.stderr
    assert "Errno" not in done.stderr


def test_a_number_of_months_is_not_printed_as_the_name_of_a_month() -> None:
    done = jinbao("eval", "缴费月数", "--facts", "-", "--on", "2024-03", "--region", "420000", stdin='{"缴费月数": 4}')
    assert done.stdout == "4个月\n"


def test_a_fact_that_did_not_enter_is_told_beside_the_value() -> None:
    facts = '{"计发基数": 8880, "平均缴费工资指数": 0.8219, "缴费年限": 30.67, "视同缴费月数": 3}'
    done = jinbao("eval", "基础养老金", "--facts", "-", "--on", "2024-03", "--region", "420000", stdin=facts)
    assert (done.stdout, done.stderr) == ("2480.97元/月\n", "没有用到：视同缴费月数\n")

"""Rows that rest on totals over rows, and tables that change by year: as the exact reading, on random careers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from jinbao.rules import Law
from jinbao.rules.bulk import NotCompilable, compile_rules
from jinbao.rules.bulk.careers import CAREER, PERSON
from jinbao.rules.bulk.exact import exact_row
from jinbao.rules.bulk.execute import execute
from jinbao.rules.bulk.lake import SCHEMA

ON, REGION = date(2021, 12, 1), "990100"
GOOD = Path(__file__).parents[1] / "samples" / "good"
TERMS = """
全程月均: {meaning: 全部月份的平均基数, kind: 规则, type: 金额, unit: 元}
当年月均: {meaning: 当年各月的平均基数, kind: 规则, type: 金额, unit: 元, grain: 年}
高于当年: {meaning: 高于当年平均的部分, kind: 规则, type: 金额, unit: 元, grain: 月}
高于当年合计: {meaning: 高于当年平均的部分之和, kind: 规则, type: 金额, unit: 元}
高于全程: {meaning: 高于全程平均的部分, kind: 规则, type: 金额, unit: 元, grain: 月}
高于全程合计: {meaning: 高于全程平均的部分之和, kind: 规则, type: 金额, unit: 元}
再看一遍: {meaning: 依赖上一遍合计的月数, kind: 规则, type: 整数, unit: 月}
滚存: {meaning: 高于全程的部分按年滚存, kind: 规则, type: 金额, unit: 元, grain: 年}
上年滚存: {meaning: 上一年的滚存, kind: 规则, type: 金额, unit: 元, grain: 年}
滚存末值: {meaning: 最后一年的滚存, kind: 规则, type: 金额, unit: 元}
年度表: {meaning: 每年不同的按档标准, kind: 参数, type: 表, unit: 元}
月表: {meaning: 年中变化的按档标准, kind: 参数, type: 表, unit: 元}
查到的合计: {meaning: 逐年查表之和, kind: 规则, type: 金额, unit: 元}
查到: {meaning: 当年月数对应的标准, kind: 规则, type: 金额, unit: 元, grain: 年}
月查: {meaning: 当月查表, kind: 规则, type: 金额, unit: 元, grain: 月}
月查合计: {meaning: 逐月查表之和, kind: 规则, type: 金额, unit: 元}
有标准年数: {meaning: 当年月数在表中的年数, kind: 规则, type: 整数, unit: 年}
有标准: {meaning: 当年月数在表中, kind: 规则, type: 布尔, grain: 年}
夹住: {meaning: 上下限也是算出来的, kind: 规则, type: 金额, unit: 元}
"""
RULES = """

@rule("全程月均", unit="元", cites="#interest")
def 全程月均(缴费基数):
    return 四舍五入(平均(缴费基数), 2)


@rule("当年月均", unit="元", cites="#interest", grain="年")
def 当年月均(缴费基数):
    if 计数(缴费基数 > 0) == 0:
        return 0
    return 四舍五入(平均(缴费基数), 2)


@rule("高于当年", unit="元", cites="#interest", grain="月")
def 高于当年(缴费基数, 当年月均):
    return 取大(缴费基数 - 当年月均, 0)


@rule("高于当年合计", unit="元", cites="#interest")
def 高于当年合计(高于当年):
    return 四舍五入(合计(高于当年), 2)


@rule("高于全程", unit="元", cites="#interest", grain="月")
def 高于全程(缴费基数, 全程月均):
    return 取大(缴费基数 - 全程月均, 0)


@rule("高于全程合计", unit="元", cites="#interest")
def 高于全程合计(高于全程):
    return 四舍五入(合计(高于全程), 2)


@rule("再看一遍", unit="月", cites="#interest")
def 再看一遍(缴费基数, 高于全程合计):
    return 计数(缴费基数 * 10 > 高于全程合计)


@rule("上年滚存", unit="元", cites="#interest", grain="年")
def 上年滚存(滚存):
    return 上年(滚存, 0)


@rule("滚存", unit="元", cites="#interest", grain="年")
def 滚存(高于全程, 上年滚存):
    return 四舍五入(上年滚存 * 1.03 + 合计(高于全程), 2)


@rule("滚存末值", unit="元", cites="#interest")
def 滚存末值(滚存):
    return 末值(滚存)


@rule("查到", unit="元", cites="#interest", grain="年")
def 查到(缴费基数, 年度表):
    return 分档(年度表, 计数(缴费基数 > 0))


@rule("查到的合计", unit="元", cites="#interest")
def 查到的合计(查到):
    return 四舍五入(合计(查到), 2)


@rule("月查", unit="元", cites="#interest", grain="月")
def 月查(月表, 年月):
    return 查表(月表, 月份(年月))


@rule("月查合计", unit="元", cites="#interest")
def 月查合计(月查):
    return 四舍五入(合计(月查), 2)


@rule("有标准", cites="#interest", grain="年")
def 有标准(缴费基数, 年度表):
    return 表中有(年度表, 计数(缴费基数 > 0))


@rule("有标准年数", unit="年", cites="#interest")
def 有标准年数(有标准):
    return 计数(有标准)


@rule("夹住", unit="元", cites="#interest")
def 夹住(全程月均, 高于全程合计, 高于当年合计):
    return 限于(全程月均, 取小(高于当年合计, 3000), 高于全程合计 + 3000)
"""
PARAMETERS = """
年度表:
  key: 整数
  period: 年
  values:
    - {from: 2018-01-01, table: {0: 0, 6: 1.5, 11: 2.25}, source: 试, confidence: A}
    - {from: 2019-01-01, table: {0: 0, 6: 1.5, 11: 2.25}, source: 试, confidence: A}
    - {from: 2020-01-01, table: {0: 0.1, 9: 3.75}, source: 试, confidence: A}
    - {from: 2021-01-01, table: {0: 0.1, 9: 3.75, 12: 4}, source: 试, confidence: A}
月表:
  key: 整数
  values:
    - from: 2018-01-01
      table: {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 7, 8: 8, 9: 9, 10: 10, 11: 11, 12: 12}
      source: 试
      confidence: A
    - from: 2020-04-01
      table: {1: 10, 2: 20, 3: 30, 4: 40, 5: 50, 6: 60, 7: 70, 8: 80, 9: 90, 10: 100, 11: 110, 12: 120.5}
      source: 试
      confidence: A
"""
NAMES = (
    "高于当年合计", "高于全程合计", "再看一遍", "滚存末值", "查到的合计", "月查合计", "有标准年数", "夹住",
    "个人账户储存额",
)  # fmt: skip


@pytest.fixture(scope="module")
def monthly() -> pa.Table:
    """Sixty people of three years with gaps and bases that change, some without a month in a year, one without any."""
    draw = np.random.default_rng(11)
    rows: list[dict[str, Any]] = []
    for number in range(60):
        months = [m for m in range(2019 * 12, 2021 * 12 + 12) if draw.random() > (0.1, 0.6)[number % 2]]
        months = [m for m in months if m // 12 != 2020 or number % 7] if number else []
        bases = draw.integers(2000, 4000, len(months)) * 100
        career = [
            {"起": m // 12 * 100 + m % 12 + 1, "月数": 1, "缴费基数": int(base)}
            for m, base in zip(months, bases, strict=True)
        ]
        facts = {"出生年月": 197001, "退休类别": "男职工", "选择退休年月": None, "视同缴费月数": 0}
        rows.append({PERSON: f"9901011970010100{number:02d}", **facts, CAREER: career})
    return pa.Table.from_pylist(rows, SCHEMA)


def law_of(law_with: Callable[..., Law], more: str = "", terms: str = "") -> Law:
    account = "law/pension/account"
    added = {
        "glossary.yaml": TERMS + terms,
        f"{account}/rules.py": RULES + more,
        f"{account}/parameters.yaml": PARAMETERS,
    }
    return law_with({name: (GOOD / name).read_text(encoding="utf-8") + text for name, text in added.items()})


def test_totals_that_rows_rest_on_and_tables_by_year_are_the_same_in_both_readings(
    law_with: Callable[..., Law], monthly: pa.Table
) -> None:
    law = law_of(law_with)
    program = compile_rules(law, NAMES, region=REGION, on=ON, columns=("出生年月",))
    answers = execute(law, program, monthly)
    assert answers.exact < 10, "the kernel computes nearly everybody"
    for row, person in enumerate(monthly.to_pylist()):
        expected, reason = exact_row(law, program, person)
        for at, name in enumerate(NAMES):
            found = None if answers.missing[at][row] else int(answers.columns[at][row])
            assert found == expected[at], (name, row, reason)


def test_too_many_walks_one_behind_the_other_are_refused_with_their_line(law_with: Callable[..., Law]) -> None:
    """Each total counts the months above a threshold made of the total before."""
    terms = "".join(f"第{n}遍: {{meaning: 试, kind: 规则, type: 整数}}\n" for n in "甲乙丙丁戊")
    rules = ['@rule("第甲遍", cites="#interest")\ndef 第甲遍(缴费基数):\n    return 计数(缴费基数 > 1)\n']
    rules += [
        f'@rule("第{n}遍", cites="#interest")\ndef 第{n}遍(缴费基数, 第{before}遍):\n'
        f"    return 计数(缴费基数 > 第{before}遍)\n"
        for before, n in zip("甲乙丙丁", "乙丙丁戊", strict=True)
    ]
    law = law_of(law_with, "\n\n" + "\n\n".join(rules), terms)
    assert compile_rules(law, ["第丁遍"], region=REGION, on=ON).source.count("for y in range") == 4
    with pytest.raises(NotCompilable, match="4 遍以上") as caught:
        compile_rules(law, ["第戊遍"], region=REGION, on=ON)
    assert "account/rules.py:" in str(caught.value)

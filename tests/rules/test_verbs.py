"""Every verb, in one expression each: what it gives, in both readings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from jinbao.kernel.months import Month
from jinbao.rules import Law
from jinbao.rules.errors import EvaluationError
from jinbao.rules.values import Age
from jinbao.rules.verbs import ALL_VERBS

GLOSSARY = """
数甲: {meaning: 数, kind: 事实, default: 12.345}
整甲: {meaning: 整数, kind: 事实, type: 整数, default: 7}
月甲: {meaning: 年月, kind: 事实, type: 年月, default: "2024-11"}
日甲: {meaning: 日期, kind: 事实, type: 日期, default: 2024-02-28}
龄甲: {meaning: 年龄, kind: 事实, type: 年龄, default: 60岁2个月}
选甲: {meaning: 选项, kind: 事实, type: 选项, choices: [子, 丑], default: 丑}
空甲: {meaning: 可以没有, kind: 事实, optional: true}
表甲: {meaning: 按整数的表, kind: 参数, type: 整数}
表乙: {meaning: 按选项的表, kind: 参数, type: 表}
参甲: {meaning: 逐年的参数, kind: 参数}
月值: {meaning: 各月的数, kind: 事实, grain: 月}
月权: {meaning: 各月的权, kind: 事实, grain: 月, type: 整数, default: 1}
年值: {meaning: 各年的数, kind: 事实, grain: 年, default: 0}
结果: {meaning: 结果, kind: 规则, type: %s}
"""
PARAMETERS = """
表甲:
  key: 档
  values:
    - {from: 2000-01-01, table: {10: 1, 20: 2, 30: 3}, source: 示例, confidence: A}
表乙:
  key: 选甲
  values:
    - {from: 2000-01-01, table: {子: 0.5, 丑: 1.5}, source: 示例, confidence: A}
参甲:
  period: 年
  values:
    - {from: 2022-01-01, value: 22, source: 示例, confidence: A}
    - {from: 2023-01-01, value: 23, source: 示例, confidence: A}
    - {from: 2024-01-01, to: 2024-06-30, value: 24, source: 示例, confidence: A}
    - {from: 2024-07-01, value: 24.5, source: 示例, confidence: A}
"""
ROWS = {
    "月": [
        {"年月": "2022-12", "月值": 10, "月权": 1},
        {"年月": "2023-01", "月值": 20, "月权": 2},
        {"年月": "2024-03", "月值": 0, "月权": 3},
        {"年月": "2024-08", "月值": 50, "月权": 4},
    ],
    "年": [{"年度": 2022, "年值": 1}, {"年度": 2024, "年值": 5}],
}

EXPRESSIONS: list[tuple[str, str, Any]] = [
    ("数", "四舍五入(数甲, 2)", "12.35"),
    ("数", "四舍五入(-数甲, 2)", "-12.35"),
    ("数", "四舍五入(数甲, -1)", "10"),
    ("数", "银行家舍入(数甲, 2)", "12.34"),
    ("数", "向上取整(数甲, 1)", "12.4"),
    ("数", "向下取整(-数甲, 1)", "-12.4"),
    ("数", "截断(-数甲, 1)", "-12.3"),
    ("整数", "四舍五入(数甲)", 12),
    ("整数", "向上取整(数甲)", 13),
    ("整数", "向下取整(-数甲)", -13),
    ("整数", "截断(-数甲)", -12),
    ("整数", "银行家舍入(整甲 / 2)", 4),
    ("数", "取大(数甲, 整甲, 百分之一)", "12.345"),
    ("整数", "取小(整甲, 3)", 3),
    ("数", "限于(数甲, 1, 10)", "10"),
    ("数", "限于(数甲, 13, 20)", "13"),
    ("数", "绝对值(1 - 数甲)", "11.345"),
    ("数", "整甲 * 千分之一 + 万分之一", "0.0071"),
    ("整数", "整甲 // 2 * 10 + 整甲 % 2", 31),
    ("数", "整甲 / 2", "3.5"),
    ("整数", "年份(月甲) * 100 + 月份(月甲)", 202411),
    ("年月", "成年月(2025, 整甲)", "2025-07"),
    ("年月", "年月推移(月甲, 2)", "2025-01"),
    ("年月", "月甲 + 龄甲", "2085-01"),
    ("整数", "月数差(月甲, 成年月(2025, 1))", 2),
    ("整数", "成年月(2025, 1) - 月甲", 2),
    ("年龄", "年龄值(59, 整甲)", "59岁7个月"),
    ("年龄", "龄甲 + 10", "61岁"),
    ("整数", "满岁(龄甲) * 100 + 零月(龄甲)", 6002),
    ("整数", "总月数(龄甲)", 722),
    ("年龄", "到龄(成年月(1964, 10), 月甲)", "60岁1个月"),
    ("年月", "年月于(日甲)", "2024-02"),
    ("日期", "日期推移(日甲, 2)", "2024-03-01"),
    ("日期", "日甲 + 1", "2024-02-29"),
    ("整数", "天数差(日甲, 日甲 + 30)", 30),
    ("日期", "工作日推移(日甲, 2)", "2024-03-01"),
    ("日期", "工作日推移(日甲 - 20, 1)", "2024-02-09"),
    ("日期", "工作日推移(日甲, 0)", "2024-02-28"),
    ("日期", "顺延至工作日(日甲)", "2024-02-28"),
    ("日期", "顺延至工作日(日甲 + 3)", "2024-03-04"),
    ("整数", "工作日数(日甲, 日甲 + 7)", 5),
    ("整数", "查表(表甲, 20)", 2),
    ("数", "查表(表乙, 选甲)", "1.5"),
    ("整数", "分档(表甲, 29)", 2),
    ("布尔", "表中有(表甲, 15)", False),
    ("数", "参甲", "24.5"),
    ("数", "按年(参甲, 2023)", "23"),
    ("数", "按年(参甲, 2024)", "24.5"),
    ("数", "按月(参甲, 成年月(2024, 6))", "24"),
    ("布尔", "未填(空甲)", True),
    ("布尔", '选甲 == "丑" and not (选甲 != "丑")', True),
    ("数", "0 if 1 < 整甲 <= 7 else 1", "0"),
    ("数", "合计(月值)", "80"),
    ("数", "合计(月值, 月值 > 10)", "70"),
    ("整数", "合计(月权)", 10),
    ("数", "合计(月值 * 参甲)", "1905"),
    ("整数", "计数(月值 > 0)", 3),
    ("整数", "计数(年值 > 0)", 2),
    ("数", "平均(月值)", "20"),
    ("数", "平均(月权, 月值 > 0)", "2.333333333333333333333333333333"),
    ("数", "加权平均(月值, 月权)", "25"),
    ("数", "最大(月值) - 最小(月值)", "50"),
    ("数", "首值(月值, 月值 > 10) + 末值(月值)", "70"),
    ("年月", "首月(月值 > 10)", "2023-01"),
    ("年月", "末月()", "2024-08"),
    ("整数", "首年(年值 > 1) - 末年()", 0),
    ("布尔", "任一(月值 > 40)", True),
    ("布尔", "全部(月值 > 0)", False),
    ("数", "取年(年值, 2024)", "5"),
    ("数", "取年(年值 + 参甲, 2023)", "23"),
    ("数", "取年(年值, 2030, -1)", "-1"),
    ("数", "取月(月值 + 年值, 成年月(2024, 8))", "55"),
    ("数", "取月(月值, 成年月(2024, 7), 0)", "0"),
]


def answer(law_with: Callable[..., Law], kind: str, expression: str) -> Any:
    """Evaluate one expression with and without explanation, at 1 August 2024."""
    names = [line.split(":")[0] for line in GLOSSARY.split("\n") if line]
    inputs = ", ".join(name for name in names if name in expression)
    rule = f'@rule("结果")\ndef 结果({inputs}):\n    return {expression}\n'
    law = law_with(
        {
            "glossary.yaml": GLOSSARY % kind,
            "law/pension/basic/rules.py": rule,
            "law/pension/basic/parameters.yaml": PARAMETERS,
            **dict.fromkeys(("law/pension/account/rules.py", "law/pension/basic/rules.510000.py"), ""),
            **dict.fromkeys(("law/pension/account/parameters.yaml", "law/pension/basic/parameters.420000.yaml"), "{}"),
        }
    )
    exact, explained = (
        law.evaluate("结果", ROWS, on=date(2024, 8, 1), region="420000", explain=explain) for explain in (False, True)
    )
    assert exact.value == explained.value
    assert explained.tree is not None
    assert explained.tree.formula
    return exact.value


@pytest.mark.parametrize(("kind", "expression", "expected"), EXPRESSIONS, ids=[row[1] for row in EXPRESSIONS])
def test_a_verb_gives(law_with: Callable[..., Law], kind: str, expression: str, expected: Any) -> None:
    found = answer(law_with, kind, expression)
    if isinstance(found, Decimal):
        assert abs(found - Decimal(expected)) < Decimal("1e-29")
    else:
        assert (str(found) if isinstance(found, Month | date | Age) else found) == expected


def test_every_verb_is_tried() -> None:
    tried = " ".join(expression for _, expression, _ in EXPRESSIONS)
    elsewhere = {"上年", "拒绝"}  # test_evaluate: a recurrence, a refusal
    assert [verb for verb in ALL_VERBS if f"{verb}(" not in tried and verb not in elsewhere] == []


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("最大(月值, 月值 > 100)", "没有符合条件的行"),
        ("加权平均(月值, 月权, 月权 > 9)", "没有符合条件的行"),
        ("加权平均(月值, 月值 - 月值)", "权的合计为零"),
        ("取年(年值, 2030)", "履历中没有2030年这一行"),
        ("取月(月值, 成年月(2024, 7))", "履历中没有2024年7月这一行"),
        ("查表(表甲, 整甲)", "表中没有键 7"),
        ("分档(表甲, 9)", "9 低于表的最低一档 10"),
        ("限于(数甲, 20, 10)", "下限 20 高于上限 10"),
        ("年份(成年月(2024, 整甲 + 6))", "没有 2024 年 13 月"),
        ("空甲 + 1", "“空甲”未填，规则却直接用了它"),
        ("按年(参甲, 1999)", "参数“参甲”在 1999-12-31 没有值：已有的值自 2022-01-01 起"),
        ("数甲 / (整甲 - 7)", "除数为零"),
        ("工作日数(日甲, 日甲 + 9000)", "超出工作日历的范围"),
    ],
)
def test_a_verb_says_what_it_cannot_do(law_with: Callable[..., Law], expression: str, said: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        answer(law_with, "数", expression)
    assert said in str(caught.value)
    assert "规则“结果”" in str(caught.value)

"""What is checked when the law is loaded, beyond the mistakes in samples/bad."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from jinbao.kernel.errors import DeclarationError
from jinbao.rules import Law
from jinbao.rules.errors import NotInForce
from jinbao.rules.source import read_rules
from tests.rules.conftest import SAMPLES

GLOSSARY = (SAMPLES / "good/glossary.yaml").read_text(encoding="utf-8")
ON = date(2024, 3, 1)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("四舍五入: {meaning: 动词, kind: 事实}", "是引擎的动词或常量，不能作术语"),
        ("年月: {meaning: 行的键, kind: 事实}", "是履历行的键，由引擎提供"),
        ("甲 乙: {meaning: 有空格, kind: 事实}", "不能作名字"),
        ("没有的规则: {meaning: 只有名字, kind: 规则}", "policy/law 中没有它的定义"),
        ("没有的参数: {meaning: 只有名字, kind: 参数}", "policy/law 中没有它的定义"),
        ("错的缺省: {meaning: 缺省不是数, kind: 事实, default: 甲}", "“甲”不是数"),
        ("错的类型: {meaning: 没有这种类型, kind: 事实, type: 浮点}", "“type”不能是“浮点”"),
        ("错的选项: {meaning: 数没有选项, kind: 事实, choices: [甲]}", "choices 只用于类型“选项”"),
        ("错的可选: {meaning: 两可, kind: 事实, default: 1, optional: true}", "optional 只用于没有 default 的人级事实"),
        ("少了意思: {kind: 事实}", "缺少：meaning"),
    ],
)
def test_a_wrong_term_is_refused_with_its_line(law_with: Callable[..., Law], line: str, said: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        law_with({"glossary.yaml": f"{GLOSSARY}{line}\n"})
    assert said in str(caught.value)
    assert f"glossary.yaml:{len(GLOSSARY.splitlines()) + 1}" in str(caught.value)


def test_an_anchor_twice_is_refused(law_with: Callable[..., Law]) -> None:
    text = "# 文件\n## 甲 {#6-2}\n## 乙 {#table}\n## 丙 {#extra}\n## 丁 {#extra}\n"
    with pytest.raises(DeclarationError, match=r"law\.md:5: 锚点“extra”重复"):
        law_with({"law/pension/basic/law.md": text})


def test_a_file_of_a_region_outside_the_tree_is_refused(law_with: Callable[..., Law]) -> None:
    with pytest.raises(DeclarationError, match=r"parameters\.440000\.yaml 的地区 440000 不在 regions\.yaml 中"):
        law_with({"law/pension/basic/parameters.440000.yaml": "{}"})


def test_a_circle_between_provinces_that_never_meet_is_allowed(law_with: Callable[..., Law]) -> None:
    """Hubei derives years from months, Sichuan months from years: in no region does one need the other twice."""
    law = law_with(
        {
            "law/pension/account/rules.510000.py": (
                '@rule("缴费年限", unit="年")\ndef 缴费年限(视同缴费月数):\n    return 视同缴费月数 / 12\n\n\n'
                '@rule("缴费月数", unit="月")\ndef 缴费月数(缴费年限):\n    return 四舍五入(缴费年限 * 12)\n'
            )
        }
    )
    assert law.evaluate("缴费月数", {"视同缴费月数": 24}, on=ON, region="510000").value == 24
    assert law.evaluate("缴费年限", {"视同缴费月数": 24}, on=ON, region="420000").value == 2


def test_a_region_may_say_that_a_value_is_not_known(law_with: Callable[..., Law]) -> None:
    gap = "计发基数:\n  values:\n    - {from: 2024-01-01, missing: 本市的标准没有查到}\n"
    law = law_with({"law/pension/basic/parameters.990100.yaml": gap})
    with pytest.raises(NotInForce, match="没有值：本市的标准没有查到"):
        law.evaluate("指数化工资", {"平均缴费工资指数": 1}, on=ON, region="990100")
    assert law.evaluate("指数化工资", {"平均缴费工资指数": 1}, on=date(2023, 3, 1), region="990100").value == 8880


def test_answers_asked_together_keep_their_own_confidence(law: Law) -> None:
    facts = {"指数化工资": 1000, "计发基数": 1, "缴费年限": 1}
    results = law.evaluate_many(["不确定的增发", "基础养老金"], facts, on=ON, region="420000")
    assert [result.confidence for result in results.values()] == ["C", "A"]


def test_a_file_that_is_no_text_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "rules.py"
    file.write_bytes(b"# one\n# \xff\n")
    with pytest.raises(DeclarationError, match=r"rules\.py:2: 文件不是 UTF-8 编码"):
        read_rules(file)

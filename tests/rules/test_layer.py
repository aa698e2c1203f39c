"""A folder laid over the law: supposed rules and parameters take their places, and only there; mistakes have a line."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from jinbao.kernel.errors import JinbaoError
from jinbao.rules import Law
from jinbao.rules.layer import lay_over, supposed_law
from jinbao.rules.whatif import print_what_if, what_if

ON, REGION = date(2021, 12, 1), "990100"
RULES = "law/pension/account/rules.py"
FACTS: dict[str, Any] = {"月": [{"年月": f"2021-{month:02d}", "缴费基数": 5000} for month in range(1, 7)]}
ANSWER = """@rule("缴费月数", unit="月", cites="#index"{more})
def 缴费月数(缴费基数, 视同缴费月数):
    return 计数(缴费基数 > 0) + {rest}
"""


PARAMETERS = """
赠送月数: {values: [{from: 2020-01-01, value: 7, source: 试, confidence: A}]}
记账利率: {values: [{from: 2021-01-01, value: 0.2, source: 试, confidence: A}]}
"""


def overlay(folder: Path, files: dict[str, str]) -> Path:
    """Write an overlay folder."""
    for name, text in files.items():
        path = folder / "假设" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder / "假设"


def months(law: Law, on: date = ON, region: str = REGION) -> Any:
    return law.evaluate("缴费月数", FACTS, on=on, region=region).value


def test_a_supposed_rule_takes_the_place_of_the_one_in_force_and_the_law_stays(law: Law, tmp_path: Path) -> None:
    folder = overlay(tmp_path, {RULES: ANSWER.format(more="", rest="视同缴费月数 + 100")})
    other, said = lay_over(law, folder)
    assert (months(law), months(other)) == (6, 106)
    assert other.supposes
    assert other.version != law.version
    assert str(said[0]).startswith(f"假设 规则“缴费月数”（地区 000000，起初 起）为 {folder / RULES}:2（代替 ")
    assert "account/rules.py:" in said[0].as_json()["instead"][0]


def test_a_rule_from_a_day_on_leaves_the_days_before(law: Law, tmp_path: Path) -> None:
    text = ANSWER.format(more=', since="2021-06", until="2021-11"', rest="视同缴费月数 + 100")
    other, _ = lay_over(law, overlay(tmp_path, {RULES: text}))
    found = [months(other, date(2021, month, 1)) for month in (5, 6, 10, 11)]
    assert found == [6, 106, 106, 6]


def test_a_rule_of_a_region_is_supposed_only_there(law: Law, tmp_path: Path) -> None:
    path = "law/pension/account/rules.990100.py"
    other, said = lay_over(law, overlay(tmp_path, {path: ANSWER.format(more="", rest="视同缴费月数 + 100")}))
    assert (months(other), months(other, region="000000")) == (106, 6)
    assert "现行没有这条规则" in str(said[0])


def test_new_names_and_parameters_come_with_the_folder(law: Law, tmp_path: Path) -> None:
    folder = overlay(
        tmp_path,
        {
            "glossary.yaml": "赠送月数: {meaning: 假设另加的月数, kind: 参数, type: 整数, unit: 月}\n",
            RULES: ANSWER.format(more="", rest="赠送月数")
            .replace("视同缴费月数", "赠送月数")
            .replace("#index", "#gift"),
            "law/pension/account/law.md": "# 征求意见稿\n## 赠送 {#gift}\n另加。\n",
            "law/pension/account/parameters.yaml": PARAMETERS,
        },
    )
    other, said = lay_over(law, folder)
    assert months(other) == 13
    assert "假设 记账利率（地区 000000） 为 20%（现行 5%；2021-01-01 起）" in [str(each) for each in said]
    found = [other.parameter("记账利率", on=date(year, 7, 1), region=REGION) for year in (2020, 2021)]
    assert [str(each.value) for each in found] == ["0.06", "0.2"]
    assert found[1].dated.confidence == "假设"


def test_both_answers_stand_side_by_side_with_the_supposed_rule(law: Law, tmp_path: Path) -> None:
    folder = overlay(tmp_path, {RULES: ANSWER.format(more="", rest="视同缴费月数 + 100")})
    text = print_what_if(what_if(law, "缴费月数", FACTS, [], on=ON, region=REGION, overlay=folder), "演示市")
    assert "假设 规则“缴费月数”" in text
    assert "106" in text
    assert "+100" in text
    assert "没有进入计算" not in text


UNKNOWN = ANSWER.replace("缴费月数", "没有的规则").format(more="", rest="视同缴费月数")
TWICE = "\n\n".join(ANSWER.format(more="", rest=rest) for rest in ("视同缴费月数 * 1", "视同缴费月数 * 2"))
OWN_UNIT = "记账利率: {unit: 元, values: [{from: 2021-01-01, value: 0.2, source: 试, confidence: A}]}\n"
TERM = "缴费月数: {meaning: 又一次, kind: 规则}\n"
WRONG = {
    "a wrong expression": ({RULES: "\n" + ANSWER.format(more="", rest="不存在")}, "不存在", f"{RULES}:4"),
    "an unknown rule": ({RULES: UNKNOWN}, "glossary", f"{RULES}:2"),
    "two at once": ({RULES: TWICE}, "同一天有两条", f"{RULES}:7"),
    "a term that is there": ({RULES: ANSWER, "glossary.yaml": TERM}, "已经在术语表里", "glossary.yaml:1"),
    "a unit of its own": ({"law/pension/account/parameters.yaml": OWN_UNIT}, "单位", "parameters.yaml:1"),
    "nothing at all": ({"说明.txt": "空"}, "没有规则也没有参数", ""),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_in_the_folder_is_told_with_its_line(law: Law, tmp_path: Path, case: str) -> None:
    files, message, place = WRONG[case]
    with pytest.raises(JinbaoError) as caught:
        supposed_law(law, overlay(tmp_path, files), [], on=ON, region=REGION)
    assert message in str(caught.value)
    assert place in str(caught.value.at)

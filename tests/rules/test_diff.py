"""What changed between two days."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date

import pytest

from jinbao.kernel.errors import FormatError, NotFound
from jinbao.rules import Law, load_law
from jinbao.rules.diff import LawDiff, diff_law
from jinbao.rules.difftext import print_diff
from tests.rules.test_command import jinbao

MARCH_2023, MARCH_2024, MARCH_2030 = date(2023, 3, 1), date(2024, 3, 1), date(2030, 3, 1)


def changed(diff: LawDiff) -> dict[str, str]:
    return {change.name: change.kind for change in diff.parameters}


def test_a_parameter_shows_its_old_and_new_value_with_the_source(law: Law) -> None:
    diff = diff_law(law, MARCH_2023, MARCH_2024, "420000")
    change = next(change for change in diff.parameters if change.name == "计发基数")
    assert change.kind == "调整"
    assert change.old
    assert change.new
    assert (change.shown(change.old.value), change.shown(change.new.value)) == ("8880元/月", "9022元/月")
    assert change.new.dated.source == "审批表"
    assert set(change.used_by) == {"指数化工资", "基础养老金"}
    assert [carried.name for carried in diff.carried] == ["记账利率"]


def test_a_region_below_sees_what_its_province_changes(law: Law) -> None:
    assert changed(diff_law(law, MARCH_2023, MARCH_2024, "990100")) == changed(
        diff_law(law, MARCH_2023, MARCH_2024, "420000")
    )
    assert "计发基数" not in changed(diff_law(law, MARCH_2023, MARCH_2024, "510000"))


def test_a_value_that_stands_in_for_the_next_is_listed_as_carried(law: Law) -> None:
    diff = diff_law(law, MARCH_2024, date(2026, 3, 1), "420000")
    assert changed(diff)["计发基数"] == "转为暂用"
    assert "计发基数" in [change.name for change in diff.carried]
    assert "到 2026-03-01 仍暂用上一个值" in print_diff(diff, law.book.regions.name)


def test_a_rule_that_is_replaced_shows_both_definitions(law: Law) -> None:
    diff = diff_law(law, date(2020, 6, 1), date(2021, 6, 1), "510000")
    assert {change.name: change.kind for change in diff.rules}["增发养老金"] == "替换"
    text = print_diff(diff, law.book.regions.name)
    assert "原：〔2018-01-01～2021-01-01（不含）〕 50" in text
    assert "现：〔2021-01-01～〕 60" in text


def test_a_rule_of_the_province_replaces_that_of_the_nation_where_it_begins(law: Law) -> None:
    (change,) = diff_law(law, date(2017, 6, 1), date(2018, 6, 1), "510000").rules
    assert change.kind == "替换"
    assert change.old
    assert change.old.source.region == "000000"
    (own,) = [c for c in diff_law(law, date(2017, 6, 1), date(2018, 6, 1)).rules if c.region == "510000"]
    assert own.kind == "开始"


RULE = """@rule("增发养老金", unit="元/月", cites="#extra", since="2010-01", until="2012-01")
def 增发养老金():
    return 1
"""


def test_rules_begin_and_end(law_with: Callable[..., Law]) -> None:
    law = law_with({"law/pension/basic/rules.420000.py": RULE})
    kinds = [c.kind for c in diff_law(law, date(2009, 1, 1), date(2011, 1, 1)).rules if c.region == "420000"]
    assert kinds == ["开始"]
    kinds = [c.kind for c in diff_law(law, date(2011, 1, 1), date(2013, 1, 1)).rules if c.region == "420000"]
    assert kinds == ["结束"]


def test_values_that_came_and_went_in_between_are_counted(law: Law) -> None:
    change = next(c for c in diff_law(law, date(2022, 1, 1), MARCH_2030, "420000").parameters if c.name == "计发基数")
    assert (change.kind, change.between) == ("开始", 1)


TABLE = """计发月数表:
  key: 年龄
  values:
    - {from: 2020-01-01, table: {50: 195, 60: 140, 61: 132}, source: 某省, confidence: B}
"""


def test_the_lines_of_a_table_are_compared(law_with: Callable[..., Law]) -> None:
    law = law_with({"law/pension/local/parameters.420000.yaml": TABLE})
    diff = diff_law(law, date(2019, 1, 1), date(2020, 1, 1), "420000")
    change = next(change for change in diff.parameters if change.name == "计发月数表")
    found = {entry.key: (entry.old, entry.new) for entry in change.entries}
    assert found == {55: ("170个月", None), 60: ("139个月", "140个月"), 61: (None, "132个月")}
    assert "60：139个月 → 140个月" in print_diff(diff, law.book.regions.name)


def test_nothing_changes_from_a_day_to_the_same_day(law: Law) -> None:
    diff = diff_law(law, MARCH_2024, MARCH_2024)
    assert (diff.parameters, diff.rules) == ((), ())
    assert "没有变化" in print_diff(diff, law.book.regions.name)


def test_days_in_the_wrong_order_and_unknown_regions_are_refused(law: Law) -> None:
    with pytest.raises(FormatError, match="早于"):
        diff_law(law, MARCH_2024, MARCH_2023)
    with pytest.raises(NotFound):
        diff_law(law, MARCH_2023, MARCH_2024, "999999")


def test_every_difference_is_true_and_none_is_left_out() -> None:
    """Whatever is not listed answers the same on both days."""
    law = load_law(production=False)
    first, second = date(2024, 6, 1), date(2025, 6, 1)
    diff = diff_law(law, first, second, "420000")
    listed = set(changed(diff))
    lineage = law.book.regions.lineage("420000")
    for name, parameter in law.book.parameters.items():
        if name not in listed:
            values = []
            for day in (first, second):
                try:
                    values.append(parameter.find(lineage, day).value)
                except Exception as error:  # noqa: BLE001  # a gap must be a gap on both days
                    values.append(type(error))
            assert values[0] == values[1], name
    assert {"缴费基数标准", "延迟步长"} <= listed
    assert "延迟月数" in {change.name for change in diff.rules}


def test_the_command_prints_a_table_or_json() -> None:
    args = ("diff", "--from", "2023-03", "--to", "2024-03", "--region", "420000")
    assert "8880元/月 → 9022元/月" in jinbao(*args).stdout
    found = json.loads(jinbao(*args, "--json").stdout)
    assert found["parameters"][0]["old"]["value"] == "8880"
    assert found["parameters"][0]["new"]["text"] == "9022元/月"
    done = jinbao("diff", "--from", "2024-03", "--to", "2023-03")
    assert done.returncode == 2
    assert "请把较早的一天写在 --from" in done.stderr

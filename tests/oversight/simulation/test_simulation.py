"""Two laws over a small population: as computed by hand; resumable; wrong assumptions refused with the line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import python_calamine

from jinbao.kernel.errors import JinbaoError
from jinbao.oversight.simulation.compute import compute, prepare
from jinbao.oversight.simulation.question import Question, Side, question_of
from jinbao.oversight.simulation.results import OTHER_REASONS, reasons_of, simulate
from jinbao.rules.bulk.errors import LakeError
from tests.oversight.simulation.conftest import ON, REGION, by_label, number, person, question, write_lake

ZHANG, LI, WANG = number(0), number(1, man=False), number(2, "990102")


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """张三 and 20 others retired long ago, 李四 begins in March 2026, ten in June; 王五 paid too little."""
    others = [person(number(n), 196001, 200, 500_000 + n) for n in range(10, 30)]
    beginners = [person(number(n, "990102", man=False), 196605, 200, 900_000 + n) for n in range(30, 40)]
    people = [
        person(ZHANG, 196001, 200, 400_000),
        person(LI, 196602, 200, 700_000),
        person(WANG, 196001, 170, 600_000),
    ]
    return write_lake(tmp_path_factory.mktemp("lake"), [*people, *others, *beginners])


@pytest.fixture
def run(lake: Path, policy: Path, cache: Path, tmp_path: Path) -> Any:
    """Run a question over the lake."""

    def ask(asked: Question, out: str = "out", **more: Any) -> dict[str, Any]:
        return simulate(asked, lake, tmp_path / out, policy=policy, cache=cache, **more)

    return ask


def test_a_higher_amount_is_what_one_computes_by_hand(run: Any) -> None:
    """200 months at 10.05 are 2,010.00 yuan, at 10.555 2,111.00; 21 paid for 12 months, 李四 for 9, ten for 6."""
    results = run(question("每月标准=10.555"))
    total = results["total"]
    assert (total["before"], total["after"], total["gained"]) == (32, 32, 0)
    assert total["persons"] is None, "33 would tell of the one who is not paid"
    assert total["month_before"] == 32 * 201_000
    assert total["month_after"] == 32 * 211_100
    assert total["sum_before"] == 201_000 * (21 * 12 + 9 + 10 * 6)
    assert total["sum_change"] == 10_100 * (21 * 12 + 9 + 10 * 6)
    assert (total["mean_fen"], total["median_fen"]) == (10_100, 10_100)


def test_months_leave_out_those_that_tell_of_one_person(run: Any) -> None:
    months = {row["month"]: row for row in run(question("每月标准=10.555"))["months"]}
    assert (months["2026-06"]["before"], months["2026-11"]["fen_change"]) == (32, 32 * 10_100)
    assert (months["2026-03"]["before"], months["2026-05"]["before"]) == (22, 22), "ten begin in June"
    assert (months["2026-02"]["before"], months["2025-12"]["fen_after"]) == (None, None), "only 李四 begins after them"


def test_fewer_months_required_let_one_person_in_and_that_is_not_shown(run: Any) -> None:
    """王五 has 170 months; that one person gains must not follow from before and after, nor from the districts."""
    results = run(question("最低月数=170"))
    rows = [results["total"], *(row for each in results["dimensions"] for row in each["rows"])]
    assert all(row["gained"] in (0, None) and row["winners"] in (0, None) for row in rows)
    assert not all(results["total"][name] is not None for name in ("before", "after"))
    assert all(row["fen_change"] in (0, None) for row in results["months"])


def test_a_later_age_costs_nobody_the_entitlement_but_everybody_months(run: Any) -> None:
    """At 61, who was born in January 1960 began long ago; 李四 and the ten begin a year later, after the horizon."""
    results = run(question("领取年龄=61"))
    assert (results["total"]["lost"], results["total"]["losers"]) == (11, 11)
    assert results["total"]["sum_change"] == -201_000 * (9 + 10 * 6)
    assert by_label(results, "age")["65—69岁"]["losers"] == 0


def test_people_are_told_apart_by_age_sex_income_and_region(run: Any) -> None:
    results = run(question("每月标准=10.555"))
    assert by_label(results, "sex")["男"]["persons"] == 22
    assert by_label(results, "age")["55—59岁"]["before"] == 11
    tenths = by_label(results, "income")
    assert next(iter(tenths)) == "第1等（最低）"
    steps = {"增加 50.00 元至不足 100.00 元", "增加 100.00 元至不足 200.00 元"}
    assert set(by_label(results, "change")) == {"变化不足 1.00 元", *steps}


def test_both_kernels_agree_with_the_exact_reading_for_every_person(
    lake: Path, policy: Path, cache: Path, tmp_path: Path
) -> None:
    from jinbao.rules.bulk.exact import exact_row
    from jinbao.rules.bulk.lake import read_person_rows

    work = prepare(question("每月标准=10.555", "领取年龄=61"), lake, policy=policy, cache=cache)
    compute(work, tmp_path)
    for bucket, file in enumerate(work.files):
        rows = pq.read_table(work.part_path(tmp_path, bucket)).to_pylist()
        for row, known in zip(rows, read_person_rows(file), strict=True):
            for name, side in work.sides.items():
                numbers, _ = exact_row(side.law, side.program, known)
                start = numbers[2] // 100 * 12 + numbers[2] % 100 - 1  # type: ignore[operator]  # nobody is refused here
                assert [row[f"fen_{name}"], row[f"entitled_{name}"], row[f"start_{name}"]] == [
                    numbers[0],
                    bool(numbers[1]),
                    start,
                ]


def test_whom_a_rule_refuses_is_counted_and_gets_nothing(policy: Path, cache: Path, tmp_path: Path) -> None:
    people = [person(number(n), 196001, 200, 500_000) for n in range(20)] + [
        person(ZHANG.replace("99", "98", 1), 196001, 10, 5, 995)
    ]
    lake = write_lake(tmp_path / "lake", people)
    results = simulate(question("每月标准=11"), lake, tmp_path / "out", policy=policy, cache=cache)
    assert results["computed"]["unanswered"] == {"before": 1, "after": 1}
    assert results["computed"]["exact"] == {"before": 1, "after": 1}
    assert results["total"]["after"] == 20


def test_who_has_no_result_is_told_by_reason_in_the_declared_words(policy: Path, cache: Path, tmp_path: Path) -> None:
    incredible = [person(number(n), 196001, 10, 5, 995) for n in range(20, 32)]
    people = [*(person(number(n + 40), 196001, 200, 500_000) for n in range(20)), *incredible]
    lake = write_lake(tmp_path / "lake", people)
    results = simulate(question("每月标准=11"), lake, tmp_path / "out", policy=policy, cache=cache)
    words = "缴费月数录入有误，先核对档案"
    assert results["without_answer"] == [{"reason": words, "before": 12, "after": 12}]
    book = python_calamine.CalamineWorkbook.from_path(tmp_path / "out" / "results.xlsx")
    assert book.get_sheet_by_name("没有结果的人").to_python()[1] == [words, 12, 12]
    assert words in (tmp_path / "out" / "results.html").read_text(encoding="utf-8")


def test_a_reason_that_only_few_have_under_one_law_is_not_told_apart() -> None:
    parts = [{"before": {"甲": 30, "乙": 12}, "after": {"甲": 30, "乙": 15}}, {"before": {"丙": 3}, "after": {"丙": 3}}]
    assert reasons_of(parts) == [{"reason": OTHER_REASONS, "before": None, "after": None}]
    assert reasons_of([{"before": {"甲": 30, "乙": 12}, "after": {"甲": 30, "乙": 12}}]) == [
        {"reason": "甲", "before": 30, "after": 30},
        {"reason": "乙", "before": 12, "after": 12},
    ]


def test_words_for_a_rule_that_does_not_exist_are_refused(policy: Path) -> None:
    from jinbao.oversight.simulation.question import benefits
    from jinbao.rules.law import load_law

    file = policy / "simulations.yaml"
    kept = file.read_text(encoding="utf-8")
    file.write_text(kept.replace("可以领取: 缴费", "可以领到: 缴费"), encoding="utf-8")
    try:
        with pytest.raises(JinbaoError, match="可以领到"):
            benefits(load_law(policy))
    finally:
        file.write_text(kept, encoding="utf-8")


def test_a_rule_may_be_supposed_and_the_result_says_which(run: Any, tmp_path: Path) -> None:
    """A draft pays 50 yuan to everybody beside the standard of each month."""
    rules = tmp_path / "草案" / "law" / "pension" / "small" / "rules.py"
    rules.parent.mkdir(parents=True)
    rules.write_text(
        '@rule("月待遇", cites="#1", since="1990-01")\ndef 月待遇(累计月数, 每月标准):\n'
        "    return 四舍五入(累计月数 * 每月标准 + 50, 2)\n",
        encoding="utf-8",
    )
    results = run(Question("small", Side(ON, REGION), Side(ON, REGION, ("每月标准=10",), str(tmp_path / "草案")), 12))
    assert results["total"]["month_change"] == 32 * (205_000 - 201_000)
    said = [each["text"] for each in results["after"]["assumptions"]]
    assert said[0].startswith("假设 规则“月待遇”（地区 000000，1990-01-01 起）为 ")
    assert f"{rules}:2（代替 " in said[0]
    assert said[1].startswith("假设 每月标准 为 10元/月")


def test_only_those_who_begin_within_the_horizon_when_asked(run: Any) -> None:
    assert run(question("每月标准=11", only_new=True))["total"]["before"] == 11


def test_a_filter_leaves_people_out(run: Any) -> None:
    assert run(question("每月标准=11", where="出生年月 < 196601"))["total"]["persons"] == 22


def test_the_other_side_may_be_another_day_or_assumption(run: Any) -> None:
    asked = Question("small", Side(ON, REGION, ("每月标准=11",)), Side(ON, REGION, ("每月标准=12",)), 12)
    assert run(asked)["total"]["month_change"] == 32 * 20_000
    assert question_of(json.loads(json.dumps(asked.as_json()))) == asked


def test_what_was_computed_is_not_computed_again_and_the_result_is_the_same(run: Any, tmp_path: Path) -> None:
    asked = question("每月标准=10.555")
    first = run(asked)
    parts = sorted((tmp_path / "out" / "parts").glob("*.parquet"))
    content = (tmp_path / "out" / "results.json").read_bytes()
    parts[1].unlink()
    before = parts[0].stat().st_mtime_ns
    assert run(asked, resume=True) == first
    assert (tmp_path / "out" / "results.json").read_bytes() == content
    assert parts[0].stat().st_mtime_ns == before
    run(question("每月标准=10.565"), resume=True)
    assert parts[0].stat().st_mtime_ns != before, "another law is another result"


def test_a_result_in_the_way_is_not_overwritten(run: Any) -> None:
    run(question("每月标准=10.555"))
    with pytest.raises(LakeError, match="--resume"):
        run(question("每月标准=11"))


def test_parts_hold_neither_number_nor_name(run: Any, tmp_path: Path) -> None:
    run(question("每月标准=10.555"))
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or ZHANG.encode() not in file.read_bytes(), file


def test_what_is_known_of_winners_and_losers_gives_nothing_away(run: Any) -> None:
    """Whoever loses was paid before: where one of these figures is hidden, so is the other."""
    results = run(question("领取年龄=61", "每月标准=10.555"))
    for label, row in by_label(results, "change").items():
        column = {"减少": "before", "增加": "after"}.get(label[:2])
        assert column is None or (row[column] is None) == (row["persons"] is None), label


WRONG = {
    "每月标准准: 11\n": ("没有“每月标准准”这个参数", 1),
    "# 一行\n每月标准: {unit: 元, values: [{from: 2025-01-01, value: 11}]}\n": ("单位是“元/月”，不是“元”", 2),
    "每月标准: 十一\n": ("每月标准", 1),
    "每月标准:\n  values:\n  - {from: 2025-01-01, to: 2026-12-31, value: 11}\n  - {from: 2026-01-01, value: 12}\n": (
        "日期重叠",
        4,
    ),
    "可以领取: true\n": ("是规则，不是参数", 1),
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_overlay_is_refused_with_file_and_line_before_anything_is_written(
    text: str, lake: Path, policy: Path, cache: Path, tmp_path: Path
) -> None:
    overlay = tmp_path / "假设.yaml"
    overlay.write_text(text, encoding="utf-8")
    asked = Question("small", Side(ON, REGION), Side(ON, REGION, (), str(overlay)))
    message, line = WRONG[text]
    with pytest.raises(JinbaoError) as caught:
        simulate(asked, lake, tmp_path / "out", policy=policy, cache=cache)
    assert message in caught.value.message
    assert str(caught.value.at) == f"{overlay}:{line}"
    assert not (tmp_path / "out").exists()


def test_the_workbook_has_a_sheet_for_each_table_and_exact_numbers(run: Any, tmp_path: Path) -> None:
    results = run(question("每月标准=10.555"))
    book = python_calamine.CalamineWorkbook.from_path(tmp_path / "out" / "results.xlsx")
    assert book.sheet_names == ["概要", "按月", "按年龄", "按性别", "按收入十等分", "按地区", "分布", "方法与假设"]
    last = book.get_sheet_by_name("按月").to_python()[-1]
    assert last[:2] == ["2026-11", 32]
    assert round(last[5] * 100) == results["months"][-1]["fen_change"]
    page = (tmp_path / "out" / "results.html").read_text(encoding="utf-8")
    assert "只是假设之下的估计" in page
    assert "*" in page

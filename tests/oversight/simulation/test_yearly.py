"""What the analyst supposes of the years to come: as computed by hand, and said wherever a result rests on it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import python_calamine

from jinbao.kernel.months import Month
from jinbao.oversight.simulation.compute import prepare
from jinbao.oversight.simulation.paying import paying_on
from jinbao.oversight.simulation.question import Question, Side, question_of
from jinbao.oversight.simulation.results import simulate
from jinbao.oversight.simulation.tabulate import Counted
from jinbao.oversight.simulation.yearly import read_yearly
from jinbao.rules.bulk.lake import SCHEMA
from jinbao.rules.errors import WrongAssumption
from tests.oversight.simulation.conftest import ON, REGION, number, person, question, write_lake

OLD, NEW = 21, 12
"""21 are paid for long at 200 months × 10.05 = 2,010.00; twelve begin in June 2026."""


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    old = [person(number(n), 196001, 200, 500_000 + n) for n in range(OLD)]
    new = [person(number(n, man=False), 196605, 200, 900_000 + n) for n in range(40, 40 + NEW)]
    return write_lake(tmp_path_factory.mktemp("lake"), [*old, *new])


@pytest.fixture
def run(lake: Path, policy: Path, cache: Path, tmp_path: Path) -> Any:
    """Run a question over the lake."""

    def ask(asked: Question, out: str = "out") -> dict[str, Any]:
        return simulate(asked, lake, tmp_path / out, policy=policy, cache=cache)

    return ask


def under(*yearly: str, new: tuple[str, ...] = (), wishes: tuple[str, ...] = (), months: int = 24) -> Question:
    """Ask from December 2025 on, with what is supposed of the years to come."""
    return Question("small", Side(ON, REGION, yearly=yearly), Side(ON, REGION, wishes, "", (*yearly, *new)), months)


def costs(results: dict[str, Any], side: str = "before") -> dict[str, int]:
    return {row["month"]: row[f"fen_{side}"] for row in results["months"]}


def test_an_adjustment_raises_what_began_before_the_year_and_adds_up(run: Any) -> None:
    """2 % of 2,010.00 makes 2,050.20 in 2026 and 2,091.20 in 2027; who began in 2026 has 2,050.20 in 2027."""
    results = run(under("待遇年度调整率=2%", wishes=("每月标准=10.10",)))
    months = costs(results)
    assert months["2025-12"] == OLD * 201_000
    assert months["2026-01"] == months["2026-05"] == OLD * 205_020
    assert months["2026-06"] == months["2026-12"] == OLD * 205_020 + NEW * 201_000
    assert months["2027-01"] == months["2027-11"] == OLD * 209_120 + NEW * 205_020
    assert results["total"]["month_before"] == months["2027-11"]
    assert results["total"]["sum_before"] == sum(months.values())
    assert results["total"]["sum_after"] == sum(costs(results, "after").values())


def test_each_person_is_rounded_to_the_fen_as_on_paper(run: Any) -> None:
    results = run(under("待遇年度调整率=2.3456%", "待遇年度调整率=-1.05%@2027", wishes=("每月标准=10.10",)))
    fen = Decimal(201_000)
    for month, rate in (("2026-01", "1.023456"), ("2027-01", "0.9895")):
        fen = (fen * Decimal(rate)).quantize(Decimal(1), ROUND_HALF_UP)
        newer = int((Decimal(201_000) * Decimal(rate)).quantize(Decimal(1), ROUND_HALF_UP)) if month > "2026" else 0
        assert costs(results)[month] == OLD * int(fen) + (NEW * newer if month == "2027-01" else 0)


def test_another_adjustment_is_a_policy_of_its_own(run: Any) -> None:
    results = run(under("待遇年度调整率=2%", new=("待遇年度调整率=3%",), months=12))
    assert results["total"]["sum_change"] == OLD * 11 * (207_030 - 205_020)
    assert (results["total"]["winners"], results["total"]["losers"]) == (OLD, 0)


def test_a_parameter_of_a_later_year_meets_who_begins_then(run: Any) -> None:
    """From May 2026 a month of contributions is worth 12.00: the twelve get 2,400.00, who is paid keeps 2,010.00."""
    results = run(question("每月标准=12@2026-05-01", months=12))
    assert results["total"]["sum_before"] == OLD * 12 * 201_000 + NEW * 6 * 201_000
    assert results["total"]["sum_change"] == NEW * 6 * 39_000
    assert results["after"]["later"][0]["from"] == results["before"]["later"][0]["from"] == "2026-05"
    assert any("自 2026-05 起" in note for note in results["notes"])


def test_a_rule_of_a_later_year_meets_who_begins_then(run: Any, tmp_path: Path) -> None:
    """From May 2026 the benefit is doubled for who begins: 4,020.00 for the twelve."""
    folder = tmp_path / "草案" / "law" / "pension" / "small"
    folder.mkdir(parents=True)
    rule = '@rule("月待遇", cites="#1", since="2026-05")\ndef 月待遇(累计月数, 每月标准):\n    """加倍。"""\n'
    (folder / "rules.py").write_text(rule + "    return 四舍五入(累计月数 * 每月标准 * 2, 2)\n", encoding="utf-8")
    results = run(Question("small", Side(ON, REGION), Side(ON, REGION, (), str(tmp_path / "草案")), 12))
    assert results["total"]["sum_change"] == NEW * 6 * 201_000
    assert results["after"]["later"][0]["from"] == "2026-05"


def test_nobody_begins_before_the_law_that_lets_him(policy: Path, cache: Path, tmp_path: Path) -> None:
    """With 170 months they are let in from May 2026 on, though old enough for years."""
    people = [person(number(n), 196001, 170, 500_000) for n in range(15)]
    lake = write_lake(tmp_path / "lake", people)
    results = simulate(question("最低月数=170@2026-05-01"), lake, tmp_path / "out", policy=policy, cache=cache)
    assert costs(results, "after")["2026-04"] == 0
    assert costs(results, "after")["2026-05"] == 15 * 170_850
    assert results["total"]["gained"] == 15


def test_a_growing_parameter_grows_from_its_last_known_value_by_the_year(run: Any) -> None:
    """10.05 grows by 5 % to 10.55 (10.5525): who begins in 2026 has 2,110.00 under both laws."""
    results = run(under("每月标准年增长率=5%", wishes=("最低月数=100",), months=12))
    assert results["total"]["sum_before"] == OLD * 12 * 201_000 + NEW * 6 * 211_000
    assert results["total"]["sum_change"] == 0


def test_who_still_pays_goes_on_until_the_benefit_begins(policy: Path, cache: Path, tmp_path: Path) -> None:
    """371 months to November 2025; six more until May 2026, if somebody says so."""
    lake = write_lake(tmp_path / "lake", [person(number(n), 196605, 371, 500_000) for n in range(15)])
    asked = under("缴费基数年增长率=3%", wishes=("最低月数=100",), months=12)
    results = simulate(asked, lake, tmp_path / "out", policy=policy, cache=cache)
    assert results["total"]["month_before"] == 15 * 377 * 1005
    still = simulate(replace(asked, before=Side(ON, REGION)), lake, tmp_path / "two", policy=policy, cache=cache)
    assert (still["total"]["month_before"], still["total"]["month_after"]) == (15 * 371 * 1005, 15 * 377 * 1005)
    assert any(note.startswith("原规定下履历停在现有记录") for note in still["notes"])


def test_the_base_grows_every_january_and_a_year_long_silent_career_stays_as_it_is() -> None:
    """张三 paid until October 2025, 李四 until October 2024, 王五 never."""
    people = [
        person(number(0), 197001, 370, 500_001),
        person(number(1), 197001, 358, 500_001),
        person(number(2), 1970, 0, 0),
    ]
    table = pa.Table.from_pylist(people, SCHEMA)
    until = np.array([Month(2027, 3).ordinal] * 3)
    found = paying_on(table, 30_000, until, Month(2025, 12), Month(2027, 12)).to_pylist()
    assert [{name: stretch[name] for name in ("起", "月数", "缴费基数")} for stretch in found[0]["履历"][1:]] == [
        {"起": 202512, "月数": 1, "缴费基数": 500_001},
        {"起": 202601, "月数": 12, "缴费基数": 515_001},
        {"起": 202701, "月数": 2, "缴费基数": 530_451},
    ]
    assert [row["履历"] for row in found[1:]] == [row["履历"] for row in people[1:]]


def test_careers_do_not_go_on_into_years_the_law_knows_nothing_of(cache: Path, tmp_path: Path) -> None:
    """Otherwise everybody would go to the exact reading, only to be refused there."""
    lake = write_lake(tmp_path / "lake", [person(number(n), 198001, 371, 500_000) for n in range(15)])
    asked = Question("pension", Side(ON, REGION), Side(ON, REGION, yearly=("缴费基数年增长率=3%",)), 36)
    with pytest.raises(WrongAssumption, match=r"继续缴费到 2028-11.*“缴费指数分母”在 2027-01-01 没有值") as caught:
        prepare(asked, lake, cache=cache)
    assert "缴费指数分母年增长率" in caught.value.advice


def test_who_must_wait_longer_under_a_later_law_pays_longer(policy: Path, cache: Path, tmp_path: Path) -> None:
    """Until May 2026 by the first law; from March 2026 on one begins at 61, in June 2027, with 371 + 18 months."""
    lake = write_lake(tmp_path / "lake", [person(number(n), 196605, 371, 500_000) for n in range(15)])
    asked = under("缴费基数年增长率=3%", wishes=("领取年龄=61@2026-03-01",))
    results = simulate(asked, lake, tmp_path / "out", policy=policy, cache=cache)
    assert results["total"]["month_before"] == 15 * 377 * 1005
    assert results["total"]["month_after"] == 15 * 389 * 1005


def test_who_is_let_in_earlier_pays_no_longer_than_until_then(policy: Path, cache: Path, tmp_path: Path) -> None:
    """From March 2026 on one begins at 59: who would have paid until May stops with February."""
    lake = write_lake(tmp_path / "lake", [person(number(n), 196605, 371, 500_000) for n in range(15)])
    asked = under("缴费基数年增长率=3%", wishes=("领取年龄=59@2026-03-01",), months=12)
    results = simulate(asked, lake, tmp_path / "out", policy=policy, cache=cache)
    assert results["total"]["month_after"] == 15 * 374 * 1005


def test_a_parameter_grows_from_what_begins_within_a_year(run: Any) -> None:
    """12.00 from May 2026 on stands, whatever 10.05 would have grown to; 2027 grows from it, to 12.60."""
    asked = under("每月标准年增长率=5%", wishes=("每月标准=12@2026-05-01",), months=24)
    results = run(asked)
    assert results["total"]["sum_change"] == NEW * 18 * (240_000 - 211_000)
    texts = [each["text"] for each in results["after"]["assumptions"]]
    assert any("12.60" in text and "2027-01-01" in text for text in texts)


def test_the_law_of_a_later_year_that_is_known_meets_who_begins_then(
    policy: Path, cache: Path, lake: Path, tmp_path: Path
) -> None:
    """The law has 11.00 for 2026 already: who begins in 2026 has that, and 2027 grows from it."""
    known = tmp_path / "policy"
    shutil.copytree(policy, known)
    file = known / "law/pension/small/parameters.yaml"
    text = file.read_text(encoding="utf-8")
    first = "{from: 1990-01-01, value: 10.05, source: 试, confidence: A}"
    second = "{from: 2026-01-01, value: 11.00, source: 试, confidence: A}"
    file.write_text(text.replace(first, f"{first}, {second}"), encoding="utf-8")
    asked = under("每月标准年增长率=5%", wishes=("最低月数=100",), months=12)
    results = simulate(asked, lake, tmp_path / "out", policy=known, cache=cache)
    assert results["total"]["sum_before"] == OLD * 12 * 201_000 + NEW * 6 * 220_000


@pytest.mark.parametrize(("year", "months"), [(2025, 24), (2030, 24), (2026, 1)])
def test_a_year_in_which_nothing_can_be_adjusted_is_told(run: Any, year: int, months: int) -> None:
    with pytest.raises(WrongAssumption, match=f"写了 {year} 年"):
        run(under(f"待遇年度调整率=2%@{year}", wishes=("最低月数=100",), months=months))


def test_notes_are_true_of_both_laws(run: Any) -> None:
    """Without a January nothing is adjusted; a law of another day stays that of its day, also for who begins later."""
    short = run(under("待遇年度调整率=2%", wishes=("最低月数=100",), months=1), "short")
    assert any("待遇不作年度调整" in note for note in short["notes"])
    asked = question("每月标准=12@2026-05-01", months=12)
    stands = run(replace(asked, before=Side(date(2024, 12, 1), REGION)), "stands")
    assert stands["before"]["later"] == []
    (said,) = [note for note in stands["notes"] if "自 2026-05 起" in note]
    assert "两套都是" not in said
    assert "原规定停在 2024-12-01" in said
    assert any("新参保" in note and "缴费收入" in note for note in stands["notes"])


def test_every_export_says_what_it_rests_on(run: Any, tmp_path: Path) -> None:
    results = run(under("待遇年度调整率=2%", "每月标准年增长率=5%", new=("待遇年度调整率=3%",)))
    page = (tmp_path / "out" / "results.html").read_text(encoding="utf-8")
    book = python_calamine.CalamineWorkbook.from_path(tmp_path / "out" / "results.xlsx")
    method = str(book.get_sheet_by_name("方法与假设").to_python())
    for shown in (page, method, str(results)):
        for said in ("待遇年度调整率 2%", "待遇年度调整率 3%", "每月标准年增长率 5%", "不是规定，也不是预测"):
            assert said in shown


def test_a_question_with_years_to_come_comes_back_from_its_file() -> None:
    asked = under("待遇年度调整率=2%", new=("缴费基数年增长率=3%",))
    assert question_of(asked.as_json()) == asked
    old = asked.as_json()
    for side in ("before", "after"):
        del old[side]["yearly"]
    assert question_of(old).after.yearly == ()


def test_few_whose_amounts_differ_do_not_follow_from_known_rates(policy: Path, cache: Path, tmp_path: Path) -> None:
    """Five of 王五's kind gain the entitlement; that everybody is adjusted otherwise must not tell what they get."""
    people = [person(number(n), 196001, 200, 500_000) for n in range(40)]
    few = [person(number(n), 196001, 170, 500_000) for n in range(50, 55)]
    lake = write_lake(tmp_path / "lake", [*people, *few])
    asked = under("待遇年度调整率=2%", new=("待遇年度调整率=3%",), wishes=("最低月数=170",))
    results = simulate(asked, lake, tmp_path / "out", policy=policy, cache=cache)
    assert results["total"]["sum_change"] is None
    assert all(row["fen_change"] is None for row in results["months"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("待遇年度调整率=0.02", "看不懂"),
        ("待遇年度调整率=200%", "-50% 至 50%"),
        ("待遇年度调整率=1.23456%", "四位小数"),
        ("待遇调整率=2%", "没有“待遇调整率”这项假设"),
        ("公布计发基数年增长率=3%@2027", "只有待遇年度调整率可以写明年份"),
        ("=2%", "看不懂"),
    ],
)
def test_what_is_no_assumption_is_refused_with_how_to_write_it(text: str, said: str) -> None:
    with pytest.raises(WrongAssumption, match=said) as caught:
        read_yearly([text])
    assert "待遇年度调整率=2%" in caught.value.advice


@pytest.mark.parametrize(
    ("text", "said"),
    [("每月标淮年增长率=3%", "没有“每月标淮”这个参数"), ("领取年龄年增长率=3%", "不是金额")],
)
def test_only_amounts_of_the_law_grow(run: Any, text: str, said: str) -> None:
    with pytest.raises(WrongAssumption, match=said):
        run(under(text, wishes=("最低月数=100",)))


def test_sums_over_years_equal_person_by_person(tmp_path: Path) -> None:
    """Random people under random rates: the tables' sums are those of paper and pencil."""
    draw = np.random.default_rng(7)
    months, first = 40, Month(2025, 12)
    asked = under("待遇年度调整率=2.35%", "待遇年度调整率=0.07%@2028", new=("待遇年度调整率=-3.1415%",), months=months)
    people = {
        "age": draw.integers(50, 70, 500), "sex": draw.integers(0, 2, 500), "place": ["990101"] * 500,
        "income": draw.integers(1, 90, 500),
        **{f"fen_{side}": draw.integers(1, 900_000, 500) for side in ("before", "after")},
        **{f"start_{side}": draw.integers(first.ordinal - 30, first.ordinal + 60, 500) for side in ("before", "after")},
        **{f"entitled_{side}": draw.random(500) < 0.8 for side in ("before", "after")},
    }  # fmt: skip
    (tmp_path / "spill").mkdir()
    pq.write_table(pa.table(people), tmp_path / "part-00000.parquet")
    counted = Counted(asked, tmp_path, "参保地")
    for side, question_side in (("before", asked.before), ("after", asked.after)):
        yearly, total, ends = read_yearly(question_side.yearly), 0, 0
        for fen, start, entitled in zip(
            *(people[f"{name}_{side}"] for name in ("fen", "start", "entitled")), strict=True
        ):
            amount, begins = Decimal(int(fen)), max(Month.from_ordinal(int(start)), first)
            for later in range(months) if entitled else ():
                month = first + later
                if month.month == 1 and begins < month:
                    rate = Decimal(1_000_000 + yearly.adjustment(month.year)) / 1_000_000
                    amount = (amount * rate).quantize(Decimal(1), ROUND_HALF_UP)
                total += int(amount) if begins <= month else 0
            ends += int(amount) if entitled and begins <= first + (months - 1) else 0
        assert (counted.total[f"sum_{side}"], counted.total[f"month_{side}"]) == (total, ends)

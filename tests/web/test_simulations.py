"""政策模拟 at the counter: ask, let it compute in the background, look at it, side by side, download."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils.translation import gettext, override
from pytest_django import DjangoCaptureOnCommitCallbacks

from jinbao.oversight.simulation import careers, job, kept, printed
from jinbao.oversight.simulation.question import Question, Side
from jinbao.oversight.simulation.results import simulate
from jinbao.oversight.simulation.tables import COLUMNS
from jinbao.rules.bulk.lake import describe
from jinbao.trust.models import AuditEvent, Role
from tests.conftest import CITY, make_actor
from tests.oversight.simulation.conftest import ON, REGION, number, person, write_lake
from tests.web.conftest import NOW, Browser, Town

__all__ = ["cache", "policy"]
from tests.oversight.simulation.conftest import cache, policy  # fixtures

DIMENSIONS = (("age", "年龄"), ("sex", "性别"), ("income", "收入十等分"), ("region", "参保地"), ("change", "变化分布"))
FORM = {"benefit": "pension", "region": CITY, "on": "2025-12-01", "title": "提高系数", "months": "12", "threshold": "1"}


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Note what would be computed instead of starting a process."""
    folders: list[Path] = []
    monkeypatch.setattr(job, "start", lambda folder, *_: folders.append(folder))
    return folders


@pytest.fixture
def lake(var: Path) -> Path:
    return write_lake(var / "lake", [person(number(n), 196001, 200, 500_000 + n) for n in range(20)])


@pytest.mark.django_db
def test_who_asks_when_and_what_is_kept_and_recorded_and_the_work_begins_after_the_commit(
    browse: Browser, lake: Path, started: list[Path], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    client = browse(make_actor("jihe", "稽核", Role.AUDITOR, region=CITY))
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(reverse("counter-simulation-start"), FORM | {"假设-过渡系数": "1.3%"})
    [folder] = started
    assert answer.headers["Location"] == reverse("counter-simulation", args=[folder.name])
    request = json.loads((folder / job.REQUEST).read_text(encoding="utf-8"))
    assert (request["username"], request["question"]["after"]["wishes"]) == ("jihe", ["过渡系数=1.3%"])
    assert request["question"]["after"]["yearly"] == []
    event = AuditEvent.objects.get(action="oversight.simulate")
    assert event.detail["question"]["months"] == 12
    assert "中断" in client.get(answer.headers["Location"]).content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("entered", "said"),
    [
        ({}, "两套规定相同"),
        ({"假设-过渡系数": "很多"}, "过渡系数"),
        ({"more": "过度系数=1"}, "没有“过度系数”这个参数"),
        ({"假设-过渡系数": "1.3%", "months": "0"}, "1 至 240"),
        ({"假设-过渡系数": "1.3%", "threshold": "x"}, "x"),
        ({"假设-过渡系数": "1.3%", "on": "昨天"}, "昨天"),
        ({"假设-过渡系数": "1.3%", "region": "420100"}, "无权模拟"),
        ({"yearly": "待遇年度调整率=2%"}, "两套规定相同"),
        ({"yearly_new": "待遇年度调整率=两成"}, "看不懂今后各年的假设"),
        ({"yearly_new": "待遇年度调整率=2%@2040"}, "写了 2040 年"),
        ({"yearly_new": "待遇年度调整率=2%\n" * 41}, "最多 40 行"),
    ],
)
def test_what_is_wrong_is_said_above_the_form_which_keeps_what_was_entered(
    entered: dict[str, str], said: str, browse: Browser, lake: Path, started: list[Path]
) -> None:
    client = browse(make_actor("jihe", "稽核", Role.AUDITOR, region=CITY))
    answer = client.post(reverse("counter-simulation-start"), FORM | entered)
    text = answer.content.decode()
    assert answer.status_code == 400
    assert said in text
    assert "提高系数" in text
    assert not started
    assert not list(kept.folder().glob("*"))


@pytest.mark.django_db
def test_what_is_supposed_of_the_years_to_come_is_kept_with_each_law(
    browse: Browser, lake: Path, started: list[Path], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    client = browse(make_actor("jihe", "稽核", Role.AUDITOR, region=CITY))
    entered = {"yearly": "待遇年度调整率=2%\n", "yearly_new": "待遇年度调整率=3%@2026"}
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("counter-simulation-start"), FORM | entered)
    [folder] = started
    question = json.loads((folder / job.REQUEST).read_text(encoding="utf-8"))["question"]
    assert question["before"]["yearly"] == ["待遇年度调整率=2%"]
    assert question["after"]["yearly"] == ["待遇年度调整率=2%", "待遇年度调整率=3%@2026"]


@pytest.mark.django_db
def test_a_result_has_charts_tables_and_files_and_another_beside_it(
    town: Town, browse: Browser, policy: Path, cache: Path, lake: Path
) -> None:
    first = kept.folder() / town.simulation()
    second = first.with_name("20260319-020000-abcdef")
    second.mkdir()
    (second / job.REQUEST).write_bytes((first / job.REQUEST).read_bytes())
    for folder, wish in ((first, "每月标准=11"), (second, "每月标准=12")):
        before, after = (Side(ON, REGION, those, "", ("待遇年度调整率=2%",)) for those in ((), (wish,)))
        asked = Question("small", before, after, 12)
        simulate(asked, lake, folder, policy=policy, cache=cache)
    client = browse(make_actor("shuju", "数据", Role.STEWARD, region=CITY))
    page = client.get(reverse("counter-simulation", args=[first.name]), {"beside": second.name}).content.decode()
    assert "3,876.00" in page, "20 people with 190 yuan more, and 2 % since January"
    assert "7,956.00" in page, "and 390 in the one beside"
    assert page.count("待遇年度调整率 2%") == 4
    assert 'id="chart-income"' in page
    book = client.get(reverse("counter-simulation-workbook", args=[first.name]))
    assert b"".join(book.streaming_content)[:2] == b"PK"
    assert client.get(reverse("counter-simulation-sheet", args=[first.name])).status_code == 200


@pytest.mark.django_db
def test_a_process_that_fails_says_why_and_one_at_work_is_seen_by_its_lock(
    town: Town, browse: Browser, var: Path
) -> None:
    import fcntl

    folder = kept.folder() / town.simulation()
    with (folder / job.LOCK).open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        by = make_actor("jihe", "稽核", Role.AUDITOR, region=CITY)
        assert kept.simulation(by, folder.name).state(NOW) == "running"
        job.run(folder, var / "lake")
    assert kept.simulation(by, folder.name).state(NOW) == "broken"
    job.run(folder, var / "lake")
    assert "没有履历文件" in browse(by).get(reverse("counter-simulation", args=[folder.name])).content.decode()


@pytest.mark.django_db
def test_the_careers_of_the_books_are_written_and_the_page_says_how_it_stands(
    browse: Browser, var: Path, town: Town, monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:  # fmt: skip
    town.career()
    client = browse(make_actor("jihe", "稽核", Role.AUDITOR, region=CITY))
    page = reverse("counter-simulations")
    assert "由账簿写出履历" in client.get(page).content.decode()
    monkeypatch.setattr(careers, "_start", lambda: (careers.place().mkdir(parents=True), careers.run(kept.lake())))
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(reverse("counter-simulation-careers")).headers["Location"] == page
    shown = client.get(page).content.decode()
    assert "按账簿更新履历" in shown
    assert "没有写成" not in shown
    assert describe(kept.lake())["persons"] > 0


@pytest.mark.django_db
def test_a_lake_that_came_from_files_is_not_written_over(browse: Browser, lake: Path) -> None:
    client = browse(make_actor("jihe", "稽核", Role.AUDITOR, region=CITY))
    assert reverse("counter-simulation-careers") not in client.get(reverse("counter-simulations")).content.decode()
    careers.place().mkdir(parents=True)
    careers.run(kept.lake())
    assert "没有写成" in client.get(reverse("counter-simulations")).content.decode()


def test_every_heading_of_a_result_has_its_english() -> None:
    row = {"label": "男", "mean_fen": 0, "median_fen": 0} | dict.fromkeys(COLUMNS, 0)
    side = {"on": "2025-12-01", "region": CITY, "rule_version": "1", "assumptions": [{"text": "假设 一项"}]}
    results = {
        "months": [],
        "dimensions": [{"slug": slug, "title": title, "rows": [row]} for slug, title in DIMENSIONS],
        "total": row | {"label": "合计"},
        "without_answer": [{"reason": "没有缴费", "before": 10, "after": 10}],
        "question": {"first": "2025-12", "last": "2026-11", "months": 12},
        "computed": {"persons": 10, "exact": {"before": 0, "after": 0}, "unanswered": {"before": 0, "after": 0}},
        "before": side,
        "after": side,
        "input_hash": "0",
    }
    tables = printed.tables_of(results)
    shown = [name for name, _ in (*printed.summary(results), *printed.laws(results))]
    shown += [text for table in tables for text in (table.title, *table.head)]
    with override("en"):
        assert [text for text in shown if gettext(text) == text] == []

"""The pages of data quality: usable with ten thousand rules, a bulletin to download, nothing for another city."""

from __future__ import annotations

import io
from datetime import date, timedelta

import docx
from django.test import Client

from jinbao.data.scoring import queries
from jinbao.data.scoring.models import RuleResult, Run, Score, Ticket
from jinbao.trust.models import Role
from tests.conftest import CITY, OTHER_CITY
from tests.web.conftest import NOW, TODAY, Browser, Town
from tests.web.test_access import actor


def many(run: Run, number: int) -> None:
    RuleResult.objects.bulk_create(
        (
            RuleResult(
                run=run, position=1000 + at, rule=f"规则{at}", kind="range", dimension="准确性", severity="一般",
                weight=1, outcome="未通过" if at % 2 else "通过", seen=9, checked=9, failed=at % 2,
            )
            for at in range(number)
        ),
        batch_size=1000,
    )  # fmt: skip


def test_ten_thousand_rules_come_a_page_at_a_time_and_can_be_filtered(town: Town, browse: Browser) -> None:
    run = Run.objects.create(dataset="population", unit="11990100G00000023K", region=CITY, at=NOW, by="x", rows=9)
    many(run, 10_000)
    client: Client = browse(actor(Role.STEWARD))
    page = client.get("/counter/data/quality/datasets/population").content
    assert page.count(b"/quality/rules/") == 50
    assert len(page) < 100_000
    found = client.get("/counter/data/quality/datasets/population?outcome=通过&text=规则9998").content.decode()
    assert found.count("/quality/rules/") == 1
    last = client.get("/counter/data/quality/datasets/population?page=200").content.decode()
    assert last.count("/quality/rules/") == 50


def test_a_steward_downloads_the_bulletin_and_answers_for_a_provider(town: Town, browse: Browser) -> None:
    ticket = town.quality().run.tickets.get()
    client = browse(actor(Role.STEWARD))
    word = client.get("/counter/data/quality/bulletin.docx?month=2026-03")
    assert word.content[:2] == b"PK"
    assert client.get("/counter/data/quality/bulletin.docx?month=2026-04").status_code == 400
    client.post(f"/counter/data/quality/tickets/{ticket.pk}/note", {"text": "<b>下月</b>改正"})
    page = client.get(f"/counter/data/quality/tickets/{ticket.pk}").content.decode()
    assert "&lt;b&gt;下月" in page
    assert "未关闭" in page


def test_a_steward_of_another_city_downloads_nothing(town: Town, browse: Browser) -> None:
    town.quality()
    other = browse(actor(Role.STEWARD, OTHER_CITY))
    assert other.get("/counter/data/quality/bulletin.docx").status_code == 404
    assert "户籍人口" not in other.get("/counter/data/quality/").content.decode()


def test_a_bulletin_names_fifty_overdue_tickets_and_counts_the_others(town: Town, browse: Browser) -> None:
    run = town.quality().run
    Ticket.objects.bulk_create(
        Ticket(
            dataset="population", rule=f"规则{n}", severity="一般", unit=run.unit, region=CITY, opened_at=NOW,
            due_on=date(2026, 3, 1), failed=1, last_run=run,
        )
        for n in range(80)
    )  # fmt: skip
    word = browse(actor(Role.STEWARD)).get("/counter/data/quality/bulletin.docx?month=2026-03").content
    document = docx.Document(io.BytesIO(word))
    assert len(document.tables[-1].rows) == 1 + 50
    assert "另有 30 张" in document.paragraphs[-1].text
    assert round(document.sections[0].page_width.cm, 1) == 21.0


def test_years_of_scores_are_not_read_to_show_the_last(town: Town, browse: Browser) -> None:
    run = town.quality().run
    Score.objects.bulk_create(
        Score(kind="unit", code=run.unit, region=CITY, on=date(2023, 1, 1) + timedelta(days=n), points=n)
        for n in range(1000)
    )
    by = actor(Role.STEWARD)
    found = queries.newest(queries.scores(by).filter(kind="unit", code=run.unit), 2)
    assert [one.on for one in found] == [TODAY, date(2025, 9, 26)]
    assert browse(by).get("/counter/data/quality/").status_code == 200

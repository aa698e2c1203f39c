"""The steward's page of supply: what is late, what waits, fetching now, accepting and discarding."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from jinbao.data import intake
from jinbao.data.models import Batch
from jinbao.data.supply import tables
from jinbao.data.units import unit
from jinbao.trust import clock
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
from tests.conftest import CITY, OTHER_CITY
from tests.web.conftest import Browser
from tests.web.test_access import actor

ROWS = "入馆流水号,证件号码,姓名,入馆日期\nRG1,,张三,2026-01-02\nRG2,,李4,2026-01-02\n"


@pytest.fixture
def steward(browse: Browser, db: None) -> Client:
    return browse(actor(Role.STEWARD))


@pytest.fixture
def delivery(tmp_path: Path, db: None) -> Batch:
    """A file of 文旅 with a good and a bad row."""
    file = tmp_path / "入馆.csv"
    file.write_text(ROWS, encoding="utf-8")
    code = unit("文旅").code
    return intake.receive(
        Actor.system(), file, file.name, "venue_entry", sender=code, region=CITY, now=clock.now() - timedelta(days=1)
    )


def test_it_says_what_never_arrived_and_what_waits(steward: Client, delivery: Batch) -> None:
    page = steward.get("/counter/data/supply/").content.decode()
    assert "从未到货" in page
    assert "入馆.csv" in page
    assert "文旅场馆入馆记录" in page


def test_accepting_takes_the_good_rows_and_the_page_counts_them(
    steward: Client, delivery: Batch, django_capture_on_commit_callbacks: Any
) -> None:
    shown = steward.get(f"/counter/data/supply/deliveries/{delivery.pk}").content.decode()
    assert "姓名里不能有" in shown
    with django_capture_on_commit_callbacks(execute=True):
        steward.post(f"/counter/data/supply/deliveries/{delivery.pk}/decide", {"decision": "accept"})
    delivery.refresh_from_db()
    assert delivery.status == Batch.Status.ACCEPTED
    assert tables.rows("venue_entry") == 1


def test_a_delivery_that_was_accepted_is_found_again_with_its_rejected_rows_and_its_neighbours(
    steward: Client, delivery: Batch, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        steward.post(f"/counter/data/supply/deliveries/{delivery.pk}/decide", {"decision": "accept"})
    later = tmp_path / "二月.csv"
    later.write_text(ROWS.replace("RG", "RH"), encoding="utf-8")
    code = unit("文旅").code
    batch = intake.receive(Actor.system(), later, later.name, "venue_entry", sender=code, region=CITY, now=clock.now())
    home = steward.get("/counter/data/supply/").content.decode()
    assert f'href="/counter/data/supply/deliveries/{batch.pk}" aria-label="文旅场馆实名入馆的报送"' in home
    page = steward.get(f"/counter/data/supply/deliveries/{batch.pk}").content.decode()
    assert f'href="/counter/data/supply/deliveries/{delivery.pk}"' in page
    assert "姓名里不能有" in steward.get(f"/counter/data/supply/deliveries/{delivery.pk}").content.decode()


def test_discarding_needs_a_reason(steward: Client, delivery: Batch) -> None:
    where = f"/counter/data/supply/deliveries/{delivery.pk}/decide"
    assert steward.post(where, {"decision": "discard"}).status_code == 400
    assert steward.post(where, {"decision": "discard", "reason": "送错了"}).status_code == 302
    delivery.refresh_from_db()
    assert delivery.status == Batch.Status.DISCARDED


def test_a_steward_of_another_city_sees_and_decides_nothing(browse: Browser, delivery: Batch) -> None:
    other = browse(actor(Role.STEWARD, OTHER_CITY))
    assert "入馆.csv" not in other.get("/counter/data/supply/").content.decode()
    assert other.get(f"/counter/data/supply/deliveries/{delivery.pk}").status_code == 404
    assert other.post("/counter/data/supply/sources/venue_folder/pull").status_code == 403
    where = f"/counter/data/supply/deliveries/{delivery.pk}/decide"
    assert other.post(where, {"decision": "accept"}).status_code == 404


def test_fetching_now_shows_the_run_and_what_to_do(steward: Client) -> None:
    steward.post("/counter/data/supply/sources/civil_interface/pull")
    page = steward.get("/counter/data/supply/").content.decode()
    assert "没有设置环境变量 JINBAO_SOURCE_CIVIL" in page
    assert "怎么办" in page

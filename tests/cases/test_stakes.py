"""What hangs on people by the books: what linkage must know before it makes one person of two."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.utils.module_loading import import_string

from jinbao.cases import stakes
from jinbao.cases.models import Case
from jinbao.insurance.benefits.models import Award
from jinbao.insurance.payments.models import Payment, PaymentBatch
from jinbao.insurance.registry import actions as registry
from jinbao.insurance.registry.models import FormerNumber
from jinbao.kernel.identifiers.citizen_id import CitizenId
from jinbao.kernel.months import Month
from jinbao.trust.actors import Actor
from tests.cases.conftest import NOW, TODAY, Town
from tests.conftest import CITY, DISTRICT, LI_SI, WANG_WU, ZHANG_SAN


def award(town: Town, start: Month, end: Month | None = None) -> Award:
    made: Award = Award.objects.create(
        person=town.zhang, benefit="基本养老金", start=start, end=end, monthly_fen=300_000, ground="历史数据转入",
        region=DISTRICT,
    )  # fmt: skip
    return made


def test_the_setting_names_these_books() -> None:
    assert [import_string(name) for name in settings.LINKAGE_STAKES] == [stakes.of_numbers]


def test_nothing_hangs_on_who_only_pays_in(town: Town) -> None:
    assert stakes.of_numbers([ZHANG_SAN, LI_SI, WANG_WU], TODAY) == []


def test_a_benefit_that_lasts_is_said(town: Town) -> None:
    award(town, Month.of(TODAY) - 3)
    assert stakes.of_numbers([ZHANG_SAN], TODAY) == ["正在领取基本养老金"]
    assert stakes.of_numbers([LI_SI], TODAY) == []


def test_a_benefit_that_is_to_begin_is_said(town: Town) -> None:
    start = Month.of(TODAY) + 2
    award(town, start)
    assert stakes.of_numbers([ZHANG_SAN], TODAY) == [f"将自 {start} 起领取基本养老金"]


def test_a_benefit_that_ended_is_not_said_but_a_payment_on_its_way_is(town: Town) -> None:
    old = award(town, Month.of(TODAY) - 9, Month.of(TODAY) - 1)
    assert stakes.of_numbers([ZHANG_SAN], TODAY) == []
    batch = PaymentBatch.objects.create(
        region=CITY, fund="110", month=Month.of(TODAY), status="draft", drafted_by="甲", drafted_at=NOW
    )
    Payment.objects.create(
        batch=batch, person=town.zhang, award=old, kind="back", for_month=Month.of(TODAY) - 2, gross_fen=1, amount_fen=1
    )
    assert stakes.of_numbers([ZHANG_SAN], TODAY) == ["有 1 笔待遇待发"]


def test_a_case_is_said_until_it_is_closed(opened: Case) -> None:
    assert stakes.of_numbers([ZHANG_SAN], TODAY) == [f"有在办事项 {opened.number}"]
    Case.objects.update(state=Case.State.WITHDRAWN)
    assert stakes.of_numbers([ZHANG_SAN], TODAY) == []


def test_a_former_number_and_a_merged_identity_are_the_same_person(town: Town, system: Actor, reviewer: Actor) -> None:
    award(town, Month.of(TODAY) - 3)
    FormerNumber.objects.create(person=town.zhang, number="990101661115101", reason="15 位旧号")
    assert stakes.of_numbers(["990101661115101"], TODAY) == ["正在领取基本养老金"]
    other = CitizenId.make(DISTRICT, date(1966, 1, 15), 33).number18
    kept = registry.register_person(system, other, "张三", region=DISTRICT, today=TODAY)
    registry.merge(reviewer, kept, town.zhang, "同一人", now=NOW)
    assert stakes.of_numbers([other], TODAY) == ["正在领取基本养老金"]

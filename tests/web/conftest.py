"""A small town for the pages: 张三 and 李四 at one employer, 王五 elsewhere, and a browser for each actor."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from io import BytesIO

import pytest
from django.test import Client

from jinbao.cases import actions as cases
from jinbao.cases.models import Case
from jinbao.centre import actions as centre
from jinbao.centre.models import YearBook
from jinbao.data import intake
from jinbao.data.catalogue import actions as catalogue
from jinbao.data.catalogue.description import Description, Item
from jinbao.data.catalogue.models import Resource
from jinbao.data.exchange import actions as exchange
from jinbao.data.exchange.models import Grant, Key, Partner
from jinbao.data.exchange.terms import Terms
from jinbao.data.models import Batch
from jinbao.data.scoring import actions as scoring
from jinbao.data.scoring.models import RuleResult, Run
from jinbao.insurance.benefits import actions as benefits
from jinbao.insurance.benefits.campaigns import actions as campaigns
from jinbao.insurance.benefits.campaigns.models import Campaign
from jinbao.insurance.benefits.compute import PENSION
from jinbao.insurance.benefits.models import Award, Determination
from jinbao.insurance.contributions import actions as contributions
from jinbao.insurance.contributions.models import Contribution, Declaration
from jinbao.insurance.payments import actions as payments
from jinbao.insurance.payments.models import Clawback, Payment, PaymentBatch
from jinbao.insurance.registry import actions as registry
from jinbao.insurance.registry.models import Employer, Person
from jinbao.kernel.months import Month
from jinbao.ledger.models import Transfer
from jinbao.oversight.simulation import kept
from jinbao.oversight.simulation.job import REQUEST
from jinbao.oversight.simulation.question import Question, Side
from jinbao.rules.bulk.lake import write_in_one_step
from jinbao.trust import clock
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role, User
from tests.conftest import CITY, DISTRICT, EMPLOYER, LI_SI, OTHER_EMPLOYER, WANG_WU, ZHANG_SAN, make_actor

TODAY = date(2026, 3, 20)
NOW = datetime(2026, 3, 20, 2, 0, tzinfo=UTC)
Browser = Callable[[Actor], Client]


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    """Every page of these tests is asked for on 20 March 2026."""
    with clock.stopped_at(NOW):
        yield


@pytest.fixture
def browse() -> Browser:
    """Give the browser of somebody who has signed in."""

    def sign_in(by: Actor) -> Client:
        client = Client()
        client.force_login(User.objects.get(username=by.username))
        return client

    return sign_in


@dataclass(frozen=True)
class Town:
    """Who lives here."""

    zhang: Person
    li: Person
    wang: Person
    employer: Employer
    other_employer: Employer

    def batch(self) -> Batch:
        """Send in, and keep, a file with one good and one bad row of the employer."""
        by = Actor.system()
        content = BytesIO((HEAD + GOOD + WRONG).encode())
        return intake.receive(
            by, content, "二月.csv", "contribution_declaration", sender=EMPLOYER, region=DISTRICT, now=NOW
        )

    def declarations(self) -> list[Declaration]:
        """Record what the file declares."""
        by = Actor.system()
        batch = intake.accept(by, self.batch(), partial=True, now=NOW)
        return contributions.record(by, batch, today=TODAY)

    def year(self) -> YearBook:
        """Open, and keep, a year of the city's information centre with one task."""
        known = YearBook.objects.first()
        if known is not None:
            return known
        by = Actor.system()
        unit = centre.register_unit(by, "990100001", "演示市信息中心", CITY)
        book = centre.open_book(by, unit, 2025, "决算", now=NOW)
        centre.enter(by, book, "重点工作", {"标题": "一卡通"}, now=NOW)
        return book

    def quality(self) -> RuleResult:
        """Judge, and keep, a dataset of the police for which nothing has arrived: its one rule that fails."""
        known = Run.objects.filter(dataset="population").order_by("pk").first()
        run = known or scoring.run(Actor.system(), "population", now=NOW)
        return run.results.get(kind="accessible")

    def transfer(self) -> Transfer:
        """Return a transfer of the ledger that the file caused."""
        if not Transfer.objects.exists():
            self.declarations()
        return Transfer.objects.order_by("pk")[0]

    def career(self) -> None:
        """Give 张三 twenty-five years of paid months from the former system."""
        months = [Month(2001, 1) + n for n in range(300)]
        declared = Declaration.objects.bulk_create(
            Declaration(
                region=DISTRICT,
                month=month,
                kind="50",
                declared_on=month.last_day,
                due_on=month.last_day,
                due_fen=140_000,
                received_on=month.last_day,
            )
            for month in months
        )
        Contribution.objects.bulk_create(
            Contribution(
                declaration=row,
                person=self.zhang,
                employer=self.employer,
                scheme="110",
                month=row.month,
                wage_fen=500_000,
                base_fen=500_000,
                employer_fen=100_000,
                individual_fen=40_000,
                account_fen=40_000,
            )
            for row in declared
        )

    def simulation(self) -> str:
        """Keep a simulation of the city that is not computed, and return its number."""
        number, side = "20260320-020000-abcdef", Side(TODAY, CITY)
        question = Question("pension", side, Side(TODAY, CITY, ("过渡系数=1.3%",)))
        request = {
            "title": "系数",
            "by": "稽核",
            "username": "jihe",
            "at": NOW.isoformat(),
            "question": question.as_json(),
            "persons": 3,
        }
        write_in_one_step(kept.folder() / number / REQUEST, json.dumps(request).encode())
        return number

    def determination(self) -> Determination:
        """Return what 张三 is owed who retires in May 2026."""
        if not Contribution.objects.exists():
            self.career()
        return benefits.determine(Actor.system(), self.zhang, PENSION, Month(2026, 5), now=NOW)

    def award(self) -> Award:
        """Return the pension that 张三 was granted by this system from June 2026 on."""
        known = Award.objects.filter(determination__isnull=False, end__isnull=True).first()
        Award.objects.filter(determination__isnull=True, end__isnull=True).update(end=Month(2026, 5))
        return known or benefits.award(Actor.system(), self.determination(), "办件 1", now=NOW)

    def campaign(self) -> Campaign:
        """Return a campaign over the award of 张三, tried in June 2026."""
        self.award()
        by = Actor.system()
        known = Campaign.objects.first()
        terms = {"reason": "档案复核", "basis": "文号", "region": CITY, "on": date(2026, 6, 20), "now": NOW}
        return known or campaigns.dry_run(by, campaigns.create(by, "重算", **terms), now=NOW)  # type: ignore[arg-type]  # the terms above

    def clawback(self) -> Clawback:
        """Return what 张三 has to pay back: one month of which too much was paid."""
        known = Clawback.objects.first()
        if known is not None:
            return known
        award = Award.objects.create(
            person=self.zhang,
            benefit=PENSION,
            start=Month(2026, 1),
            end=Month(2026, 2),
            monthly_fen=300_000,
            ground="历史数据转入",
            region=DISTRICT,
        )
        batch = PaymentBatch.objects.create(
            region=CITY, fund="110", month=Month(2026, 2), status="settled", drafted_by="甲", drafted_at=NOW
        )
        Payment.objects.create(
            batch=batch,
            person=self.zhang,
            award=award,
            kind="regular",
            for_month=Month(2026, 2),
            gross_fen=300_000,
            amount_fen=300_000,
            status="paid",
            settled_on=TODAY,
        )
        return payments.clawback(Actor.system(), award, Month(2026, 2), Month(2026, 2), "停发后多发", now=NOW)

    def payments(self) -> PaymentBatch:
        """Return the draft for March 2026, in which 张三 is paid under an award of the former system."""
        known = PaymentBatch.objects.first()
        if known is not None:
            return known
        Award.objects.create(
            person=self.zhang,
            benefit=PENSION,
            start=Month(2026, 3),
            monthly_fen=345_678,
            ground="历史数据转入",
            region=DISTRICT,
        )
        drafter = make_actor("caiwu-nizhi", "财务拟制", Role.FINANCE, region=CITY)
        return payments.draft(drafter, Month(2026, 3), CITY, "110", now=NOW)

    def resource(self, *, is_published: bool = False) -> Resource:
        """Return the one resource of the town's catalogue, a draft unless it is to be published."""
        by = make_actor("shuju-dengji", "数据登记", Role.STEWARD, region=CITY)
        items = (Item("证件号码", english="id_number", sensitivity="敏感个人信息"), Item("缴费基数", type="N"))
        described = Description(
            region=CITY,
            name="养老保险缴费明细",
            provider="演示市人力资源和社会保障局",
            category="317001",
            summary="每月的缴费基数。",
            format="自描述/Parquet",
            share_type="2",
            share_terms="用于法定职责",
            open_type="否",
            update_cycle="每月",
            grade="4",
            items=items,
        )
        known = Resource.objects.first() or catalogue.register(by, described, now=NOW)
        if is_published and known.published is None:
            other = make_actor("shuju-fabu", "数据发布", Role.STEWARD, region=CITY)
            known = catalogue.publish(other, known, version=known.version, now=NOW)
        return known

    def partner(self) -> Partner:
        """Return the employer as a partner agency of the city, which may ask for data."""
        known = Partner.objects.filter(code=EMPLOYER).first()
        return known or exchange.register_partner(Actor.system(), EMPLOYER, "演示机械厂", region=CITY, now=NOW)

    def partner_key(self) -> Key:
        """Return a key of the partner."""
        return exchange.make_secret(Actor.system(), self.partner(), "hmac-sm3", now=NOW)[0]

    def granted(self) -> Grant:
        """Return what the partner was granted."""
        year = (date(2026, 1, 1), date(2026, 12, 31))
        terms = Terms("contribution_declaration", "试", "试", {"id_number": ""}, *year, 100, 1, ["api"])
        known = Grant.objects.first()
        return known or exchange.grant(Actor.system(), self.partner(), terms, self.case().number, now=NOW)

    def case(self) -> Case:
        """Return the one case of the town: 张三 wants his pension paid to another account."""
        by = make_actor("zhangsan", "张三", Role.INSURED, subject=ZHANG_SAN)
        form = {"id_number": ZHANG_SAN, "bank": "演示银行", "account_number": NEW_CARD, "account_holder": "张三"}
        return Case.objects.first() or cases.open_case(by, "bank_account_change", form, now=NOW)


CARD, NEW_CARD = "6222029901000000018", "6222029901000000026"
HEAD = "证件号码,姓名,费款所属期,缴费工资,单位统一社会信用代码\n"
GOOD = f'{ZHANG_SAN},张三,2026-02,"8,000.00",{EMPLOYER}\n'
WRONG = f"99010119710620202X,李四,2026-02,7000,{EMPLOYER}\n"


@pytest.fixture
def town(system: Actor, db: None) -> Town:
    """Register the people, their employers and enrolments."""
    works = registry.register_employer(system, EMPLOYER, "演示机械厂", region=DISTRICT, today=TODAY)
    other = registry.register_employer(system, OTHER_EMPLOYER, "演示纺织厂", region="990102", today=TODAY)
    zhang = registry.register_person(
        system, ZHANG_SAN, "张三", region=DISTRICT, today=TODAY, deemed_months=60, phone="13800001111"
    )
    li = registry.register_person(system, LI_SI, "李四", region=DISTRICT, today=TODAY, retirement_category="女职工50")
    wang = registry.register_person(system, WANG_WU, "王五", region="990102", today=TODAY)
    for person in (zhang, li):
        registry.enrol(system, person, works, Month(2000, 1), today=TODAY)
    registry.enrol(system, wang, other, Month(2005, 1), today=TODAY)
    registry.change_bank_account(system, zhang, "演示银行", "6222029901000000018", "张三", since=TODAY)
    return Town(zhang, li, wang, works, other)

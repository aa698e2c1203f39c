"""重算批次: many awards computed anew, proved, decided by two persons, applied once, undone before payment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from jinbao.insurance.benefits import actions as benefits
from jinbao.insurance.benefits.campaigns import actions as campaigns
from jinbao.insurance.benefits.campaigns import queries, reading
from jinbao.insurance.benefits.campaigns.dry_run import _large_groups
from jinbao.insurance.benefits.campaigns.figures import histogram, suppressed
from jinbao.insurance.benefits.campaigns.models import Campaign, CampaignMember
from jinbao.insurance.benefits.campaigns.people_file import read_people
from jinbao.insurance.benefits.campaigns.report import bound_reached
from jinbao.insurance.benefits.campaigns.select import Selection
from jinbao.insurance.benefits.checks import CHECKS as BENEFITS
from jinbao.insurance.benefits.compute import PENSION
from jinbao.insurance.benefits.models import Award
from jinbao.insurance.contributions.checks import CHECKS as CONTRIBUTIONS
from jinbao.insurance.payments import actions as payments
from jinbao.insurance.payments.checks import CHECKS as PAYMENTS
from jinbao.insurance.payments.models import Payment, PaymentBatch
from jinbao.insurance.registry import actions as registry
from jinbao.insurance.registry.models import Employer, Person
from jinbao.kernel.errors import Conflict, FormatError, NotAllowed, NotFound
from jinbao.kernel.months import Month
from jinbao.trust import audit
from tests.insurance.conftest import CITY, CLERK, ELSEWHERE, FINANCE, NOW, REVIEWER, TODAY, number, officer
from tests.insurance.lives import worked
from tests.killing import run_and_kill

pytestmark = pytest.mark.django_db

RETIRES = Month(2026, 1)
MARCH = Month(2026, 3)
SECOND = officer("另一复核", REVIEWER.role)
State, Status = CampaignMember.State, Campaign.Status


@pytest.fixture(autouse=True)
def everything_holds(db: None) -> Iterator[None]:
    _large_groups.cache_clear()  # tests begin with the same numbers at the same moment, each with other people
    yield
    assert not [str(row) for check in (*CONTRIBUTIONS, *BENEFITS, *PAYMENTS) for row in check.rows()]
    assert audit.verify() is None


@pytest.fixture
def people(register: Callable[..., Person], employer: Employer) -> list[Person]:
    """Four men who retired in January 2026 and are paid since February, from the facts of then."""
    found = []
    for n in range(4):
        person = register(f"退休{n}", date(1965, 9, 10 + n), 21 + 2 * n)
        worked(person, employer, Month(2010, 1), Month(2025, 12), 600_000)
        registry.change_bank_account(CLERK, person, "演示银行", CARDS[n], person.name, since=TODAY)
        made = benefits.determine(CLERK, person, PENSION, RETIRES, now=NOW)
        benefits.award(REVIEWER, made, f"办件 {n}", now=NOW)
        found.append(person)
    return found


CARDS = ["6222029901000000018", "6222029901000000026", "6222029901000000034", "6222029901000000042",
         "6222029901000000059", "6222029901000000067"]  # fmt: skip


def more_deemed(*people: Person, months: int = 24) -> None:
    """Find in the personal files that people have more deemed months."""
    for person in people:
        person.deemed_months += months
        person.save(update_fields=["deemed_months"])


def made(selection: Selection | None = None, by: object = CLERK, **more: object) -> Campaign:
    terms = {"reason": "补录视同缴费年限", "basis": "人社部规〔2019〕1号", "region": CITY, "on": TODAY, "now": NOW}
    return campaigns.create(by, "视同年限重算", selection=selection, **(terms | more))  # type: ignore[arg-type]  # the terms of these tests


def tried(**more: object) -> Campaign:
    return campaigns.dry_run(CLERK, made(**more), now=NOW)


def approved(**more: object) -> Campaign:
    campaign = campaigns.submit(CLERK, tried(**more), now=NOW)
    return campaigns.approve(REVIEWER, campaign, campaign.result_hash, now=NOW)


def states(campaign: Campaign) -> dict[str, str]:
    return {one.person.name: one.state for one in CampaignMember.objects.filter(campaign=campaign)}


def paid(month: Month = MARCH) -> PaymentBatch:
    """Draft a month and let the bank pay it."""
    batch = payments.draft(FINANCE, month, CITY, "110", now=NOW)
    return payments.approve(REVIEWER, batch, now=NOW)


def test_it_works(people: list[Person]) -> None:
    more_deemed(*people[:3])
    campaign = tried()
    assert campaign.status == Status.TRIED
    assert states(campaign) == {f"退休{n}": State.CHANGED if n < 3 else State.SAME for n in range(4)}
    assert (campaign.figures["up"], campaign.figures["sample"]) == (3, {"people": 4, "different": 0})
    campaign = campaigns.approve(REVIEWER, campaigns.submit(CLERK, campaign, now=NOW), campaign.result_hash, now=NOW)
    campaign = campaigns.apply(CLERK, campaign, now=NOW)
    assert campaign.status == Status.APPLIED
    for one in CampaignMember.objects.filter(campaign=campaign, state=State.APPLIED):
        assert one.new_award is not None
        assert one.new_award.determination is not None
        assert one.new_award.determination.supersedes == one.determination
        assert one.new_award.monthly_fen == one.after_fen == one.checked_fen


def test_nothing_outside_the_campaign_changes_before_it_is_applied(people: list[Person]) -> None:
    more_deemed(*people)
    before = list(Award.objects.order_by("pk").values())
    approved()
    assert list(Award.objects.order_by("pk").values()) == before


def test_the_kernel_and_the_exact_reading_agree(people: list[Person], monkeypatch: pytest.MonkeyPatch) -> None:
    more_deemed(people[0], people[2])
    exact = tried()
    monkeypatch.setattr(reading, "KERNEL_FROM", 1)
    kernel = tried()
    assert kernel.figures["kernel"] == 4
    assert exact.figures["kernel"] == 0
    assert (kernel.result_hash, kernel.input_hash) == (exact.result_hash, exact.input_hash)


def test_a_law_that_changes_in_the_middle_of_a_dry_run_begins_it_anew(
    people: list[Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = campaigns.start(CLERK, made(), now=NOW)
    campaign = campaigns.advance(CLERK, campaign, now=NOW)
    first = (
        CampaignMember.objects.filter(campaign=campaign).exclude(state=State.WAITING).values_list("pk", flat=True)[0]
    )
    monkeypatch.setattr("jinbao.insurance.benefits.campaigns.dry_run.version", lambda *_: "另一版")
    campaign = campaigns.dry_run(CLERK, campaign, now=NOW)
    assert (campaign.status, campaign.law_version) == (Status.TRIED, "另一版")
    assert not CampaignMember.objects.filter(pk=first).exists(), "what the earlier law gave is replaced"


def test_the_difference_is_paid_back_with_the_next_draft(people: list[Person]) -> None:
    paid()
    more_deemed(people[0])
    campaign = campaigns.apply(CLERK, approved(), now=NOW)
    one = CampaignMember.objects.get(campaign=campaign, state=State.APPLIED)
    batch = payments.draft(FINANCE, MARCH, CITY, "110", now=NOW)
    back = list(batch.payments.order_by("for_month"))
    assert [(row.kind, row.person, str(row.for_month)) for row in back] == [
        (Payment.Kind.BACK, people[0], "2026-02"),
        (Payment.Kind.BACK, people[0], "2026-03"),
    ]
    assert campaign.figures["back_fen"] == one.back_fen == one.difference_fen * 2 == batch.gross_fen


def test_months_paid_by_the_former_system_are_not_paid_again(people: list[Person]) -> None:
    Award.objects.filter(person=people[0]).update(paid_before=MARCH)
    more_deemed(people[0])
    campaign = campaigns.apply(CLERK, approved(), now=NOW)
    one = CampaignMember.objects.get(campaign=campaign, state=State.APPLIED)
    batch = payments.draft(FINANCE, MARCH, CITY, "110", now=NOW)
    assert [row.gross_fen for row in batch.payments.filter(person=people[0])] == [one.after_fen]
    assert one.months == 1
    payments.undo_campaign(SECOND, campaign, "依据有误", now=NOW)
    assert Award.objects.get(person=people[0], end=None).paid_before == MARCH


def test_one_person_does_not_decide_alone(people: list[Person]) -> None:
    more_deemed(people[0])
    campaign = campaigns.dry_run(REVIEWER, made(by=REVIEWER), now=NOW)
    campaign = campaigns.submit(REVIEWER, campaign, now=NOW)
    with pytest.raises(NotAllowed, match="已经办理过"):
        campaigns.approve(REVIEWER, campaign, campaign.result_hash, now=NOW)
    with pytest.raises(NotAllowed):
        campaigns.approve(CLERK, campaign, campaign.result_hash, now=NOW)
    assert campaigns.approve(SECOND, campaign, campaign.result_hash, now=NOW).status == Status.APPROVED


def test_data_that_changed_since_the_dry_run_must_be_tried_again(people: list[Person]) -> None:
    more_deemed(people[0])
    campaign = campaigns.submit(CLERK, tried(), now=NOW)
    more_deemed(people[1])
    with pytest.raises(Conflict, match="1 人的待遇、事实或缴费已有变化（退休1）"):
        campaigns.approve(REVIEWER, campaign, campaign.result_hash, now=NOW)
    campaign = campaigns.send_back(REVIEWER, campaign, "有人补录", now=NOW)
    campaign = campaigns.submit(CLERK, campaigns.dry_run(CLERK, campaign, now=NOW), now=NOW)
    assert campaigns.approve(REVIEWER, campaign, campaign.result_hash, now=NOW).figures["up"] == 2


def test_law_that_changed_since_the_dry_run_must_be_tried_again(
    people: list[Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = campaigns.submit(CLERK, tried(), now=NOW)
    monkeypatch.setattr("jinbao.insurance.benefits.campaigns.dry_run.version", lambda *_: "另一版")
    with pytest.raises(Conflict, match="法规或参数已有变化"):
        campaigns.approve(REVIEWER, campaign, campaign.result_hash, now=NOW)


def test_somebody_new_who_falls_under_it_must_be_tried_too(people: list[Person]) -> None:
    Award.objects.filter(person=people[3]).update(end=RETIRES + 1)
    campaign = campaigns.submit(CLERK, tried(), now=NOW)
    Award.objects.filter(person=people[3]).update(end=None)
    with pytest.raises(Conflict, match="退休3"):
        campaigns.approve(REVIEWER, campaign, campaign.result_hash, now=NOW)


def test_one_fen_of_difference_blocks(people: list[Person]) -> None:
    more_deemed(people[0])
    campaign = tried()
    CampaignMember.objects.filter(campaign=campaign, person=people[0]).update(checked_fen=1)
    with pytest.raises(Conflict, match="1 人与逐人复算不一致"):
        campaigns.submit(CLERK, campaign, now=NOW)
    assert queries.outliers(CLERK, campaign)[0].person == people[0]


def test_who_changes_after_the_approval_is_passed_over(people: list[Person]) -> None:
    more_deemed(*people[:3])
    campaign = approved()
    more_deemed(people[0])
    award = Award.objects.get(person=people[1])
    benefits.end_award(CLERK, award, MARCH, "停发")
    campaign = campaigns.apply(CLERK, campaign, now=NOW)
    assert states(campaign) | {"退休3": ""} == {
        "退休0": State.SKIPPED, "退休1": State.SKIPPED, "退休2": State.APPLIED, "退休3": "",
    }  # fmt: skip


def test_applying_again_changes_nothing(people: list[Person]) -> None:
    more_deemed(people[0])
    campaign = campaigns.apply(CLERK, approved(), now=NOW)
    awards = list(Award.objects.order_by("pk").values())
    campaigns.apply_some(CLERK, campaign, now=NOW)
    assert list(Award.objects.order_by("pk").values()) == awards


def test_undone_before_payment_everything_is_as_before(people: list[Person]) -> None:
    paid()
    more_deemed(*people[:2])
    campaign = campaigns.apply(CLERK, approved(), now=NOW)
    batch = payments.draft(FINANCE, MARCH, CITY, "110", now=NOW)
    assert batch.gross_fen > 0
    campaign = payments.undo_campaign(SECOND, campaign, "依据有误", now=NOW)
    assert campaign.status == Status.UNDONE
    batch.refresh_from_db()
    assert (batch.gross_fen, batch.status) == (0, PaymentBatch.Status.DRAFT)
    for one in CampaignMember.objects.filter(campaign=campaign, state=State.UNDONE):
        current = Award.objects.get(person=one.person, end=None)
        assert (current.monthly_fen, current.determination) == (one.before_fen, one.determination)
    with pytest.raises(Conflict, match="没有应发待遇"):
        payments.draft(FINANCE, MARCH, CITY, "110", now=NOW)


def test_a_campaign_that_was_undone_can_be_made_again(people: list[Person]) -> None:
    more_deemed(people[0])
    campaign = campaigns.apply(CLERK, approved(), now=NOW)
    payments.undo_campaign(REVIEWER, campaign, "依据有误", now=NOW)
    again = campaigns.apply(CLERK, approved(), now=NOW)
    assert again.figures["up"] == 1


def test_what_has_gone_to_the_bank_is_not_undone(people: list[Person]) -> None:
    more_deemed(people[0])
    campaign = campaigns.apply(CLERK, approved(), now=NOW)
    batch = paid()
    payments.bank_file(FINANCE, batch, now=NOW)
    with pytest.raises(Conflict, match="送银行或发出"):
        payments.undo_campaign(REVIEWER, campaign, "依据有误", now=NOW)


def test_forward_only_leaves_the_past_alone(people: list[Person]) -> None:
    more_deemed(people[0])
    campaign = campaigns.apply(CLERK, approved(retroactive=False), now=NOW)
    one = CampaignMember.objects.get(campaign=campaign, state=State.APPLIED)
    assert one.new_award is not None
    assert (one.new_award.start, one.months) == (MARCH, 1)
    payments.undo_campaign(REVIEWER, campaign, "有误", now=NOW)


def test_only_who_is_on_the_list(people: list[Person]) -> None:
    more_deemed(*people)
    numbers = [people[1].id_number, people[2].id_number, number(date(1990, 1, 1), 99)]
    campaign = tried(numbers=numbers)
    assert set(states(campaign)) == {"退休1", "退休2"}
    assert campaign.figures["unknown"] == 1


def test_only_awards_that_began_in_these_months(people: list[Person]) -> None:
    assert len(states(tried(selection=Selection("2026-02", "2026-02")))) == 4
    with pytest.raises(Conflict, match="没有符合条件的待遇"):
        tried(selection=Selection("2026-03"))
    with pytest.raises(FormatError, match="晚于"):
        made(Selection("2026-03", "2026-02"))


def test_only_who_was_determined_under_another_value(people: list[Person]) -> None:
    with pytest.raises(Conflict, match="没有符合条件的待遇"):
        tried(selection=Selection(parameter="公布计发基数"))
    award = Award.objects.get(person=people[3])
    assert award.determination is not None
    steps = award.determination.trace["amount"]["steps"]
    next(step for step in steps if step["name"] == "公布计发基数（2026年）")["value"] = "1"
    award.determination.law_version = "从前"
    award.determination.save()
    assert set(states(tried(selection=Selection(parameter="公布计发基数")))) == {"退休3"}
    with pytest.raises(FormatError, match="不用到"):
        made(Selection(parameter="没有的参数"))


def test_somebody_no_longer_eligible_is_shown_and_not_touched(people: list[Person]) -> None:
    Person.objects.filter(pk=people[0].pk).update(born_on=date(1969, 9, 10))
    campaign = approved()
    one = CampaignMember.objects.get(campaign=campaign, person=people[0])
    assert (one.state, one.outlier, one.checked_fen) == (State.INELIGIBLE, "ineligible", 0)
    campaigns.apply(CLERK, campaign, now=NOW)
    assert Award.objects.get(person=people[0]).end is None


def test_the_explanation_says_which_steps_differ(people: list[Person]) -> None:
    more_deemed(people[0])
    one = CampaignMember.objects.get(campaign=tried(), person=people[0])
    found = queries.explained(CLERK, one)
    steps = {step.name: (step.before, step.after) for step in found.steps}
    assert steps["视同缴费月数"] == ("0月", "24月")
    assert {"基本养老金", "累计缴费月数"} <= set(steps)
    assert "公布计发基数" not in steps


def test_an_outsider_sees_and_does_nothing(people: list[Person]) -> None:
    campaign = tried()
    member = CampaignMember.objects.filter(campaign=campaign)[0]
    assert not queries.campaigns(ELSEWHERE).exists()
    with pytest.raises(NotFound):
        queries.campaign(ELSEWHERE, campaign.pk)
    with pytest.raises(NotFound):
        queries.member(ELSEWHERE, member.pk)
    assert not queries.members(ELSEWHERE, campaign).exists()
    for verb in (campaigns.submit, campaigns.apply_some):
        with pytest.raises(NotAllowed):
            verb(ELSEWHERE, campaign, now=NOW)
    with pytest.raises(NotAllowed):
        campaigns.create(ELSEWHERE, "越权", reason="无", basis="无", region=CITY, on=TODAY, now=NOW)


def test_a_campaign_needs_its_reason_and_basis(people: list[Person]) -> None:
    with pytest.raises(FormatError, match="没有填写依据"):
        made(basis=" ")
    assert campaigns.cancel(CLERK, made(), "写错了", now=NOW).status == Status.CANCELLED


@pytest.mark.parametrize("content", ["证件号码,姓名\n{0},甲\n'{1},乙\n,\n99010119650910999,丙\n".encode()])
def test_a_list_may_be_a_text_file(content: bytes) -> None:
    numbers = [number(), number(date(1970, 1, 2), 13)]
    found = read_people(content.decode().format(*numbers).encode("gb18030"), "名单.csv")
    assert found.numbers == numbers
    assert found.wrong == ["第 5 行没有证件号码"]
    with pytest.raises(FormatError, match="没有证件号码"):
        read_people(b"\x00\x01", "名单.csv")


def test_small_groups_are_not_told_apart() -> None:
    assert suppressed([3, 50, 60]) == [True, True, False]
    assert suppressed([3, 4, 60]) == [True, True, False]
    assert suppressed([30, 60]) == [False, False]
    bins = histogram([500] * 12 + [-500] * 3)
    assert [row["count"] for row in bins] == [None, None]


WORK = """
from datetime import datetime, UTC
from jinbao.insurance.benefits.campaigns import actions, models
from jinbao.insurance.payments import actions as payments
from jinbao.insurance.benefits.campaigns import apply as module
from jinbao.insurance.payments import undo_campaign as undoing
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
module.AT_ONCE = undoing.AT_ONCE = 1
by = Actor(None, "另一复核", "另一复核", Role.REVIEWER, "990100")
now = datetime(2026, 3, 20, 2, 0, tzinfo=UTC)
campaign = models.Campaign.objects.get()
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.xdist_group("killed")
def test_killed_while_applying_and_while_undoing_nothing_is_lost_or_doubled(people: list[Person], var: Path) -> None:
    more_deemed(*people)
    campaign = approved()
    run_and_kill(WORK + "actions.apply(by, campaign, now=now, progress=print)", after_lines=2, var=var)
    done = CampaignMember.objects.filter(campaign=campaign, state=State.APPLIED).count()
    assert 2 <= done < 4
    assert Award.objects.filter(ground=campaign.ground).count() == done
    campaign.refresh_from_db()
    campaign = campaigns.apply(CLERK, campaign, now=NOW)
    assert Award.objects.filter(ground=campaign.ground).count() == 4
    run_and_kill(WORK + "payments.undo_campaign(by, campaign, '有误', now=now, progress=print)", after_lines=2, var=var)
    campaign.refresh_from_db()
    assert campaign.status == Status.UNDOING
    payments.undo_campaign(SECOND, campaign, "有误", now=NOW)
    assert Award.objects.filter(end=None).count() == Award.objects.filter(ground__startswith="撤销").count() == 4


@pytest.fixture
def handed(register: Callable[..., Person], employer: Employer) -> dict[str, Award]:
    """Three awards of the former system: as determined, adjusted since, and without the amount of then."""
    found = {}
    for n, (name, paid_fen, first_fen) in enumerate(
        [("未调整", 150_000, 150_000), ("已调整", 170_000, 150_000), ("不可比", 150_000, None)]
    ):
        person = register(name, date(1965, 9, 20 + n), 41 + 2 * n)
        worked(person, employer, Month(2010, 1), Month(2025, 12), 600_000)
        registry.change_bank_account(CLERK, person, "演示银行", CARDS[n], name, since=TODAY)
        found[name] = Award.objects.create(
            person=person,
            benefit=PENSION,
            start=RETIRES + 1,
            monthly_fen=paid_fen,
            first_fen=first_fen,
            first_parts={"基础养老金": 100_000, "个人账户养老金": 50_000} if first_fen else {},
            ground="历史数据转入",
            paid_before=MARCH,
            region=CITY,
        )
    return found


def test_awards_of_the_former_system_stay_out_unless_they_are_asked_for(
    people: list[Person], handed: dict[str, Award]
) -> None:
    campaign = tried()
    assert set(states(campaign)) == {person.name for person in people}
    assert campaign.figures["left_out"] == 3


def test_the_former_system_is_compared_like_with_like_and_nothing_is_applied(handed: dict[str, Award]) -> None:
    campaign = tried(selection=Selection(handed_over="compare"))
    assert set(states(campaign).values()) == {State.COMPARED}
    by_name = {one.person.name: one for one in CampaignMember.objects.filter(campaign=campaign)}
    fen = by_name["未调整"].after_fen
    assert fen is not None
    assert [by_name[name].compared_fen for name in handed] == [fen - 150_000, fen - 150_000, None]
    assert campaign.figures["handed_over"]["unknown"] == {
        "count": 1, "same": 0, "up": 0, "down": 0, "up_fen": 0, "down_fen": 0
    }  # fmt: skip
    assert (campaign.figures["up"], campaign.figures["back_fen"], campaign.figures["sample"]["different"]) == (0, 0, 0)
    campaign = campaigns.submit(CLERK, campaign, now=NOW)
    campaign = campaigns.apply(CLERK, campaigns.approve(REVIEWER, campaign, campaign.result_hash, now=NOW), now=NOW)
    assert Award.objects.filter(end=None, determination=None).count() == 3


def test_only_what_was_not_adjusted_gets_its_first_determination(handed: dict[str, Award]) -> None:
    campaign = campaigns.apply(CLERK, approved(selection=Selection(handed_over="apply")), now=NOW)
    assert states(campaign) == {"未调整": State.APPLIED, "已调整": State.COMPARED, "不可比": State.COMPARED}
    one = CampaignMember.objects.get(campaign=campaign, state=State.APPLIED)
    new = one.new_award
    assert new is not None
    assert new.determination is not None
    assert (new.determination.supersedes, new.monthly_fen, new.paid_before) == (None, one.after_fen, MARCH)
    assert one.months == 1, "months before the handover were paid by the former system"
    batch = payments.draft(FINANCE, MARCH, CITY, "110", now=NOW)
    assert sorted(row.gross_fen for row in batch.payments.all()) == sorted([150_000, 170_000, new.monthly_fen])


def test_undone_the_award_of_the_former_system_is_as_it_was_handed_over(handed: dict[str, Award]) -> None:
    campaign = campaigns.apply(CLERK, approved(selection=Selection(handed_over="apply")), now=NOW)
    payments.undo_campaign(SECOND, campaign, "依据有误", now=NOW)
    back = Award.objects.get(person=handed["未调整"].person, end=None)
    assert (back.determination, back.monthly_fen, back.first_fen, back.ground, back.paid_before) == (
        None, 150_000, 150_000, "历史数据转入", MARCH
    )  # fmt: skip
    assert back.first_parts == handed["未调整"].first_parts
    again = campaigns.apply(CLERK, approved(selection=Selection(handed_over="apply")), now=NOW)
    assert states(again)["未调整"] == State.APPLIED


def test_a_handed_over_amount_that_is_corrected_must_be_tried_again(handed: dict[str, Award]) -> None:
    campaign = campaigns.submit(CLERK, tried(selection=Selection(handed_over="apply")), now=NOW)
    Award.objects.filter(pk=handed["未调整"].pk).update(first_fen=140_000, first_parts={})
    with pytest.raises(Conflict, match="未调整"):
        campaigns.approve(REVIEWER, campaign, campaign.result_hash, now=NOW)


def test_the_parts_handed_over_stand_beside_those_of_now(handed: dict[str, Award]) -> None:
    campaign = tried(selection=Selection(handed_over="compare"))
    one = CampaignMember.objects.get(campaign=campaign, award=handed["已调整"])
    found = queries.explained(CLERK, one)
    assert (found.before, found.steps) == (None, ())
    assert [(part.name, part.before) for part in found.parts] == [
        ("基础养老金", "1000.00元/月"),
        ("个人账户养老金", "500.00元/月"),
    ]
    assert [part.after[-1] for part in found.parts] == ["月", "月"]


def test_more_outliers_than_are_marked_are_said(
    people: list[Person], handed: dict[str, Award], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jinbao.insurance.benefits.campaigns.sample.AT_MOST", 1)
    Person.objects.filter(awards__isnull=False).update(born_on=date(1969, 9, 10))
    campaign = tried(selection=Selection(handed_over="compare"))
    assert campaign.figures["outliers"]["ineligible"] == [1, 7]
    assert bound_reached(campaign) == [("异常：不再符合条件", "共 7 人，只标出并复算其中 1 人；其余在逐人结果中")]

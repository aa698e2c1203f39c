"""身份合并: two registered identities become one person, or two again, by several persons who see what hangs on it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from jinbao.cases import actions
from jinbao.cases.effects import preview
from jinbao.cases.forms import FormRefused
from jinbao.cases.models import Case
from jinbao.insurance.benefits import actions as benefits
from jinbao.insurance.benefits.models import Award
from jinbao.insurance.payments import actions as payments
from jinbao.insurance.registry import actions as registry
from jinbao.insurance.registry.models import Merge, Person
from jinbao.kernel.errors import Conflict, NotAllowed
from jinbao.kernel.identifiers.citizen_id import CitizenId
from jinbao.kernel.months import Month
from jinbao.trust.actors import Actor
from jinbao.trust.models import Grant, Role, User
from tests.cases.conftest import NOW, TODAY, Town
from tests.conftest import CITY, DISTRICT, LI_SI, WANG_WU, ZHANG_SAN, make_actor
from tests.insurance.lives import worked

MAY = datetime(2026, 5, 20, 2, 0, tzinfo=UTC)
OTHER = CitizenId.make(DISTRICT, date(1966, 1, 15), 33).number18
GROUND = "户口簿和公安机关的更正证明"


def examine(case: Case, clerk: Actor) -> Case:
    case = actions.accept(clerk, case, version=case.version, now=NOW)
    return actions.examine(clerk, case, version=case.version, now=NOW)


def decide(case: Case, clerk: Actor, reviewer: Actor) -> Case:
    case = examine(case, clerk)
    return actions.approve(reviewer, case, version=case.version, now=NOW)


def changes(by: Actor, case: Case) -> dict[str, str]:
    return {change.what: f"{change.before} → {change.after}" for change in preview(by, case, TODAY).changes}


def identities(by: Actor, **changes: str) -> Case:
    form = {"id_number": OTHER, "other_number": ZHANG_SAN, "ground": GROUND, **changes}
    return actions.open_case(by, "identity_merge", form, now=NOW)


@pytest.fixture
def twofold(town: Town, system: Actor) -> Person:
    """张三 under a second number."""
    return registry.register_person(system, OTHER, "张三", region=DISTRICT, today=TODAY)


def test_two_identities_become_one_only_by_several_persons_and_can_be_parted(
    town: Town, twofold: Person, clerk: Actor, second_clerk: Actor, reviewer: Actor, second_reviewer: Actor
) -> None:
    case = identities(clerk)
    said = [(change.what, change.after) for change in preview(reviewer, case, TODAY).changes]
    assert ("两个号码都有缴费的月份", "没有") in said
    with pytest.raises(NotAllowed):
        examine(case, clerk)
    assert not Merge.objects.exists(), "a preview leaves nothing"
    case.refresh_from_db()
    case = actions.examine(second_clerk, case, version=case.version, now=NOW)
    actions.approve(reviewer, case, version=case.version, now=NOW)
    town.zhang.refresh_from_db()
    assert town.zhang.merged_into == twofold
    assert Merge.objects.get().by == reviewer.username
    decide(identities(second_clerk, doing="undo"), clerk, second_reviewer)
    town.zhang.refresh_from_db()
    assert town.zhang.merged_into is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"other_number": OTHER}, "两个号码相同"), ({"other_number": "990101199001011230"}, "没有"),
     ({"ground": ""}, "核实的依据")],
)  # fmt: skip
def test_what_is_wrong_with_the_numbers_is_told_at_the_form(
    twofold: Person, clerk: Actor, changes: dict[str, str], said: str
) -> None:
    with pytest.raises(FormRefused, match=said):
        identities(clerk, **changes)


def test_two_people_of_different_sex_are_no_one(town: Town, clerk: Actor) -> None:
    case = identities(clerk, id_number=ZHANG_SAN, other_number=LI_SI)
    assert "性别不同" in preview(clerk, case, TODAY).problems[0]


def test_a_clerk_cannot_merge_past_the_case(twofold: Person, town: Town, clerk: Actor) -> None:
    with pytest.raises(NotAllowed):
        registry.merge(clerk, twofold, town.zhang, "同一人", now=NOW)


def paid(person: Person) -> Award:
    made: Award = Award.objects.create(
        person=person, benefit="基本养老金", start=Month(2026, 2), monthly_fen=300_000, ground="历史数据转入",
        paid_before=Month(2026, 2), region=DISTRICT,
    )  # fmt: skip
    return made


def test_who_is_the_other_identity_keeps_out_of_the_case(town: Town, twofold: Person, clerk: Actor) -> None:
    Grant.objects.create(user=User.objects.get(username=clerk.username), role=Role.INSURED, subject=ZHANG_SAN)
    second = make_actor("second", "钱经办", Role.CLERK, region=CITY)
    case = identities(second)
    with pytest.raises(NotAllowed, match="回避"):
        actions.accept(clerk, case, version=case.version, now=NOW)


def test_who_died_under_one_number_is_not_paid_on_under_the_other(
    town: Town, twofold: Person, clerk: Actor, system: Actor
) -> None:
    """The death is registered for both first, which ends what is paid and claims the rest back."""
    paid(twofold)
    registry.record_death(system, town.zhang, date(2026, 3, 1), today=TODAY)
    case = identities(clerk)
    assert "死亡日期不同" in preview(clerk, case, TODAY).problems[0]
    payments.report_death(system, twofold, date(2026, 3, 1), today=TODAY, now=NOW)
    assert not preview(clerk, case, TODAY).problems
    assert "已于 2026-03-01 死亡" in changes(clerk, case)["另一个身份"]


def test_two_who_both_draw_are_told_to_be_paid_no_more(town: Town, twofold: Person, clerk: Actor) -> None:
    paid(twofold)
    paid(town.zhang)
    assert "暂不发放" in changes(clerk, identities(clerk))["两个号码都在领的待遇"]


def test_a_number_that_is_merged_already_is_told_with_its_kept_one(
    town: Town, twofold: Person, clerk: Actor, reviewer: Actor
) -> None:
    registry.merge(reviewer, twofold, town.zhang, "同一人", now=NOW)
    case = identities(clerk, id_number=WANG_WU, other_number=ZHANG_SAN)
    assert "已并入" in preview(clerk, case, TODAY).problems[0]


def test_parting_tells_what_was_determined_from_both(
    town: Town, twofold: Person, clerk: Actor, system: Actor, reviewer: Actor
) -> None:
    worked(town.zhang, town.employer, Month(1996, 1), Month(2026, 4))
    registry.merge(reviewer, town.zhang, twofold, "同一人", now=NOW)
    made = benefits.determine(system, town.zhang, "基本养老金", Month(2026, 5), now=MAY)
    benefits.award(reviewer, made, "办件8", now=MAY)
    case = identities(clerk, id_number=ZHANG_SAN, other_number=OTHER, doing="undo")
    assert "重新核定" in changes(clerk, case)["合并以后核定的待遇"]


def test_a_death_recorded_for_both_is_settled_before_they_are_parted(
    town: Town, twofold: Person, clerk: Actor, system: Actor, reviewer: Actor
) -> None:
    made = registry.merge(reviewer, twofold, town.zhang, "同一人", now=NOW)
    registry.record_death(system, twofold, date(2026, 3, 1), today=TODAY)
    with pytest.raises(Conflict, match="不知道是其中哪一个"):
        registry.undo_merge(reviewer, made, now=NOW)
    registry.revoke_death(system, twofold, "登记有误")
    registry.undo_merge(reviewer, made, now=NOW)


def test_nobody_parts_identities_of_another_region(town: Town, reviewer: Actor, twofold: Person) -> None:
    there = make_actor("there", "区复核", Role.REVIEWER, region=DISTRICT)
    made = registry.merge(reviewer, twofold, town.wang, "同一人", now=NOW)
    with pytest.raises(NotAllowed):
        registry.undo_merge(there, made, now=NOW)


def test_who_is_hardly_the_same_is_said_to_differ(town: Town, twofold: Person, clerk: Actor) -> None:
    assert "两个身份不同的" not in changes(clerk, identities(clerk))
    case = identities(clerk, id_number=ZHANG_SAN, other_number=WANG_WU)
    told = [change.before for change in preview(clerk, case, TODAY).changes if change.what == "两个身份不同的"]
    assert [text.partition("：")[0] for text in told] == ["姓名", "出生日期"]

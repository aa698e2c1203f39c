"""Clues of scenes that become cases: handed over, reported on, decided, recalled; and what comes back to the clue."""

from __future__ import annotations

import shutil
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jinbao.cases import actions, queries
from jinbao.cases.checks import CHECKS
from jinbao.cases.clues import AT_ONCE
from jinbao.cases.effects import preview
from jinbao.cases.evidence import evidence_of
from jinbao.cases.forms import FormRefused
from jinbao.cases.machine import OPEN
from jinbao.cases.models import Case
from jinbao.cases.services import load_services
from jinbao.data.scenes import checks as scene_checks
from jinbao.data.scenes.declared import scenes
from jinbao.data.scenes.models import Finding
from jinbao.insurance.benefits.compute import PENSION
from jinbao.insurance.benefits.models import Award, Suspension
from jinbao.insurance.payments.models import Clawback, Payment, PaymentBatch
from jinbao.kernel.errors import Conflict, FormatError, JinbaoError, NotAllowed, NotFound
from jinbao.kernel.months import Month
from jinbao.kernel.regions import policy_folder
from jinbao.trust.actors import Actor
from jinbao.trust.models import AuditEvent, Role
from tests.cases.clue_runs import DEAD, answered, dead, many
from tests.cases.conftest import NOW, TODAY, Town, at
from tests.conftest import CITY, DISTRICT, OTHER_CITY, make_actor
from tests.killing import run_and_kill

TRUE = {"finding": "true", "died_on": "2026-01-15"}
FALSE = {"finding": "false"}


def holds() -> bool:
    """Tell whether every invariant of cases and of scenes' clues holds."""
    agree = next(check for check in scene_checks.CHECKS if check.name == "scenes.agree")
    return not [row for check in (*CHECKS, agree) for row in check.rows()]


def clue() -> Finding:
    """Return the only clue."""
    return Finding.objects.get()


def handed(by: Actor, rows: list[dict[str, Any]], now: datetime = NOW, name: str = DEAD) -> list[Case]:
    """Let a scene find rows and hand all of them over."""
    answered(rows, now, name)
    return [case for group in actions.hand_over_all(by, name, now=now) for case in group]


def decided(clerk: Actor, reviewer: Actor, case: Case, found: dict[str, str], now: datetime = NOW) -> Case:
    """Report and approve."""
    reported = actions.report(clerk, case, found, version=case.version, now=now, remark="电话核实，家属证实")
    return actions.approve(reviewer, reported, version=reported.version, now=now)


def paid_award(town: Town) -> Award:
    """张三 is paid 3,000 yuan a month from December 2025 on, March 2026 included."""
    award = Award.objects.create(
        person=town.zhang,
        benefit=PENSION,
        start=Month(2025, 12),
        monthly_fen=300_000,
        ground="历史数据转入",
        region=DISTRICT,
    )
    batch = PaymentBatch.objects.create(
        region=CITY, fund="110", month=Month(2026, 3), status="settled", drafted_by="甲", drafted_at=NOW
    )
    for month in (Month(2025, 12), Month(2026, 1), Month(2026, 2), Month(2026, 3)):
        Payment.objects.create(
            batch=batch, person=town.zhang, award=award, kind="regular", for_month=month, gross_fen=300_000,
            amount_fen=300_000, status="paid", settled_on=TODAY,
        )  # fmt: skip
    return award


def test_it_works(town: Town, auditor: Actor, clerk: Actor, reviewer: Actor) -> None:
    (case,) = handed(auditor, [dead()])
    assert (case.state, case.item, case.region, case.subject_name) == ("accepted", "clue_death", DISTRICT, "张三")
    assert case.promised_due == date(2026, 4, 3)
    assert (clue().state, clue().case) == ("handed", case.number)
    assert [line.case for line in queries.queue(clerk, today=TODAY).lines] == [case]
    assert queries.waiting_for(clerk) == 1
    assert queries.waiting_for(auditor) == 0
    done = decided(clerk, reviewer, case, FALSE)
    assert (done.state, done.result["outcome"]) == ("done", "false")
    assert (clue().state, clue().outcome, clue().remark) == ("settled", "false", "电话核实，家属证实")
    assert holds()


def test_nobody_of_the_public_sees_a_case_about_a_clue(
    town: Town, auditor: Actor, zhang_san: Actor, wang_wu: Actor, agent: Actor, other_agent: Actor
) -> None:
    (case,) = handed(auditor, [dead(employer_uscc=town.employer.uscc)])
    Case.objects.filter(pk=case.pk).update(employer_uscc=town.employer.uscc)
    for by in (zhang_san, wang_wu, agent, other_agent):
        assert not queries.mine(by, today=TODAY)
        with pytest.raises(NotFound):
            queries.case(by, case.number)
        with pytest.raises(NotAllowed):
            actions.hand_over(by, DEAD, [case.clue_id or 0], now=NOW)


def test_officers_of_another_city_see_nothing_and_hand_nothing_over(town: Town, other_clerk: Actor) -> None:
    answered([dead()], NOW)
    abroad = make_actor("jihe2", "外市稽核", Role.AUDITOR, region=OTHER_CITY)
    assert list(actions.hand_over_all(abroad, DEAD, now=NOW)) == []
    with pytest.raises(Conflict):
        actions.hand_over(abroad, DEAD, [clue().pk], now=NOW)
    (case,) = next(actions.hand_over_all(Actor.system(), DEAD, now=NOW))
    with pytest.raises(NotFound):
        queries.case(other_clerk, case.number)
    with pytest.raises(NotAllowed):
        actions.report(other_clerk, case, FALSE, version=1, now=NOW, remark="查无此人")


@pytest.mark.parametrize("role", [Role.CLERK, Role.REVIEWER, Role.FINANCE, Role.ADMIN])
def test_who_examines_or_decides_does_not_hand_over(town: Town, role: Role) -> None:
    answered([dead()], NOW)
    by = make_actor("mou", "某人", role, region=CITY)
    with pytest.raises(NotAllowed):
        actions.hand_over(by, DEAD, [clue().pk], now=NOW)
    assert not Case.objects.exists()


def test_two_people_decide_and_neither_handed_it_over(town: Town, auditor: Actor, clerk: Actor) -> None:
    (case,) = handed(auditor, [dead()])
    make_actor("jihe", "周稽核", Role.CLERK, region=CITY)
    with pytest.raises(NotAllowed, match="已经办理过"):
        actions.report(_as(auditor, Role.CLERK), case, FALSE, version=1, now=NOW, remark="核实")
    reported = actions.report(clerk, case, FALSE, version=1, now=NOW, remark="核实")
    with pytest.raises(NotAllowed, match="已经办理过"):
        actions.approve(_as(clerk, Role.REVIEWER), reported, version=2, now=NOW)


def _as(by: Actor, role: Role) -> Actor:
    """Return the same officer in another role."""
    return Actor(by.user_id, by.username, by.name, role, by.region)


@pytest.mark.parametrize(
    ("found", "field"), [({}, "finding"), ({"finding": "true"}, "died_on"), ({"finding": "谎报"}, "finding")]
)
def test_a_report_says_what_was_found(
    town: Town, auditor: Actor, clerk: Actor, found: dict[str, str], field: str
) -> None:
    (case,) = handed(auditor, [dead()])
    with pytest.raises(FormRefused) as refused:
        actions.report(clerk, case, found, version=1, now=NOW, remark="电话核实")
    assert set(refused.value.errors) == {field}
    with pytest.raises(FormatError, match="怎样核实"):
        actions.report(clerk, case, FALSE, version=1, now=NOW, remark=" ")


def test_a_report_that_is_sent_back_is_made_anew(town: Town, auditor: Actor, clerk: Actor, reviewer: Actor) -> None:
    (case,) = handed(auditor, [dead()])
    reported = actions.report(clerk, case, FALSE, version=1, now=NOW, remark="没有打通电话")
    back = actions.send_back(reviewer, reported, version=2, now=NOW, remark="请上门")
    assert clue().state == "handed"
    done = decided(clerk, reviewer, back, {"finding": "unknown"})
    assert clue().outcome == "unknown"
    assert done.state == "done"
    assert holds()


def test_a_case_is_put_into_the_hands_of_a_clerk_of_the_region(
    town: Town, auditor: Actor, clerk: Actor, second_clerk: Actor, other_clerk: Actor, reviewer: Actor
) -> None:
    answered([dead()], NOW)
    for nobody in (other_clerk, reviewer):
        with pytest.raises(FormatError, match="不能核查"):
            actions.hand_over(auditor, DEAD, [clue().pk], now=NOW, officer=nobody.username)
    (case,) = actions.hand_over(auditor, DEAD, [clue().pk], now=NOW, officer=clerk.username)
    assert case.held_by == clerk.username
    with pytest.raises(Conflict, match="陈经办"):
        actions.report(second_clerk, case, FALSE, version=1, now=NOW, remark="核实")
    assert actions.report(clerk, case, FALSE, version=1, now=NOW, remark="核实").state == "reviewing"


def test_the_same_request_is_one_case_and_another_finds_nothing_left(town: Town, auditor: Actor) -> None:
    answered([dead()], NOW)
    first = actions.hand_over(auditor, DEAD, [clue().pk], now=NOW, key="k")
    assert actions.hand_over(auditor, DEAD, [clue().pk], now=NOW, key="k") == first
    with pytest.raises(Conflict, match="已经交办"):
        actions.hand_over(auditor, DEAD, [clue().pk], now=NOW)
    with pytest.raises(FormatError):
        actions.hand_over(auditor, DEAD, [], now=NOW)
    assert Case.objects.count() == 1


def test_an_untrue_clue_stays_settled_until_its_evidence_is_another(
    town: Town, auditor: Actor, clerk: Actor, reviewer: Actor
) -> None:
    (case,) = handed(auditor, [dead()])
    decided(clerk, reviewer, case, FALSE)
    for days, rows in ((1, [dead(overpaid_months=3)]), (2, []), (3, [dead(overpaid_months=4)])):
        answered(rows, at(days))
        assert clue().state == "settled"
        assert holds()
    answered([dead(certificate_on=date(2026, 1, 14))], at(4))
    assert (clue().state, clue().case, clue().outcome) == ("new", "", "")
    (again,) = next(actions.hand_over_all(auditor, DEAD, now=at(4)))
    seen = evidence_of(clerk, again)
    assert seen is not None
    assert seen.earlier == (case,)
    assert holds()


def test_a_true_clue_that_had_gone_and_comes_back_waits_again(
    town: Town, auditor: Actor, clerk: Actor, reviewer: Actor
) -> None:
    (case,) = handed(auditor, [dead(award_no="none")])
    decided(clerk, reviewer, case, TRUE)
    answered([dead()], at(1))
    assert clue().state == "settled"
    answered([], at(2))
    answered([dead()], at(3))
    assert clue().state == "new"


def test_a_settled_clue_whose_time_is_over_waits_again(
    town: Town, auditor: Actor, clerk: Actor, reviewer: Actor
) -> None:
    alive = dead(last_on=date(2026, 3, 1), traces=2, sources=1, last_source="1")
    (case,) = handed(auditor, [alive], name="silent_authentication")
    decided(clerk, reviewer, case, {"finding": "true", "confirmed_on": "2026-03-01"})
    answered([alive], at(364), "silent_authentication")
    assert clue().state == "settled"
    answered([alive], at(365), "silent_authentication")
    assert clue().state == "new"


def test_a_case_stays_open_when_its_clue_vanishes_and_says_so(
    town: Town, auditor: Actor, clerk: Actor, reviewer: Actor
) -> None:
    (case,) = handed(auditor, [dead()])
    answered([], at(1))
    seen = evidence_of(clerk, Case.objects.get(pk=case.pk))
    assert seen is not None
    assert seen.clue.gone
    assert Case.objects.get().state == "accepted"
    decided(clerk, reviewer, case, {"finding": "handled"}, at(1))
    assert (clue().gone, clue().state, clue().outcome) == (True, "settled", "handled")
    assert holds()


def test_the_officer_sees_the_row_as_it_was_and_as_it_is_with_numbers_masked(
    town: Town, auditor: Actor, clerk: Actor
) -> None:
    (case,) = handed(auditor, [dead()])
    answered([dead(overpaid_months=3)], at(31))
    seen = evidence_of(clerk, case)
    assert seen is not None
    cells = {cell.label: cell for cell in seen.cells}
    assert (cells["死亡次月起已发月数"].then, cells["死亡次月起已发月数"].now) == ("2", "3")
    assert cells["月待遇"].then == "3,000.00"
    assert cells["民政火化记录"].makes_it
    assert seen.tables[-1] == "一人一号"
    assert case.person_id_number not in repr([cell.then for cell in seen.cells])


def test_thousands_are_handed_over_in_groups_of_a_fixed_number_of_queries(town: Town, auditor: Actor) -> None:
    answered(many(2 * AT_ONCE + 7), NOW)
    taken = []
    groups = actions.hand_over_all(auditor, DEAD, now=NOW)
    for _ in range(3):
        with CaptureQueriesContext(connection) as captured:
            group = next(groups)
        taken.append((len(group), len(captured)))
    assert [size for size, _ in taken] == [AT_ONCE, AT_ONCE, 7]
    assert max(count for _, count in taken) <= 30
    assert next(groups, None) is None
    assert Case.objects.count() == len(set(Case.objects.values_list("number", flat=True))) == 2 * AT_ONCE + 7
    assert set(Case.objects.values_list("region", flat=True)) == {DISTRICT, "990102", CITY}
    events = AuditEvent.objects.filter(action="cases.hand_over")
    assert sum(len(event.detail["numbers"]) for event in events) == 2 * AT_ONCE + 7
    assert holds()


HAND_OVER = f"""
from datetime import UTC, datetime
from jinbao.cases import actions
from jinbao.trust.actors import Actor
for group in actions.hand_over_all(Actor.system(), "{DEAD}", now=datetime(2026, 3, 20, 2, tzinfo=UTC)):
    print(len(group), flush=True)
"""


@pytest.mark.django_db(transaction=True)
def test_a_batch_that_is_killed_halfway_goes_on_where_it_stopped(var: Path) -> None:
    answered(many(12 * AT_ONCE), NOW)
    lines = run_and_kill(HAND_OVER, after_lines=2, var=var)
    assert len(lines) >= 2
    assert 2 * AT_ONCE <= Case.objects.count() < 12 * AT_ONCE
    assert holds()
    for _ in actions.hand_over_all(Actor.system(), DEAD, now=NOW):
        pass
    assert Case.objects.count() == Finding.objects.filter(state="handed").count() == 12 * AT_ONCE
    assert holds()


def test_the_schedule_hands_over_what_scenes_declare_and_each_clue_once(town: Town, clerk: Actor) -> None:
    answered([dead()], NOW)
    answered([dead(other="1", since=202601)], NOW, "double_benefits")
    by = Actor.system()
    assert [(scene.name, count) for scene, count in actions.hand_over_new(by, now=NOW)] == [(DEAD, 1)]
    assert [count for _, count in actions.hand_over_new(by, now=NOW)] == [0]
    assert Finding.objects.get(scene="double_benefits").state == "new"
    assert Case.objects.get().applicant == "system"


def test_a_clue_handed_over_in_error_waits_again(town: Town, auditor: Actor, clerk: Actor, reviewer: Actor) -> None:
    (case,) = handed(auditor, [dead()])
    with pytest.raises(NotAllowed):
        actions.recall(clerk, case, version=1, now=NOW, remark="错了")
    with pytest.raises(FormatError):
        actions.recall(auditor, case, version=1, now=NOW, remark="")
    assert actions.recall(auditor, case, version=1, now=NOW, remark="同名不同人").state == "withdrawn"
    assert clue().state == "new"
    assert holds()
    (again,) = next(actions.hand_over_all(auditor, DEAD, now=NOW))
    reported = actions.report(clerk, again, FALSE, version=1, now=NOW, remark="核实")
    with pytest.raises(Conflict):
        actions.recall(auditor, reported, version=2, now=NOW, remark="晚了")


def test_a_true_death_ends_the_award_and_claims_back_what_was_paid_since(
    town: Town, auditor: Actor, clerk: Actor, reviewer: Actor
) -> None:
    award = paid_award(town)
    (case,) = handed(auditor, [dead(award_no=str(award.pk))])
    reported = actions.report(clerk, case, TRUE, version=1, now=NOW, remark="家属证实")
    told = {change.what: change.after for change in preview(reviewer, reported, TODAY).changes}
    assert told["基本养老金 3,000.00 元/月"] == "自 2026-02 终止"
    assert told["追回"] == "2026-02 至 2026-03 多发的 6,000.00 元"
    award.refresh_from_db()
    assert award.end is None, "a preview leaves nothing behind"
    done = actions.approve(reviewer, reported, version=2, now=NOW)
    award.refresh_from_db()
    town.zhang.refresh_from_db()
    assert award.end == Month(2026, 2)
    assert town.zhang.died_on == date(2026, 1, 15)
    assert Clawback.objects.get(pk=done.result["clawbacks"][0]).amount_fen == 600_000
    assert holds()


@pytest.mark.parametrize("found", [FALSE, {"finding": "handled"}, {"finding": "unknown"}])
def test_what_is_not_true_changes_nothing_in_the_books(
    town: Town, auditor: Actor, clerk: Actor, reviewer: Actor, found: dict[str, str]
) -> None:
    award = paid_award(town)
    (case,) = handed(auditor, [dead(award_no=str(award.pk))])
    decided(clerk, reviewer, case, found)
    award.refresh_from_db()
    assert (award.end, Clawback.objects.count()) == (None, 0)


def test_the_award_of_somebody_else_under_the_same_number_is_left_alone(
    town: Town, auditor: Actor, clerk: Actor, reviewer: Actor
) -> None:
    award = paid_award(town)
    Award.objects.filter(pk=award.pk).update(person=town.li)
    (case,) = handed(auditor, [dead(award_no=str(award.pk))])
    done = decided(clerk, reviewer, case, TRUE)
    award.refresh_from_db()
    assert award.end is None
    assert done.result == {"clue": clue().pk, "outcome": "true"}


def test_a_date_of_death_that_cannot_be_is_said_before_anybody_decides(
    town: Town, auditor: Actor, clerk: Actor
) -> None:
    award = paid_award(town)
    (case,) = handed(auditor, [dead(award_no=str(award.pk))])
    with pytest.raises(Conflict, match="晚于今天"):
        actions.report(clerk, case, {"finding": "true", "died_on": "2026-05-01"}, version=1, now=NOW, remark="家属证实")
    assert Case.objects.get().state == "accepted"


def test_a_true_sentence_suspends_the_award_on_the_ground_of_the_case(
    town: Town, auditor: Actor, clerk: Actor, reviewer: Actor
) -> None:
    award = paid_award(town)
    row = dead(award_no=str(award.pk), since_on=date(2026, 1, 5), until_on=date(2027, 1, 5), in_prison="1", judged="1")
    (case,) = handed(auditor, [row], name="paid_in_prison")
    done = decided(clerk, reviewer, case, {"finding": "true", "suspend_from": "2026-02"})
    stopped = Suspension.objects.get(pk=done.result["suspensions"][0])
    assert (stopped.award, stopped.start, stopped.ground) == (award, Month(2026, 2), case.number)
    assert Clawback.objects.get().amount_fen == 600_000
    award.refresh_from_db()
    assert award.end is None


def test_a_clue_and_an_application_go_their_own_ways(
    opened: Case, auditor: Actor, clerk: Actor, reviewer: Actor
) -> None:
    (case,) = handed(auditor, [dead()])
    for verb in ("accept", "ask_correction", "examine", "withdraw"):
        with pytest.raises(Conflict, match="不能"):
            getattr(actions, verb)(clerk, case, version=1, now=NOW, remark="试试")
    with pytest.raises(Conflict):
        actions.refuse(reviewer, case, version=1, now=NOW, remark="试试")
    with pytest.raises(Conflict):
        actions.report(clerk, opened, FALSE, version=1, now=NOW, remark="试试")
    with pytest.raises(Conflict):
        actions.recall(auditor, opened, version=1, now=NOW, remark="试试")


def test_a_clue_item_is_nobodys_to_apply_for(town: Town, zhang_san: Actor, clerk: Actor, system: Actor) -> None:
    for by in (zhang_san, clerk, system):
        with pytest.raises(NotFound):
            actions.open_case(by, "clue_death", dict(TRUE), now=NOW)


def test_every_scene_that_opens_cases_names_an_item_and_every_item_has_its_scene() -> None:
    named = {one.case.item for one in scenes() if one.case is not None}
    assert named == {code for code, service in load_services().items() if service.is_clue}


def test_a_scene_that_opens_no_cases_or_was_not_run_says_so(town: Town, auditor: Actor) -> None:
    for name, what in (("fund_watch", "不开办件"), (DEAD, "还没有运行")):
        with pytest.raises(Conflict, match=what):
            list(actions.hand_over_all(auditor, name, now=NOW))
    with pytest.raises(NotFound):
        list(actions.hand_over_all(auditor, "nothing", now=NOW))


def test_an_answer_that_was_removed_says_what_to_do(town: Town, auditor: Actor, var: Path) -> None:
    answered([dead()], NOW)
    for path in (var / "lake" / "scenes" / DEAD).glob("*.parquet"):
        path.unlink()
    with pytest.raises(JinbaoError, match="已清理"):
        list(actions.hand_over_all(auditor, DEAD, now=NOW))
    answered([dead()], NOW, "paid_in_prison")
    told = {scene.name: said for scene, said in actions.hand_over_new(Actor.system(), now=NOW)}
    assert isinstance(told[DEAD], NotFound), "what one scene lacks stops no other"
    assert told["paid_in_prison"] == 1


def test_a_scene_whose_key_was_declared_anew_is_to_be_run_first(
    town: Town, auditor: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered([dead()], NOW)
    shutil.copytree(policy_folder(), tmp_path / "policy")
    path = tmp_path / "policy" / "scenes" / DEAD / "scene.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("key: [person_no]", "key: [person_no, award_no]"), "utf-8")
    query = path.with_name("query.sql")
    query.write_text(query.read_text(encoding="utf-8").replace("DESC, person_no", "DESC, person_no, award_no"), "utf-8")
    monkeypatch.setenv("JINBAO_POLICY", str(tmp_path / "policy"))
    with pytest.raises(Conflict, match="改过声明"):
        list(actions.hand_over_all(auditor, DEAD, now=NOW))


def test_a_run_while_a_case_is_open_leaves_it_in_its_hands(town: Town, auditor: Actor) -> None:
    (case,) = handed(auditor, [dead()])
    for days in range(1, 4):
        answered([dead(certificate_on=date(2026, 1, days))], NOW + timedelta(days=days))
    assert (clue().state, clue().case) == ("handed", case.number)
    assert Case.objects.filter(state__in=OPEN).count() == 1
    assert holds()


BREAKS = {
    "clue waits again": lambda _: Finding.objects.update(state="new", case=""),
    "clue names another case": lambda _: Finding.objects.update(case="990101-20260320-999999"),
    "case closed behind it": lambda case: Case.objects.filter(pk=case.pk).update(state="withdrawn"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_clue_without_its_case_is_found(town: Town, auditor: Actor, name: str) -> None:
    (case,) = handed(auditor, [dead()])
    BREAKS[name](case)
    assert "cases.clues" in {check.name for check in CHECKS for _ in check.rows()}


def test_a_clue_that_says_other_than_its_case_is_found(
    town: Town, auditor: Actor, clerk: Actor, reviewer: Actor
) -> None:
    (case,) = handed(auditor, [dead()])
    decided(clerk, reviewer, case, FALSE)
    Finding.objects.update(outcome="true")
    assert {check.name for check in CHECKS for _ in check.rows()} == {"cases.clues"}

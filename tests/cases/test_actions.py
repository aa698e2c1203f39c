"""The way of a case: who may do what, in which order, and what the second one is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from jinbao.cases import actions, queries
from jinbao.cases.forms import FormRefused
from jinbao.cases.models import Case, Step
from jinbao.insurance.registry import actions as registry
from jinbao.insurance.registry.models import BankAccount
from jinbao.insurance.registry.queries import current_account
from jinbao.kernel.errors import Conflict, FormatError, NotAllowed, NotFound
from jinbao.kernel.identifiers.citizen_id import CitizenId
from jinbao.trust.actors import Actor
from jinbao.trust.models import AuditEvent, Role
from tests.cases.conftest import NOW, Town, account_form, at, card
from tests.conftest import DISTRICT, LI_SI, ZHANG_SAN, make_actor

State = Case.State


def test_it_works(examined: Case, reviewer: Actor, town: Town) -> None:
    done = actions.approve(reviewer, examined, version=examined.version, now=at(days=3))
    account = current_account(town.zhang)
    assert done.state == State.DONE
    assert account is not None
    assert account.number == card()
    assert done.result == {"bank_account": account.pk}
    assert done.used_days == 1
    assert [step.verb for step in done.steps.all()] == ["submit", "accept", "examine", "approve"]


def test_a_case_gets_a_number_of_its_region_and_day_and_its_last_days(opened: Case) -> None:
    assert opened.number == f"{DISTRICT}-20260320-000001"
    assert (opened.promised_due, opened.statutory_due) == (date(2026, 3, 25), date(2026, 4, 3))
    assert (opened.subject_name, opened.person_id_number, opened.region) == ("张三", ZHANG_SAN, DISTRICT)


def test_the_same_form_sent_twice_is_one_case(town: Town, zhang_san: Actor) -> None:
    first, second = (
        actions.open_case(zhang_san, "bank_account_change", account_form(), now=at(hours=n), key="form-1")
        for n in (0, 1)
    )
    assert first.pk == second.pk
    assert Case.objects.count() == 1


def test_a_second_open_case_of_one_person_is_told_the_number_of_the_first(opened: Case, zhang_san: Actor) -> None:
    with pytest.raises(Conflict) as caught:
        actions.open_case(zhang_san, "bank_account_change", account_form(), now=at(hours=1))
    assert opened.number in caught.value.message
    actions.withdraw(zhang_san, opened, version=opened.version, now=at(hours=2))
    assert actions.open_case(zhang_san, "bank_account_change", account_form(), now=at(hours=3)).pk != opened.pk


def test_nobody_applies_with_somebody_elses_number(town: Town, zhang_san: Actor, wang_wu: Actor) -> None:
    for by in (zhang_san, wang_wu):
        with pytest.raises(FormRefused) as caught:
            actions.open_case(by, "bank_account_change", account_form(id_number=LI_SI), now=NOW)
        assert "id_number" in caught.value.errors


def test_money_goes_to_the_persons_own_account_only(town: Town, zhang_san: Actor) -> None:
    with pytest.raises(FormRefused) as caught:
        actions.open_case(zhang_san, "bank_account_change", account_form(account_holder="李四"), now=NOW)
    assert "户名" in caught.value.errors["account_holder"]


def test_an_employer_does_not_change_an_employees_account(town: Town, agent: Actor) -> None:
    with pytest.raises(NotAllowed):
        actions.open_case(agent, "bank_account_change", account_form(), now=NOW)


def test_an_unknown_item_is_not_found(town: Town, zhang_san: Actor) -> None:
    with pytest.raises(NotFound):
        actions.open_case(zhang_san, "../law", {}, now=NOW)


def test_whoever_decides_on_an_older_version_is_told_who_did_what_and_when(
    opened: Case, clerk: Actor, second_clerk: Actor
) -> None:
    actions.accept(clerk, opened, version=opened.version, now=at(hours=1))
    with pytest.raises(Conflict) as caught:
        actions.ask_correction(second_clerk, opened, version=opened.version, now=at(hours=2), remark="缺项")
    assert "陈经办已于 2026-03-20 11:00 办理“受理”" in caught.value.message
    assert "审核中" in caught.value.message


def test_a_verb_that_the_state_does_not_allow_is_told_what_it_allows(opened: Case, clerk: Actor) -> None:
    with pytest.raises(Conflict) as caught:
        actions.examine(clerk, opened, version=opened.version, now=NOW)
    assert "受理" in caught.value.advice


def test_two_officers_on_one_case_the_second_sees_who_has_it_since_when(
    opened: Case, clerk: Actor, second_clerk: Actor, reviewer: Actor
) -> None:
    held = actions.take(clerk, opened, now=at(hours=1))
    for attempt in (
        lambda: actions.take(second_clerk, opened, now=at(hours=2)),
        lambda: actions.accept(second_clerk, opened, version=held.version, now=at(hours=2)),
        lambda: actions.release(second_clerk, opened, now=at(hours=2)),
    ):
        with pytest.raises(Conflict) as caught:
            attempt()
        assert "陈经办已于 2026-03-20 11:00 领取该件" in caught.value.message
    assert actions.take(clerk, opened, now=at(hours=3)).held_at == at(hours=1)
    assert actions.release(reviewer, opened, now=at(hours=4)).held_by == ""
    assert actions.take(second_clerk, opened, now=at(hours=5)).held_by == second_clerk.username


def test_whoever_moves_a_case_lets_it_go(opened: Case, clerk: Actor) -> None:
    held = actions.take(clerk, opened, now=NOW)
    assert actions.accept(clerk, held, version=held.version, now=at(hours=1)).held_by == ""


def test_an_officer_with_two_roles_does_not_review_what_he_examined(examined: Case, clerk: Actor) -> None:
    same_person = make_actor(clerk.username, clerk.name, Role.REVIEWER, region=clerk.region)
    for verb in (actions.approve, actions.refuse, actions.send_back):
        with pytest.raises(NotAllowed):
            verb(same_person, examined, version=examined.version, now=at(days=1), remark="同意")


def test_a_clerk_who_applied_at_the_window_accepts_but_does_not_examine(
    town: Town, clerk: Actor, second_clerk: Actor
) -> None:
    case = actions.open_case(clerk, "bank_account_change", account_form(), now=NOW)
    assert case.channel == Case.Channel.COUNTER
    case = actions.accept(clerk, case, version=case.version, now=NOW)
    with pytest.raises(NotAllowed):
        actions.examine(clerk, case, version=case.version, now=NOW)
    assert actions.examine(second_clerk, case, version=case.version, now=NOW).state == State.REVIEWING


def test_an_officer_does_not_handle_the_case_of_himself(opened: Case) -> None:
    himself = make_actor("zhangsan", "张三", Role.CLERK, region="990100")
    with pytest.raises(NotAllowed) as caught:
        actions.accept(himself, opened, version=opened.version, now=NOW)
    assert "回避" in caught.value.message


def test_an_officer_does_not_handle_the_case_about_himself_that_another_applied_for(
    town: Town, second_clerk: Actor, clerk: Actor
) -> None:
    case = actions.open_case(second_clerk, "bank_account_change", account_form(), now=NOW)
    make_actor(clerk.username, clerk.name, Role.INSURED, subject=ZHANG_SAN)
    with pytest.raises(NotAllowed):
        actions.take(clerk, case, now=NOW)


def test_the_wrong_role_is_refused_and_the_attempt_recorded(opened: Case, clerk: Actor, auditor: Actor) -> None:
    for by in (clerk, auditor):
        with pytest.raises(NotAllowed):
            actions.approve(by, opened, version=opened.version, now=NOW)
    assert AuditEvent.objects.filter(action="trust.refused").count() == 2


def test_an_officer_of_another_city_and_other_people_reach_nothing(
    opened: Case, other_clerk: Actor, wang_wu: Actor, li_si: Actor
) -> None:
    with pytest.raises(NotAllowed):
        actions.accept(other_clerk, opened, version=opened.version, now=NOW)
    for by in (wang_wu, li_si):
        with pytest.raises(NotAllowed):
            actions.withdraw(by, opened, version=opened.version, now=NOW)


def test_the_same_decision_sent_twice_is_one_decision(examined: Case, reviewer: Actor) -> None:
    first, second = (
        actions.approve(reviewer, examined, version=examined.version, now=at(days=1), key="decide-1") for _ in range(2)
    )
    assert (first.pk, first.version) == (second.pk, second.version)
    assert Step.objects.filter(verb="approve").count() == 1


def test_a_person_sees_the_cases_of_all_his_identities(
    opened: Case, town: Town, system: Actor, zhang_san: Actor, wang_wu: Actor
) -> None:
    number = CitizenId.make(DISTRICT, date(1966, 1, 15), 201).number18
    other = registry.register_person(system, number, "张三", region=DISTRICT, today=date(2026, 3, 20))
    himself = make_actor("zhangsan_b", "张三", Role.INSURED, subject=number)
    assert queries.mine(himself, today=date(2026, 3, 20)) == ()
    registry.merge(system, other, town.zhang, "同一人两个号码", now=NOW)
    for by in (himself, zhang_san):
        assert [line.case for line in queries.mine(by, today=date(2026, 3, 20))] == [opened]
    assert queries.mine(wang_wu, today=date(2026, 3, 20)) == ()


def test_characters_that_no_database_keeps_are_left_out_of_a_remark(opened: Case, clerk: Actor) -> None:
    moved = actions.accept(clerk, opened, version=opened.version, now=NOW, remark="齐\x00全\n可以\ud800")
    assert moved.steps.get(verb="accept").note == "齐全\n可以"


def test_no_automatic_work_decides(examined: Case, system: Actor) -> None:
    with pytest.raises(NotAllowed):
        actions.approve(system, examined, version=examined.version, now=NOW)


def test_a_refusal_needs_a_reason_and_two_people(opened: Case, clerk: Actor, reviewer: Actor) -> None:
    case = actions.accept(clerk, opened, version=opened.version, now=NOW)
    with pytest.raises(FormatError):
        actions.examine(clerk, case, version=case.version, now=NOW, refusal=True)
    case = actions.examine(clerk, case, version=case.version, now=NOW, refusal=True, remark="账户已注销")
    with pytest.raises(Conflict) as caught:
        actions.approve(reviewer, case, version=case.version, now=NOW)
    assert "不能由一人改为相反的决定" in caught.value.message
    case = actions.refuse(reviewer, case, version=case.version, now=NOW, remark="账户已注销，依据经办条例第十条")
    assert case.state == State.REFUSED
    assert case.result == {}
    assert not BankAccount.objects.exists()


def test_a_reviewer_does_not_refuse_what_the_examiner_found_right(examined: Case, reviewer: Actor) -> None:
    with pytest.raises(Conflict):
        actions.refuse(reviewer, examined, version=examined.version, now=NOW, remark="不行")
    back = actions.send_back(reviewer, examined, version=examined.version, now=NOW, remark="户名再核")
    assert (back.state, back.proposal) == (State.ACCEPTED, "")


def test_asking_for_corrections_stops_the_clock_until_they_come(opened: Case, clerk: Actor, zhang_san: Actor) -> None:
    asked = actions.ask_correction(clerk, opened, version=opened.version, now=at(days=3), remark="请写明开户网点")
    assert asked.paused_since == date(2026, 3, 23)
    with pytest.raises(Conflict):
        actions.accept(clerk, asked, version=asked.version, now=at(days=4))
    form = account_form(bank="演示银行江东支行")
    back = actions.resubmit(zhang_san, asked, form, version=asked.version, now=at(days=10))
    assert (back.state, back.paused_since) == (State.SUBMITTED, None)
    assert back.promised_due == date(2026, 4, 1)  # 23 March was the first day; 31 March and 1 April are the others
    assert back.form["bank"] == "演示银行江东支行"
    assert back.steps.get(verb="submit").detail["form"]["bank"] == "演示银行"


def test_a_correction_does_not_change_whom_the_case_is_about(town: Town, clerk: Actor, second_clerk: Actor) -> None:
    case = actions.open_case(clerk, "bank_account_change", account_form(), now=NOW)
    case = actions.ask_correction(second_clerk, case, version=case.version, now=NOW, remark="证件号码？")
    other = account_form(id_number=LI_SI, account_holder="李四")
    with pytest.raises(Conflict):
        actions.resubmit(clerk, case, other, version=case.version, now=NOW)


def test_only_the_applicant_corrects_and_withdraws(opened: Case, second_clerk: Actor) -> None:
    with pytest.raises(NotAllowed):
        actions.withdraw(second_clerk, opened, version=opened.version, now=NOW)


def test_withdrawing_while_the_clock_stands_still_ends_the_pause(opened: Case, clerk: Actor, zhang_san: Actor) -> None:
    asked = actions.ask_correction(clerk, opened, version=opened.version, now=at(days=3), remark="缺项")
    gone = actions.withdraw(zhang_san, asked, version=asked.version, now=at(days=20))
    assert (gone.paused_since, gone.used_days) == (None, 1)
    assert gone.pauses.get().until == gone.closed_on


def test_when_the_effect_fails_nothing_is_approved_and_the_reviewer_reads_why(
    examined: Case, reviewer: Actor, town: Town
) -> None:
    BankAccount.objects.create(
        person=town.zhang, bank="演示银行", number=card("621700009999999"), holder="张三", since=date(2026, 12, 1)
    )
    with pytest.raises(Conflict) as caught:
        actions.approve(reviewer, examined, version=examined.version, now=at(days=1))
    assert "有变化" in caught.value.message
    now = Case.objects.get(pk=examined.pk)
    assert (now.state, now.version, now.result) == (State.REVIEWING, examined.version, {})
    assert not Step.objects.filter(case=now, verb="approve").exists()
    assert BankAccount.objects.count() == 1


def test_an_effect_that_fails_inside_undoes_the_approval(
    examined: Case, reviewer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(by: Actor, case: Case, now: object) -> dict[str, int]:
        Case.objects.filter(pk=case.pk).update(subject_name="改了")
        raise Conflict("银行系统拒绝该账户", advice="请核对卡号。")

    from jinbao.cases import effects

    effect = effects.EFFECTS["bank_account_change"]
    monkeypatch.setitem(effects.EFFECTS, "bank_account_change", replace(effect, run=half))
    with pytest.raises(Conflict, match="银行系统拒绝该账户"):
        actions.approve(reviewer, examined, version=examined.version, now=at(days=1))
    now = Case.objects.get(pk=examined.pk)
    assert (now.state, now.subject_name) == (State.REVIEWING, "张三")


def test_every_step_leaves_one_audit_event_with_the_number_masked(examined: Case) -> None:
    events = list(AuditEvent.objects.filter(action__startswith="cases."))
    assert [event.action for event in events] == ["cases.open", "cases.accept", "cases.examine"]
    assert all(ZHANG_SAN not in str(event.detail) for event in events)
    assert events[-1].detail["number"] == examined.number


def test_the_last_days_are_computed_anew_when_the_calendar_is_published(
    town: Town, zhang_san: Actor, clerk: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from jinbao.cases import clock
    from jinbao.kernel.workdays import CalendarNotCovered

    def unpublished(day: date) -> bool:
        raise CalendarNotCovered(f"{day} 未公布")

    with monkeypatch.context() as earlier:
        earlier.setattr(clock, "is_workday", unpublished)
        case = actions.open_case(zhang_san, "bank_account_change", account_form(), now=at(days=12))
    assert case.due_is_provisional
    assert case.promised_due == date(2026, 4, 6)  # a Monday, but Qingming
    (case,) = actions.recompute_provisional(clerk, now=at(days=13))
    assert not case.due_is_provisional
    assert case.promised_due == date(2026, 4, 7)

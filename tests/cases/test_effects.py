"""What approvals do, and that the preview says exactly that."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from jinbao.cases import actions
from jinbao.cases.checks import CHECKS
from jinbao.cases.effects import preview
from jinbao.cases.forms import FormRefused
from jinbao.cases.models import Case
from jinbao.data import intake
from jinbao.data.models import Batch
from jinbao.insurance.benefits.models import Award, Determination
from jinbao.insurance.contributions.models import Contribution, Declaration
from jinbao.insurance.registry.models import (
    BankAccount,
    Employer,
    Enrolment,
    FormerNumber,
    Person,
    RefusedRow,
)
from jinbao.insurance.registry.queries import current_account
from jinbao.kernel.errors import Conflict, NotAllowed
from jinbao.kernel.identifiers.citizen_id import CitizenId
from jinbao.kernel.identifiers.uscc import Uscc
from jinbao.kernel.months import Month
from jinbao.ledger.models import Transfer
from jinbao.trust import audit
from jinbao.trust.actors import Actor
from jinbao.trust.models import AuditEvent, Role
from tests.cases.conftest import NOW, TODAY, Town, account_form, card
from tests.conftest import DISTRICT, EMPLOYER, LI_SI, WANG_WU, ZHANG_SAN, make_actor
from tests.insurance.files import csv_file
from tests.insurance.lives import worked

MAY = datetime(2026, 5, 20, 2, 0, tzinfo=UTC)
DECLARATION = "contribution_declaration"
HEADINGS = ["证件号码", "姓名", "费款所属期", "缴费工资", "单位统一社会信用代码"]


@pytest.fixture(autouse=True)
def everything_holds(db: None) -> Iterator[None]:
    yield
    assert not [str(row) for check in CHECKS for row in check.rows()]
    assert audit.verify() is None


def send(by: Actor, lines: list[list[str]], dataset: str = DECLARATION, headings: Any = HEADINGS) -> Batch:
    """Let an employer's agent upload a file."""
    file = csv_file(list(headings), lines)
    return intake.receive(by, file, "文件.csv", dataset, sender=by.subject, region=DISTRICT, now=NOW)


def examine(case: Case, clerk: Actor, now: datetime = NOW) -> Case:
    case = actions.accept(clerk, case, version=case.version, now=now)
    return actions.examine(clerk, case, version=case.version, now=now)


def decide(case: Case, clerk: Actor, reviewer: Actor, now: datetime = NOW) -> Case:
    case = examine(case, clerk, now)
    return actions.approve(reviewer, case, version=case.version, now=now)


def changes(by: Actor, case: Case, today: date = TODAY) -> dict[str, str]:
    return {change.what: change.after for change in preview(by, case, today).changes}


# ── registry ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def employer_form(**more: Any) -> dict[str, Any]:
    code = Uscc.make("91", "990101", "MA000077").number
    form = {"uscc": code, "name": "演示酒店", "region": DISTRICT, "industry_class": "2", "contact": "陈一"}
    return form | {"phone": "13800000000"} | more


def test_a_new_employer_is_registered(db: None, clerk: Actor, reviewer: Actor) -> None:
    form = employer_form()
    owner = make_actor("jiudian", "酒店经办人", Role.EMPLOYER, subject=form["uscc"])
    case = actions.open_case(owner, "employer_enrolment", form, now=NOW)
    assert changes(clerk, case)["单位参保登记"] == f"演示酒店（{form['uscc']}）"
    done = decide(case, clerk, reviewer)
    made = Employer.objects.get(pk=done.result["employer"])
    assert (made.uscc, made.region, made.industry_class) == (form["uscc"], DISTRICT, 2)


def test_an_agent_registers_only_the_employer_he_acts_for(town: Town, other_agent: Actor) -> None:
    with pytest.raises(FormRefused) as caught:
        actions.open_case(other_agent, "employer_enrolment", employer_form(), now=NOW)
    assert set(caught.value.errors) == {"uscc"}


def test_a_registered_employer_is_not_registered_again(town: Town, agent: Actor) -> None:
    with pytest.raises(FormRefused) as caught:
        actions.open_case(agent, "employer_enrolment", employer_form(uscc=EMPLOYER), now=NOW)
    assert "已由“演示机械厂”登记" in caught.value.errors["uscc"]


def test_a_clerk_does_not_register_employers_of_another_city(clerk: Actor) -> None:
    with pytest.raises(NotAllowed):
        actions.open_case(clerk, "employer_enrolment", employer_form(region="990200"), now=NOW)


def hired(**more: Any) -> dict[str, Any]:
    number = CitizenId.make("990101", date(1990, 6, 1), 21).number18
    return {"employer_uscc": EMPLOYER, "id_number": number, "name": "赵六", "start": "2026-03"} | more


def test_somebody_new_is_registered_and_enrolled_in_every_scheme(
    town: Town, agent: Actor, clerk: Actor, reviewer: Actor
) -> None:
    case = actions.open_case(agent, "employee_enrolment", hired(), now=NOW)
    assert changes(clerk, case)["企业职工基本养老保险"] == "自 2026-03 在演示机械厂参保"
    done = decide(case, clerk, reviewer)
    person = Person.objects.get(pk=done.result["person"])
    assert person.name == "赵六"
    assert set(person.enrolments.values_list("scheme", "start")) == {(s, Month(2026, 3)) for s in ("110", "210", "410")}


def test_a_woman_needs_her_category_before_there_is_a_case(town: Town, agent: Actor) -> None:
    number = CitizenId.make("990101", date(1990, 6, 1), 22).number18
    with pytest.raises(FormRefused) as caught:
        actions.open_case(agent, "employee_enrolment", hired(id_number=number), now=NOW)
    assert set(caught.value.errors) == {"retirement_category"}


def test_a_name_that_is_not_the_registered_one_is_told_at_the_field(town: Town, agent: Actor) -> None:
    with pytest.raises(FormRefused) as caught:
        actions.open_case(agent, "employee_enrolment", hired(id_number=ZHANG_SAN, name="章三"), now=NOW)
    assert "同音" in caught.value.errors["name"]


def test_a_list_enrols_the_good_lines_and_keeps_the_others_with_their_reason(
    town: Town, agent: Actor, clerk: Actor, reviewer: Actor
) -> None:
    headings = ["证件号码", "姓名", "单位统一社会信用代码", "险种", "参保年月", "退休类别"]
    men = [CitizenId.make("990101", date(1992, 1, day), 31).number18 for day in (1, 2)]
    lines = [[number, name, EMPLOYER, "110", "2026-03", ""] for number, name in zip(men, ("钱七", "孙八"), strict=True)]
    lines.append([ZHANG_SAN, "张三", EMPLOYER, "110", "2026-03", ""])  # enrolled since 2010
    batch = send(agent, lines, "employee_enrolment", headings)
    case = actions.open_case(agent, "employee_enrolment", {"employer_uscc": EMPLOYER, "batch": str(batch.pk)}, now=NOW)
    before = Person.objects.count()
    assert changes(clerk, case)["登记参保"] == "2 人"
    assert "1 行退回单位更正" in changes(clerk, case)["无法入账的行"]
    assert (Person.objects.count(), RefusedRow.objects.count()) == (before, 0)
    done = decide(case, clerk, reviewer)
    assert done.result == {"batch": batch.pk, "enrolled": 2, "refused_rows": 1}
    assert Enrolment.objects.filter(person__id_number__in=men, start=Month(2026, 3)).count() == 2
    assert "已在该单位参加" in RefusedRow.objects.get().reason
    assert Batch.objects.get().status == Batch.Status.RECORDED


def test_the_account_changes_from_the_day_asked_for(
    town: Town, zhang_san: Actor, clerk: Actor, reviewer: Actor
) -> None:
    BankAccount.objects.create(
        person=town.zhang, bank="旧银行", number=card("621700009999999"), holder="张三", since=date(2020, 1, 1)
    )
    case = actions.open_case(zhang_san, "bank_account_change", account_form(since="2026-04-01"), now=NOW)
    shown = preview(clerk, case, TODAY).changes[0]
    assert shown.before.startswith("旧银行 ***")
    assert shown.after.endswith(f"{card()[-4:]}（张三）")
    assert card() not in shown.after
    decide(case, clerk, reviewer)
    assert list(BankAccount.objects.order_by("pk").values_list("since", "until")) == [
        (date(2020, 1, 1), date(2026, 4, 1)),
        (date(2026, 4, 1), None),
    ]


# ── contributions ─────────────────────────────────────────────────────────────────────────────────────────────────────


def declaration_lines() -> list[list[str]]:
    return [[ZHANG_SAN, "张三", "2026-03", "6000", EMPLOYER], [LI_SI, "李四", "2026-03", "7000", EMPLOYER]]


def declared_case(agent: Actor, lines: list[list[str]] | None = None, **more: Any) -> Case:
    batch = send(agent, lines or declaration_lines())
    form = {"employer_uscc": EMPLOYER, "batch": str(batch.pk)} | more
    return actions.open_case(agent, "contribution_declaration", form, now=NOW)


def test_a_declaration_makes_due_what_the_preview_said(town: Town, agent: Actor, clerk: Actor, reviewer: Actor) -> None:
    case = declared_case(agent)
    told = changes(clerk, case)["2026-03 正常应缴"]
    assert (Declaration.objects.count(), Transfer.objects.count()) == (0, 0)
    done = decide(case, clerk, reviewer)
    declaration = Declaration.objects.get(pk__in=done.result["declarations"])
    assert told.startswith("6 行，应缴 ")
    assert f"{declaration.due_fen // 100:,}" in told
    assert Contribution.objects.filter(declaration=declaration).count() == 6


def test_a_preview_leaves_nothing_behind_not_even_in_the_audit(town: Town, agent: Actor, clerk: Actor) -> None:
    case = declared_case(agent)
    before = AuditEvent.objects.count()
    preview(clerk, case, TODAY)
    assert AuditEvent.objects.count() == before
    assert Batch.objects.get().status == Batch.Status.CHECKED


def test_rows_that_failed_need_the_senders_word(town: Town, agent: Actor) -> None:
    lines = [*declaration_lines(), ["990101196601151015", "张三", "2026-03", "6000", EMPLOYER]]
    with pytest.raises(FormRefused) as caught:
        declared_case(agent, lines)
    assert "1 行未通过校验" in caught.value.errors["partial"]
    assert declared_case(agent, lines, partial="是").form["partial"] is True


def test_a_file_is_in_one_open_case_only(town: Town, agent: Actor) -> None:
    first = declared_case(agent)
    with pytest.raises(Conflict, match=first.number):
        declared_case(agent)


def test_a_correction_with_a_file_of_another_open_case_is_told_its_number(
    town: Town, agent: Actor, clerk: Actor
) -> None:
    first, second = declared_case(agent), declared_case(agent, declaration_lines()[:1])
    asked = actions.ask_correction(clerk, second, version=second.version, now=NOW, remark="文件不全")
    with pytest.raises(Conflict, match=first.number):
        actions.resubmit(agent, asked, first.form, version=asked.version, now=NOW)


def test_a_file_of_another_employer_is_not_used(town: Town, agent: Actor, other_agent: Actor) -> None:
    batch = intake.receive(
        other_agent,
        csv_file(HEADINGS, [[WANG_WU, "王五", "2026-03", "6000", other_agent.subject]]),
        "a.csv",
        "contribution_declaration",
        sender=other_agent.subject,
        region="990102",
        now=NOW,
    )
    with pytest.raises(FormRefused) as caught:
        actions.open_case(
            agent, "contribution_declaration", {"employer_uscc": EMPLOYER, "batch": str(batch.pk)}, now=NOW
        )
    assert set(caught.value.errors) == {"batch"}


def test_a_file_of_which_no_row_can_be_recorded_is_not_examined_as_right(
    town: Town, agent: Actor, clerk: Actor
) -> None:
    case = declared_case(agent, [[WANG_WU, "王五", "2026-03", "6000", EMPLOYER]])
    case = actions.accept(clerk, case, version=case.version, now=NOW)
    with pytest.raises(Conflict, match="没有一行可以入账"):
        actions.examine(clerk, case, version=case.version, now=NOW)


def test_a_file_withdrawn_after_examination_stops_the_approval(
    town: Town, agent: Actor, clerk: Actor, reviewer: Actor
) -> None:
    case = examine(declared_case(agent), clerk)
    intake.discard(agent, Batch.objects.get(), now=NOW)
    with pytest.raises(Conflict):
        actions.approve(reviewer, case, version=case.version, now=NOW)
    assert not Declaration.objects.exists()


def correction_form(**more: Any) -> dict[str, Any]:
    form = {"employer_uscc": EMPLOYER, "id_number": ZHANG_SAN, "name": "张三", "month": "2026-03"}
    return form | {"wage_fen": "8,000.00", "ground": "1"} | more


def test_a_correction_supersedes_and_makes_the_difference_due(
    town: Town, agent: Actor, clerk: Actor, reviewer: Actor
) -> None:
    decide(declared_case(agent), clerk, reviewer)
    case = actions.open_case(agent, "contribution_correction", correction_form(), now=NOW)
    shown = {change.what: change for change in preview(clerk, case, TODAY).changes}
    line = shown["2026-03 企业职工基本养老保险"]
    assert "工资 6,000.00" in line.before
    assert "工资 8,000.00" in line.after
    done = decide(case, clerk, reviewer)
    declaration = Declaration.objects.get(pk__in=done.result["declarations"])
    assert (declaration.kind, declaration.case_number) == (Declaration.Kind.CORRECTION, case.number)
    assert declaration.due_fen > 0
    live = Contribution.objects.filter(person=town.zhang, live=True).values_list("wage_fen", flat=True)
    assert set(live) == {800_000}


def test_a_correction_of_a_month_that_was_not_declared_is_not_examined_as_right(
    town: Town, agent: Actor, clerk: Actor
) -> None:
    case = actions.open_case(agent, "contribution_correction", correction_form(), now=NOW)
    case = actions.accept(clerk, case, version=case.version, now=NOW)
    with pytest.raises(Conflict, match="没有可更正的申报"):
        actions.examine(clerk, case, version=case.version, now=NOW)


# ── pension ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def pension_form(**more: Any) -> dict[str, Any]:
    return account_form(way="法定", retire_month="2026-05") | more


@pytest.fixture
def worker(town: Town) -> Town:
    """张三, born in January 1966, has paid since 1996 and reaches his statutory month in May 2026."""
    worked(town.zhang, town.employer, Month(1996, 1), Month(2026, 4))
    return town


def apply(by: Actor, **more: Any) -> Case:
    return actions.open_case(by, "pension_application", pension_form(**more), now=MAY)


def test_a_pension_is_awarded_as_it_was_shown_on_the_ground_of_the_case(
    worker: Town, zhang_san: Actor, clerk: Actor, reviewer: Actor
) -> None:
    case = apply(zhang_san)
    told = preview(clerk, case, MAY.date())
    assert not Determination.objects.exists()
    assert told.explanation is not None
    assert told.explanation["amount"]["rule"] == "基本养老金"
    done = decide(case, clerk, reviewer, MAY)
    award = Award.objects.get(pk=done.result["award"])
    assert (award.ground, award.start) == (case.number, Month(2026, 6))
    shown = {change.what: change.after for change in told.changes}
    assert shown["基本养老金"] == f"{award.monthly_fen // 100:,}.{award.monthly_fen % 100:02d} 元/月"
    account = current_account(worker.zhang)
    assert account is not None
    assert account.number == card()
    assert not Enrolment.objects.filter(person=worker.zhang, end__isnull=True).exists()


def test_the_way_of_retirement_must_fit_the_month(worker: Town, zhang_san: Actor) -> None:
    with pytest.raises(FormRefused) as caught:
        apply(zhang_san, retire_month="2026-04")
    assert "法定退休年月为 2026-05" in caught.value.errors["way"]


def test_an_early_retirement_needs_the_written_notice(worker: Town, zhang_san: Actor) -> None:
    form = pension_form(way="弹性提前", retire_month="2026-04")
    with pytest.raises(FormRefused) as caught:
        actions.open_case(zhang_san, "pension_application", form, now=NOW)
    assert caught.value.errors["materials"] == "请提交：弹性提前退休书面告知。"
    notice = actions.Upload("弹性提前退休书面告知", "告知.pdf", io.BytesIO(b"%PDF-1.7 ..."))
    case = actions.open_case(zhang_san, "pension_application", form, [notice], now=NOW)
    assert case.materials.get().name == "弹性提前退休书面告知"


def test_who_has_not_paid_long_enough_gets_a_refusal_that_says_what_is_missing(
    town: Town, zhang_san: Actor, clerk: Actor, reviewer: Actor
) -> None:
    worked(town.zhang, town.employer, Month(2020, 1), Month(2026, 4))
    case = apply(zhang_san)
    case = actions.accept(clerk, case, version=case.version, now=MAY)
    with pytest.raises(Conflict, match="不符合领取条件") as caught:
        actions.examine(clerk, case, version=case.version, now=MAY)
    case = actions.examine(clerk, case, version=case.version, now=MAY, refusal=True, remark=caught.value.message)
    assert actions.refuse(reviewer, case, version=case.version, now=MAY, remark="缴费年限不足").state == "refused"
    assert not Award.objects.exists()


def test_a_pension_is_not_decided_before_its_month(worker: Town, zhang_san: Actor, clerk: Actor) -> None:
    case = actions.open_case(zhang_san, "pension_application", pension_form(), now=NOW)
    case = actions.accept(clerk, case, version=case.version, now=NOW)
    with pytest.raises(Conflict, match="还没有到"):
        actions.examine(clerk, case, version=case.version, now=NOW)


def test_facts_that_change_after_the_examination_stop_the_approval(
    worker: Town, zhang_san: Actor, clerk: Actor, reviewer: Actor
) -> None:
    case = examine(apply(zhang_san), clerk, MAY)
    worked(worker.zhang, worker.employer, Month(2026, 5), Month(2026, 5))
    with pytest.raises(Conflict, match="数据有变化"):
        actions.approve(reviewer, case, version=case.version, now=MAY)
    case = actions.send_back(reviewer, case, version=case.version, now=MAY, remark="五月缴费已到账")
    case = actions.examine(clerk, case, version=case.version, now=MAY)
    assert actions.approve(reviewer, case, version=case.version, now=MAY).state == "done"


def test_an_employer_applies_for_an_employee_and_sees_nothing_of_the_amount(
    worker: Town, agent: Actor, other_agent: Actor
) -> None:
    assert apply(agent).employer_uscc == EMPLOYER
    with pytest.raises(FormRefused):
        apply(other_agent)
    with pytest.raises(NotAllowed):
        preview(agent, Case.objects.get(), MAY.date())


def test_an_old_number_means_the_same_person(worker: Town, zhang_san: Actor) -> None:
    FormerNumber.objects.create(person=worker.zhang, number="990101660115101", reason="15位旧号")
    assert apply(zhang_san, id_number="990101660115101").person_id_number == ZHANG_SAN

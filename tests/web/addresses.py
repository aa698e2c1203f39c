"""Every address of the site and who may open it: the table that test_access.py checks against the real URL patterns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from jinbao.data.catalogue.actions import PUBLISHERS
from jinbao.data.catalogue.observing import OBSERVERS
from jinbao.data.linkage.numbers import person_no
from jinbao.insurance.payments.roles import APPROVERS, PREPARERS, SETTLERS
from jinbao.trust.models import Role
from tests.web.conftest import Town

EVERYBODY: tuple[Role, ...] = ()
OFFICERS = (Role.CLERK, Role.REVIEWER, Role.AUDITOR, Role.FINANCE)
READERS = (*OFFICERS, Role.STEWARD)
CLUE_READERS = (Role.CLERK, Role.REVIEWER, Role.AUDITOR, Role.STEWARD)
COUNTER = (*OFFICERS, Role.ADMIN, Role.STEWARD)
DECIDERS = (Role.CLERK, Role.REVIEWER)
SIMULATORS = (Role.REVIEWER, Role.AUDITOR, Role.FINANCE, Role.STEWARD)
APPLICANTS = (Role.INSURED, Role.EMPLOYER, Role.PARTNER, Role.CLERK)
NOTHING = (403, 404, 409)
CENTRE = (Role.FINANCE, Role.REVIEWER, Role.AUDITOR)
SENDERS = (Role.CLERK, Role.REVIEWER, Role.FINANCE)
Made = dict[str, Any]


@dataclass(frozen=True)
class Address:
    """One address: who may open it, how it is asked, and what of the town it shows."""

    roles: tuple[Role, ...] = EVERYBODY
    made: Callable[[Town], Made] = lambda _: {}
    method: str = "get"
    data: dict[str, str] = field(default_factory=dict)
    upload: bool = False
    """Sends a file along."""
    answers: tuple[int, ...] = (200, 302)
    """How the page answers its roles; where the town has nothing to show, 404 or 409."""
    regional: bool = False
    """Shows something of the city, so an officer of another city must not find it."""


def file_of_ours(town: Town) -> Made:
    return {"pk": town.batch().pk}


def case_of_ours(town: Town) -> Made:
    return {"number": town.case().number}


def payments_of_ours(town: Town) -> Made:
    return {"pk": town.payments().pk}


def award_of_ours(town: Town) -> Made:
    return {"pk": town.award().pk}


def campaign_of_ours(town: Town) -> Made:
    return {"pk": town.campaign().pk}


def claim_on_ours(town: Town) -> Made:
    return {"pk": town.clawback().pk}


def simulation_of_ours(town: Town) -> Made:
    return {"number": town.simulation()}


def resource_of_ours(town: Town) -> Made:
    return dict(zip(("front", "number"), town.resource().code.split("/"), strict=True))


def published(town: Town) -> Made:
    return dict(zip(("front", "number"), town.resource(is_published=True).code.split("/"), strict=True))


def year_of_ours(town: Town) -> Made:
    return {"pk": town.year().pk}


def judged(town: Town) -> Made:
    return {"name": town.quality().run.dataset}


def rule_of_ours(town: Town) -> Made:
    return {"pk": town.quality().pk}


def ticket_of_ours(town: Town) -> Made:
    return {"pk": town.quality().run.tickets.get().pk}


def quality_of_ours(town: Town) -> Made:
    town.quality()
    return {"form": "docx"}


def line_of_ours(town: Town) -> Made:
    return {"pk": town.year().lines.get(sheet="重点工作", live=True).pk}


def person_of_nobody(town: Town) -> Made:
    return {"number": person_no(1)}


PERSON_MERGED = {"other": person_no(2), "reason": "核对材料"}


def partner_of_ours(town: Town) -> Made:
    town.partner()
    return {}


def code_of_ours(town: Town) -> Made:
    return {"code": town.partner().code}


def key_of_ours(town: Town) -> Made:
    return {"key_id": town.partner_key().key_id}


def grant_of_ours(town: Town) -> Made:
    return {"number": town.granted().number}


RESUMED = {"month": "2026-04", "arrears": "yes", "reason": "已认证"}
PAID_BACK = {"amount": "100.00", "on": "2026-03-20", "bank_reference": "HD-1"}

ADDRESSES: dict[str, Address] = {
    "portal-home": Address(),
    "portal-check": Address(),
    "portal-see": Address(),
    "portal-sitemap": Address(),
    "portal-privacy": Address(),
    "portal-accessibility": Address(),
    "large": Address(),
    "language": Address(made=lambda _: {"code": "en"}),
    "login": Address(),
    "logout": Address(method="post"),
    "apply": Address(
        (Role.INSURED, Role.EMPLOYER, Role.PARTNER, Role.CLERK), lambda _: {"item": "pension_application"}
    ),
    "apply-sharing": Address((Role.PARTNER, Role.CLERK)),
    "my": Address((Role.INSURED,)),
    "my-cases": Address((Role.INSURED, Role.EMPLOYER, Role.PARTNER)),
    "my-case": Address((Role.INSURED,), case_of_ours),
    "my-case-resubmit": Address((Role.INSURED,), case_of_ours, "post", answers=NOTHING),
    "my-case-withdraw": Address((Role.INSURED,), case_of_ours, "post", answers=NOTHING),
    "my-case-material": Address((Role.INSURED,), lambda town: case_of_ours(town) | {"pk": 1}, answers=NOTHING),
    "counter-queue": Address(OFFICERS),
    "counter-clues": Address((*DECIDERS, Role.AUDITOR)),
    "counter-clues-act": Address(
        (Role.CLERK,), lambda _: {"verb": "report"}, "post", {"item": "clue_authentication"}, answers=(400, 404)
    ),
    "counter-case": Address(OFFICERS, case_of_ours, regional=True),
    "counter-case-act": Address(
        (*DECIDERS, Role.AUDITOR),
        lambda town: case_of_ours(town) | {"verb": "accept"},
        "post",
        regional=True,
        answers=NOTHING,
    ),
    "counter-case-lessen": Address(
        (Role.CLERK,), case_of_ours, "post", {"version": "1", "remark": "少给"}, answers=NOTHING, regional=True
    ),
    "counter-case-hold": Address(DECIDERS, case_of_ours, "post", {"hold": "take"}, regional=True),
    "counter-case-material": Address(
        OFFICERS, lambda town: case_of_ours(town) | {"pk": 1}, regional=True, answers=NOTHING
    ),
    "my-contributions": Address((Role.INSURED,)),
    "my-benefits": Address((Role.INSURED,)),
    "my-account": Address((Role.INSURED,)),
    "retirement-age": Address(),
    "pension-estimate": Address(),
    "calculators": Address(),
    "calculator": Address(made=lambda _: {"slug": "unemployment"}),
    "calculator-paper": Address(made=lambda _: {"slug": "unemployment"}),
    "what-if": Address(),
    "law": Address(),
    "law-coverage": Address(),
    "law-text": Address(made=lambda _: {"path": "pension/basic"}),
    "portal-do": Address(),
    "portal-item": Address(made=lambda _: {"item": "pension_application"}),
    "portal-disclosure": Address(),
    "portal-ask": Address(),
    "portal-glossary": Address(),
    "api-docs": Address(),
    "unit": Address((Role.EMPLOYER,)),
    "unit-files": Address((Role.EMPLOYER,)),
    "unit-file-upload": Address((Role.EMPLOYER,), method="post", upload=True),
    "unit-file": Address((Role.EMPLOYER,), file_of_ours),
    "unit-file-decide": Address((Role.EMPLOYER,), file_of_ours, "post", {"decision": "discard"}),
    "unit-file-rejected": Address((Role.EMPLOYER,), file_of_ours),
    "unit-file-refused": Address((Role.EMPLOYER,), file_of_ours, answers=NOTHING),
    "counter-files": Address(OFFICERS),
    "counter-file-upload": Address(SENDERS, method="post", upload=True, answers=(302, 404)),
    "counter-file": Address(OFFICERS, file_of_ours, regional=True),
    "counter-file-decide": Address(SENDERS, file_of_ours, "post", {"decision": "discard"}, regional=True),
    "counter-file-receive": Address((Role.FINANCE,), file_of_ours, "post", regional=True, answers=NOTHING),
    "counter-file-rejected": Address(SENDERS, file_of_ours, regional=True),
    "counter-file-refused": Address(SENDERS, file_of_ours, regional=True, answers=NOTHING),
    "counter-payments": Address(OFFICERS),
    "counter-payment-draft": Address(PREPARERS, method="post", data={"month": "2026-03"}, answers=(302, 409)),
    "counter-payment-batch": Address(OFFICERS, payments_of_ours, regional=True),
    "counter-payment-approve": Address(APPROVERS, payments_of_ours, "post", regional=True),
    "counter-payment-void": Address(
        tuple(dict.fromkeys((*APPROVERS, *PREPARERS))), payments_of_ours, "post", {"reason": "有误"}, regional=True
    ),
    "counter-payment-file": Address(SETTLERS, payments_of_ours, "post", regional=True, answers=(409,)),
    "counter-payment-settle": Address(SETTLERS, payments_of_ours, "post", regional=True, answers=(400,)),
    "counter-ledger": Address(OFFICERS),
    "counter-account": Address(OFFICERS, lambda _: {"code": "A10"}),
    "counter-transfer": Address(OFFICERS, lambda town: {"pk": town.transfer().pk}, regional=True),
    "counter-statement": Address(OFFICERS),
    "counter-home": Address(COUNTER),
    "counter-extraction": Address(READERS),
    "counter-extraction-new": Address(OFFICERS),
    "counter-extraction-levels": Address((Role.STEWARD, Role.REVIEWER, Role.AUDITOR)),
    "counter-extraction-request": Address(READERS, lambda _: {"number": "TQ"}, answers=NOTHING),
    "counter-extraction-workbench": Address((Role.STEWARD,), lambda _: {"number": "TQ"}, answers=NOTHING),
    "counter-extraction-save": Address((Role.STEWARD,), lambda _: {"number": "TQ"}, "post", answers=NOTHING),
    "counter-extraction-submit": Address((Role.STEWARD,), lambda _: {"number": "TQ"}, "post", answers=NOTHING),
    "counter-extraction-act": Address(READERS, lambda _: {"number": "TQ", "verb": "approve"}, "post", answers=NOTHING),
    "counter-extraction-download": Address(OFFICERS, lambda _: {"code": "TQ"}, "post", answers=NOTHING),
    "counter-linkage": Address((Role.STEWARD, *OFFICERS)),
    "counter-linkage-run": Address((Role.STEWARD,), method="post"),
    "counter-linkage-doubts": Address((Role.STEWARD,)),
    "counter-linkage-doubt": Address((Role.STEWARD,), lambda _: {"pk": 1}, answers=NOTHING),
    "counter-linkage-decide": Address((Role.STEWARD,), lambda _: {"pk": 1}, "post", answers=NOTHING),
    "counter-linkage-reopen": Address((Role.STEWARD,), lambda _: {"pk": 1}, "post", answers=NOTHING),
    "counter-linkage-proposals": Address((Role.STEWARD, Role.REVIEWER)),
    "counter-linkage-proposal": Address((Role.STEWARD, Role.REVIEWER), lambda _: {"pk": 1}, answers=NOTHING),
    "counter-linkage-confirm": Address((Role.STEWARD, Role.REVIEWER), lambda _: {"pk": 1}, "post", answers=NOTHING),
    "counter-linkage-reject": Address((Role.STEWARD, Role.REVIEWER), lambda _: {"pk": 1}, "post", answers=NOTHING),
    "counter-linkage-person": Address((*OFFICERS, Role.STEWARD), person_of_nobody, answers=NOTHING),
    "counter-linkage-merge": Address((Role.STEWARD,), person_of_nobody, "post", PERSON_MERGED, answers=NOTHING),
    "counter-linkage-split": Address((Role.STEWARD,), person_of_nobody, "post", PERSON_MERGED, answers=NOTHING),
    "counter-linkage-undo": Address((Role.STEWARD,), lambda _: {"pk": 1}, "post", answers=NOTHING),
    "counter-data": Address((*OFFICERS, Role.STEWARD)),
    "counter-data-supply": Address((Role.STEWARD,)),
    "counter-data-supply-pull": Address((Role.STEWARD,), lambda _: {"name": "venue_folder"}, "post"),
    "counter-data-supply-delivery": Address((Role.STEWARD,), file_of_ours, answers=NOTHING),
    "counter-data-supply-decide": Address((Role.STEWARD,), file_of_ours, "post", answers=NOTHING),
    "counter-data-quality": Address((Role.STEWARD,)),
    "counter-data-quality-dataset": Address((Role.STEWARD,), judged, regional=True),
    "counter-data-quality-run": Address((Role.STEWARD,), judged, "post", regional=True),
    "counter-data-quality-rule": Address((Role.STEWARD,), rule_of_ours, regional=True),
    "counter-data-quality-tickets": Address((Role.STEWARD,)),
    "counter-data-quality-ticket": Address((Role.STEWARD,), ticket_of_ours, regional=True),
    "counter-data-quality-note": Address((Role.STEWARD,), ticket_of_ours, "post", {"text": "下月改"}, regional=True),
    "counter-data-quality-bulletin": Address((Role.STEWARD,), quality_of_ours, answers=(200, 404)),
    "counter-search": Address(OFFICERS),
    "counter-scenes": Address(READERS),
    "counter-scene": Address(CLUE_READERS, lambda _: {"name": "paid_after_death"}),
    "counter-scene-run": Address(CLUE_READERS, lambda _: {"name": "paid_after_death"}, "post"),
    "counter-scene-hand-over": Address(
        (Role.STEWARD, Role.AUDITOR), lambda _: {"name": "paid_after_death"}, "post", answers=(400,)
    ),
    "counter-scene-export": Address(
        CLUE_READERS, lambda _: {"name": "paid_after_death", "pk": 1}, "post", {"purpose": "核查"}, answers=NOTHING
    ),
    "counter-person-file": Address(CLUE_READERS),
    "counter-centre": Address(CENTRE),
    "counter-centre-open": Address(
        (Role.FINANCE,), method="post", data={"code": "9901", "name": "另一单位", "year": "2024", "form": "决算"}
    ),
    "counter-centre-book": Address(CENTRE, year_of_ours, regional=True),
    "counter-centre-step": Address(
        (Role.FINANCE, Role.REVIEWER), year_of_ours, "post", {"verb": "submit"}, regional=True, answers=NOTHING
    ),
    "counter-centre-accept": Address((Role.FINANCE,), year_of_ours, "post", regional=True),
    "counter-centre-import": Address((Role.FINANCE,), year_of_ours, "post", regional=True, answers=(400,)),
    "counter-centre-export": Address(CENTRE, year_of_ours, regional=True),
    "counter-centre-sheet": Address(CENTRE, lambda town: year_of_ours(town) | {"slug": "work"}, regional=True),
    "counter-centre-enter": Address(
        (Role.FINANCE,), lambda town: year_of_ours(town) | {"slug": "work"}, "post", {"标题": "新工作"}, regional=True
    ),
    "counter-centre-line": Address(CENTRE, line_of_ours, regional=True),
    "counter-centre-correct": Address((Role.FINANCE,), line_of_ours, "post", {"标题": "改名"}, regional=True),
    "counter-centre-evaluation": Address(CENTRE, year_of_ours, regional=True),
    "counter-centre-results": Address((Role.FINANCE,), year_of_ours, "post", {"1-实际值": "1"}, regional=True),
    "counter-centre-documents": Address(CENTRE, year_of_ours, regional=True),
    "counter-centre-produce": Address(
        (Role.FINANCE, Role.REVIEWER), year_of_ours, "post", regional=True, answers=(400, 409)
    ),
    "counter-centre-monitoring": Address(CENTRE, year_of_ours, regional=True),
    "counter-centre-document": Address(CENTRE, lambda _: {"pk": 1}, answers=NOTHING),
    "counter-person": Address(OFFICERS, lambda town: {"pk": town.zhang.pk}, regional=True),
    "counter-person-unmask": Address(
        OFFICERS,
        lambda town: {"pk": town.zhang.pk},
        "post",
        {"kind": "id_number", "reason": "受理编号 1"},
        regional=True,
    ),
    "counter-person-death": Address(
        DECIDERS, lambda town: {"pk": town.zhang.pk}, "post", {"died_on": "2026-03-01"}, regional=True
    ),
    "counter-award": Address(OFFICERS, award_of_ours, regional=True),
    "counter-award-suspend": Address(
        DECIDERS, award_of_ours, "post", {"month": "2026-03", "ground": "未认证"}, regional=True
    ),
    "counter-award-resume": Address(DECIDERS, award_of_ours, "post", RESUMED, regional=True, answers=(409,)),
    "counter-award-compare": Address(DECIDERS, award_of_ours, regional=True),
    "counter-award-recalculate": Address(
        DECIDERS, award_of_ours, "post", {"ground": "补录", "seen": "旧"}, regional=True, answers=(409,)
    ),
    "counter-campaigns": Address(OFFICERS),
    "counter-campaign-create": Address(
        DECIDERS, method="post", data={"title": "重算", "reason": "档案复核", "basis": "文号", "on": "2026-06-20"}
    ),
    "counter-campaign": Address(OFFICERS, campaign_of_ours, regional=True),
    "counter-campaign-member": Address(OFFICERS, lambda town: {"pk": town.campaign().members.get().pk}, regional=True),
    "counter-campaign-try": Address(DECIDERS, campaign_of_ours, "post", regional=True),
    "counter-campaign-submit": Address(DECIDERS, campaign_of_ours, "post", regional=True),
    "counter-campaign-decide": Address((Role.REVIEWER,), campaign_of_ours, "post", regional=True, answers=(409,)),
    "counter-campaign-apply": Address(DECIDERS, campaign_of_ours, "post", regional=True, answers=(409,)),
    "counter-campaign-undo": Address(
        (Role.REVIEWER,), campaign_of_ours, "post", {"reason": "有误"}, regional=True, answers=(409,)
    ),
    "counter-campaign-cancel": Address(DECIDERS, campaign_of_ours, "post", {"reason": "有误"}, regional=True),
    "counter-campaign-workbook": Address(OFFICERS, campaign_of_ours, regional=True),
    "counter-campaign-paper": Address(OFFICERS, campaign_of_ours, regional=True),
    "counter-clawbacks": Address(OFFICERS),
    "counter-clawback": Address(OFFICERS, claim_on_ours, regional=True),
    "counter-clawback-recover": Address(SETTLERS, claim_on_ours, "post", PAID_BACK, regional=True),
    "counter-clawback-cancel": Address(DECIDERS, claim_on_ours, "post", {"reason": "有误"}, regional=True),
    "counter-determination": Address(OFFICERS, lambda town: {"pk": town.determination().pk}, regional=True),
    "counter-employer": Address(OFFICERS, lambda town: {"pk": town.employer.pk}, regional=True),
    "counter-simulations": Address(SIMULATORS),
    "counter-simulation-start": Address(SIMULATORS, method="post", answers=(400,)),
    "counter-simulation-careers": Address(SIMULATORS, method="post"),
    "counter-simulation": Address(SIMULATORS, simulation_of_ours, regional=True),
    "counter-simulation-resume": Address(SIMULATORS, simulation_of_ours, "post", regional=True),
    "counter-simulation-workbook": Address(SIMULATORS, simulation_of_ours, regional=True, answers=NOTHING),
    "counter-simulation-sheet": Address(SIMULATORS, simulation_of_ours, regional=True, answers=NOTHING),
    "counter-audit": Address((Role.AUDITOR, Role.ADMIN)),
    "counter-audit-verify": Address((Role.AUDITOR, Role.ADMIN), method="post"),
    "counter-catalogue": Address(READERS),
    "counter-resource-new": Address((Role.STEWARD,)),
    "counter-catalogue-sync": Address((Role.STEWARD,), method="post"),
    "counter-catalogue-arrivals": Address(READERS),
    "counter-catalogue-import": Address((Role.STEWARD,)),
    "counter-catalogue-confirm": Address((Role.STEWARD,), method="post", answers=(404,)),
    "counter-catalogue-template": Address((Role.STEWARD,)),
    "counter-catalogue-export": Address(READERS, lambda _: {"form": "turtle"}),
    "counter-lineage": Address(READERS),
    "counter-resource": Address(READERS, resource_of_ours, regional=True),
    "counter-resource-edit": Address((Role.STEWARD,), resource_of_ours, regional=True),
    "counter-resource-publish": Address(PUBLISHERS, resource_of_ours, "post", regional=True, answers=(409,)),
    "counter-resource-withdraw": Address(PUBLISHERS, resource_of_ours, "post", regional=True, answers=(409,)),
    "counter-resource-observe": Address(OBSERVERS, resource_of_ours, "post", regional=True, answers=NOTHING),
    "portal-resources": Address(),
    "portal-resources-export": Address(made=lambda _: {"form": "jsonld"}),
    "portal-resource": Address(made=published),
    "screen-home": Address(),
    "screen-platform": Address((Role.STEWARD,)),
    "sharing": Address((Role.PARTNER,)),
    "sharing-key": Address((Role.PARTNER,), partner_of_ours, "post", {"kind": "hmac-sm3"}),
    "sharing-withdraw": Address((Role.PARTNER,), key_of_ours, "post", {"why": "泄露"}),
    "sharing-docs": Address(),
    "sharing-openapi": Address(),
    "counter-exchange": Address(READERS),
    "counter-exchange-register": Address(
        (Role.STEWARD,), method="post", data={"code": "11990100G00000023K", "name": "演示法院"}
    ),
    "counter-exchange-calls": Address(READERS),
    "counter-exchange-partner": Address(READERS, code_of_ours, regional=True),
    "counter-exchange-change": Address((Role.STEWARD,), code_of_ours, "post", {"why": "核查"}, regional=True),
    "counter-exchange-key": Address((Role.STEWARD,), code_of_ours, "post", {"kind": "hmac-sm3"}, regional=True),
    "counter-exchange-withdraw": Address((Role.STEWARD,), key_of_ours, "post", {"why": "泄露"}, regional=True),
    "counter-exchange-stop": Address((Role.STEWARD,), code_of_ours, "post", {"why": "核查"}, regional=True),
    "counter-exchange-grant": Address(READERS, grant_of_ours, regional=True),
    "counter-exchange-revoke": Address(
        (Role.STEWARD, Role.REVIEWER), grant_of_ours, "post", {"why": "核查"}, regional=True
    ),
    "counter-exchange-quota": Address(
        (Role.STEWARD,), grant_of_ours, "post", {"quota": "10", "rate": "1"}, regional=True
    ),
}
SIGNED_IN = {"role"}
"""Addresses for whoever has signed in, whatever the role."""

"""What an insured person sees of himself: enrolments, contributions, account, benefits."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jinbao.insurance.benefits import queries as benefits
from jinbao.insurance.contributions.career import career
from jinbao.insurance.contributions.facts import career_facts
from jinbao.insurance.payments import queries as payments
from jinbao.insurance.registry import queries as registry
from jinbao.insurance.registry.facts import person_facts
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
from jinbao.web.accounts import account_of
from jinbao.web.acting import only
from jinbao.web.careers import by_year, totals
from jinbao.web.dates import today
from jinbao.web.trace import trees_of

PAYMENTS = 36
"""How many payments the page of benefits lists."""


@require_safe
@only(Role.INSURED)
def overview(request: HttpRequest, by: Actor) -> HttpResponse:
    """Show who the person is, where he is and was insured, and the account that benefits go to."""
    seen = registry.see_by_number(by, by.subject)
    accounts = registry.accounts(by, seen)
    shown = {
        "person": seen.person,
        "enrolments": registry.enrolments(by, seen),
        "account": next((account for account in accounts if account.until is None), None),
    }
    return render(request, "portal/my.html", shown)


@require_safe
@only(Role.INSURED)
def contributions(request: HttpRequest, by: Actor) -> HttpResponse:
    """Show what was paid in, by year, with the months of each year."""
    seen = registry.see_by_number(by, by.subject)
    years = by_year(career(seen))
    shown = {"person": seen.person, "years": years, "totals": totals(years)}
    return render(request, "portal/my_contributions.html", shown)


@require_safe
@only(Role.INSURED)
def account(request: HttpRequest, by: Actor) -> HttpResponse:
    """Show the personal account: what it holds, what each year added, and how the interest came about."""
    seen = registry.see_by_number(by, by.subject)
    found = account_of(person_facts(seen.person) | career_facts(seen), seen.person.region, today())
    shown = {"account": found, "trees": trees_of(found.balance.as_json() if found else None)}
    return render(request, "portal/my_account.html", shown)


@require_safe
@only(Role.INSURED)
def benefits_page(request: HttpRequest, by: Actor) -> HttpResponse:
    """Show what is granted, how it was computed, and what was paid."""
    seen = registry.see_by_number(by, by.subject)
    awards = benefits.awards(by, seen)
    current = next((award for award in awards if award.end is None), None)
    computed = current.determination_id if current else None
    determined = benefits.determination_of(by, seen, computed) if computed else None
    shown = {
        "person": seen.person,
        "awards": awards,
        "payments": payments.payments_of(by, seen)[:PAYMENTS],
        "current": current,
        "determination": determined,
        "suspensions": [row for row in benefits.suspensions(by, seen) if row.end is None],
        "trees": trees_of(determined.trace if determined else None),
    }
    return render(request, "portal/my_benefits.html", shown)

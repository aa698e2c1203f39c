"""One award at the counter: suspend, resume, recalculate with both amounts before confirming, report a death."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from jinbao.insurance.benefits import actions, queries
from jinbao.insurance.benefits.models import Award
from jinbao.insurance.payments import actions as payments
from jinbao.insurance.registry import queries as registry
from jinbao.insurance.registry.rights import OFFICERS as WRITERS
from jinbao.kernel.errors import Conflict, FormatError
from jinbao.kernel.money import format_fen
from jinbao.kernel.months import Month
from jinbao.trust.actors import Actor
from jinbao.web.acting import OFFICERS, form_key, only
from jinbao.web.dates import now, today
from jinbao.web.trace import trees_of


@require_safe
@only(*OFFICERS)
def detail(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Show one award, when it was suspended, and what may be done with it."""
    award = queries.award(by, pk)
    stopped = [row for row in queries.suspensions(by, award.person) if row.award.benefit == award.benefit]
    running = award.end is None
    shown = {
        "award": award,
        "person": award.person,
        "suspensions": stopped,
        "suspended": any(row.end is None for row in stopped),
        "may_write": running and by.role in WRITERS,
        "may_recalculate": running and by.role in WRITERS and award.determination is not None,
        "month": Month.of(today()),
    }
    return render(request, "counter/award.html", shown)


@require_POST
@only(*WRITERS)
def suspend(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Stop paying an award from a month on."""
    award, month = queries.award(by, pk), _month(request)
    actions.suspend(by, award, month, written(request, "ground"), key=form_key(request, "suspend", pk))
    return redirect("counter-award", pk=pk)


@require_POST
@only(*WRITERS)
def resume(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Pay an award again from a month on, with or without the months in between."""
    award, month = queries.award(by, pk), _month(request)
    arrears = _choice(request, "arrears", {"yes": True, "no": False})
    reason, key = written(request, "reason"), form_key(request, "resume", pk)
    actions.resume(by, award, month, arrears=arrears, reason=reason, key=key)
    return redirect("counter-award", pk=pk)


@require_safe
@only(*WRITERS)
def compare(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Show an award as it would be computed today beside what it is, with what would be paid back or owed."""
    award = queries.award(by, pk)
    found = queries.recalculated(by, award, Month.of(today()))
    shown = {"award": award, "person": award.person, "found": found, "trees": trees_of(found.answer.trace)}
    return render(request, "counter/recalculate.html", shown)


@require_POST
@only(*WRITERS)
def recalculate(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Recalculate an award, if the answer is still the one that the officer was shown."""
    award, ground = queries.award(by, pk), written(request, "ground", 64)
    key = form_key(request, "recalculate", pk)
    if award.end is None:
        _still(by, award, request.POST.get("seen", ""))
    made = actions.recalculate(by, award, ground, now=now(), key=key)
    text = _("重新核定为 %(fen)s 元/月") if made.pk != pk else _("重新核定后金额不变：%(fen)s 元/月")
    messages.success(request, text % {"fen": format_fen(made.monthly_fen)})
    return redirect("counter-award", pk=made.pk)


def _still(by: Actor, award: Award, seen: str) -> None:
    """Refuse a confirmation of an answer other than the one of now."""
    answer = queries.recalculated(by, award, Month.of(today())).answer
    if seen != answer.facts_hash + answer.law_version:
        raise Conflict(_("计算所依据的事实或规定已有变化"), advice=_("请重新打开，核对新的计算结果后再确认。"))


@require_POST
@only(*WRITERS)
def report_death(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Record a death, end every award, and claim back what was paid for later months."""
    person = registry.person_by_pk(by, pk)
    day = day_of(request.POST.get("died_on", ""))
    claims = payments.report_death(by, person, day, today=today(), now=now(), key=form_key(request, "death", pk))
    counted = {"day": day, "claims": len(claims)}
    messages.success(request, _("已登记死亡日期 %(day)s，产生追回 %(claims)d 项") % counted)
    return redirect("counter-person", pk=pk)


def _month(request: HttpRequest) -> Month:
    return Month.parse(request.POST.get("month", ""))


def day_of(text: str) -> date:
    """Read the day that a form names. Raises FormatError for anything else."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise FormatError(_("“%(text)s”不是日期") % {"text": text[:20]}, advice=_("请写成 2026-01-31。")) from None


def _choice(request: HttpRequest, name: str, choices: dict[str, bool]) -> bool:
    chosen = request.POST.get(name, "")
    if chosen not in choices:
        raise FormatError(_("没有选择是否补发"), advice=_("请选择后再提交。"))
    return choices[chosen]


def written(request: HttpRequest, name: str, longest: int = 128) -> str:
    """Return the reason an officer has written down. Raises FormatError when it is empty or too long."""
    text = request.POST.get(name, "").strip()
    if not text or len(text) > longest:
        raise FormatError(
            _("须写明依据或原因，不超过 %(longest)d 字") % {"longest": longest}, advice=_("请填写后再提交。")
        )
    return text

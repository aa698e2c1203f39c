"""Recalculation campaigns at the counter: made, tried, looked through, approved by another, applied, undone."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from jinbao.insurance.benefits.campaigns import actions, queries, report
from jinbao.insurance.benefits.campaigns.create import OPEN
from jinbao.insurance.benefits.campaigns.decide import APPROVERS
from jinbao.insurance.benefits.campaigns.models import Campaign, CampaignMember
from jinbao.insurance.benefits.campaigns.people_file import read_people
from jinbao.insurance.benefits.campaigns.select import Selection
from jinbao.insurance.payments import actions as payments
from jinbao.insurance.payments.undo_campaign import UNDOERS
from jinbao.insurance.registry.rights import OFFICERS as WRITERS
from jinbao.trust.actors import Actor
from jinbao.web.acting import OFFICERS, form_key, only
from jinbao.web.counter.awards import day_of, written
from jinbao.web.dates import now, today
from jinbao.web.paging import page_of
from jinbao.web.trace import trees_of

Status = Campaign.Status
SECONDS = 2.0
"""How long one request works before the page is shown again."""
RUNNING = (Status.TRYING, Status.CHECKING)


@require_safe
@only(*OFFICERS)
def listing(request: HttpRequest, by: Actor) -> HttpResponse:
    """Show the campaigns and the form for another."""
    shown = {"page": page_of(queries.campaigns(by), request), "may_create": by.role in WRITERS, "today": today()}
    return render(request, "counter/campaigns.html", shown)


@require_POST
@only(*WRITERS)
def create(request: HttpRequest, by: Actor) -> HttpResponse:
    """Begin a campaign; people may come from a file."""
    numbers = None
    file = request.FILES.get("people")
    if file is not None:
        people = read_people(file.read(), file.name or "")
        numbers = people.numbers
        for text in people.wrong[:10]:
            messages.warning(request, text)
    start_from, start_to, parameter, handed_over = (
        request.POST.get(name, "").strip() for name in ("start_from", "start_to", "parameter", "handed_over")
    )
    made = actions.create(
        by,
        written(request, "title", 64),
        reason=written(request, "reason", 255),
        basis=written(request, "basis", 255),
        region=by.region,
        on=_on(request),
        retroactive=request.POST.get("effect", "start") == "start",
        selection=Selection(start_from, start_to, parameter, handed_over=handed_over),
        numbers=numbers,
        now=now(),
        key=form_key(request, "campaign"),
    )
    return redirect("counter-campaign", pk=made.pk)


def _on(request: HttpRequest) -> date:
    text = request.POST.get("on", "").strip()
    return day_of(text) if text else today()


@require_safe
@only(*OFFICERS)
def detail(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Show a campaign: how far it is, what came out, who is unusual, and what may be done now."""
    campaign = queries.campaign(by, pk)
    state = request.GET.get("state", "") if request.GET.get("state", "") in CampaignMember.State.values else ""
    shown = _known(by, campaign) | {
        "page": page_of(queries.members(by, campaign, state), request),
        "state": state,
        "states": CampaignMember.State.choices,
    }
    return render(request, "counter/campaign.html", shown)


def _known(by: Actor, campaign: Campaign) -> dict[str, Any]:
    status, writes = campaign.status, by.role in WRITERS
    tried = "states" in campaign.figures
    done, total = queries.done_of(campaign) if status in RUNNING else queries.applied_of(campaign)
    return {
        "campaign": campaign,
        "summary": report.summary(campaign),
        "sums": report.sums(campaign),
        "bins": report.bins(campaign),
        "groups": list(report.groups(campaign)),
        "handed_over": report.handed_over(campaign),
        "bounded": report.bound_reached(campaign),
        "outliers": queries.outliers(by, campaign)[:60] if tried else [],
        "tried": tried,
        "running": status in RUNNING,
        "applying": status == Status.APPROVED and done > 0,
        "undoing": status == Status.UNDOING,
        "done": done,
        "total": total,
        "agrees": tried and not campaign.figures["sample"]["different"],
        "took_part": by.username in (campaign.created_by, campaign.submitted_by),
        "may_try": writes and status in OPEN and status not in RUNNING,
        "may_go_on": writes,
        "may_submit": writes and status == Status.TRIED,
        "may_approve": by.role in APPROVERS and status == Status.SUBMITTED,
        "may_apply": writes and status == Status.APPROVED,
        "may_cancel": writes and status in OPEN,
        "may_undo": by.role in UNDOERS and status in (Status.APPROVED, Status.APPLIED, Status.UNDOING),
    }


@require_safe
@only(*OFFICERS)
def member(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Explain one award of a campaign: before, now, and which steps came out otherwise."""
    one = queries.member(by, pk)
    found = queries.explained(by, one)
    shown = {
        "one": one,
        "found": found,
        "before": trees_of(found.before.trace) if found.before else [],
        "trees": trees_of(found.after.trace) if found.after else [],
        "differs": queries.differs(one),
    }
    return render(request, "counter/campaign_member.html", shown)


@require_POST
@only(*WRITERS)
def dry_run(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Begin a dry run, or go on with it for some seconds; the page asks again until it is done."""
    campaign = queries.campaign(by, pk)
    if campaign.status not in RUNNING:
        campaign = actions.start(by, campaign, now=now(), at_the_counter=True)
    actions.advance(by, campaign, now=now(), seconds=SECONDS)
    return redirect("counter-campaign", pk=pk)


@require_POST
@only(*WRITERS)
def submit(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Put a campaign before the second person."""
    actions.submit(by, queries.campaign(by, pk), now=now(), key=form_key(request, "submit", pk))
    return redirect("counter-campaign", pk=pk)


@require_POST
@only(*APPROVERS)
def decide(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Approve what was shown, or send it back with the reason."""
    campaign = queries.campaign(by, pk)
    if request.POST.get("decision") == "back":
        reason = written(request, "reason", 255)
        actions.send_back(by, campaign, reason, now=now(), key=form_key(request, "back", pk))
    else:
        actions.approve(by, campaign, request.POST.get("seen", ""), now=now(), key=form_key(request, "approve", pk))
        messages.success(request, _("已批准，可以执行"))
    return redirect("counter-campaign", pk=pk)


@require_POST
@only(*WRITERS)
def apply(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Apply a campaign for some seconds; the page asks again until everybody is done."""
    campaign = queries.campaign(by, pk)
    until = now().timestamp() + SECONDS
    while campaign.status != Status.APPLIED:
        campaign = actions.apply_some(by, campaign, now=now())
        if now().timestamp() >= until:
            break
    if campaign.status == Status.APPLIED:
        messages.success(request, _("已执行完毕，差额在下一次拟制发放批次时补发"))
    return redirect("counter-campaign", pk=pk)


@require_POST
@only(*UNDOERS)
def undo(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Undo a campaign for some seconds; the page asks again until everybody is as before."""
    campaign = queries.campaign(by, pk)
    reason = campaign.remark if campaign.status == Status.UNDOING else written(request, "reason", 200)
    until = now().timestamp() + SECONDS
    while campaign.status != Status.UNDONE:
        campaign = payments.undo_some(by, campaign, reason, now=now())
        if now().timestamp() >= until:
            break
    if campaign.status == Status.UNDONE:
        messages.success(
            request, _("已撤销。已拟制而未发出的批次里，这些人的款项都已作废：请再拟制一次，按原标准发给他们")
        )
    return redirect("counter-campaign", pk=pk)


@require_POST
@only(*WRITERS)
def cancel(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Give a campaign up."""
    reason = written(request, "reason", 255)
    actions.cancel(by, queries.campaign(by, pk), reason, now=now(), key=form_key(request, "cancel", pk))
    return redirect("counter-campaign", pk=pk)


@require_safe
@only(*OFFICERS)
def workbook(request: HttpRequest, by: Actor, pk: int) -> HttpResponseBase:
    """Give the report as Excel."""
    campaign = queries.campaign(by, pk)
    content = BytesIO(report.workbook(by, campaign))
    return FileResponse(content, as_attachment=True, filename=f"重算批次-{pk}.xlsx")


@require_safe
@only(*OFFICERS)
def paper(request: HttpRequest, by: Actor, pk: int) -> HttpResponseBase:
    """Give the report as PDF."""
    content = BytesIO(report.sheet(queries.campaign(by, pk)))
    return FileResponse(content, as_attachment=True, filename=f"重算批次-{pk}.pdf")

"""Supply at the counter: what arrived, what is late, which sources failed, and deliveries that wait for a decision."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_POST, require_safe

from jinbao.data import intake
from jinbao.data.datasets import load_dataset
from jinbao.data.models import Batch
from jinbao.data.queries import batch as visible_batch
from jinbao.data.queries import batches
from jinbao.data.supply import actions, arrivals, pulls
from jinbao.data.supply.sources import source
from jinbao.data.units import unit
from jinbao.kernel.errors import FormatError
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
from jinbao.web.acting import form_key, only
from jinbao.web.dates import now
from jinbao.web.paging import page_of

SAMPLE = 50
"""Rejected rows that the page of a delivery shows."""
STATES = (
    gettext_noop("进行中"), gettext_noop("已取到"), gettext_noop("没有新数据"), gettext_noop("失败"),
    gettext_noop("数据库表"), gettext_noop("接口"), gettext_noop("目录"), gettext_noop("实时"), gettext_noop("每日"),
    gettext_noop("每周"), gettext_noop("每月"), gettext_noop("每季度"), gettext_noop("每半年"), gettext_noop("每年"),
    gettext_noop("不定期"),
)  # fmt: skip
"""Words of this room that the page translates."""


@require_safe
@only(Role.STEWARD)
def home(request: HttpRequest, by: Actor) -> HttpResponse:
    """Show sources, arrivals, what is late and what waits; the log of the runs below."""
    arrived = arrivals.arrivals(by, now())
    shown = {
        "sources": arrivals.sources(by, now()),
        "arrivals": arrived,
        "late": sum(one.is_late for one in arrived),
        "rows": sum(one.rows for one in arrived),
        "waiting": [(one, load_dataset(one.dataset)) for one in arrivals.waiting(by)[:SAMPLE]],
        "page": page_of(arrivals.runs(by, failed="failed" in request.GET), request, 20),
        "only_failed": "failed" in request.GET,
    }
    return render(request, "counter/data/supply_home.html", shown)


@require_POST
@only(Role.STEWARD)
def pull(request: HttpRequest, by: Actor, name: str) -> HttpResponse:
    """Fetch from a source now; the result is the first line of the log."""
    pulls.pull(by, source(name), now=now())
    return redirect("counter-data-supply")


@require_safe
@only(Role.STEWARD)
def delivery(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Show one delivery: counts, rules that found something, the rows that would come back."""
    batch = visible_batch(by, pk)
    dataset = load_dataset(batch.dataset)
    seen = intake.preview(batch, SAMPLE)
    shown = {
        "batch": batch,
        "dataset": dataset,
        "unit": unit(dataset.owner),
        "rules": [rule for rule in batch.rules if rule["failed"]],
        "rejected": seen.rejected,
        "others": batches(by, dataset=batch.dataset)[:SAMPLE],
        "notices": seen.notices,
        "may_accept": batch.status == Batch.Status.CHECKED and batch.accepted,
        "may_discard": batch.status in (Batch.Status.CHECKED, Batch.Status.ACCEPTED),
    }
    return render(request, "counter/data/supply_delivery.html", shown)


@require_POST
@only(Role.STEWARD)
def decide(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Accept the good rows of a delivery, or take it back with a reason."""
    batch, key = visible_batch(by, pk), form_key(request, "supply", pk)
    if request.POST.get("decision") == "accept":
        actions.accept(by, batch, now=now(), key=key)
        return redirect("counter-data-supply-delivery", pk=pk)
    reason = request.POST.get("reason", "").strip()[:200]
    if not reason:
        raise FormatError(_("没有写原因"), advice=_("请写明为什么作废这次报送。"))
    actions.discard(by, batch, now=now(), reason=reason, key=key)
    return redirect("counter-data-supply-delivery", pk=pk)

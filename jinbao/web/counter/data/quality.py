"""Quality at the counter: scores with their trend, what each rule found, the rows that fail, tickets, the bulletin."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_POST, require_safe

from jinbao.data.datasets import all_datasets, load_dataset
from jinbao.data.scoring import actions, bulletin, queries
from jinbao.data.scoring.declared import DIMENSIONS, weights
from jinbao.data.scoring.engine import KEPT
from jinbao.data.scoring.models import RuleResult, Run, Score
from jinbao.data.units import unit
from jinbao.kernel.errors import NotFound
from jinbao.kernel.months import Month
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
from jinbao.web.acting import form_key, only
from jinbao.web.dates import now, today
from jinbao.web.paging import SIZE, Page, page_of

TREND = 12
"""Days with a score that a trend shows."""
TICKET_STATES = {
    "open": gettext_noop("未关闭"), "overdue": gettext_noop("逾期"), "closed": gettext_noop("已关闭"),
    "all": gettext_noop("全部"),
}  # fmt: skip
WORDS = (
    gettext_noop("规范性"), gettext_noop("完整性"), gettext_noop("准确性"), gettext_noop("一致性"),
    gettext_noop("时效性"), gettext_noop("可访问性"), gettext_noop("致命"), gettext_noop("严重"), gettext_noop("一般"),
    gettext_noop("提示"), gettext_noop("通过"), gettext_noop("未通过"), gettext_noop("未检查"), gettext_noop("发出"),
    gettext_noop("复查"), gettext_noop("数据已改正"), gettext_noop("规则已撤销"), gettext_noop("再次出现"),
    gettext_noop("催办"), gettext_noop("说明"),
)  # fmt: skip
"""Words of this room that the page translates."""


@require_safe
@only(Role.STEWARD)
def home(request: HttpRequest, by: Actor) -> HttpResponse:
    """Show the region's score, its units and datasets, the lowest first."""
    recent = queries.newest(queries.scores(by).filter(kind=Score.Kind.UNIT), 2)
    region = list(queries.scores(by).filter(kind=Score.Kind.REGION, code=by.region).order_by("-on")[: TREND + 1])
    runs = queries.latest_runs(queries.runs(by))
    titles = {dataset.name: dataset.title for dataset in all_datasets()}
    shown = {
        "trend": _trend(region),
        "units": sorted(_by_code(recent), key=lambda one: one["points"]),
        "runs": [
            (run, titles.get(run.dataset, run.dataset), unit(run.unit).short) for run in sorted(runs, key=_lowest)
        ],
        "open": queries.tickets(by).count(),
        "overdue": queries.tickets(by, state="overdue", today=today()).count(),
        "target": weights().target,
        "dimensions": [(name, region[0].dimensions.get(name)) for name in DIMENSIONS] if region else [],
        "month": f"{today():%Y-%m}",
    }
    return render(request, "counter/data/quality_home.html", shown)


def _lowest(run: Run) -> tuple[int, str]:
    return -1 if run.points is None else run.points, run.dataset


def _trend(scores: Iterable[Score]) -> list[dict[str, Any]]:
    """Return the newest scores, newest first, each with the change since the one before."""
    found = list(scores)[: TREND + 1]
    older: list[Score | None] = [*found[1:], None]
    return [
        {"on": one.on, "points": one.points, "change": one.points - before.points if before else None}
        for one, before in zip(found[:TREND], older, strict=False)
    ]


def _by_code(scores: list[Score]) -> list[dict[str, Any]]:
    found: dict[str, list[Score]] = {}
    for one in scores:
        found.setdefault(one.code, []).append(one)
    return [{"name": unit(code).name, "score": mine[0], **_trend(mine)[0]} for code, mine in found.items()]


@require_safe
@only(Role.STEWARD)
def dataset(request: HttpRequest, by: Actor, name: str) -> HttpResponse:
    """Show what the rules of a dataset found in its newest run, a page at a time."""
    run = queries.run_of(by, name)
    asked = {key: request.GET.get(key, "").strip()[:60] for key in ("outcome", "dimension", "text")}
    counts = {outcome: run.results.filter(outcome=outcome).count() for outcome in RuleResult.Outcome.values}
    shown = {
        "run": run,
        "dataset": load_dataset(name),
        "unit": unit(run.unit),
        "page": page_of(queries.results(run, **asked), request),
        "asked": asked,
        "counts": counts,
        "all": DIMENSIONS,
        "dimensions": [(one, run.dimensions.get(one)) for one in DIMENSIONS],
        "trend": _trend(queries.scores(by).filter(kind=Score.Kind.DATASET, code=name).order_by("-on")[: TREND + 1]),
    }
    return render(request, "counter/data/quality_dataset.html", shown)


@require_POST
@only(Role.STEWARD)
def run(request: HttpRequest, by: Actor, name: str) -> HttpResponse:
    """Look at a dataset now."""
    if name not in {one.name for one in actions.scored_datasets()}:
        raise NotFound(_("没有这个评分的数据集"), advice=_("请从数据质量页重新打开。"))
    actions.run(by, name, now=now())
    return redirect("counter-data-quality-dataset", name=name)


@require_safe
@only(Role.STEWARD)
def rule(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Show one rule of a run with the rows that fail it, masked."""
    result = queries.result(by, pk)
    number = page_of((), request).number
    rows = queries.failing_rows(result, (number - 1) * SIZE, SIZE + 1) if result.failed else []
    shown = {
        "result": result,
        "dataset": load_dataset(result.run.dataset),
        "page": Page(rows[:SIZE], number, len(rows) > SIZE),  # type: ignore[type-var]  # rows of the lake
        "is_newest": _newest(by, result.run),
        "kept": KEPT if result.failed > KEPT else 0,
    }
    return render(request, "counter/data/quality_rule.html", shown)


def _newest(by: Actor, run: Run) -> bool:
    return queries.run_of(by, run.dataset).pk == run.pk


@require_safe
@only(Role.STEWARD)
def tickets(request: HttpRequest, by: Actor) -> HttpResponse:
    """List tickets, those due first."""
    asked = request.GET.get("state", "open")
    state = asked if asked in TICKET_STATES else "open"
    page = page_of(queries.tickets(by, state=state, today=today()), request)
    shown = {
        "page": page,
        "rows": [(one, load_dataset(one.dataset).title, unit(one.unit).short) for one in page.rows],
        "state": state,
        "states": TICKET_STATES,
        "today": today(),
    }
    return render(request, "counter/data/quality_tickets.html", shown)


@require_safe
@only(Role.STEWARD)
def ticket(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Show a ticket with its history; there is nothing here that closes it."""
    found, events = queries.ticket(by, pk)
    shown = {
        "ticket": found,
        "events": events,
        "dataset": load_dataset(found.dataset),
        "unit": unit(found.unit),
        "result": found.last_run.results.filter(rule=found.rule).first(),
        "is_overdue": found.closed_at is None and found.due_on < today(),
    }
    return render(request, "counter/data/quality_ticket.html", shown)


@require_POST
@only(Role.STEWARD)
def note(request: HttpRequest, by: Actor, pk: int) -> HttpResponse:
    """Write down what the provider says."""
    found, _events = queries.ticket(by, pk)
    actions.add_note(by, found, request.POST.get("text", ""), now=now(), key=form_key(request, "ticket", pk))
    return redirect("counter-data-quality-ticket", pk=pk)


@require_safe
@only(Role.STEWARD)
def notice(request: HttpRequest, by: Actor, form: str) -> HttpResponse:
    """Give the bulletin of a month as Word or PDF."""
    month = Month.parse(request.GET.get("month", "") or f"{today():%Y-%m}")
    content = bulletin.written(bulletin.content(by, month, today=today()), form)
    response = HttpResponse(content, content_type=bulletin.FORMS[form].kind)
    name = f"data-quality-{month}.{form}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response

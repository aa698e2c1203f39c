"""政策模拟: suppose other values of parameters, compute over everybody in the background, see who gains and loses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from jinbao.kernel.errors import FormatError, JinbaoError, NotFound
from jinbao.kernel.money import parse_amount, yuan_to_fen
from jinbao.oversight.simulation import careers, kept, printed
from jinbao.oversight.simulation.kept import ROLES
from jinbao.oversight.simulation.question import Benefit, Question, Side, benefit_of, benefits
from jinbao.oversight.simulation.results import SHEET, WORKBOOK
from jinbao.rules import Law, load_law, parse_day
from jinbao.rules.bulk.lake import describe
from jinbao.trust.actors import Actor
from jinbao.web.acting import form_key, only
from jinbao.web.dates import now, today
from jinbao.web.levers import PREFIX, Lever, lever_of
from jinbao.web.phrases import english

MOST_LINES = 40


@dataclass
class Form:
    """What is asked at the counter, as entered."""

    benefit: Benefit
    region: str
    on: date
    levers: list[Lever]
    places: list[tuple[str, str]]
    data: Mapping[str, str] = field(default_factory=dict)

    def lines(self, name: str) -> list[str]:
        """Return the lines of a text field. Raises FormatError for too many: none is dropped in silence."""
        found = [line.strip() for line in self.data.get(name, "").splitlines() if line.strip()]
        if len(found) > MOST_LINES:
            said = _("假设有 %(n)d 行，最多 %(most)d 行") % {"n": len(found), "most": MOST_LINES}
            raise FormatError(said, advice=_("请写成各年相同的，或减少项目。"))
        return found

    def question(self) -> Question:
        """Read the question. Raises FormatError and WrongAssumption with what to do."""
        entered = [f"{lever.name}={lever.value}" for lever in self.levers if lever.value and not lever.table]
        both = tuple(self.lines("yearly"))
        after = Side(self.on, self.region, (*entered, *self.lines("more")), "", (*both, *self.lines("yearly_new")))
        against_on = self.data.get("against_on", "").strip()
        before = Side(
            parse_day(against_on) if against_on else self.on,
            self.data.get("against_region") or self.region,
            tuple(self.lines("against")),
            "",
            both,
        )
        if before == after:
            raise FormatError(_("两套规定相同，没有可比的"), advice=_("请至少填写一项假设，或换原规定的日期、地区。"))
        months = self.data.get("months", "").strip() or "60"
        if not (months.isascii() and months.isdigit() and len(months) < 5):
            raise FormatError(_("月数应为整数"), advice=_("例如 60。"))
        threshold = yuan_to_fen(parse_amount(self.data.get("threshold", "").strip() or "1"))
        only_new = bool(self.data.get("only_new"))
        return Question(self.benefit.slug, before, after, int(months), threshold, only_new)


def _form(by: Actor, data: Mapping[str, str]) -> Form:
    law = load_law()
    benefit = benefit_of(law, data.get("benefit") or "pension")
    region = data.get("region") or by.region
    law.book.regions.lineage(region)
    on = parse_day(data["on"]) if data.get("on") else today().replace(day=1)
    return Form(benefit, region, on, _levers(law, benefit, region, on, data), _places(law), data)


def _levers(law: Law, benefit: Benefit, region: str, on: date, data: Mapping[str, str]) -> list[Lever]:
    """List the parameters that the rules of the benefit may use in the region."""
    names = dict.fromkeys(name for rule in benefit.rules for name in law.needs(rule, region=region))
    return [lever_of(law, name, on, region, data) for name in names if name in law.book.parameters]


def _places(law: Law) -> list[tuple[str, str]]:
    tree = law.book.regions
    return [(code, tree.name(code)) for code in tree.codes]


@require_safe
@only(*ROLES)
def listing(request: HttpRequest, by: Actor) -> HttpResponse:
    """Show the simulations of the region and the form for a new one."""
    return _shown(request, by, request.GET.dict())


def _shown(request: HttpRequest, by: Actor, data: Mapping[str, str], error: JinbaoError | None = None) -> HttpResponse:
    at = now()
    try:
        form = _form(by, data)
    except JinbaoError as wrong:
        form, error = _form(by, {}), wrong
    shown = {
        "simulations": [(each, each.state(at)) for each in kept.simulations(by)[:50]],
        "form": form,
        "benefits": benefits(load_law()).values(),
        "data": data,
        "lake": describe(kept.lake()),
        "careers": careers.state(),
        "prefix": PREFIX,
        "error": error,
    }
    return render(request, "counter/simulations.html", shown, status=400 if error else 200)


@require_POST
@only(*ROLES)
def start(request: HttpRequest, by: Actor) -> HttpResponse:
    """Keep the question and begin; what is wrong is said above the form, which keeps what was entered."""
    data = request.POST.dict()
    try:
        question = _form(by, data).question()
        title = data.get("title", "").strip()[:60] or _("未命名")
        number = kept.ask(by, question, title, now=now(), key=form_key(request, "simulate"))
    except JinbaoError as error:
        return _shown(request, by, data, error)
    return redirect("counter-simulation", number=number)


@require_POST
@only(*ROLES)
def refresh(request: HttpRequest, by: Actor) -> HttpResponse:
    """Begin to bring the careers of the lake up to the books."""
    careers.refresh(by, now=now())
    return redirect("counter-simulations")


@require_safe
@only(*ROLES)
def detail(request: HttpRequest, by: Actor, number: str) -> HttpResponse:
    """Show how a simulation stands, or its result, with another one beside it if asked for."""
    one, at = kept.simulation(by, number), now()
    others = [each for each in kept.simulations(by)[:50] if each.number != number and each.is_done]
    chosen = next((each for each in others if each.number == request.GET.get("beside")), None)
    shown: dict[str, Any] = {"one": one, "state": one.state(at), "others": others, "beside": chosen}
    if one.results:
        shown |= {
            "summary": _beside(one.results, chosen.results if chosen else None),
            "laws": printed.laws(one.results),
            "beside_laws": printed.laws(chosen.results) if chosen and chosen.results else [],
            "tables": [_as_text(table) for table in printed.tables_of(one.results)],
            "notes": one.results["notes"],
            "series": series(one.results, chosen.results if chosen else None),
        }
    return render(request, "counter/simulation.html", shown)


def _beside(one: Mapping[str, Any], other: Mapping[str, Any] | None) -> list[tuple[str, str, str]]:
    second = dict(printed.summary(other)) if other else {}
    return [(name, text, second.get(name, "")) for name, text in printed.summary(one)]


def _as_text(table: printed.Table) -> dict[str, Any]:
    rows = [[printed.text_of(value) for value in row] for row in table.rows]
    return {"slug": table.slug, "title": table.title, "head": table.head, "rows": rows}


def series(one: Mapping[str, Any], other: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what the charts draw; None where a figure is not shown. Amounts are whole yuan, for the eye only."""
    months = one["months"]
    second = {row["month"]: row for row in other["months"]} if other else {}
    groups = {
        each["slug"]: {
            "labels": [english(row["label"]) for row in each["rows"]],
            "winners": [row["winners"] for row in each["rows"]],
            "losers": [row["losers"] for row in each["rows"]],
            "persons": [row["persons"] for row in each["rows"]],
        }
        for each in one["dimensions"]
    }
    return {
        "months": [row["month"] for row in months],
        "before": [_yuan(row["fen_before"]) for row in months],
        "after": [_yuan(row["fen_after"]) for row in months],
        "beside": [_yuan(second.get(row["month"], {}).get("fen_after")) for row in months] if other else [],
        "groups": groups,
    }


def _yuan(fen: int | None) -> int | None:
    return None if fen is None else fen // 100


@require_POST
@only(*ROLES)
def resume(request: HttpRequest, by: Actor, number: str) -> HttpResponse:
    """Go on with a simulation that broke off."""
    kept.resume(by, kept.simulation(by, number), now=now())
    return redirect("counter-simulation", number=number)


@require_safe
@only(*ROLES)
def workbook(request: HttpRequest, by: Actor, number: str) -> HttpResponseBase:
    """Give the result as an Excel file."""
    return _file(by, number, WORKBOOK)


@require_safe
@only(*ROLES)
def sheet(request: HttpRequest, by: Actor, number: str) -> HttpResponseBase:
    """Give the result as a page to be printed."""
    return _file(by, number, SHEET)


def _file(by: Actor, number: str, name: str) -> HttpResponseBase:
    path = kept.simulation(by, number).path / name
    if not path.exists():
        raise NotFound(_("这项模拟还没有算完"), advice=_("请稍后再试。"))
    return FileResponse(path.open("rb"), as_attachment=True, filename=f"政策模拟-{number}{path.suffix}")

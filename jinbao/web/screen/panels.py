"""The panels of the screen of the data platform: figures, lines and one chart each, all with their source.

A panel that has nothing to show says what is missing and what to do; one that cannot be read says so and leaves the
others alone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlencode

from django.db import DatabaseError
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from jinbao.data.catalogue import queries as catalogue
from jinbao.data.catalogue.models import Resource
from jinbao.data.catalogue.standard import standard
from jinbao.data.exchange import collect
from jinbao.data.extraction import queries as extraction
from jinbao.data.extraction.models import DataRequest
from jinbao.data.linkage import queries as linkage
from jinbao.data.scoring import queries as scoring
from jinbao.data.scoring.declared import DIMENSIONS, weights
from jinbao.data.scoring.queries import shown as points
from jinbao.kernel.errors import JinbaoError
from jinbao.web.screen.state import PlatformState

log = logging.getLogger(__name__)
Tone = Literal["", "main", "warn", "bad"]
MOST_LINES = 5
"""Lines of a panel; more cannot be read from five metres."""


@dataclass(frozen=True)
class Figure:
    """One number, where it comes from, and whether it asks for something."""

    label: str
    value: str
    url: str
    tone: Tone = ""
    unit: str = ""


@dataclass(frozen=True)
class Line:
    """One line below the figures; `share` draws a bar, in percent."""

    label: str
    value: str
    url: str
    tone: Tone = ""
    share: int | None = None


@dataclass(frozen=True)
class Series:
    """One row of values of a chart, drawn in one of the four colours; the same values stand in its table."""

    name: str
    color: Literal["a", "b", "c", "d"]
    values: list[str]


@dataclass(frozen=True)
class Chart:
    """What is drawn and what the table below says."""

    kind: Literal["bar", "line"]
    heading: str
    labels: list[str]
    series: tuple[Series, ...]
    least: str = "0"
    """Where the axis begins."""

    @property
    def rows(self) -> list[tuple[str, list[str]]]:
        """The same as lines of a table, the newest first."""
        lines = [(label, [each.values[at] for each in self.series]) for at, label in enumerate(self.labels)]
        return lines[::-1]

    def as_json(self) -> dict[str, Any]:
        """Return what the script draws."""
        drawn = [{"name": one.name, "color": one.color, "values": one.values} for one in self.series]
        return {"kind": self.kind, "labels": self.labels, "series": drawn, "least": self.least}


@dataclass(frozen=True)
class Panel:
    """One card of the screen."""

    name: str
    title: str
    source: str
    figures: tuple[Figure, ...] = ()
    lines: tuple[Line, ...] = ()
    chart: Chart | None = None
    note: str = ""
    missing: str = ""
    """What there is not yet and what to do about it; figures are then left out."""
    broken: str = ""
    """Why it could not be read."""


def panels(state: PlatformState) -> list[Panel]:
    """Make every panel; what cannot be read becomes a panel that says so."""
    return [_guarded(make, state) for make in PANELS]


def _guarded(make: Callable[[PlatformState], Panel], state: PlatformState) -> Panel:
    """Keep a damaged file or table of one room from taking the whole wall down."""
    try:
        return make(state)
    except JinbaoError as error:
        log.exception("panel %s", make.__name__)
        said = f"{error.message}。{error.advice}"
    except (OSError, DatabaseError, ValueError):
        log.exception("panel %s", make.__name__)
        said = _("读取失败，问题已经记录；请查看服务日志，并运行 jinbao check。")
    return Panel(make.__name__, _titles()[make.__name__], "", broken=said)


def _titles() -> dict[str, str]:
    return {
        "units": _("供数单位"),
        "resources": _("数据资源"),
        "quality": _("数据质量"),
        "landing": _("每日入湖"),
        "people": _("一人一号"),
        "requests": _("数据提取"),
        "exchange": _("共享交换"),
        "scenes": _("应用场景"),
        "runs": _("最近运行"),
    }


def _panel(name: str, source: str, **rest: Any) -> Panel:
    return Panel(name, _titles()[name], source, **rest)


def _at(when: datetime | None) -> str:
    return f"{localtime(when):%m-%d %H:%M}" if when else "—"


def _link(name: str, *args: object, **query: object) -> str:
    return reverse(name, args=args) + (f"?{urlencode(query)}" if query else "")


def units(state: PlatformState) -> Panel:
    """Which units deliver, which are late, and the datasets that are overdue."""
    here = reverse("counter-data-supply")
    came = {one.unit.code for one in state.arrivals if one.last}
    late = [one for one in state.arrivals if one.is_late]
    made = _panel("units", _("来源：供数 · 到货与期限"))
    if not came:
        return replace(made, missing=_("还没有单位报送。请在“供数”中取数，或让单位把文件放进约定的目录。"))
    behind = {one.unit.code for one in late}
    lines = [
        Line(
            f"{one.unit.short} · {one.dataset.title}",
            _("逾期 %(n)s 天") % {"n": (state.now - one.due).days} if one.due else _("从未到货"),
            here,
            "bad" if one.due else "warn",
        )
        for one in late[:MOST_LINES]
    ]
    figures = (
        Figure(_("报送过的单位"), f"{len(came):,}", here, "main"),
        Figure(_("有逾期的单位"), f"{len(behind):,}", here, "bad" if behind else ""),
    )
    more = len(late) - len(lines)
    return replace(
        made,
        figures=figures,
        lines=tuple(lines),
        note=_("另有 %(n)s 个数据集逾期") % {"n": more} if more else "" if late else _("没有逾期的数据集"),
    )


def resources(state: PlatformState) -> Panel:
    """How many resources there are, by kind and by grade."""
    counted = catalogue.counts(state.by)
    made = _panel("resources", _("来源：资源目录，不含已撤回"))
    total = sum(n for _kind, _grade, n in counted)
    if not total:
        return replace(made, missing=_("资源目录还是空的。请登记、导入，或运行 jinbao data catalogue sync。"))
    kinds = {kind: sum(n for its, _grade, n in counted if its == kind) for kind in Resource.Kind.values}
    grades: dict[str, int] = {}
    for _kind, grade, n in counted:
        grades[grade] = grades.get(grade, 0) + n
    names = standard().grades
    lines = [
        Line(
            _(names[grade]) if grade in names else _("未填写"),
            f"{n:,}",
            _link("counter-catalogue", grade=grade),
            share=100 * n // total,
        )
        for grade, n in sorted(grades.items())
    ]
    figures = (
        Figure(_("库表"), f"{kinds[Resource.Kind.TABLE]:,}", _link("counter-catalogue", kind="table"), "main"),
        Figure(_("接口"), f"{kinds[Resource.Kind.INTERFACE]:,}", _link("counter-catalogue", kind="interface"), "main"),
    )
    return replace(made, figures=figures, lines=tuple(lines[:MOST_LINES]))


def quality(state: PlatformState) -> Panel:
    """The region's score by dimension and over time, and what providers must still put right."""
    made = _panel("quality", _("来源：数据质量 · 地区总分与问题单"))
    if not state.scores:
        return replace(made, missing=_("还没有质量检查。请运行 jinbao data score。"))
    here, tickets = reverse("counter-data-quality"), "counter-data-quality-tickets"
    newest, target = state.scores[-1], weights().target
    open_, overdue = scoring.ticket_counts(state.by, state.today)
    figures = (
        Figure(_("总分"), points(newest.points), here, "main" if newest.points >= target else "warn"),
        Figure(_("问题单"), f"{open_:,}", reverse(tickets)),
        Figure(_("其中逾期"), f"{overdue:,}", _link(tickets, state="overdue"), "bad" if overdue else ""),
    )
    lines = tuple(
        Line(_(name), points(value) or _("未检查"), here, share=None if value is None else value // 100)
        for name in DIMENSIONS
        for value in [newest.dimensions.get(name)]
    )
    values = [points(one.points) for one in state.scores]
    least = min(one.points for one in state.scores)
    chart = Chart(
        "line",
        _("总分走势"),
        [f"{one.on:%m-%d}" for one in state.scores],
        (Series(_("总分"), "b", values),),
        least=str(max(0, (least - 100) // 100)),
    )
    asof = _("%(on)s 检查，目标 %(target)s 分") % {"on": newest.on, "target": points(target)}
    return replace(made, figures=figures, lines=lines, chart=chart, note=asof)


def landing(state: PlatformState) -> Panel:
    """Rows of each day: taken, sent back, waiting."""
    here = reverse("counter-data-supply")
    made = _panel("landing", _("来源：供数 · 批次行数，不含已作废"))
    days, today = state.landed, state.landed[-1]
    if not any(one.accepted or one.rejected or one.waiting for one in days):
        return replace(made, missing=_("最近 %(n)s 天没有行入湖。来源与时间见“供数”。") % {"n": len(days)})
    figures = (
        Figure(_("今日接收"), f"{today.accepted:,}", here, "main", _("行")),
        Figure(_("今日退回"), f"{today.rejected:,}", here, "warn" if today.rejected else "", _("行")),
        Figure(
            _("等待决定"),
            f"{sum(one.waiting for one in days):,}",
            here,
            "warn" if any(one.waiting for one in days) else "",
            _("行"),
        ),
    )
    series = (
        Series(_("接收"), "c", [str(one.accepted) for one in days]),
        Series(_("退回"), "d", [str(one.rejected) for one in days]),
        Series(_("等待决定"), "b", [str(one.waiting) for one in days]),
    )
    chart = Chart("bar", _("每日入湖行数"), [f"{one.on:%m-%d}" for one in days], series)
    return replace(made, figures=figures, chart=chart)


def people(state: PlatformState) -> Panel:
    """How many people the rows make, and how many pairs wait for somebody."""
    made = _panel("people", _("来源：一人一号 · 最近一次归并"))
    run = state.linked
    if run is None:
        return replace(made, missing=_("还没有归并过。请运行 jinbao data link。"))
    here, waiting = reverse("counter-linkage"), linkage.doubts(state.by).count()
    figures = (
        Figure(_("归并成人"), f"{run.people:,}", here, "main", _("人")),
        Figure(_("待审核"), f"{waiting:,}", reverse("counter-linkage-doubts"), "warn" if waiting else "", _("对")),
    )
    lines = (
        Line(_("参加归并的行"), f"{run.rows:,}", here),
        Line(_("上次新增或变动的行"), f"{run.changed:,}", here),
    )
    return replace(made, figures=figures, lines=lines, note=_at(run.at))


def requests(state: PlatformState) -> Panel:
    """Data requests that somebody still has to work on."""
    found = extraction.in_work(state.by, state.today)
    here, late = "counter-extraction", sum(one.late for one in found)
    figures = (
        Figure(_("在办"), f"{sum(one.count for one in found):,}", reverse(here), "main", _("件")),
        Figure(_("超过时限"), f"{late:,}", reverse(here), "bad" if late else "", _("件")),
    )
    lines = tuple(
        Line(
            _(str(DataRequest.State(one.state).label)),
            f"{one.count:,}",
            _link(here, state=one.state),
            "bad" if one.late else "",
        )
        for one in found
    )
    return _panel("requests", _("来源：数据提取 · 在办申请"), figures=figures, lines=lines)


def exchange(state: PlatformState) -> Panel:
    """Calls of the last hour, refusals and how fast they were answered."""
    made, traffic = _panel("exchange", _("来源：共享交换 · 调用日志，最近 60 分钟")), state.traffic
    behind = _("日志里还有未入库的调用，打开调用日志即可入库") if collect.is_anything_new() else ""
    log_of = "counter-exchange-calls"
    if traffic.last_at is None:
        return replace(made, missing=behind or _("还没有任何调用。伙伴与授权见“共享交换”。"))
    refused = _link(log_of, status="refused", day=state.today)
    figures = (
        Figure(_("调用"), f"{traffic.calls:,}", _link(log_of, day=state.today), "main", _("次")),
        Figure(_("拒绝"), f"{traffic.refused:,}", refused, "warn" if traffic.refused else "", _("次")),
    )
    lines = tuple(
        Line(
            _("%(n)s%% 的调用不超过") % {"n": percent},
            f"{value // 10}.{value % 10} ms" if value else "—",
            _link(log_of, day=state.today),
        )
        for percent in (50, 95, 99)
        for value in [traffic.percentile(percent)]
    )
    answered = [str(one.calls - one.refused) for one in traffic.minutes]
    series = (
        Series(_("提供"), "a", answered),
        Series(_("拒绝"), "d", [str(one.refused) for one in traffic.minutes]),
    )
    chart = Chart("bar", _("每分钟调用次数"), [f"{localtime(one.at):%H:%M}" for one in traffic.minutes], series)
    note = behind or _("最近一次调用 %(at)s") % {"at": _at(traffic.last_at)}
    return replace(made, figures=figures, lines=lines, chart=chart, note=note)


def scenes(state: PlatformState) -> Panel:
    """Clues that wait, are being checked and are settled, by scene."""
    made = _panel("scenes", _("来源：应用场景 · 最近一次运行的线索"))
    clues = [one for one in state.scenes if one.scene.is_clue and one.run]
    if not clues:
        return replace(made, missing=_("场景还没有运行过。请运行 jinbao data scenes run。"))
    here = reverse("counter-scenes")
    figures = (
        Figure(_("待交办"), f"{sum(one.new for one in clues):,}", here, "main"),
        Figure(_("核查中"), f"{sum(one.handed for one in clues):,}", here),
        Figure(_("已办结"), f"{sum(one.settled for one in clues):,}", here),
    )
    clues.sort(key=lambda one: (-(one.new + one.handed), one.scene.name))
    lines = tuple(
        Line(
            _(one.scene.title),
            f"{one.new:,} / {one.handed:,} / {one.settled:,}",
            reverse("counter-scene", args=[one.scene.name]),
        )
        for one in clues[:MOST_LINES]
    )
    return replace(made, figures=figures, lines=lines, note=_("各行：待交办 / 核查中 / 已办结"))


def runs(state: PlatformState) -> Panel:
    """When each kind of work ran last, and which sources failed."""
    failed = [one for one in state.sources if one.last and one.last.status == "failed"]
    pulled = max((one.last.started_at for one in state.sources if one.last), default=None)
    asked = max((one.run.at for one in state.scenes if one.run), default=None)
    scored = scoring.runs(state.by).order_by("-pk").first()
    supply = reverse("counter-data-supply")
    when = (
        (_("取数"), pulled, supply),
        (_("质量检查"), scored.at if scored else None, reverse("counter-data-quality")),
        (_("归并"), state.linked.at if state.linked else None, reverse("counter-linkage")),
        (_("场景"), asked, reverse("counter-scenes")),
    )
    never = _("没有运行过")
    lines = [Line(one.source.title, _("取数失败"), f"{supply}?failed", "bad") for one in failed]
    lines = lines[: MOST_LINES - 1] + [Line(name, _at(at) if at else never, url) for name, at, url in when]
    figures = (
        Figure(_("启用的来源"), f"{len(state.sources):,}", supply),
        Figure(_("最近失败的来源"), f"{len(failed):,}", f"{supply}?failed", "bad" if failed else ""),
    )
    return _panel("runs", _("来源：各栏目的运行记录"), figures=figures, lines=tuple(lines[:MOST_LINES]))


PANELS = (units, resources, quality, landing, people, requests, exchange, scenes, runs)
"""In the order in which they are read: what comes in, how good it is, who it is, who gets it, what it says."""

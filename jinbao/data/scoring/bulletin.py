"""数据质量通报: the month's scores of units, the dimensions, the worst rules, what is overdue; as Word and as PDF."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from django.utils.timezone import make_aware

from jinbao.data.datasets import all_datasets
from jinbao.data.scoring import queries, word
from jinbao.data.scoring.declared import DIMENSIONS, weights
from jinbao.data.scoring.models import RuleResult, Run, Score
from jinbao.data.scoring.word import Bulletin, Table
from jinbao.data.units import unit
from jinbao.kernel.errors import FormatError, NotFound
from jinbao.kernel.months import Month
from jinbao.kernel.regions import RegionTree
from jinbao.rules.paper import chinese_fonts, quoted
from jinbao.trust.actors import Actor

WORST = 15
MOST_OVERDUE = 50
"""Tickets that a bulletin names; it counts the others."""


def content(by: Actor, month: Month, *, today: date) -> Bulletin:
    """Gather the bulletin of a month; of the current month as it stands today.

    Raises FormatError for a month to come, NotFound for one in which nothing was scored.
    """
    if month > Month.of(today):
        raise FormatError(f"{month} 还没有到", advice="请选择本月或以前的月份。")
    until = min(today, month.last_day)
    scores = [*queries.scores(by).filter(on__gte=month.first_day, on__lte=until).order_by("-on")]
    if not scores:
        raise NotFound(f"{month} 没有质量评分", advice="请选择其他月份，或先运行 jinbao data score。")
    end = make_aware(datetime.combine(until, time.max))
    runs = queries.latest_runs(queries.runs(by).filter(at__lte=end))
    before = queries.newest(queries.scores(by).filter(on__lt=month.first_day, kind=Score.Kind.UNIT), 1)
    units, earlier = _newest(scores, Score.Kind.UNIT), _newest(before, Score.Kind.UNIT)
    region = _newest(scores, Score.Kind.REGION)
    tables = (_ranking(units, earlier), _dimensions(units), _worst(runs), _overdue(by, until))
    name = RegionTree.read().name(by.region)
    return Bulletin(f"{name}数据质量通报（{month.year}年{month.month}月）", _about(region, runs, until), tables)


def _newest(scores: Sequence[Score], kind: str) -> dict[str, Score]:
    """Return the first of each code in scores that come newest first."""
    found: dict[str, Score] = {}
    for one in scores:
        if one.kind == kind:
            found.setdefault(one.code, one)
    return found


def _about(region: dict[str, Score], runs: Sequence[Run], until: date) -> tuple[str, ...]:
    said = [f"截至 {until}，共检查 {len(runs)} 个数据集 {sum(run.rows for run in runs):,} 行。"]
    target = queries.shown(weights().target)
    for one in region.values():
        reached = "达到" if one.points >= weights().target else "未达到"
        said.append(f"总分 {queries.shown(one.points)}，{reached}目标 {target}。")
    results = RuleResult.objects.filter(run__in=[run.pk for run in runs])
    unchecked = results.filter(outcome=RuleResult.Outcome.UNCHECKED).count()
    said.append(f"规则 {results.count():,} 条，其中 {unchecked:,} 条没有可检查的行，既不算通过，也不计分。")
    said.append("得分按“合格数 ÷ 检查数”（GB/T 36344-2018）加权，权重见 policy/quality/weights.yaml。")
    return tuple(said)


def _ranking(units: dict[str, Score], earlier: dict[str, Score]) -> Table:
    ordered = sorted(units.values(), key=lambda one: (-one.points, one.code))
    rows = []
    for one in ordered:
        rank = 1 + sum(other.points > one.points for other in ordered)
        before = earlier.get(one.code)
        change = _signed(one.points - before.points) if before else "—"
        rows.append((str(rank), unit(one.code).name, str(one.datasets), queries.shown(one.points), change))
    head = ("名次", "单位", "数据集", "得分", "比上月")
    return Table("一、各单位得分", head, tuple(rows), "没有单位得分。", wide=(1,), figures=(2, 3, 4))


def _signed(points: int) -> str:
    return f"{'+' if points > 0 else '-' if points < 0 else ''}{queries.shown(abs(points))}"


def _dimensions(units: dict[str, Score]) -> Table:
    rows = tuple(
        (unit(one.code).short, *(queries.shown(one.dimensions.get(name)) or "未检查" for name in DIMENSIONS))
        for one in sorted(units.values(), key=lambda one: one.code)
    )
    figures = tuple(range(1, 1 + len(DIMENSIONS)))
    return Table("二、六个维度", ("单位", *DIMENSIONS), rows, "没有单位得分。", wide=(0,), figures=figures)


def _worst(runs: Sequence[Run]) -> Table:
    titles = {dataset.name: dataset.title for dataset in all_datasets()}
    found = RuleResult.objects.filter(run__in=[run.pk for run in runs], failed__gt=0).select_related("run")
    ordered = sorted(found, key=lambda one: (-one.weighed * weights().severity(one.severity).factor, one.pk))[:WORST]
    rows = tuple(
        (
            unit(one.run.unit).short, titles.get(one.run.dataset, one.run.dataset), one.rule, one.severity,
            f"{one.checked:,}", f"{one.failed:,}", f"{queries.shown(one.failed * 10_000 // one.checked)}%",
        )
        for one in ordered
    )  # fmt: skip
    head = ("单位", "数据集", "规则", "程度", "检查", "不符", "不符率")
    return Table("三、问题最多的规则", head, rows, "没有不符的规则。", wide=(1, 2), figures=(4, 5, 6))


def _overdue(by: Actor, until: date) -> Table:
    titles = {dataset.name: dataset.title for dataset in all_datasets()}
    late = queries.tickets(by, state="open").filter(due_on__lt=until, opened_at__date__lte=until)
    more = late.count() - MOST_OVERDUE
    rows = tuple(
        (
            unit(one.unit).short, titles.get(one.dataset, one.dataset), one.rule, str(one.due_on),
            f"{one.failed:,}",
        )
        for one in late[:MOST_OVERDUE]
    )  # fmt: skip
    note = f"以上是期限最早的 {MOST_OVERDUE} 张，另有 {more:,} 张，见系统“问题单”。" if more > 0 else ""
    head = ("单位", "数据集", "规则", "期限", "不符")
    return Table("四、逾期的问题单", head, rows, "没有逾期的问题单。", wide=(1, 2), figures=(4,), note=note)


_PAGE = """#set document(title: {title}, date: none)
#set page(paper: "a4", margin: 2cm, numbering: "1")
#set text(font: ({fonts},), size: 10pt, lang: "zh", region: "cn")
#set table(stroke: 0.4pt + luma(160), inset: 5pt)
#show heading.where(level: 1): it => align(center, text(16pt, it.body)) + v(0.4em)
= #{title}
"""


def _pdf(said: Bulletin) -> bytes:
    import typst

    fonts = ", ".join(quoted(name) for name in chinese_fonts())
    parts = [_PAGE.format(title=quoted(said.title), fonts=fonts), *(f"#par[#{quoted(text)}]" for text in said.about)]
    for table in said.tables:
        parts.append(f"== #{quoted(table.title)}")
        parts.append(_typst_table(table) if table.rows else f"#{quoted(table.empty)}")
        parts.append(f"#{quoted(table.note)}")
    return bytes(typst.compile("\n".join(parts).encode(), format="pdf"))


def _typst_table(table: Table) -> str:
    head = ", ".join(f"[*#{quoted(text)}*]" for text in table.head)
    cells = ", ".join(f"[#{quoted(text)}]" for row in table.rows for text in row)
    columns = range(len(table.head))
    widths = ", ".join("1fr" if at in table.wide else "auto" for at in columns)
    sides = ", ".join("right" if at in table.figures else "left" for at in columns)
    return f"#text(9pt)[#table(columns: ({widths}), align: ({sides}), table.header({head}), {cells})]"


@dataclass(frozen=True)
class Form:
    """A file format of the bulletin."""

    kind: str
    write: Callable[[Bulletin], bytes]


FORMS = {
    "docx": Form("application/vnd.openxmlformats-officedocument.wordprocessingml.document", word.written),
    "pdf": Form("application/pdf", _pdf),
}


def written(said: Bulletin, form: str) -> bytes:
    """Write a bulletin as docx or pdf. Raises FormatError for another form, NoFont where none holds Chinese."""
    if form not in FORMS:
        raise FormatError(f"通报没有“{form[:20]}”格式", advice=f"可选：{'、'.join(FORMS)}。")
    return FORMS[form].write(said)

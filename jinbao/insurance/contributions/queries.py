"""Reads of contributions that other rooms and pages use; each shows only what its actor may see."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from jinbao.data.intake import accepted_rows
from jinbao.data.intake import walk_back as line_of
from jinbao.data.models import Batch
from jinbao.insurance.contributions.career import CareerMonth, career, careers
from jinbao.insurance.contributions.counting import Open, open_amounts
from jinbao.insurance.contributions.models import Contribution, Declaration, LateFee, Receipt
from jinbao.insurance.registry.families import Who
from jinbao.insurance.registry.models import Employer, Scheme
from jinbao.insurance.registry.queries import Happening, family, own, see
from jinbao.insurance.registry.refused import place_of
from jinbao.kernel.errors import NotFound
from jinbao.kernel.money import format_fen
from jinbao.kernel.months import Month
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
from jinbao.trust.scope import scope

__all__ = [
    "CareerMonth",
    "Open",
    "Origin",
    "Year",
    "by_year",
    "career",
    "careers",
    "declaration",
    "declarations",
    "history",
    "merge_conflicts",
    "open_amounts",
    "rows",
    "rows_of",
    "walk_back",
]


@dataclass(frozen=True)
class Year:
    """One calendar year of a career, in fen."""

    year: int
    months: int
    base_fen: int
    employer_fen: int
    individual_fen: int
    account_fen: int
    unpaid_months: int
    """Months that are declared and not yet paid."""


@dataclass(frozen=True)
class Origin:
    """Where a row came from: the batch, the place in its file, and that line as it was sent."""

    batch: Batch
    place: str
    text: str


def by_year(by: Actor, person: Who, scheme: str = Scheme.PENSION) -> list[Year]:
    """Return a person's years in order, with what is declared and not paid beside what counts."""
    seen = see(by, person)
    unpaid: dict[int, set[Month]] = defaultdict(set)
    waiting = Contribution.objects.filter(
        person__in=seen.ids, scheme=scheme, live=True, base_fen__gt=0, declaration__received_on__isnull=True
    )
    for month in waiting.values_list("month", flat=True):
        unpaid[month.year].add(month)
    paid: dict[int, list[CareerMonth]] = defaultdict(list)
    for row in career(seen, scheme=scheme):
        paid[row.month.year].append(row)
    return [_year(year, paid.get(year, []), unpaid.get(year, set())) for year in sorted(paid.keys() | unpaid.keys())]


def _year(year: int, months: list[CareerMonth], unpaid: set[Month]) -> Year:
    return Year(
        year,
        len(months),
        sum(row.base_fen for row in months),
        sum(row.employer_fen for row in months),
        sum(row.individual_fen for row in months),
        sum(row.account_fen for row in months),
        len(unpaid - {row.month for row in months}),
    )


def rows(by: Actor, person: Who, year: int | None = None) -> QuerySet[Contribution]:
    """Return every row of a person, superseded ones too, newest month first; an agent sees those of his employer."""
    mine = _all_of(family(by, person))
    if year is not None:
        mine = mine.filter(month__gte=Month(year, 1), month__lte=Month(year, 12))
    return own(by, mine).select_related("declaration", "employer", "person").order_by("-month", "scheme", "pk")


def _all_of(ids: list[int]) -> QuerySet[Contribution]:
    """Return live and superseded rows of people, asked for one after the other: each kind has an index of its own."""
    return Contribution.objects.filter(Q(person__in=ids, live=True) | Q(person__in=ids, live=False))


def declarations(by: Actor, employer: Employer | None = None, month: Month | None = None) -> QuerySet[Declaration]:
    """Return declarations with `persons`, `received_fen`, `late_fee_fen` and `open_fen`, the newest month first."""
    received = _sum_of(Receipt.objects.all(), "employer_fen", "individual_fen")
    fees = _sum_of(LateFee.objects.filter(received_on__isnull=True), "amount_fen")
    people = Contribution.objects.filter(declaration=OuterRef("pk")).order_by().values("declaration")
    seen = scope(Declaration.objects.all(), by, **_FIELDS)
    if employer is not None:
        seen = seen.filter(employer=employer)
    if month is not None:
        seen = seen.filter(month=month)
    annotated = seen.annotate(
        persons=Coalesce(Subquery(people.annotate(n=Count("person", distinct=True)).values("n")), 0),
        received_fen=Coalesce(Subquery(received), 0),
        late_fee_fen=Coalesce(Subquery(fees), 0),
    )
    return annotated.select_related("employer", "person").order_by("-month", "-pk")


_FIELDS = {"region_field": "region", "employer_field": "employer__uscc", "person_field": "person__id_number"}


def _sum_of(rows: QuerySet[Any], *fields: str) -> QuerySet[Any]:
    mine = rows.filter(declaration=OuterRef("pk")).order_by().values("declaration")
    total = sum((Sum(field) for field in fields[1:]), Sum(fields[0]))
    sums: QuerySet[Any] = mine.annotate(total=total).values("total")
    return sums


def declaration(by: Actor, pk: int) -> Declaration:
    """Return one declaration like `declarations`. Raises NotFound also for what may not be seen."""
    found = declarations(by).filter(pk=pk).first()
    if found is None:
        raise NotFound("没有这项申报，或您无权查看", advice="请从列表中重新打开。")
    return found


def rows_of(by: Actor, declared: Declaration) -> QuerySet[Contribution]:
    """Return the rows of a declaration with their people."""
    found = declaration(by, declared.pk)
    return Contribution.objects.filter(declaration=found).select_related("person", "supersedes").order_by("pk")


def walk_back(by: Actor, contribution: Contribution) -> Origin:
    """Return the line of the file that a row came from.

    Raises NotFound for a row that came from a form or from the former system, or that may not be seen.
    """
    family(by, contribution.person)
    if not own(by, Contribution.objects.filter(pk=contribution.pk)).exists() or by.role == Role.ADMIN:
        raise NotFound("没有这条缴费记录，或您无权查看", advice="请从列表中重新打开。")
    batch = Batch.objects.filter(pk=contribution.batch_id or 0).first()
    if batch is None:
        raise NotFound("这条记录不是由文件申报的", advice="历史数据和窗口办理的记录没有原始文件行。")
    for row in accepted_rows(batch):
        if row["row"] == contribution.line:
            return Origin(batch, place_of(row), line_of(batch, row["line"], row["sheet"] or ""))
    raise NotFound(f"{batch} 中没有第 {contribution.line} 条", advice="请核对数据湖是否完整。")


def merge_conflicts(by: Actor, person: Who) -> list[tuple[Contribution, ...]]:
    """Return live rows that two identities of a person have for one month, scheme and employer.

    Only the kept identity's row counts; an officer corrects the other one, with a wage of 0 if it should not be there.
    """
    ids = family(by, person)
    found: dict[tuple[object, ...], list[Contribution]] = defaultdict(list)
    if len(ids) > 1:
        mine = Contribution.objects.filter(person__in=ids, live=True, base_fen__gt=0)
        for row in mine.select_related("person", "employer").order_by("month", "pk"):
            found[row.month, row.scheme, row.employer_id].append(row)
    return [tuple(group) for group in found.values() if len(group) > 1]


def history(by: Actor, person: Who) -> list[Happening]:
    """Tell a person's contributions in spans of months with one employer, and corrections one by one."""
    lines: list[Happening] = []
    spans: dict[tuple[str, str], tuple[Month, Month, int]] = {}
    for row in (
        own(by, _all_of(family(by, person)))
        .select_related("employer", "declaration", "supersedes")
        .order_by("month", "pk")
    ):
        if row.supersedes is not None:
            lines.append(_correction(row))
        elif row.scheme == Scheme.PENSION:
            _extend(spans, row, lines)
    lines += [_span_line(where, span) for (where, _), span in spans.items()]
    return sorted(lines, key=lambda line: (line.on, line.source))


def _extend(spans: dict[tuple[str, str], tuple[Month, Month, int]], row: Contribution, lines: list[Happening]) -> None:
    """Lengthen the running span of an employer, or close it and begin another."""
    where = row.employer.name if row.employer else "灵活就业"
    key = (where, str(row.employer_id))
    known = spans.get(key)
    if known is not None and row.month - known[1] > 1:
        lines.append(_span_line(where, spans.pop(key)))
        known = None
    first = known[0] if known else row.month
    spans[key] = (first, row.month, known[2] if known else row.pk)


def _span_line(where: str, span: tuple[Month, Month, int]) -> Happening:
    first, last, pk = span
    months = last - first + 1
    text = f"{where}：{first} 至 {last} 申报缴费 {months} 个月"
    return Happening(first.first_day, "缴费", text, f"contributions.Contribution:{pk}")


def _correction(row: Contribution) -> Happening:
    before = format_fen(row.supersedes.wage_fen) if row.supersedes else ""
    text = f"{row.month} {row.get_scheme_display()}缴费工资由 {before} 元更正为 {format_fen(row.wage_fen)} 元"
    day: date = row.declaration.declared_on
    return Happening(day, "更正", text, f"contributions.Contribution:{row.pk}")

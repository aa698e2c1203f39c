"""Record what is declared: one transaction an employer and month, so that a killed run goes on where it was."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any

from jinbao.data.models import Batch
from jinbao.insurance.contributions.context import Declarant, Insured, Occasion
from jinbao.insurance.contributions.models import Contribution, Declaration
from jinbao.insurance.contributions.rows import Declared, Refusal, by_declaration
from jinbao.insurance.contributions.source import Groups, finish_recording, groups, recorded_lines, refuse
from jinbao.insurance.law import Shares, shares
from jinbao.insurance.registry.families import Families
from jinbao.insurance.registry.models import Scheme
from jinbao.insurance.registry.rights import OFFICERS
from jinbao.kernel.errors import Conflict, JinbaoError
from jinbao.kernel.months import Month
from jinbao.ledger import actions as ledger
from jinbao.trust import clock
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor, require_region

Progress = Callable[[int], None]
EMPLOYER, INDIVIDUAL = "单位缴费", "个人缴费"
"""Amount names of policy/ledger/postings.yaml."""


def record(
    by: Actor,
    source: Batch | Iterable[Declared],
    *,
    today: date,
    case_number: str = "",
    progress: Progress | None = None,
    key: str | None = None,
) -> list[Declaration]:
    """Record an accepted batch of 缴费申报, or single rows of a form: declarations, rows, what is due in the ledger.

    Each declarant and month is one transaction and one audit event; rows already recorded are passed over, so a run
    that was killed is simply run again. Rows that cannot be recorded wait in `registry.RefusedRow` with the reason; a
    single row that cannot raises Conflict. Recording a recorded batch returns its declarations. Raises Conflict for a
    batch that is not accepted, NotAllowed for one of another region. `progress` is told the number of rows done.
    """
    if not isinstance(source, Batch):
        return _record_rows(by, list(source), Occasion(None, today, case_number))
    require_region(by, source.region)
    pending = groups(source, "contribution_declaration")
    if pending is not None:
        _record_all(by, source, pending, Occasion(source, today, case_number), progress)
        finish_recording(by, source)
    return list(Declaration.objects.filter(batch_id=source.pk).select_related("employer").order_by("pk"))


def _record_rows(by: Actor, rows: list[Declared], occasion: Occasion) -> list[Declaration]:
    families = Families()
    made = []
    for (code, month), group in by_declaration(rows):
        made.append(record_month(by, Declarant(by, code, group, families), month, group, occasion))
    return [declaration for declaration in made if declaration is not None]


def _record_all(by: Actor, batch: Batch, pending: Groups, occasion: Occasion, progress: Progress | None) -> None:
    families, done = Families(), recorded_lines(batch)
    for code, months in pending:
        rows = [row for group in months.values() for row in group]
        if any(row.line not in done for row in rows):
            declarant = Declarant(by, code, rows, families)
            for month, group in months.items():
                if fresh := [row for row in group if row.line not in done]:
                    record_month(by, declarant, month, fresh, occasion)
        if progress is not None:
            progress(len(rows))


@action("contributions.record", roles=OFFICERS)
def record_month(
    by: Actor, declarant: Declarant, month: Month, rows: Sequence[Declared], occasion: Occasion
) -> Declaration | None:
    """Record one declarant's rows of one month; None when every row is refused."""
    insured, refusals = _sort(declarant, rows, occasion.today)
    entries, more = _entries(declarant, month, insured)
    refusals += more
    if refusals and occasion.batch is None:
        first = refusals[0]
        raise Conflict(f"{first.row.name} {month}：{first.reason}", advice="请核对后重新申报。")
    refuse(occasion.batch, refusals)
    if not entries:
        note(target=occasion.batch, month=month, recorded=0, refused=len(refusals))
        return None
    declaration = _declare(declarant, month, entries, occasion)
    Contribution.objects.bulk_create([_row(declaration, *entry) for entry in entries])
    post_due(declaration, totals((scheme, part) for _, scheme, part in entries), occasion.today)
    note(
        target=declaration,
        month=month,
        batch=occasion.batch_id,
        recorded=len(entries),
        refused=len(refusals),
        due_fen=declaration.due_fen,
    )
    return declaration


Entry = tuple[Insured, str, Shares]


def _sort(declarant: Declarant, rows: Sequence[Declared], today: date) -> tuple[list[Insured], list[Refusal]]:
    judged = [declarant.insured(row, today) for row in rows]
    return (
        [one for one in judged if isinstance(one, Insured)],
        [one for one in judged if isinstance(one, Refusal)],
    )


def _entries(declarant: Declarant, month: Month, insured: Iterable[Insured]) -> tuple[list[Entry], list[Refusal]]:
    """Compute what each row makes due; a row of which any scheme is declared already is refused as a whole."""
    taken = set(declarant.taken(month))
    entries: list[Entry] = []
    refusals: list[Refusal] = []
    for one in insured:
        keys = [(declarant.root(one.person), scheme) for scheme in one.schemes]
        if double := [key for key in keys if key in taken]:
            names = "、".join(str(Scheme(scheme).label) for _, scheme in double)
            refusals.append(Refusal(one.row, "double", f"{month} 已有申报（{names}），改报请办理缴费更正"))
            continue
        try:
            parts = [(one, scheme, shares(one.row.wage_fen, declarant.terms(month, scheme))) for scheme in one.schemes]
        except JinbaoError as error:
            refusals.append(Refusal(one.row, error.code, error.message))
            continue
        taken.update(keys)
        entries += parts
    return entries, refusals


def _declare(declarant: Declarant, month: Month, entries: Sequence[Entry], occasion: Occasion) -> Declaration:
    in_time = month >= Month.of(occasion.today) - 1
    return Declaration.objects.create(
        employer=declarant.employer,
        person=declarant.person,
        region=declarant.region,
        month=month,
        kind=Declaration.Kind.NORMAL if in_time else Declaration.Kind.BACK,
        batch_id=occasion.batch_id,
        case_number=occasion.case_number,
        declared_on=occasion.today,
        due_on=due_day(month),
        due_fen=sum(part.total_fen for _, _, part in entries),
    )


def _row(declaration: Declaration, one: Insured, scheme: str, part: Shares) -> Contribution:
    return Contribution(
        declaration=declaration,
        person=one.person,
        employer=declaration.employer,
        scheme=scheme,
        month=declaration.month,
        wage_fen=one.row.wage_fen,
        batch_id=declaration.batch_id,
        line=one.row.line,
        **part._asdict(),
    )


def due_day(month: Month) -> date:
    """Return the last day on which a month's contributions are paid in time: the end of the month itself.

    An assumption: the statutes leave the day to the collecting authority (docs/decisions/0006-contributions.md).
    """
    return month.last_day


def totals(parts: Iterable[tuple[str, Any]]) -> dict[str, dict[str, int]]:
    """Add up employer's and individual's parts by scheme."""
    found: dict[str, dict[str, int]] = {}
    for scheme, part in parts:
        amounts = found.setdefault(scheme, {EMPLOYER: 0, INDIVIDUAL: 0})
        amounts[EMPLOYER] += part.employer_fen
        amounts[INDIVIDUAL] += part.individual_fen
    return found


def post_due(declaration: Declaration, by_scheme: dict[str, dict[str, int]], today: date) -> None:
    """Post what a declaration makes due to the ledger of each fund, all at once."""
    events = [
        ledger.Event(
            event="contribution_due",
            key=f"declaration:{declaration.pk}:{scheme}",
            fund=scheme,
            region=declaration.region,
            month=Month.of(today),
            on=today,
            amounts=amounts,
            source=("contributions.Declaration", declaration.pk),
        )
        for scheme, amounts in sorted(by_scheme.items())
    ]
    ledger.post_many(events, now=clock.now())

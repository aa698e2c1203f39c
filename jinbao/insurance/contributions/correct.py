"""Correct what was declared: a new row supersedes, the difference becomes due or is to be refunded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from jinbao.data.models import Batch
from jinbao.insurance.contributions.context import Declarant, Occasion
from jinbao.insurance.contributions.counting import count_if_settled
from jinbao.insurance.contributions.models import Contribution, Declaration
from jinbao.insurance.contributions.record import due_day, post_due, totals
from jinbao.insurance.contributions.rows import Declared, Refusal, by_declaration
from jinbao.insurance.contributions.source import finish_recording, groups, recorded_lines, refuse
from jinbao.insurance.law import Shares, shares
from jinbao.insurance.registry.families import Families
from jinbao.insurance.registry.rights import OFFICERS
from jinbao.kernel.errors import Conflict, JinbaoError
from jinbao.kernel.money import format_fen
from jinbao.kernel.months import Month
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor, require_region


@dataclass(frozen=True, slots=True)
class Change:
    """A live row and what takes its place."""

    row: Declared
    old: Contribution
    new: Shares

    @property
    def employer_fen(self) -> int:
        """How much more the employer owes."""
        return self.new.employer_fen - self.old.employer_fen

    @property
    def individual_fen(self) -> int:
        """How much more the person owes."""
        return self.new.individual_fen - self.old.individual_fen

    @property
    def difference_fen(self) -> int:
        """How much more is owed in all; negative: too much was declared."""
        return self.employer_fen + self.individual_fen


def correct(
    by: Actor,
    source: Batch | Iterable[Declared],
    *,
    today: date,
    case_number: str = "",
    key: str | None = None,
) -> list[Declaration]:
    """Correct declared wages, from an accepted batch of 缴费更正 or from single rows of a form.

    Each corrected row is superseded by a new one; amounts of old rows never change. Per employer and month, differences
    upwards make a declaration of kind 更正补差, downwards one of 更正退费. A wage of 0 withdraws the month.
    Rows of a batch that cannot be corrected wait in `registry.RefusedRow`; a single row that cannot raises Conflict.
    """
    if isinstance(source, Batch):
        return _correct_batch(by, source, Occasion(source, today, case_number))
    occasion, families = Occasion(None, today, case_number), Families()
    made: list[Declaration] = []
    for (code, month), rows in by_declaration(source):
        made += correct_month(by, Declarant(by, code, rows, families), month, rows, occasion)
    return made


def _correct_batch(by: Actor, batch: Batch, occasion: Occasion) -> list[Declaration]:
    require_region(by, batch.region)
    pending = groups(batch, "contribution_correction")
    if pending is not None:
        families, done = Families(), recorded_lines(batch)
        for code, months in pending:
            rows = [row for group in months.values() for row in group if row.line not in done]
            if rows:
                declarant = Declarant(by, code, rows, families)
                for (_, month), fresh in by_declaration(rows):
                    correct_month(by, declarant, month, fresh, occasion)
        finish_recording(by, batch)
    return list(Declaration.objects.filter(batch_id=batch.pk).select_related("employer").order_by("pk"))


@action("contributions.correct", roles=OFFICERS)
def correct_month(
    by: Actor, declarant: Declarant, month: Month, rows: Sequence[Declared], occasion: Occasion
) -> list[Declaration]:
    """Correct one declarant's rows of one month; returns the declarations of differences that it made."""
    changes, refusals = _changes(declarant, month, rows)
    if refusals and occasion.batch is None:
        first = refusals[0]
        raise Conflict(f"{first.row.name} {first.row.month}：{first.reason}", advice="请核对后重新提交更正。")
    refuse(occasion.batch, refusals)
    up = [change for change in changes if change.difference_fen >= 0]
    down = [change for change in changes if change.difference_fen < 0]
    Contribution.objects.filter(pk__in=[change.old.pk for change in changes]).update(live=False)
    kinds = ((Declaration.Kind.CORRECTION, up), (Declaration.Kind.REFUND, down))
    made = [_declare(declarant, month, kind, part, occasion) for kind, part in kinds if part]
    note(
        target=made[0] if made else occasion.batch,
        month=month,
        corrected=len(changes),
        refused=len(refusals),
        due_fen=sum(declaration.due_fen for declaration in made),
    )
    return made


def _changes(declarant: Declarant, month: Month, rows: Sequence[Declared]) -> tuple[list[Change], list[Refusal]]:
    live: dict[int, dict[str, Contribution]] = defaultdict(dict)
    for (root, scheme), contribution in declarant.live(month).items():
        live[root][scheme] = contribution
    changes: list[Change] = []
    refusals: list[Refusal] = []
    taken: set[int] = set()
    for row in rows:
        judged = _judge(declarant, row, live)
        if isinstance(judged, Refusal):
            refusals.append(judged)
        elif taken & {change.old.pk for change in judged}:
            refusals.append(Refusal(row, "double", "同一申报在本次更正中出现两次"))
        else:
            taken |= {change.old.pk for change in judged}
            changes += judged
    return changes, refusals


def _judge(
    declarant: Declarant, row: Declared, live: Mapping[int, Mapping[str, Contribution]]
) -> list[Change] | Refusal:
    """Return what a row changes, or why it changes nothing."""
    person = declarant.identify(row)
    if isinstance(person, Refusal):
        return person
    declared = live.get(declarant.root(person), {})
    found = [old for scheme, old in sorted(declared.items()) if not row.scheme or row.scheme == scheme]
    if not found:
        return Refusal(row, "nothing", f"{row.month} 没有可更正的申报")
    before = row.former_wage_fen
    if before is not None and any(old.wage_fen != before for old in found):
        return Refusal(row, "former", f"原缴费工资与登记的 {format_fen(found[0].wage_fen)} 元不符")
    if all(old.wage_fen == row.wage_fen for old in found):
        return Refusal(row, "same", "更正后的缴费工资与现有申报相同")
    try:
        return [Change(row, old, shares(row.wage_fen, declarant.terms(row.month, old.scheme))) for old in found]
    except JinbaoError as error:
        return Refusal(row, error.code, error.message)


def _declare(
    declarant: Declarant, month: Month, kind: str, changes: Sequence[Change], occasion: Occasion
) -> Declaration:
    declaration = Declaration.objects.create(
        employer=declarant.employer,
        person=declarant.person,
        region=declarant.region,
        month=month,
        kind=kind,
        batch_id=occasion.batch_id,
        case_number=occasion.case_number,
        declared_on=occasion.today,
        due_on=due_day(month),
        due_fen=sum(change.difference_fen for change in changes),
    )
    Contribution.objects.bulk_create([_superseding(declaration, change) for change in changes])
    post_due(declaration, totals((change.old.scheme, change) for change in changes), occasion.today)
    count_if_settled(declaration, occasion.today)
    return declaration


def _superseding(declaration: Declaration, change: Change) -> Contribution:
    """Make the row that takes the old one's place, under the same identity."""
    return Contribution(
        declaration=declaration,
        person=change.old.person,
        employer=change.old.employer,
        scheme=change.old.scheme,
        month=change.old.month,
        wage_fen=change.row.wage_fen,
        batch_id=declaration.batch_id,
        line=change.row.line,
        supersedes=change.old,
        **change.new._asdict(),
    )

"""Money that was paid without right: find it, claim it back, take it in, or give the claim up."""

from __future__ import annotations

from datetime import date, datetime

from jinbao.insurance.benefits import actions as benefits
from jinbao.insurance.benefits.models import Award
from jinbao.insurance.payments.models import Clawback, Recovery
from jinbao.insurance.payments.roles import BENEFITS, DECIDERS, SETTLERS, day_of
from jinbao.insurance.payments.standing import Standing, standings
from jinbao.insurance.registry.models import Person
from jinbao.insurance.registry.rights import OFFICERS
from jinbao.kernel.errors import Conflict
from jinbao.kernel.money import format_fen
from jinbao.kernel.months import Month
from jinbao.ledger.actions import post
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor, require_region

LATE_DEATH = "死亡后多发"


def standing_of(award: Award) -> Standing:
    """Return where the entitlement of an award stands."""
    return next(one for one in standings([award.person_id], [award.benefit]) if award in one.entitlement.awards)


@action("payments.clawback", roles=DECIDERS)
def clawback(
    by: Actor,
    award: Award,
    from_month: Month,
    to_month: Month,
    reason: str,
    *,
    now: datetime,
    instalment_fen: int | None = None,
    key: str | None = None,
) -> Clawback:
    """Claim back what the bank has paid beyond what is owed for months from … to (both included).

    The amount is computed, not given; what an earlier clawback claims does not count again, and asking again returns
    it. Raises Conflict when nothing was paid too much.
    """
    require_region(by, award.region)
    Award.objects.select_for_update().get(pk=award.pk)
    known = Clawback.objects.filter(
        award=award, from_month=from_month, to_month=to_month, reason=reason, cancelled_at__isnull=True
    ).first()
    over = {month: fen for month, fen in standing_of(award).overpaid().items() if from_month <= month <= to_month}
    if known is not None and not over:
        note(target=known, repeated=True)
        return known
    if not over:
        raise Conflict(f"{from_month} 至 {to_month} 没有多发的待遇", advice="请核对已发和应发的月份。")
    if known is not None:
        raise Conflict("同一事由已有追回，现在又有新的多发", advice="请写明新的事由，另行追回。")
    made = Clawback.objects.create(
        person=award.person,
        award=award,
        from_month=from_month,
        to_month=to_month,
        amount_fen=sum(over.values()),
        months={str(month): fen for month, fen in over.items()},
        instalment_fen=instalment_fen,
        reason=reason,
        made_by=by.username,
        made_at=now,
    )
    _post("clawback_due", f"clawback:{made.pk}", made, made.amount_fen, day_of(now), now)
    note(target=made, award=award, amount_fen=made.amount_fen, months=len(over), reason=reason)
    return made


def _post(event: str, key: str, claim: Clawback, fen: int, on: date, now: datetime) -> None:  # one posting
    fund = next(fund for fund, names in BENEFITS.items() if claim.award.benefit in names)
    post(
        event,
        key=key,
        fund=fund,
        region=claim.award.region,
        month=Month.of(on),
        on=on,
        amounts={"追回款": fen},
        source=("payments.Clawback", claim.pk),
        now=now,
    )


@action("payments.recover", roles=SETTLERS)
def recover(
    by: Actor,
    claim: Clawback,
    amount_fen: int,
    *,
    on: date,
    bank_reference: str,
    now: datetime,
    key: str | None = None,
) -> Recovery:
    """Take in what somebody pays back; the same bank reference again is one, more than is open is a Conflict."""
    require_region(by, claim.award.region)
    claim = Clawback.objects.select_for_update().get(pk=claim.pk)
    known = Recovery.objects.filter(clawback=claim, payment__isnull=True, bank_reference=bank_reference).first()
    if known is not None:
        if known.amount_fen != amount_fen:
            raise Conflict(f"银行流水 {bank_reference} 已登记，金额不同", advice="请核对银行流水号和金额。")
        note(target=known, repeated=True)
        return known
    open_fen = claim.amount_fen - claim.recovered_fen
    if not 0 < amount_fen <= open_fen or claim.cancelled_at is not None:
        raise Conflict(f"退回 {format_fen(amount_fen)} 元，尚应追回 {format_fen(open_fen)} 元", advice="请核对金额。")
    claim.recovered_fen += amount_fen
    claim.save(update_fields=["recovered_fen"])
    made = Recovery.objects.create(
        clawback=claim, amount_fen=amount_fen, status=Recovery.Status.DONE, on=on, bank_reference=bank_reference
    )
    _post("clawback_received", f"recovery:{made.pk}", claim, amount_fen, on, now)
    note(target=made, clawback=claim, amount_fen=amount_fen, bank_reference=bank_reference)
    return made


@action("payments.cancel_clawback", roles=DECIDERS)
def cancel_clawback(by: Actor, claim: Clawback, reason: str, *, now: datetime, key: str | None = None) -> Clawback:
    """Take back a claim of which nothing has been recovered, because it was made in error."""
    require_region(by, claim.award.region)
    claim = Clawback.objects.select_for_update().get(pk=claim.pk)
    if claim.cancelled_at is not None:
        note(target=claim, repeated=True)
        return claim
    if claim.recovered_fen:
        raise Conflict(f"已追回或预留 {format_fen(claim.recovered_fen)} 元，不能撤销", advice="已追回的请办理补发。")
    claim.cancelled_by, claim.cancelled_at = by.username, now
    claim.save(update_fields=["cancelled_by", "cancelled_at"])
    _post("clawback_due", f"clawback:{claim.pk}:撤销", claim, -claim.amount_fen, day_of(now), now)
    note(target=claim, reason=reason, amount_fen=claim.amount_fen)
    return claim


@action("payments.report_death", roles=OFFICERS)
def report_death(
    by: Actor, person: Person, died_on: date, *, today: date, now: datetime, key: str | None = None
) -> list[Clawback]:
    """Record a death, end the awards, and claim back what was paid for months after the month of death."""
    made = [
        clawback(by, award, Month.of(died_on) + 1, last, LATE_DEATH, now=now)
        for award in benefits.report_death(by, person, died_on, today=today)
        if (last := max(standing_of(award).overpaid(), default=None)) is not None
    ]
    note(target=person, died_on=died_on, clawbacks=[row.pk for row in made])
    return made

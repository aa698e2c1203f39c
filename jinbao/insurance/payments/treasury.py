"""Money between the centre's bank accounts and the treasury's special account (收支两条线)."""

from __future__ import annotations

from datetime import date, datetime

from jinbao.kernel.errors import FormatError
from jinbao.kernel.months import Month
from jinbao.ledger.actions import post
from jinbao.ledger.models import Transfer
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor, require_region
from jinbao.trust.models import Role


@action("payments.remit_to_treasury", roles=(Role.FINANCE,))
def remit(
    by: Actor, region: str, fund: str, amount_fen: int, *, on: date, reference: str, now: datetime
) -> list[Transfer]:
    """Record that contributions went from the income account to the treasury (上解); the same reference once."""
    return _move("sent_to_treasury", by, region, fund, amount_fen, on, reference, now)


@action("payments.draw_from_treasury", roles=(Role.FINANCE,))
def draw(
    by: Actor, region: str, fund: str, amount_fen: int, *, on: date, reference: str, now: datetime
) -> list[Transfer]:
    """Record that the treasury paid into the expenditure account (拨款); the same reference once."""
    return _move("drawn_from_treasury", by, region, fund, amount_fen, on, reference, now)


def _move(
    event: str, by: Actor, region: str, fund: str, amount_fen: int, on: date, reference: str, now: datetime
) -> list[Transfer]:
    require_region(by, region)
    if amount_fen <= 0 or not reference.strip():
        raise FormatError("划款须有大于零的金额和银行流水号", advice="请按银行回单填写。")
    note(target=f"{event}:{reference}", amount_fen=amount_fen, region=region, fund=fund)
    return post(
        event,
        key=reference,
        fund=fund,
        region=region,
        month=Month.of(on),
        on=on,
        amounts={"金额": amount_fen},
        source=("treasury", reference),
        now=now,
    )

"""What of personal data a list shows, and the recorded act of showing all of it.

Lists, search results and messages show masked values. Whoever needs the whole value says why, and that is recorded.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from django.db.models import Model

from jinbao.kernel.errors import FormatError
from jinbao.trust.actions import action, note
from jinbao.trust.actors import OFFICERS, Actor

STAR = "*"


def mask_id(number: str) -> str:
    """Show the first three and last four characters of an identity number (公民身份号码 or another document)."""
    return _keep(number, 3, 4)


def mask_phone(number: str) -> str:
    """Show the first three and last four digits of a mobile number; of a landline its area code and last two digits."""
    area = re.fullmatch(r"(0\d{2,3}-)(\d+)", number)
    return area[1] + _keep(area[2], 0, 2) if area else _keep(number, 3, 4)


def mask_account(number: str) -> str:
    """Show the last four digits of a bank account or card."""
    return _keep(number, 0, 4)


def mask_name(name: str) -> str:
    """Show the first character of a name, and the last too of a name of three or more: 张*, 欧*修."""
    return _keep(name, 1, 1 if len(name) > 2 else 0)


def _keep(text: str, first: int, last: int) -> str:
    """Hide all but the ends; a text too short to hide at least a third of itself is hidden whole."""
    hidden = len(text) - first - last
    if hidden * 3 < len(text):
        return STAR * len(text)
    return text[:first] + STAR * hidden + text[len(text) - last :]


MASKS: dict[str, Callable[[str], str]] = {
    "id_number": mask_id,
    "phone": mask_phone,
    "number": mask_account,
    "account_number": mask_account,
    "name": mask_name,
    "holder": mask_name,
}
"""How each field that is masked is masked, by field name; what `unmask` may show."""


@action("trust.unmask", roles=OFFICERS)
def unmask(by: Actor, kind: str, target: Model, reason: str, *, now: datetime | None = None) -> str:
    """Return the whole value of a masked field of a row, and record who saw it and why.

    `kind` is a field of MASKS, `target` a row that the actor got through `scope`.
    Raises FormatError for another field or without a reason, NotAllowed for anybody but officers.
    The public sees its own data unmasked.
    """
    if kind not in MASKS:
        raise FormatError(f"“{kind}”不是脱敏字段", advice=f"可查看的字段：{'、'.join(MASKS)}。")
    if not reason.strip():
        raise FormatError("查看完整信息须说明理由", advice="请写明因何业务需要查看，例如受理编号。")
    value = str(getattr(target, kind))
    note(target=target, kind=kind, reason=reason.strip()[:200], shown=MASKS[kind](value))
    return value

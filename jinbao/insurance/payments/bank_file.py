"""The file for the bank: GB 18030, one line a payment, a head and a tail that add it up."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from pathlib import Path

from django.conf import settings

from jinbao.insurance.payments.models import Payment, PaymentBatch
from jinbao.insurance.payments.outcome import locked, require_status
from jinbao.insurance.payments.roles import SETTLERS
from jinbao.kernel.errors import Conflict
from jinbao.kernel.money import fen_to_yuan
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor
from jinbao.trust.sm3 import sm3_hex

ENCODING = "gb18030"
COLUMNS = ("发放编号", "户名", "账号", "开户银行", "金额", "待遇所属期", "摘要")


@action("payments.bank_file", roles=SETTLERS)
def bank_file(by: Actor, batch: PaymentBatch, *, now: datetime, key: str | None = None) -> Path:
    """Write the file for the bank and return its path; the batch is then 已送银行.

    First line 批次头 (batch, fund, month, number of payments, total), then column names, one line a payment with the
    amount in yuan as text, last line 批次尾 (number, total, SM3 of all lines before). Asked for again, it is the same
    file to the byte. Raises Conflict for a batch that is not approved or has nothing for the bank, and for a file that
    is not what was sent.
    """
    batch = locked(by, batch)
    require_status(batch, *(PaymentBatch.Status(name) for name in ("approved", "sent", "settled")))
    if not batch.amount_fen:
        raise Conflict("这个批次没有需要银行支付的款项", advice="应发待遇已全部抵扣，或只有待处理事项。")
    content = render(batch)
    digest = sm3_hex(content)
    if batch.bank_file_sm3 not in {"", digest}:
        raise Conflict("重新生成的文件与已送银行的不同", advice="批次内容被改动过，请联系系统管理员核查审计记录。")
    path = Path(settings.VAR) / "payments" / f"{batch.month}" / f"代发-{batch.region}-{batch.fund}-{batch.pk}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    if batch.status == PaymentBatch.Status.APPROVED:
        batch.status, batch.sent_at, batch.bank_file_sm3 = PaymentBatch.Status.SENT, now, digest
        batch.save(update_fields=["status", "sent_at", "bank_file_sm3"])
    note(target=batch, sm3=digest)
    return path


def render(batch: PaymentBatch) -> bytes:
    """Return the content of a batch's bank file; payments without an amount for the bank are not in it."""
    payments = Payment.objects.filter(batch=batch, amount_fen__gt=0).exclude(status=Payment.Status.VOIDED)
    rows = list(payments.order_by("pk"))
    totals = (str(len(rows)), _yuan(sum(row.amount_fen for row in rows)))
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(("批次头", str(batch.pk), batch.fund, str(batch.month), *totals))
    writer.writerow(COLUMNS)
    writer.writerows(_line(row) for row in rows)
    body = text.getvalue().encode(ENCODING)
    return body + f"批次尾,{','.join(totals)},{sm3_hex(body)}\r\n".encode(ENCODING)


def _line(payment: Payment) -> tuple[str, ...]:
    return (
        str(payment.pk),
        payment.holder,
        payment.account_number,
        payment.bank,
        _yuan(payment.amount_fen),
        str(payment.for_month),
        str(payment.get_kind_display()),
    )


def _yuan(fen: int) -> str:
    return str(fen_to_yuan(fen))

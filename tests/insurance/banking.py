"""What the bank does in these tests: it reads the file and answers line by line."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

from jinbao.insurance.payments import actions
from jinbao.insurance.payments.models import PaymentBatch
from jinbao.kernel.months import Month
from tests.insurance.conftest import CITY, FINANCE, REVIEWER
from tests.insurance.files import csv_file, noon

HEADINGS = ["发放编号", "户名", "账号", "金额", "处理结果", "失败原因", "处理日期"]
Answer = Callable[[dict[str, str]], Mapping[str, str]]


def lines_of(path: Path) -> list[dict[str, str]]:
    """Read the payments of a bank file."""
    rows = list(csv.reader(io.StringIO(path.read_bytes().decode("gb18030"))))
    return [dict(zip(rows[1], row, strict=True)) for row in rows[2:-1]]


def receipt(path: Path, day: date, answers: Mapping[str, Mapping[str, str]] | None = None) -> io.BytesIO:
    """Answer every line with success, except those whose account holder has another answer."""
    rows = []
    for line in lines_of(path):
        answer = {"处理结果": "0", "失败原因": "", "处理日期": str(day)} | line
        answer |= (answers or {}).get(line["户名"], {})
        rows.append([answer[heading] for heading in HEADINGS])
    return csv_file(HEADINGS, rows)


def failed(reason: str) -> dict[str, str]:
    return {"处理结果": "1", "失败原因": reason}


def drafted(month: Month, day: date) -> PaymentBatch:
    return actions.draft(FINANCE, month, CITY, "110", now=noon(day))


def sent(month: Month, day: date) -> tuple[PaymentBatch, Path]:
    batch = drafted(month, day)
    actions.approve(REVIEWER, batch, now=noon(day))
    return batch, actions.bank_file(FINANCE, batch, now=noon(day))


def paid(month: Month, day: date, answers: Mapping[str, Mapping[str, str]] | None = None) -> PaymentBatch:
    """Draft, approve, send and settle the payments of a month."""
    batch = drafted(month, day)
    if actions.approve(REVIEWER, batch, now=noon(day)).amount_fen:
        path = actions.bank_file(FINANCE, batch, now=noon(day))
        actions.settle(FINANCE, batch, receipt(path, day, answers), now=noon(day))
    batch.refresh_from_db()
    return batch

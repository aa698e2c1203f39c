"""Files that employers and banks send, made from sentences."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime

from jinbao.data import intake
from jinbao.data.models import Batch
from jinbao.insurance.registry.models import Employer, Person
from jinbao.kernel.money import fen_to_yuan
from jinbao.trust.actors import Actor
from tests.insurance.conftest import CLERK, NOW

WAGE = 600_000
"""6000 yuan: between the floor and the ceiling of the demonstration city in 2024, 2025 and 2026."""

Line = tuple[Person, str, int]
"""Who, which month, which wage in fen."""


def csv_file(headings: list[str], rows: list[list[str]]) -> io.BytesIO:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows([headings, *rows])
    return io.BytesIO(text.getvalue().encode("utf-8-sig"))


def sent(by: Actor, file: io.BytesIO, dataset: str = "contribution_declaration", now: datetime = NOW) -> Batch:
    return intake.receive(by, file, f"{dataset}.csv", dataset, sender=by.username, region="990100", now=now)


def take_in(dataset: str, file: io.BytesIO, *, partial: bool = False, now: datetime = NOW) -> Batch:
    return intake.accept(CLERK, sent(CLERK, file, dataset, now), partial=partial, now=now)


def declaration_file(employer: Employer, lines: list[Line], scheme: str = "") -> io.BytesIO:
    headings = ["证件号码", "姓名", "费款所属期", "缴费工资", "险种", "单位统一社会信用代码"]
    rows = [
        [person.id_number, person.name, month, str(fen_to_yuan(wage)), scheme, employer.uscc]
        for person, month, wage in lines
    ]
    return csv_file(headings, rows)


def declared(employer: Employer, lines: list[Line], scheme: str = "") -> Batch:
    return take_in("contribution_declaration", declaration_file(employer, lines, scheme))


def correction_file(employer: Employer, lines: list[Line]) -> io.BytesIO:
    headings = ["证件号码", "姓名", "费款所属期", "更正后缴费工资", "更正原因", "单位统一社会信用代码"]
    rows = [
        [person.id_number, person.name, month, str(fen_to_yuan(wage)), "1", employer.uscc]
        for person, month, wage in lines
    ]
    return csv_file(headings, rows)


def corrected(employer: Employer, lines: list[Line]) -> Batch:
    return take_in("contribution_correction", correction_file(employer, lines))


def paid(rows: list[tuple[str, Employer, str, int, int, int, date]]) -> Batch:
    """Each row: bank reference, employer, month, employer's part, individual part, late fee (fen), day."""
    headings = [
        "银行流水号",
        "单位统一社会信用代码",
        "费款所属期",
        "险种",
        "单位缴费金额",
        "个人缴费金额",
        "滞纳金",
        "到账金额",
        "到账日期",
    ]
    lines = [
        [
            reference,
            employer.uscc,
            month,
            "110",
            *(str(fen_to_yuan(fen)) for fen in (firm, individual, fee, firm + individual + fee)),
            str(day),
        ]
        for reference, employer, month, firm, individual, fee, day in rows
    ]
    return take_in("contribution_payment", csv_file(headings, lines))


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 4, 0, tzinfo=UTC)

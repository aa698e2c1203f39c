"""People who reach their month apply, two officers decide, and each month's pensions are paid."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from jinbao.cases import actions as cases
from jinbao.cases.models import Case
from jinbao.insurance.benefits import actions as benefits
from jinbao.insurance.benefits.models import Determination
from jinbao.insurance.payments import actions as payments
from jinbao.insurance.payments import treasury
from jinbao.insurance.payments.models import PaymentBatch
from jinbao.insurance.registry.models import BankAccount, Employer, Person, Scheme
from jinbao.kernel.identifiers.check_digits import luhn
from jinbao.kernel.months import Month
from jinbao.ledger.queries import balance
from jinbao.project.demo.moment import on
from jinbao.project.demo.tariff import REGION
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role

FUND = Scheme.PENSION.value
NIGHTLY = Actor.system("夜间批量核定", region=REGION)


class Officers:
    """The demonstration logins that decide; applicants act for themselves."""

    def __init__(self, actors: dict[Role, Actor]) -> None:
        self.clerk, self.reviewer, self.finance = actors[Role.CLERK], actors[Role.REVIEWER], actors[Role.FINANCE]

    @staticmethod
    def citizen(person: Person) -> Actor:
        """Return a person who applies online."""
        return Actor(None, f"canbao{person.pk}", person.name, Role.INSURED, subject=person.id_number)

    @staticmethod
    def agent(employer: Employer) -> Actor:
        """Return an employer's agent who applies online."""
        return Actor(None, f"danwei{employer.pk}", f"{employer.name}经办人", Role.EMPLOYER, subject=employer.uscc)


def determine(month: Month, day: date) -> list[Determination]:
    """Compute in advance the pension of everybody who reaches the month, as the nightly run does."""
    with on(day) as now:
        benefits.determine_all(NIGHTLY, month, region=REGION, now=now)
    found = Determination.objects.filter(month=month + 1, eligible=True, superseded_by=None)
    return list(found.select_related("person").order_by("pk"))


def apply(officers: Officers, person: Person, month: Month, day: date) -> Case:
    """Let a person apply for the pension online, with the account that is known."""
    account = BankAccount.objects.get(person=person, until=None)
    form = {
        "id_number": person.id_number,
        "way": "法定",
        "retire_month": str(month),
        "bank": account.bank,
        "account_number": account.number,
        "account_holder": account.holder,
        "phone": "",
    }
    with on(day) as now:
        return cases.open_case(officers.citizen(person), "pension_application", form, now=now)


def examine(officers: Officers, case: Case, day: date) -> Case:
    """Accept and examine a case."""
    with on(day) as now:
        case = cases.accept(officers.clerk, case, version=case.version, now=now)
        return cases.examine(officers.clerk, case, version=case.version, now=now, remark="材料齐全，核对无误")


def approve(officers: Officers, case: Case, day: date) -> Case:
    """Approve a case that was examined."""
    with on(day) as now:
        return cases.approve(officers.reviewer, case, version=case.version, now=now, remark="同意")


def pay(officers: Officers, month: Month, seed: int, folder: Path) -> PaymentBatch:
    """Draft, approve, send and settle the month's pensions; a few come back from the bank."""
    with on(month.first_day + timedelta(days=11)) as now:
        batch = payments.draft(officers.clerk, month, REGION, FUND, now=now)
        drawn = batch.amount_fen - balance("A30", FUND, REGION)
        if drawn > 0:
            treasury.draw(officers.finance, REGION, FUND, drawn, on=now.date(), reference=f"BK{month.yyyymm}", now=now)
    with on(month.first_day + timedelta(days=12)) as now:
        batch = payments.approve(officers.reviewer, batch, now=now)
        sent = payments.bank_file(officers.finance, batch, now=now)
    with on(month.first_day + timedelta(days=14)) as now:
        receipt = folder / f"回盘-{month}.csv"
        receipt.write_bytes(_receipt(sent.read_bytes(), np.random.default_rng([seed, 11, month.ordinal]), now.date()))
        payments.settle(officers.finance, batch, receipt, now=now)
    return batch


def _receipt(sent: bytes, rng: np.random.Generator, day: date) -> bytes:
    """Answer a bank file: nearly everything is paid, three in a thousand come back."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(("发放编号", "户名", "账号", "金额", "处理结果", "失败原因", "处理日期", "银行流水号"))
    for number, holder, account, _, amount, *_ in list(csv.reader(io.StringIO(sent.decode("gb18030"))))[2:-1]:
        failed = rng.random() < 0.003
        reason = "账户已销户" if failed else ""
        writer.writerow(
            (number, holder, account, amount, "1" if failed else "0", reason, day.isoformat(), f"DF{number}")
        )
    return text.getvalue().encode("gb18030")


def other_account(number: str) -> str:
    """Return another valid card number of the same issuer."""
    body = f"990001{number[6:-1]}"
    return body + luhn(body)

"""The counter's other pages: unmasking with a reason, the way from a figure to the file line, the audit trail."""

from __future__ import annotations

import re

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from jinbao.data.datasets import load_dataset
from jinbao.insurance.payments.models import PaymentBatch
from jinbao.kernel.money import fen_to_yuan
from jinbao.ledger.models import Transfer
from jinbao.trust.actors import Actor
from jinbao.trust.models import AuditEvent, Role, User
from tests.conftest import EMPLOYER, OTHER_CITY, ZHANG_SAN, make_actor
from tests.web.conftest import Browser, Town


def test_a_search_shows_masked_numbers(browse: Browser, clerk: Actor, town: Town) -> None:
    html = browse(clerk).get("/counter/persons/", {"q": "张"}).content.decode()
    assert "990***********1014" in html
    assert ZHANG_SAN not in html
    assert "演示机械厂" in browse(clerk).get("/counter/persons/", {"q": "机械"}).content.decode()


def test_a_whole_number_is_shown_once_for_a_reason_that_is_recorded(browse: Browser, clerk: Actor, town: Town) -> None:
    client, where = browse(clerk), f"/counter/persons/{town.zhang.pk}/"
    assert client.post(f"{where}unmask/", {"kind": "id_number", "reason": " "}).status_code == 400
    html = client.post(f"{where}unmask/", {"kind": "id_number", "reason": "受理编号 7"}).content.decode()
    assert ZHANG_SAN in html
    event = AuditEvent.objects.get(action="trust.unmask")
    assert event.detail["reason"] == "受理编号 7"
    assert event.actor == clerk.username
    assert ZHANG_SAN not in str(event.detail)
    assert ZHANG_SAN not in client.get(where).content.decode()


def test_only_declared_fields_can_be_unmasked(browse: Browser, clerk: Actor, town: Town) -> None:
    where = f"/counter/persons/{town.zhang.pk}/unmask/"
    assert browse(clerk).post(where, {"kind": "password", "reason": "x"}).status_code == 400


def test_a_figure_of_the_statement_is_walked_back_to_the_line_of_the_file(
    browse: Browser, finance: Actor, town: Town
) -> None:
    town.declarations()
    client = browse(finance)
    books = client.get("/counter/ledger/?month=2026-03").content.decode()
    assert "借贷相等" in books
    accounts = re.findall(r"/counter/ledger/accounts/(\w+)/", books)
    page = client.get(f"/counter/ledger/accounts/{accounts[0]}/?month=2026-03").content.decode()
    number = re.findall(r"/counter/ledger/transfers/(\d+)/", page)[0]
    transfer = client.get(f"/counter/ledger/transfers/{number}/").content.decode()
    assert "张三" in transfer
    row = re.findall(r"\?row=(\d+)", transfer)[0]
    line = client.get(f"/counter/ledger/transfers/{number}/?row={row}").content.decode()
    assert "8,000.00" in line
    assert "二月.csv" in line


def test_the_line_of_the_file_shows_no_whole_number(browse: Browser, finance: Actor, town: Town) -> None:
    transfer = town.transfer()
    row = Transfer.objects.get(pk=transfer.pk)
    client = browse(finance)
    page = client.get(f"/counter/ledger/transfers/{row.pk}/").content.decode()
    found = re.findall(r"\?row=(\d+)", page)[0]
    line = client.get(f"/counter/ledger/transfers/{row.pk}/?row={found}").content.decode()
    assert ZHANG_SAN not in line
    assert "990***********1014" in line


def test_the_statement_leads_from_each_figure_to_its_rows(browse: Browser, finance: Actor, town: Town) -> None:
    town.declarations()
    html = browse(finance).get("/counter/statement/?month=2026-02").content.decode()
    assert "/counter/ledger/accounts/I10/" in html
    assert "期末滚存结余" in html


def test_a_nonsense_month_is_refused_with_advice(browse: Browser, finance: Actor) -> None:
    answer = browse(finance).get("/counter/ledger/?month=2026-13")
    assert answer.status_code == 400
    assert "怎么办" in answer.content.decode()


def test_the_audit_trail_is_verified_on_its_page(browse: Browser, auditor: Actor, clerk: Actor, town: Town) -> None:
    browse(clerk).post(f"/counter/persons/{town.zhang.pk}/unmask/", {"kind": "phone", "reason": "回访"})
    client = browse(auditor)
    page = client.get("/counter/audit/", {"actor": clerk.username}).content.decode()
    assert "trust.unmask" in page
    assert "校验通过" in client.post("/counter/audit/verify/").content.decode()


def test_an_auditor_of_another_city_sees_none_of_our_events(browse: Browser, clerk: Actor, town: Town) -> None:
    browse(clerk).post(f"/counter/persons/{town.zhang.pk}/unmask/", {"kind": "phone", "reason": "回访"})
    stranger = make_actor("jihe2", "外市稽核", Role.AUDITOR, region=OTHER_CITY)
    assert "trust.unmask" not in browse(stranger).get("/counter/audit/").content.decode()


def test_an_employer_is_shown_with_its_people_of_a_month(browse: Browser, clerk: Actor, town: Town) -> None:
    html = browse(clerk).get(f"/counter/employers/{town.employer.pk}/?month=2026-01").content.decode()
    assert EMPLOYER in html
    assert "李四" in html
    assert "王五" not in html


def test_a_month_is_drafted_approved_by_another_sent_and_settled(
    browse: Browser, finance: Actor, reviewer: Actor, zhang_san: Actor, town: Town
) -> None:
    batch = town.payments()
    drafter = Client()
    drafter.force_login(User.objects.get(username=batch.drafted_by))
    where = f"/counter/payments/{batch.pk}/"
    assert "3,456.78" in drafter.get(where).content.decode()
    own = drafter.post(f"{where}approve/", {"key": "a"})
    assert own.status_code == 403, "who drafted does not approve"
    approver = browse(reviewer)
    assert approver.post(f"{where}approve/", {"key": "b"}).status_code == 302
    money = browse(finance)
    sent = b"".join(money.post(f"{where}file/").streaming_content)  # type: ignore[attr-defined]  # a file streams
    again = b"".join(money.post(f"{where}file/").streaming_content)  # type: ignore[attr-defined]  # as above
    assert sent == again, "the same file to the byte"
    receipt = SimpleUploadedFile("回盘.csv", receipt_for(batch))
    assert money.post(f"{where}settle/", {"file": receipt, "key": "c"}).status_code == 302
    batch.refresh_from_db()
    assert batch.status == batch.Status.SETTLED
    assert "已发" in browse(zhang_san).get("/my/benefits/").content.decode()


def receipt_for(batch: PaymentBatch) -> bytes:
    """Write what the bank sends back when everything was paid."""
    labels = {column.name: column.label for column in load_dataset("bank_receipt").columns}
    values = {
        "payment_id": lambda row: row.pk,
        "account_number": lambda row: row.account_number,
        "holder": lambda row: row.holder,
        "amount_fen": lambda row: fen_to_yuan(row.amount_fen),
        "result": lambda _: "0",
        "paid_on": lambda _: "2026-03-20",
        "bank_reference": lambda row: f"R{row.pk}",
    }
    known = [name for name in labels if name in values]
    lines = [",".join(labels[name] for name in known)]
    lines += [",".join(str(values[name](row)) for name in known) for row in batch.payments.order_by("pk")]
    return "\n".join(lines).encode()

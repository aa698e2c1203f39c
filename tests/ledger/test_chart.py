"""The declared chart and rules: complete, and every mistake is named with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from jinbao.kernel.errors import DeclarationError
from jinbao.ledger.chart import load_chart

ACCOUNT = "  - {{code: {code}, name: {name}, side: {side}, kind: {kind}, origin: 示例科目, meaning: 说明}}\n"


def write(folder: Path, accounts: list[dict[str, str]], postings: str) -> Path:
    (folder / "accounts.yaml").write_text("accounts:\n" + "".join(ACCOUNT.format(**a) for a in accounts))
    (folder / "postings.yaml").write_text(postings)
    return folder


CASH = {"code": "A1", "name": "存款", "side": "借", "kind": "资产"}
INCOME = {"code": "I1", "name": "收入", "side": "贷", "kind": "收入"}
RULE = "received: {title: 到账, meaning: 到账, lines: [{amount: 金额, debit: 存款, credit: 收入}]}\n"


def test_it_works(tmp_path: Path) -> None:
    chart = load_chart(write(tmp_path, [CASH, INCOME], RULE))
    [line] = chart.posting("received").lines
    assert (line.debit, line.credit) == ("A1", "I1")


def test_every_account_of_the_house_is_used_and_marked_as_an_example() -> None:
    chart = load_chart()
    used = {code for posting in chart.postings.values() for line in posting.lines for code in (line.debit, line.credit)}
    assert used == set(chart.accounts)
    assert {account.origin for account in chart.accounts.values()} == {"示例科目"}


def test_income_and_expenditure_move_with_the_bank_only() -> None:
    chart = load_chart()
    banks = {code for code, account in chart.accounts.items() if account.name.endswith("存款")}
    for posting in chart.postings.values():
        for line in posting.lines:
            kinds = {chart.account(line.debit).kind, chart.account(line.credit).kind}
            if kinds & {"收入", "支出"}:
                assert {line.debit, line.credit} & banks, posting.title


def test_the_events_of_the_contract_are_there() -> None:
    expected = {
        "contribution_due": ("单位缴费", "个人缴费"),
        "contribution_received": ("单位缴费", "个人缴费"),
        "contribution_refunded": ("单位缴费", "个人缴费"),
        "late_fee_received": ("滞纳金",),
        "history_migrated": ("单位缴费", "个人缴费", "待遇", "期初结余"),
        "benefit_reserved": ("待遇", "抵扣"),
        "benefit_returned": ("待遇",),
        "clawback_due": ("追回款",),
        "clawback_received": ("追回款",),
    }
    chart = load_chart()
    assert {event: chart.posting(event).amounts for event in expected} == expected
    assert [event for event, posting in chart.postings.items() if posting.pending] == ["benefit_reserved"]


@pytest.mark.parametrize(
    ("accounts", "postings", "message"),
    [
        ([CASH, INCOME], RULE.replace("credit: 收入", "credit: 收人"), "没有的科目“收人”"),
        ([CASH, INCOME], RULE.replace("credit: 收入", "credit: 存款"), "借贷同一科目"),
        ([CASH, INCOME], "received: {title: 到账, meaning: 到账, lines: []}\n", "没有记账分录"),
        ([CASH, CASH | {"code": "A2"}, INCOME], RULE, "重复"),
        ([CASH, INCOME | {"code": "A1"}], RULE, "重复"),
        ([CASH, INCOME | {"side": "借"}], RULE, "余额方向"),
        ([CASH, INCOME], RULE.replace("title", "tytle"), "tytle"),
    ],
)
def test_a_mistake_is_named_with_file_and_line(
    tmp_path: Path, accounts: list[dict[str, str]], postings: str, message: str
) -> None:
    with pytest.raises(DeclarationError, match=rf"yaml:\d+: .*{message}"):
        load_chart(write(tmp_path, accounts, postings))

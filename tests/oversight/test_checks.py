"""What is changed by hand in the books is found, named by the fact it belongs to, and nothing else is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result
from django.db import connection

from jinbao.insurance.benefits.models import Determination
from jinbao.insurance.contributions.models import Contribution, Declaration, LateFee, Receipt
from jinbao.insurance.payments.models import Payment
from jinbao.insurance.registry import actions as registry
from jinbao.insurance.registry.models import Person
from jinbao.kernel.checks import Check
from jinbao.kernel.months import Month
from jinbao.ledger.models import Account, Transfer
from jinbao.oversight.checks import CHECKS
from jinbao.project import checks as project_checks
from jinbao.project.commands import check as check_command
from jinbao.trust.append_only import guards_lifted
from tests.insurance.conftest import CLERK, NOW, REVIEWER, City
from tests.oversight.conftest import FEBRUARY

pytestmark = pytest.mark.django_db


def broken() -> list[str]:
    return [f"{check.name} {row}" for check in CHECKS for row in check.rows()]


def found() -> set[str]:
    return {line.split(" ")[0] for line in broken()}


def entry(event: str, **more: Any) -> Transfer:
    return Transfer.objects.filter(event=event, **more).order_by("pk")[0]


def rewritten(transfer: Transfer, **values: Any) -> None:
    """Change an entry as somebody with the database's password would."""
    with guards_lifted(connection), connection.cursor() as cursor:
        for name, value in values.items():
            column = Transfer._meta.get_field(name).column
            cursor.execute(
                f"UPDATE ledger_transfer SET {connection.ops.quote_name(column)} = %s WHERE id = %s",
                [value, transfer.pk],
            )


def test_books_that_nobody_touched_hold(books: City) -> None:
    assert LateFee.objects.exists()
    assert Payment.objects.filter(status=Payment.Status.PAID).exists()
    assert Receipt.objects.filter(employer_fen__lt=0).exists()
    assert not broken()


@pytest.mark.parametrize(
    ("event", "check", "model"),
    [
        ("contribution_due", "due-is-booked", "contributions.Declaration"),
        ("contribution_received", "received-is-booked", "contributions.Receipt"),
        ("contribution_refunded", "received-is-booked", "contributions.Receipt"),
        ("late_fee_received", "late-fee-is-booked", "contributions.LateFee"),
        ("history_migrated", "history-is-booked", "转入的历史缴费"),
    ],
)
def test_a_fen_more_in_the_ledger_is_found_at_its_fact(books: City, event: str, check: str, model: str) -> None:
    transfer = entry(event)
    rewritten(transfer, amount_fen=transfer.amount_fen + 1)
    (row,) = broken()
    assert row.startswith(f"{check} {model}")
    assert str(transfer.amount_fen + 1) in row


@pytest.mark.parametrize(
    "change", [{"month": 202512}, {"on": "2020-01-01"}, {"source_id": "999999"}, {"source_id": "谁"}, {"debit": "A20"}]
)
def test_an_entry_moved_elsewhere_is_found_though_every_total_agrees(books: City, change: dict[str, Any]) -> None:
    transfer = entry("contribution_received", debit__code="A10", debit__fund="110")
    if "debit" in change:
        account = Account.objects.get_or_create(code="A20", fund="110", region=transfer.debit.region)[0]
        change = {"debit": account.pk}
    rewritten(transfer, **change)
    assert found() == {"received-is-booked"}


def test_two_receipts_that_cancel_out_are_found(books: City) -> None:
    first, second = Receipt.objects.filter(scheme="110", employer_fen__gt=100).order_by("pk")[:2]
    for receipt, fen in ((first, 1), (second, -1)):
        Receipt.objects.filter(pk=receipt.pk).update(employer_fen=receipt.employer_fen + fen)
    named = {line.split(" ")[1].rstrip(":") for line in broken()}
    assert named == {f"contributions.Receipt:{first.pk}", f"contributions.Receipt:{second.pk}"}


def test_an_entry_that_was_removed_is_found(books: City) -> None:
    transfer = entry("contribution_due", debit__fund="110")
    with guards_lifted(connection), connection.cursor() as cursor:
        cursor.execute("DELETE FROM ledger_transfer WHERE id = %s", [transfer.pk])
    (row,) = broken()
    assert row.startswith("due-is-booked ")
    assert row.endswith("账上 0 分")


def test_a_benefit_that_never_went_out_is_no_expenditure(books: City) -> None:
    Payment.objects.update(status=Payment.Status.RETURNED)
    assert found() == {"paid-is-booked"}


def test_a_migrated_row_that_was_changed_is_found(books: City) -> None:
    row = Contribution.objects.filter(declaration__kind=Declaration.Kind.MIGRATED).order_by("pk")[0]
    Contribution.objects.filter(pk=row.pk).update(employer_fen=row.employer_fen + 1)
    assert found() == {"history-is-booked", "migrated-adds-up"}


def from_file(city: City) -> Contribution:
    return Contribution.objects.get(person=city.zhang, month=FEBRUARY, live=True)


def test_a_wage_that_is_not_the_file_s_is_found(books: City) -> None:
    row = from_file(books)
    Contribution.objects.filter(pk=row.pk).update(wage_fen=row.wage_fen + 1)
    (line,) = broken()
    assert line.startswith(f"rows-as-in-the-file contributions.Contribution:{row.pk}: 文件第 ")


def test_a_row_given_to_somebody_else_is_found(books: City) -> None:
    row = from_file(books)
    Contribution.objects.filter(pk=row.pk).update(person=books.wang)
    (line,) = broken()
    assert line.startswith(f"rows-as-in-the-file contributions.Contribution:{row.pk}: 不是文件第 ")


def test_a_merged_identity_is_still_the_person_of_the_file(books: City) -> None:
    double = registry.register_person(
        CLERK, "990101660115103", "张三", region="990101", today=books.zhang.born_on.replace(year=2026)
    )
    assert double != books.zhang
    registry.merge(REVIEWER, double, books.zhang, "同一人", now=NOW)
    assert Person.objects.get(pk=books.zhang.pk).merged_into_id == double.pk
    assert "rows-as-in-the-file" not in found()


def test_a_determination_with_other_facts_is_found(books: City) -> None:
    made = Determination.objects.get()
    Determination.objects.update(facts=made.facts | {"出生年月": "1966-02"})
    assert broken() == [f"replayed benefits.Determination:{made.pk}: 保存的事实与核定时的摘要不符"]


def test_a_determination_and_its_award_raised_together_are_found(books: City) -> None:
    made = Determination.objects.get()
    Determination.objects.update(monthly_fen=made.monthly_fen + 1)
    (line,) = broken()
    assert line.startswith(f"replayed benefits.Determination:{made.pk}: 核定为 {made.monthly_fen + 1} 分")
    assert f"重算为 {made.monthly_fen} 分" in line


def test_a_determination_under_an_earlier_law_is_left_alone(books: City) -> None:
    Determination.objects.update(law_version="earlier", monthly_fen=1)
    assert "replayed" not in found()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(check_command.command, list(arguments))


def test_the_command_passes_whole_books(books: City) -> None:
    result = run()
    assert result.exit_code == 0, result.output
    assert "全部成立" in result.output
    assert result.output.count("✓") == len(project_checks.all_checks())


def test_the_command_fails_on_one_row_and_names_it(books: City) -> None:
    row = from_file(books)
    Contribution.objects.filter(pk=row.pk).update(wage_fen=1)
    result = run()
    assert result.exit_code == 1
    assert f"contributions.Contribution:{row.pk}" in result.output
    told = json.loads(run("--json").output)
    assert told["broken"] == 1
    assert [each["name"] for each in told["checks"] if each["rows"]] == ["rows-as-in-the-file"]


def test_the_command_refuses_a_name_that_no_check_has(books: City) -> None:
    result = run("--only", "无此项")
    assert result.exit_code == 2
    assert "due-is-booked" in result.output


def test_a_check_that_cannot_read_its_rows_is_a_broken_one(books: City, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable() -> Iterator[Any]:
        yield Month.from_yyyymm(202613)

    checks = [Check("months", "月份都存在", unreadable), *CHECKS]
    monkeypatch.setattr(project_checks, "all_checks", lambda: checks)
    result = run()
    assert result.exit_code == 1
    assert "✗ 月份都存在" in result.output
    assert result.output.count("✓") == len(CHECKS)


def test_every_check_has_a_name_and_a_sentence_of_its_own() -> None:
    checks = project_checks.all_checks()
    assert len({check.name for check in checks}) == len({check.sentence for check in checks}) == len(checks)

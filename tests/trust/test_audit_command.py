"""`jinbao audit`: what it prints and how it ends."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner, Result
from django.db import connection

from jinbao.project.commands.audit import command
from jinbao.trust import audit
from jinbao.trust.actors import Actor
from jinbao.trust.append_only import guards_lifted
from jinbao.trust.models import AuditEvent

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def three_events(db: None) -> None:
    for number in range(3):
        audit.append(Actor.system(), "test.do", f"x:{number}", {}, NOW)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments))


def test_it_works() -> None:
    result = run("verify")
    assert result.exit_code == 0
    assert result.output.startswith("审计链完整：共 3 条")


def test_a_broken_chain_is_named_and_ends_with_1() -> None:
    with guards_lifted(connection), connection.cursor() as cursor:
        cursor.execute("UPDATE trust_auditevent SET actor = 'x' WHERE seq = 2")
    result = run("verify")
    assert (result.exit_code, result.output) == (1, "审计链断裂：第 2 条：内容与摘要不符（被修改）\n")
    answer = json.loads(run("verify", "--json").output)
    assert (answer["whole"], answer["broken"]["seq"]) == (False, 2)


def test_the_end_that_was_noted_is_accepted_later() -> None:
    noted = run("head").output.strip()
    audit.append(Actor.system(), "test.do", "x", {}, NOW)
    assert run("verify", "--anchor", noted).exit_code == 0
    assert run("verify", "--anchor", f"3:{'0' * 64}").exit_code == 1
    assert json.loads(run("head", "--json").output)["seq"] == 4 == AuditEvent.objects.count()


def test_an_anchor_that_is_none_is_refused() -> None:
    result = run("verify", "--anchor", "abc")
    assert "不是登记的末尾" in str(result.exception)


def test_the_table_of_permissions_says_who_may_do_what() -> None:
    table = {entry["action"]: entry for entry in json.loads(run("permissions", "--json").output)}
    assert table["trust.create_user"]["roles"] == ["系统管理", "系统"]
    assert table["trust.unmask"]["roles"] == ["经办", "复核", "稽核", "财务", "系统"]
    assert all(entry["sentence"] for entry in table.values())
    assert "trust.create_user" in run("permissions").output


def test_system_administration_does_no_business() -> None:
    table = json.loads(run("permissions", "--json").output)
    allowed = {entry["action"].partition(".")[0] for entry in table if "系统管理" in entry["roles"]}
    assert allowed <= {"trust", "oversight", "centre"}

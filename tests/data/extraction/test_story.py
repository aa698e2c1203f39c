"""From the question to the file: asked, written, approved by a second person, delivered, traced, taken back."""

from __future__ import annotations

import csv
import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from python_calamine import CalamineWorkbook

from jinbao.data.extraction import actions, checks, delivery, queries
from jinbao.data.extraction.models import DataRequest, Delivery
from jinbao.data.extraction.tracing import trace
from jinbao.kernel.errors import Conflict, FormatError, NotAllowed, NotFound
from jinbao.project.commands._data_extraction import extract
from jinbao.trust.actors import Actor
from jinbao.trust.models import AuditEvent
from tests.conftest import ZHANG_SAN
from tests.data.extraction.conftest import NOW, TABLE, put

pytestmark = pytest.mark.django_db
SQL = "SELECT id_number, name FROM population ORDER BY id_number"
MASKS = {"id_number": "plain", "name": "masked"}


def delivered(of: DataRequest, steward: Actor, second: Actor, form: str = "xlsx", sql: str = SQL) -> Delivery:
    """Take a request all the way to its file."""
    made = actions.preview(steward, of, sql, now=NOW)
    of = actions.submit(steward, of, made.draft.version, {n: MASKS.get(n, "plain") for n in made.names}, form, now=NOW)
    of = actions.approve(second, of, of.sealed_sm3, now=NOW)
    return delivery.deliver(steward, of, now=NOW)


def test_a_preview_is_masked_and_the_file_holds_what_was_approved(
    people: None, asked: DataRequest, cleared: None, steward: Actor, second: Actor, officer: Actor
) -> None:
    preview = actions.preview(steward, asked, SQL, now=NOW)
    assert len(preview.rows) == 50
    assert ("990***********1014", "张*") in preview.rows
    assert asked.due.isoformat() == "2026-03-27"
    made = delivered(asked, steward, second)
    found, path = queries.delivery_for(officer, made.code, NOW)
    sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    assert made.code in sheet[0][0]
    assert "医保局" in sheet[0][0]
    assert sheet[1] == ["id_number", "name"]
    assert [ZHANG_SAN, "张*"] in sheet[2:]
    assert len(sheet) == 65
    assert found.rows == 63
    actions.fetch(officer, made.code, now=NOW)
    assert queries.deliveries(asked)[0].fetched == 1
    assert not [row for check in checks.CHECKS for row in check.rows()]
    done = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"extraction.ask", "extraction.try", "extraction.submit", "extraction.approve", "extraction.deliver"} <= done


@pytest.mark.parametrize("form", ["csv", "xlsx", "parquet"])
def test_a_leaked_file_is_traced_by_its_order_when_the_visible_mark_is_gone(
    form: str, people: None, asked: DataRequest, cleared: None, steward: Actor, second: Actor, tmp_path: Path
) -> None:
    first = delivered(asked, steward, second, form)
    again = delivery.deliver(steward, DataRequest.objects.get(), now=NOW)
    assert {one.by for one in trace(queries.folder() / first.file)} == {"visible", "order"}
    leaked = tmp_path / "leaked.csv"
    rows = _rows(queries.folder() / again.file)
    keep = [at for at in range(len(rows)) if at % 3 != 1]
    with leaked.open("w", encoding="gb18030", newline="") as file:
        csv.writer(file).writerows([["x", rows[at][0]] for at in keep])
    assert [(one.delivery, one.by) for one in trace(leaked)] == [(again, "order")]
    with leaked.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(sorted(rows))
    assert trace(leaked) == []


def _rows(path: Path) -> list[list[str]]:
    from jinbao.data.extraction.tracing import _read

    return [row for row in _read(path)[1][0] if row[0].startswith("99")]


def test_nobody_approves_their_own_query_and_nothing_changes_between(
    people: None, asked: DataRequest, cleared: None, steward: Actor, second: Actor, officer: Actor
) -> None:
    made = actions.preview(steward, asked, SQL, now=NOW)
    of = actions.submit(steward, asked, made.draft.version, MASKS, "csv", now=NOW)
    with pytest.raises(NotAllowed):
        actions.approve(steward, of, of.sealed_sm3, now=NOW)
    with pytest.raises(NotAllowed):
        actions.approve(officer, of, of.sealed_sm3, now=NOW)
    with pytest.raises(Conflict):
        actions.approve(second, of, "0" * 64, now=NOW)
    with pytest.raises(Conflict, match="没有批准"):
        delivery.deliver(steward, of, now=NOW)
    of = actions.approve(second, of, of.sealed_sm3, now=NOW)
    put(TABLE, {"id_number": [ZHANG_SAN], "name": ["张三"], "_batch": [1], "_line": [1], "_row": ["1"]}, "2")
    with pytest.raises(Conflict, match="新数据"):
        delivery.deliver(steward, of, now=NOW)
    DataRequest.objects.update(recipient="别人")
    with pytest.raises(Conflict, match="改动"):
        delivery.deliver(steward, DataRequest.objects.get(), now=NOW)
    assert [row.what for row in checks.changed_after_approval()]
    assert delivery.reopen(steward, of, now=NOW).state == "asked"


def test_a_file_ends_counts_and_is_taken_back(
    people: None, asked: DataRequest, cleared: None, steward: Actor, second: Actor, officer: Actor
) -> None:
    made = delivered(asked, steward, second, "parquet")
    with pytest.raises(NotFound):
        queries.delivery_for(second, made.code, NOW)
    for _ in range(5):
        actions.fetch(officer, made.code, now=NOW)
    with pytest.raises(Conflict, match="已下载 5 次"):
        actions.fetch(officer, made.code, now=NOW)
    again = delivery.deliver(steward, DataRequest.objects.get(), now=NOW)
    with pytest.raises(Conflict, match="期限已过"):
        actions.fetch(officer, again.code, now=NOW + timedelta(days=8))
    with pytest.raises(FormatError):
        delivery.revoke(second, asked, " ", now=NOW)
    delivery.revoke(second, asked, "误发", now=NOW)
    with pytest.raises(Conflict, match="收回"):
        actions.fetch(officer, again.code, now=NOW)
    assert not list(queries.folder().iterdir())
    assert not [row for check in checks.CHECKS for row in check.rows()]


def test_others_see_nothing(
    people: None, asked: DataRequest, steward: Actor, stranger: Actor, zhang_san: Actor, agent: Actor, clerk2: Actor
) -> None:
    for other in (stranger, zhang_san, agent, clerk2):
        assert not queries.requests(other).exists()
        with pytest.raises(NotFound):
            queries.request(other, asked.number)
    with pytest.raises(NotAllowed):
        actions.preview(stranger, asked, SQL, now=NOW)
    assert list(queries.requests(steward, words="医保局", state="asked", year="2026")) == [asked]
    assert not queries.requests(steward, words="没有").exists()


def test_the_command_lists_shows_and_traces(
    people: None, asked: DataRequest, cleared: None, steward: Actor, second: Actor, tmp_path: Path
) -> None:
    made = delivered(asked, steward, second, "csv")
    run = CliRunner().invoke
    (listed,) = json.loads(run(extract, ["list", "--json"]).output)
    assert listed["number"] == asked.number
    shown = run(extract, ["show", asked.number])
    assert "SELECT id_number" in shown.output
    assert "已下载 0 次" in shown.output
    traced = run(extract, ["trace", str(queries.folder() / made.file)])
    assert traced.output.count(made.code) == 2
    assert "行序暗记" in traced.output
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"PK nothing")
    assert isinstance(run(extract, ["trace", str(broken)]).exception, FormatError)


def test_a_year_counts_requests_time_and_rows(
    people: None, asked: DataRequest, cleared: None, steward: Actor, second: Actor
) -> None:
    delivered(asked, steward, second)
    (year,) = queries.statistics(steward, NOW.date())
    assert (year.year, year.asked, year.delivered, year.days, year.rows, year.late) == (2026, 1, 1, 0, 63, 0)

"""A batch from its arrival to its acceptance: once only, never half, and back to the sender where rows are wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pytest
from django.conf import settings
from django.db import connection
from python_calamine import CalamineWorkbook

from jinbao.data import intake, lake, queries
from jinbao.data.checks import CHECKS
from jinbao.data.models import Batch
from jinbao.data.sources import Refused
from jinbao.kernel.errors import Conflict, NotAllowed, NotFound
from jinbao.trust.actors import Actor
from jinbao.trust.models import AuditEvent
from tests.conftest import CITY, EMPLOYER, OTHER_CITY, OTHER_EMPLOYER
from tests.data.conftest import HEADING, NOW, Receive, as_csv, other_row, reasons, row, write_workbook

GOOD = as_csv([HEADING, row(), other_row()])
MIXED = as_csv([HEADING, row(), other_row(缴费工资="x"), row(费款所属期="2026-13")])


def broken() -> list[str]:
    return [str(found) for check in CHECKS for found in check.rows()]


def test_it_works(receive: Receive, clerk: Actor) -> None:
    batch = receive(MIXED, by=clerk)
    assert (batch.received, batch.accepted, batch.rejected) == (3, 1, 2)
    assert (batch.status, batch.received_by, batch.received_at) == (Batch.Status.CHECKED, "jingban", NOW)
    assert batch.folder.startswith("landing/contribution_declaration/2026/")
    assert lake.original_of(batch).read_text() == MIXED
    assert intake.walk_back(batch, 3) == MIXED.splitlines()[2]
    assert broken() == []
    event = AuditEvent.objects.get(action="data.receive")
    assert (event.detail["received"], event.detail["accepted"]) == (3, 1)


def test_the_preview_shows_what_passes_and_why_the_rest_does_not(receive: Receive) -> None:
    seen = intake.preview(receive(MIXED), 5)
    assert [column.label for column in seen.columns] == list(HEADING)
    assert [found.cells[3] for found in seen.accepted] == ["8500.00"]
    assert [found.wrong_columns for found in seen.rejected] == [{"wage_fen"}, {"month"}]
    assert seen.about == "CSV（UTF-8，逗号分隔）"


def test_a_rule_that_checked_nothing_is_not_passed(receive: Receive) -> None:
    outcome = {rule["name"]: rule["outcome"] for rule in receive(GOOD).rules}
    assert outcome["只申报本单位职工"] == "未检查"
    assert outcome["一人一月一险种一条"] == "通过"
    without_scheme = as_csv([[*HEADING[:4], HEADING[5]], [*row()[:4], EMPLOYER]])
    assert {rule["name"]: rule["outcome"] for rule in receive(without_scheme).rules}["代码：险种"] == "未检查"


def test_a_warning_is_counted_and_rejects_nothing(receive: Receive) -> None:
    batch = receive(as_csv([HEADING, row(缴费工资="300000")]))
    rule = next(rule for rule in batch.rules if rule["name"] == "缴费工资少见地高")
    assert (batch.accepted, rule["failed"], rule["outcome"]) == (1, 1, "有提示")
    assert rule["examples"][0]["place"] == "第 2 行"


def test_the_same_bytes_from_the_same_sender_are_one_batch(receive: Receive) -> None:
    first = receive(GOOD)
    assert receive(GOOD, name="另一个名字.csv") == first
    assert receive(GOOD, sender="fuhe") != first
    assert Batch.objects.count() == 2
    assert len(list((settings.VAR / "lake/landing/contribution_declaration/2026").iterdir())) == 2


def test_a_refused_file_leaves_nothing(receive: Receive) -> None:
    with pytest.raises(Refused):
        receive("不是表格")
    assert not Batch.objects.exists()
    assert [path for path in (settings.VAR / "lake").rglob("*") if path.is_file()] == []


def test_an_employer_sends_for_itself_only(receive: Receive, agent: Actor) -> None:
    with pytest.raises(NotAllowed):
        receive(GOOD, by=agent, sender=OTHER_EMPLOYER)
    batch = receive(as_csv([HEADING, row(), other_row(单位统一社会信用代码=OTHER_EMPLOYER)]), by=agent, sender=EMPLOYER)
    assert "只能报送本单位的数据" in reasons(batch)[3]
    blank = receive(as_csv([HEADING, other_row(单位统一社会信用代码="")]), by=agent, sender=EMPLOYER)
    assert "只能报送本单位的数据" in reasons(blank)[2]


def test_officers_take_in_files_of_their_region_only(receive: Receive, clerk: Actor, zhang_san: Actor) -> None:
    with pytest.raises(NotAllowed):
        receive(GOOD, by=clerk, region=OTHER_CITY)
    with pytest.raises(NotAllowed):
        receive(GOOD, by=zhang_san)


def test_others_see_nothing_of_a_batch(
    receive: Receive, clerk: Actor, agent: Actor, other_agent: Actor, other_clerk: Actor, wang_wu: Actor
) -> None:
    batch = receive(GOOD, by=agent, sender=EMPLOYER)
    for by in (clerk, agent):
        assert queries.batch(by, batch.pk) == batch
    for by in (other_agent, other_clerk, wang_wu):
        with pytest.raises(NotFound):
            queries.batch(by, batch.pk)
        with pytest.raises(NotAllowed):
            intake.accept(by, batch, partial=False, now=NOW)
    with pytest.raises(NotAllowed):
        intake.recheck(other_clerk, batch, now=NOW)


def test_a_partial_batch_is_accepted_only_on_the_users_word(receive: Receive, clerk: Actor) -> None:
    batch = receive(MIXED)
    with pytest.raises(Conflict, match="2 行未通过"):
        intake.accept(clerk, batch, partial=False, now=NOW)
    assert intake.accept(clerk, batch, partial=True, now=NOW).status == Batch.Status.ACCEPTED
    assert intake.accept(clerk, batch, partial=True, now=NOW).status == Batch.Status.ACCEPTED
    assert intake.recorded(clerk, batch, now=NOW).status == Batch.Status.RECORDED
    with pytest.raises(Conflict, match="已入账"):
        intake.discard(clerk, batch, now=NOW)


def test_a_batch_without_a_good_row_cannot_be_accepted(receive: Receive, clerk: Actor) -> None:
    batch = receive(as_csv([HEADING, row(缴费工资="x")]))
    with pytest.raises(Conflict, match="没有一行通过"):
        intake.accept(clerk, batch, partial=True, now=NOW)


def test_a_discarded_file_is_checked_anew_when_it_comes_again(receive: Receive, clerk: Actor) -> None:
    batch = receive(GOOD)
    intake.discard(clerk, batch, now=NOW)
    before = batch.folder
    again = receive(GOOD, extra_checks=[_enrolled({"张三"})])
    assert (again.pk, again.status, again.accepted, again.rejected) == (batch.pk, Batch.Status.CHECKED, 1, 1)
    assert again.folder != before


def _enrolled(names: Iterable[str]) -> intake.ExtraCheck:
    def check(batch: pa.RecordBatch) -> Iterable[intake.Fault]:
        for at, name in enumerate(batch.column("name").to_pylist()):
            if name not in names:
                yield intake.Fault(at, "id_number", f"{name}未参保")

    return intake.ExtraCheck("已参保", check)


@pytest.mark.django_db(transaction=True)
def test_a_check_from_above_sees_only_what_passed_and_a_recheck_sees_it_anew(receive: Receive) -> None:
    rows = [HEADING, row(缴费工资="x"), other_row(), row(费款所属期="2026-02")]
    batch = receive(as_csv(rows), extra_checks=[_enrolled({"张三"})])
    assert reasons(batch)[3] == "证件号码：李四未参保"
    rule = batch.rules[-1]
    assert (rule["name"], rule["seen"], rule["checked"], rule["failed"]) == ("已参保", 3, 2, 1)
    old = lake.folder_of(batch)
    again = intake.recheck(Actor.system(), batch, now=NOW, extra_checks=[_enrolled({"张三", "李四"})])
    assert (again.pk, again.accepted, again.rejected) == (batch.pk, 2, 1)
    assert not old.exists()
    assert broken() == []


def test_rejected_rows_go_out_and_come_back(receive: Receive, tmp_path: Path, clerk: Actor) -> None:
    batch = receive(MIXED)
    sheet = CalamineWorkbook.from_path(str(intake.rejected_workbook(batch))).get_sheet_by_index(0).to_python()
    assert sheet[0] == [*HEADING, "原因", "原行号", "原工作表"]
    assert sheet[1][0] == other_row()[0]
    assert "不是金额" in str(sheet[1][6])
    assert sheet[1][7] == "3"
    intake.accept(clerk, batch, partial=True, now=NOW)

    returned = intake.rejected_workbook(batch)
    again = receive(returned)
    assert again.corrects == batch
    assert again.rejected == 2

    sheet[1][3], sheet[2][2] = "9000", "2026-02"
    fixed = write_workbook(tmp_path / f"批次{batch.pk}-退回.xlsx", {"退回": sheet})
    corrected = receive(fixed)
    assert corrected.corrects == batch
    assert [(found["name"], found["wage_fen"]) for found in intake.accepted_rows(corrected)] == [
        ("李四", 900000),
        ("张三", 850000),
    ]


def test_a_correction_is_not_linked_to_somebody_elses_batch(receive: Receive, tmp_path: Path) -> None:
    theirs = receive(MIXED)
    fixed = write_workbook(tmp_path / f"批次{theirs.pk}-退回.xlsx", {"退回": [HEADING, row()]})
    assert receive(fixed, sender="fuhe").corrects is None


def test_cells_of_a_returned_workbook_are_never_formulas(receive: Receive) -> None:
    batch = receive(as_csv([HEADING, row(姓名='=HYPERLINK("http://x")')]))
    sheet = CalamineWorkbook.from_path(str(intake.rejected_workbook(batch))).get_sheet_by_index(0).to_python()
    assert sheet[1][1] == '=HYPERLINK("http://x")'


def test_rows_come_in_the_order_asked_for(receive: Receive) -> None:
    rows = [HEADING, row(费款所属期="2026-03"), other_row(), row(费款所属期="2026-02")]
    found = intake.accepted_rows(receive(as_csv(rows)), order=["id_number", "month"])
    assert [(one["name"], one["month"]) for one in found] == [("张三", 202602), ("张三", 202603), ("李四", 202601)]


def test_both_rows_of_a_repeated_month_are_rejected_even_far_apart(
    receive: Receive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jinbao.data.csv_source.BLOCK", 200)
    months = [f"{year}-{month:02d}" for year in (2024, 2025) for month in range(1, 13)]
    rows = [
        HEADING,
        *(row(费款所属期=month) for month in months),
        row(费款所属期="202402", 缴费工资="9000"),
        other_row(),
    ]
    batch = receive(as_csv(rows))
    found = reasons(batch)
    assert (batch.received, batch.accepted, list(found)) == (26, 24, [3, 26])
    assert "与第 26 行重复" in found[3]
    assert "与第 3 行重复" in found[26]
    assert "202402" not in [str(one["month"]) for one in intake.accepted_rows(batch)]
    rule = next(rule for rule in batch.rules if rule["name"] == "一人一月一险种一条")
    assert rule["failed"] == 2
    assert broken() == []


KILLED = """
import os, sys, time
from pathlib import Path
os.environ["DJANGO_SETTINGS_MODULE"] = "jinbao.project.settings"
import django
django.setup()
from django.conf import settings
from django.db import connections
connections["default"].settings_dict["NAME"] = sys.argv[1]
settings.VAR = Path(sys.argv[2])
from datetime import UTC, datetime
from jinbao.data import intake, landing, lake
from jinbao.trust.actors import Actor
stage = sys.argv[4]
def stop(*_, **__):
    print("here", flush=True)
    time.sleep(60)
if stage == "checking":
    landing.Landing.finish = stop
elif stage == "settled":
    settle = lake.Arrival.settle
    lake.Arrival.settle = lambda *a, **k: (settle(*a, **k), stop())[0]
elif stage == "committed":
    lake._tidy = stop
intake.receive(Actor.system(), Path(sys.argv[3]), "x.csv", "contribution_declaration",
               sender="jingban", region="990100", now=datetime(2026, 11, 20, tzinfo=UTC))
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("stage", "survives"), [("checking", False), ("settled", False), ("committed", True)])
def test_a_killed_intake_leaves_all_or_nothing(stage: str, survives: bool, receive: Receive, tmp_path: Path) -> None:
    file = tmp_path / "killed.csv"
    file.write_text(GOOD, encoding="utf-8")
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(connection.settings_dict["NAME"])]
    child = subprocess.Popen(
        [*command, str(settings.VAR), str(file), stage], stdout=subprocess.PIPE, cwd=Path.cwd(), env=os.environ
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"here\n"
    assert list((settings.VAR / "lake/landing/.arriving").iterdir())
    child.send_signal(signal.SIGKILL)
    child.wait()
    time.sleep(0.05)
    assert Batch.objects.exists() is survives
    batch = receive(GOOD)
    assert (Batch.objects.count(), batch.received, batch.accepted) == (1, 2, 2)
    assert list((settings.VAR / "lake/landing/.arriving").iterdir()) == []
    assert len(list((settings.VAR / "lake/landing/contribution_declaration/2026").iterdir())) == 1
    assert broken() == []


def test_somebody_elses_running_intake_is_left_alone(db: None) -> None:
    with lake.arriving() as arrival:
        assert lake.clear_leftovers() == []
        assert arrival.folder.is_dir()
    assert not arrival.folder.exists()


def test_a_lost_file_is_found_by_the_checks(receive: Receive) -> None:
    batch = receive(GOOD)
    (lake.folder_of(batch) / "accepted.parquet").unlink()
    assert broken() == [f"data.Batch:{batch.pk}: accepted.parquet 有 None 行，批次记为 2 行"]


def test_a_file_name_cannot_lead_out_of_the_folder(receive: Receive) -> None:
    batch = receive(GOOD, name="..\\..\\etc/passwd.cs v")
    assert batch.file_name == "passwd.cs v"
    assert lake.original_of(batch).parent == lake.folder_of(batch)


def test_the_region_of_the_batch_is_kept(receive: Receive) -> None:
    assert receive(GOOD).region == CITY


def test_a_repeated_month_is_found_where_its_neighbours_differ(
    receive: Receive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Far apart, once among rows that all have a scheme, once beside a row that has none."""
    monkeypatch.setattr("jinbao.data.csv_source.BLOCK", 200)
    months = [f"2025-{month:02d}" for month in range(1, 13)]
    rows = [HEADING, *(row(费款所属期=month) for month in months), row(费款所属期="2025-01"), other_row(险种="")]
    assert list(reasons(receive(as_csv(rows)))) == [2, 14]

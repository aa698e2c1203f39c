"""Other systems send nonsense: it is said in the run, never ends in a traceback, and nothing good is lost."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from jinbao.data.models import Batch
from jinbao.data.supply.models import Pull
from tests.data.supply.conftest import HEADING, NOW, ask
from tests.data.supply.test_interface import PAGED, Other, other
from tests.data.supply.test_sources import FOLDER, TABLE, Declare, declare, pull

__all__ = ["declare", "other"]
OLD = NOW.timestamp() - 600
GBK_NAME = "张三".encode("gb18030")


@pytest.fixture
def theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> sqlite3.Connection:
    """Somebody else's SQLite, in which a column holds whatever was put into it."""
    path = tmp_path / "theirs.sqlite3"
    monkeypatch.setenv("JINBAO_SOURCE_TEST", f"sqlite://{path}")
    made = sqlite3.connect(path, isolation_level=None)
    made.execute("CREATE TABLE visit (no, idcard, person, yyyymm, cost, updated_at)")
    return made


def put(theirs: sqlite3.Connection, no: Any, **cells: Any) -> None:
    row = {"person": "张三", "yyyymm": 202601, "cost": "1.50", "updated_at": "2026-11-01 08:00:00"} | cells
    theirs.execute(
        "INSERT INTO visit VALUES (?, NULL, ?, ?, ?, ?)",
        [no, row["person"], row["yyyymm"], row["cost"], row["updated_at"]],
    )


class TestOfADatabase:
    def test_names_in_gbk_are_read_as_names(self, declare: Declare, theirs: sqlite3.Connection) -> None:
        put(theirs, "A1", person=GBK_NAME)
        theirs.execute("INSERT INTO visit SELECT 'A2', NULL, CAST(? AS TEXT), 202601, '2', '2026-11-01'", [GBK_NAME])
        (run,) = pull(declare(TABLE))
        assert run.status == Pull.Status.DONE, run.error
        assert ask("SELECT visit_no, name FROM visits ORDER BY 1") == [("A1", "张三"), ("A2", "张三")]

    def test_bytes_that_are_no_text_come_back_with_their_bytes_and_the_others_are_kept(
        self, declare: Declare, theirs: sqlite3.Connection
    ) -> None:
        put(theirs, "A1", person=b"\xff\xff\x00\x01")
        put(theirs, "A2")
        (run,) = pull(declare(TABLE))
        assert run.batch is not None
        assert (run.batch.received, run.batch.rejected) == (2, 1)
        assert ask("SELECT visit_no FROM visits") == [("A2",)]

    def test_watermarks_of_several_types_are_said(self, declare: Declare, theirs: sqlite3.Connection) -> None:
        put(theirs, "A1", updated_at=7)
        put(theirs, "A2", updated_at="2026-11-01")
        (run,) = pull(declare(TABLE))
        assert run.status == Pull.Status.FAILED
        assert "updated_at" in run.error

    def test_separators_and_full_width_digits_are_understood_and_nonsense_is_returned(
        self, declare: Declare, theirs: sqlite3.Connection
    ) -> None:
        put(theirs, "A1", cost="8,000.00", yyyymm="２０２６０１")
        put(theirs, "A2", cost="abc")
        put(theirs, "A3", yyyymm=46023)
        put(theirs, None)
        (run,) = pull(declare(TABLE))
        assert run.batch is not None
        assert (run.batch.received, run.batch.accepted) == (4, 1)
        assert ask("SELECT visit_no, month, cost_fen FROM visits") == [("A1", 202601, 800_000)]

    @pytest.mark.parametrize(
        "url", ["mysql://u:p@h:abc/d", "postgresql://[::1/d", "postgresql://h:abc/d", "sqlite://", "sqlite:///\0"]
    )
    def test_an_address_that_is_none_is_said_without_its_password(
        self, url: str, declare: Declare, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if "\0" in url:
            url = "sqlite:///%00"
        monkeypatch.setenv("JINBAO_SOURCE_TEST", url)
        (run,) = pull(declare(TABLE))
        assert run.status == Pull.Status.FAILED
        assert "怎么办" in run.error
        assert "u:p" not in run.error

    @pytest.mark.parametrize("change", ["DROP TABLE visit", "ALTER TABLE visit DROP COLUMN cost"])
    def test_a_table_or_column_that_is_gone_is_said(
        self, change: str, declare: Declare, theirs: sqlite3.Connection
    ) -> None:
        put(theirs, "A1")
        theirs.execute(change)
        (run,) = pull(declare(TABLE))
        assert run.status == Pull.Status.FAILED
        assert "visit" in run.error or "cost" in run.error

    def test_a_file_that_is_no_database_is_said(
        self, declare: Declare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "x.db").write_bytes(b"PK\x03\x04" * 500)
        monkeypatch.setenv("JINBAO_SOURCE_TEST", f"sqlite://{tmp_path / 'x.db'}")
        (run,) = pull(declare(TABLE))
        assert run.status == Pull.Status.FAILED


class TestOfAnInterface:
    @pytest.mark.parametrize("total", ["many", "1,0", {"n": 1}, [], 1.5])
    def test_a_total_that_is_no_number_is_said(self, total: Any, declare: Declare, other: Other) -> None:
        other.answer = lambda _: (200, {"data": {"records": other.rows[:2], "total": total}})
        (run,) = pull(declare(PAGED))
        assert run.status == Pull.Status.FAILED
        assert "data.total" in run.error

    def test_an_answer_that_is_nested_without_end_is_said(self, declare: Declare, other: Other) -> None:
        other.answer = lambda _: (200, b"[" * 200_000)
        (run,) = pull(declare(PAGED))
        assert run.status == Pull.Status.FAILED
        assert "JSON" in run.error

    def test_an_object_where_a_value_should_be_is_said(self, declare: Declare, other: Other) -> None:
        other.rows = [{"no": {"id": 1}, "person": {"name": "张三"}, "month": "2026-01", "cost": 1}]
        (run,) = pull(declare(PAGED))
        assert run.status == Pull.Status.FAILED
        assert "no" in run.error

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030"])
    def test_other_encodings_are_read_or_said(self, encoding: str, declare: Declare, other: Other) -> None:
        import json

        body = json.dumps({"data": {"records": other.rows[:1], "total": 1}}, ensure_ascii=False).encode(encoding)
        other.answer = lambda _: (200, body)
        (run,) = pull(declare(PAGED))
        assert run.status == Pull.Status.DONE, run.error
        assert ask("SELECT name FROM visits") == [("张三",)]

    def test_half_characters_and_nul_come_back_as_rejected_rows(self, declare: Declare, other: Other) -> None:
        other.rows = [
            {"no": "A1", "person": {"name": "张\ud800"}, "month": "2026-01", "cost": 1},
            {"no": "A2", "person": {"name": "李\0四"}, "month": "2026-01", "cost": 1},
            {"no": "A3", "person": {"name": "王五"}, "month": "2026-01", "cost": float("nan")},
            {"no": "A4", "person": {"name": "王五"}, "month": "2026-01", "cost": 2},
        ]
        (run,) = pull(declare(PAGED))
        assert run.batch is not None, run.error
        assert (run.batch.received, run.batch.accepted) == (4, 1)
        assert ask("SELECT visit_no FROM visits") == [("A4",)]

    def test_watermarks_of_several_types_are_said(self, declare: Declare, other: Other) -> None:
        other.rows[0]["at"] = "yesterday"
        (run,) = pull(declare(PAGED + "  watermark: at\n  since_param: since\n"))
        assert run.status == Pull.Status.FAILED
        assert "at" in run.error


class TestOfAFolder:
    def drop(self, place: Path, name: str | bytes, content: bytes) -> Path:
        place.mkdir(parents=True, exist_ok=True)
        file = place / os.fsdecode(name)
        file.write_bytes(content)
        os.utime(file, (OLD, OLD))
        return file

    def test_a_file_name_in_gbk_is_read_like_any_other(self, declare: Declare, var: Path) -> None:
        content = f"{HEADING}\nA1,,张三,2026-01,1\n".encode()
        self.drop(var / "inbox/visits", "就诊".encode("gb18030") + b".csv", content)
        (run,) = pull(declare(FOLDER))
        assert run.status == Pull.Status.DONE, run.error
        assert run.file_name == "就诊.csv"
        assert Batch.objects.get().file_name == "就诊.csv"
        assert len(list((var / "inbox/visits/processed").iterdir())) == 1

    @pytest.mark.parametrize(
        "content", [b"", b"\0" * 4096, b"PK\x03\x04half", b"\xd0\xcf\x11\xe0half", b"\xff\xfea,b\n"]
    )
    def test_a_damaged_file_is_put_aside_with_the_reason_and_the_next_is_read(
        self, content: bytes, declare: Declare, var: Path
    ) -> None:
        place = var / "inbox/visits"
        self.drop(place, "a.csv", content)
        self.drop(place, "b.csv", f"{HEADING}\nA1,,张三,2026-01,1\n".encode("gb18030"))
        first, second = pull(declare(FOLDER))
        assert (first.status, second.status) == (Pull.Status.FAILED, Pull.Status.DONE)
        assert "怎么办" in (place / "refused/a.csv.原因.txt").read_text(encoding="utf-8")

    def test_a_folder_that_cannot_be_moved_into_is_said_and_loses_nothing(self, declare: Declare, var: Path) -> None:
        place = var / "inbox/visits"
        self.drop(place, "a.csv", f"{HEADING}\nA1,,张三,2026-01,1\n".encode())
        (place / "processed").write_text("a file of this name")
        (run,) = pull(declare(FOLDER))
        assert run.status == Pull.Status.FAILED
        assert "processed" in run.error
        assert ask("SELECT visit_no FROM visits") == [("A1",)]
        assert (place / "a.csv").is_file()

"""Nastier than bad input: what looks right and is not. Nothing is lost in silence, nothing runs for ever."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest

from jinbao.data.models import Batch
from jinbao.data.supply import interface
from jinbao.data.supply.models import Pull
from tests.data.supply import test_interface, test_sources
from tests.data.supply.conftest import HEADING, NOW, ask
from tests.data.supply.test_bad_input import OLD
from tests.data.supply.test_interface import PAGED, Other
from tests.data.supply.test_sources import FOLDER, TABLE, Declare, Execute, declare, pull, put

__all__ = ["declare", "page", "table"]
table, page = test_sources.other, test_interface.other
HOUR = timedelta(hours=1)


class TestOfADatabase:
    def test_a_time_in_the_far_future_does_not_hide_what_comes_after_it(self, declare: Declare, table: Execute) -> None:
        put(table, "A1", "2026-11-01 08:00:00")
        put(table, "A2", "2037-12-31 00:00:00", name="李四")
        (run,) = pull(declare(TABLE))
        assert run.status == Pull.Status.DONE
        put(table, "A3", "2026-11-20 09:30:00")
        pull(declare(TABLE), NOW + HOUR)
        assert ask("SELECT visit_no FROM visits ORDER BY 1") == [("A1",), ("A2",), ("A3",)]

    def test_a_row_without_a_time_is_fetched_whenever_it_comes(self, declare: Declare, table: Execute) -> None:
        put(table, "A1", "2026-11-01 08:00:00")
        pull(declare(TABLE))
        table("INSERT INTO visit VALUES ('A2', NULL, '李四', 202601, 1, NULL)")
        pull(declare(TABLE), NOW + HOUR)
        assert ask("SELECT visit_no FROM visits ORDER BY 1") == [("A1",), ("A2",)]

    def test_numbers_that_are_none_and_days_without_end_send_their_row_back_only(
        self, declare: Declare, table: Execute, request: pytest.FixtureRequest
    ) -> None:
        if "postgresql" not in request.node.name:
            pytest.skip("only PostgreSQL has such values")
        table("ALTER TABLE visit ALTER COLUMN cost TYPE NUMERIC, ALTER COLUMN yyyymm TYPE DATE USING NULL")
        table("INSERT INTO visit VALUES ('A1', NULL, '张三', '2026-01-01', 1.5, '2026-11-01')")
        table("INSERT INTO visit VALUES ('A2', NULL, '李四', '2026-01-01', 'NaN', '2026-11-01')")
        table("INSERT INTO visit VALUES ('A3', NULL, '王五', 'infinity', 1, '2026-11-01')")
        table("INSERT INTO visit VALUES ('A4', NULL, '赵六', '2026-01-01', 1, 'infinity')")
        table("INSERT INTO visit VALUES ('A5', NULL, '钱七', '0044-03-15 BC', 1, '2026-11-01')")
        (run,) = pull(declare(TABLE))
        assert run.batch is not None, run.error
        assert ask("SELECT visit_no FROM visits ORDER BY 1") == [("A1",), ("A4",)]
        assert run.batch.received == 5


class TestOfAnInterface:
    def test_a_server_that_gives_the_first_page_for_ever_is_said(self, declare: Declare, page: Other) -> None:
        page.answer = lambda _: (200, {"data": {"records": page.rows[:2]}})
        (run,) = pull(declare(PAGED.replace(", total: data.total", "")))
        assert run.status == Pull.Status.FAILED
        assert "同样" in run.error
        assert len(page.asked) < 5
        assert not Batch.objects.exists()

    def test_pages_without_end_are_not_taken_for_all_there_is(
        self, declare: Declare, page: Other, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(interface, "MOST_PAGES", 3)
        page.rows = test_interface.rows_of(10)
        (run,) = pull(declare(PAGED.replace(", total: data.total", "")))
        assert run.status == Pull.Status.FAILED
        assert "3 页" in run.error
        assert not Batch.objects.exists()

    @pytest.mark.parametrize("after", ["\u00b2", "-5", "1e9", "soon", "99999999999999999999"])
    def test_a_pause_that_is_no_number_is_not_kept(self, after: str, declare: Declare, page: Other) -> None:
        answers = iter([(503, {}), *[(200, {"data": {"records": page.rows, "total": 5}})] * 2])
        page.answer = lambda _: next(answers)
        page.headers = {"Retry-After": after}
        (run,) = pull(declare(PAGED.replace("size: 2", "size: 5")))
        assert run.status == Pull.Status.DONE, run.error

    def test_an_answer_that_trickles_is_given_up(
        self, declare: Declare, page: Other, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(interface, "LONGEST_PAGE_S", 1.0)
        page.trickle = 0.05
        began = time.monotonic()
        (run,) = pull(declare(PAGED.replace("  paging:", "  retries: 0\n  paging:")))
        assert run.status == Pull.Status.FAILED
        assert time.monotonic() - began < 8

    @pytest.mark.parametrize(
        "url", ["https://a..b/x", "http://" + "a" * 70 + ".cn/x", "http://h:99999/", "http://h/\r\nX: 1"]
    )
    def test_an_address_that_is_none_is_said(self, url: str, declare: Declare, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("JINBAO_SOURCE_HTTP", url)
        (run,) = pull(declare(PAGED.replace("  paging:", "  retries: 0\n  paging:")))
        assert run.status == Pull.Status.FAILED
        assert "怎么办" in run.error

    def test_a_number_written_twice_in_one_row_is_not_guessed(self, declare: Declare, page: Other) -> None:
        page.answer = lambda _: (200, b'{"data": {"records": [{"no": "A1", "no": "A2", "month": "2026-01"}]}}')
        (run,) = pull(declare(PAGED))
        assert run.status == Pull.Status.FAILED
        assert "no" in run.error


class TestOfAFolder:
    def drop(self, var: Path, name: str, content: str = f"{HEADING}\nA1,,张三,2026-01,1\n") -> Path:
        place = var / "inbox/visits"
        place.mkdir(parents=True, exist_ok=True)
        file = place / name
        file.write_text(content, encoding="utf-8")
        os.utime(file, (OLD, OLD))
        return file

    def test_a_file_from_a_clock_that_is_ahead_is_read_all_the_same(self, declare: Declare, var: Path) -> None:
        file = self.drop(var, "a.csv")
        ahead = NOW.timestamp() + 400 * 86400
        os.utime(file, (ahead, ahead))
        (run,) = pull(declare(FOLDER), NOW + timedelta(days=60))
        assert run.status == Pull.Status.DONE
        assert ask("SELECT visit_no FROM visits") == [("A1",)]

    def test_a_link_to_a_file_elsewhere_is_not_read(self, declare: Declare, var: Path, tmp_path: Path) -> None:
        self.drop(var, "b.csv").rename(tmp_path / "elsewhere.csv")
        (var / "inbox/visits/a.csv").symlink_to(tmp_path / "elsewhere.csv")
        (run,) = pull(declare(FOLDER))
        assert run.status == Pull.Status.NOTHING
        assert (tmp_path / "elsewhere.csv").is_file()

    @pytest.mark.parametrize(
        "name",
        [
            "-rf.csv",
            "a\nb.csv",
            "a'; DROP TABLE x; --.csv",
            "=1+1.csv",
            "长" * 80 + ".csv",
            "\u202etxt.csv",
            " .csv",
            "a%00.csv",
        ],
    )
    def test_a_file_with_any_name_is_read(self, name: str, declare: Declare, var: Path) -> None:
        self.drop(var, name)
        (run,) = pull(declare(FOLDER))
        assert run.status == Pull.Status.DONE, run.error
        assert [one.name for one in (var / "inbox/visits/processed").iterdir()] == [name]

    def test_the_reason_of_a_file_with_the_longest_name_is_written(self, declare: Declare, var: Path) -> None:
        self.drop(var, "长" * 83 + ".csv", "无此列\n1\n")
        (run,) = pull(declare(FOLDER))
        assert run.status == Pull.Status.FAILED
        assert "移不到" not in run.error
        (note,) = (var / "inbox/visits/refused").glob("*.txt")
        assert "怎么办" in note.read_text(encoding="utf-8")

    @pytest.mark.parametrize(
        "content",
        [
            HEADING,
            f"{HEADING}\n",
            f"{HEADING},费用\nA1,,张三,2026-01,1,2\n",
            f"{HEADING}\n" + "A" * 3_000_000 + ",,张三,2026-01,1\n",
            f'{HEADING}\nA1,,"张三,2026-01,1\n' + "A2,,李四,2026-01,1\n" * 20_000,
            "," * 300_000 + "\n",
            f"{HEADING}\n" + "A1,,张三,2026-01,1" + ",x" * 50_000 + "\n",
            "\ufeff\ufeff" + HEADING + "\nA1,,张三,2026-01,1\n",
            f"{HEADING}\rA1,,张三,2026-01,1\r",
            f"{HEADING}\nA1,,张三,2026-01,1e400\nA2,,李四,2026-01,٣\nA3,,王五,2026-01,1_000\nA4,,赵六,2026-01,0x10\n",
        ],
    )
    def test_a_strange_table_is_taken_or_refused_with_advice_and_quickly(
        self, content: str, declare: Declare, var: Path
    ) -> None:
        self.drop(var, "a.csv", content)
        began = time.monotonic()
        (run,) = pull(declare(FOLDER))
        assert time.monotonic() - began < 20
        assert run.status != Pull.Status.RUNNING
        assert run.batch is not None or "怎么办" in run.error
        told = ask("SELECT visit_no, cost_fen FROM visits")
        assert all(len(no) < 100 and cost in (None, 100) for no, cost in told)

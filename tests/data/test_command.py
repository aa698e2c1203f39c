"""`jinbao intake`: what it prints, where the rejected rows lie, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from jinbao.data.models import Batch
from jinbao.kernel.errors import JinbaoError
from jinbao.project.commands.intake import command
from tests.data.conftest import HEADING, as_csv, other_row, row

pytestmark = pytest.mark.django_db


def run(path: Path, *options: str) -> Result:
    return CliRunner().invoke(command, [str(path), "--dataset", "contribution_declaration", *options])


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.csv"
    path.write_text(as_csv([HEADING, row(), other_row()]), encoding="gb18030")
    return path


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    path = tmp_path / "mixed.csv"
    path.write_text(as_csv([HEADING, row(), other_row(缴费工资="x")]), encoding="utf-8")
    return path


def test_a_good_file_ends_with_0_and_waits_to_be_accepted(good: Path) -> None:
    result = run(good)
    assert result.exit_code == 0
    assert "收到 2 行 = 通过 2 + 退回 0" in result.output
    assert "GB18030" in result.output
    assert Batch.objects.get().status == Batch.Status.CHECKED
    assert run(good, "--accept").exit_code == 0
    assert Batch.objects.get().status == Batch.Status.ACCEPTED


def test_rejected_rows_end_with_1_and_are_shown_with_place_and_reason(mixed: Path) -> None:
    result = run(mixed, "--accept")
    assert result.exit_code == 1
    assert "第 3 行：缴费工资：“x”不是金额" in result.output
    assert "批次" in result.output
    assert Batch.objects.get().status == Batch.Status.CHECKED


def test_partial_is_the_users_word(mixed: Path) -> None:
    result = run(mixed, "--partial")
    assert result.exit_code == 0
    assert Batch.objects.get().status == Batch.Status.ACCEPTED


def test_the_result_for_programs_is_json(mixed: Path) -> None:
    result = run(mixed, "--json")
    found = json.loads(result.stdout)
    assert (found["received"], found["accepted"], found["rejected"]) == (2, 1, 1)
    assert found["first_rejected"][0]["line"] == 3
    assert Path(found["rejected_workbook"]).is_file()


def test_a_file_that_is_no_table_is_refused_with_2(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("不是表格", encoding="utf-8")
    result = run(path, "--json")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["error"] == "file-refused"
    assert isinstance(run(path).exception, JinbaoError)


@pytest.mark.parametrize(("name", "said"), [("missing.csv", "没有这个文件"), (".", "是一个目录")])
def test_a_file_that_cannot_be_read_is_refused_for_programs_too(tmp_path: Path, name: str, said: str) -> None:
    result = run(tmp_path / name, "--json")
    assert result.exit_code == 2
    told = json.loads(result.stdout)
    assert told["error"] == "file-refused"
    assert said in told["message"]


def test_a_region_that_does_not_exist_is_refused(good: Path) -> None:
    result = run(good, "--region", "429999")
    assert isinstance(result.exception, JinbaoError)
    assert result.exception.code == "not-found"
    assert not Batch.objects.exists()


def test_after_acceptance_the_way_into_the_books_is_told(mixed: Path) -> None:
    result = run(mixed, "--partial")
    assert "已接收 1 行" in result.output
    assert "办件" in result.output


def test_no_progress_bar_is_written_where_nobody_watches(good: Path) -> None:
    assert run(good).stderr == ""

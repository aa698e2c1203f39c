"""`jinbao centre`: import, status, produce."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from jinbao.centre.checks import CHECKS
from jinbao.centre.models import YearBook
from jinbao.project.commands.centre import command
from jinbao.project.demo import centre as demo
from jinbao.trust.actors import Actor
from tests.centre.book.conftest import workbook

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    answer = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert answer.exit_code == 0, answer.output
    return answer.output


def test_it_works(tmp_path: Path) -> None:
    path = tmp_path / "数据.xlsx"
    path.write_bytes(workbook())
    assert "已经填齐" in run("import", str(path), "--unit", "990100009")
    assert "新增 0 行" in run("import", str(path))
    (listed,) = json.loads(run("status", "--json"))
    assert (listed["year"], [g for g in listed["gaps"] if g["needed"]]) == (2025, [])
    said = run("produce", "--year", "2025", "--out", str(tmp_path / "out"))
    assert said.count("没有发现问题") == 4
    assert "草稿" in said
    assert len(list((tmp_path / "out").iterdir())) == 4


def test_the_demonstration_city_has_a_centre(finance: Actor, reviewer: Actor) -> None:
    demo.keep(finance, reviewer, date(2026, 3, 20))
    assert sorted(YearBook.objects.values_list("year", "status")) == [(2025, "approved"), (2026, "open")]
    assert not [str(row) for one in CHECKS for row in one.rows()]

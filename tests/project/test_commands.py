"""`jinbao` as an operator meets it: expected trouble is one readable message and exit code 2, never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest
from click.testing import CliRunner

from jinbao.kernel.errors import NotAllowed
from jinbao.project.commands import demo, serve, statistics
from jinbao.project.demo import builder


def jinbao(var: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, as the shell does."""
    clean = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "JINBAO_PRODUCTION"}}
    return subprocess.run(
        [sys.executable, "-m", "jinbao.project.cli", *arguments],
        env=clean | {"JINBAO_VAR": str(var)} | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def refused(run: subprocess.CompletedProcess[str], code: str) -> bool:
    assert "Traceback" not in run.stderr, run.stderr
    return run.returncode == 2 and f"[{code}]" in run.stderr


def test_books_that_nobody_set_up_are_said_to_be_missing(tmp_path: Path) -> None:
    assert refused(jinbao(tmp_path, "check"), "no-database")


def test_a_database_that_does_not_answer_is_said_so(tmp_path: Path) -> None:
    run = jinbao(tmp_path, "check", DATABASE_URL="postgresql://nobody@127.0.0.1:1/x")
    assert refused(run, "database")


def test_a_file_that_is_no_database_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "jinbao.sqlite3").write_bytes(b"this is not a database, it only has its name" * 100)
    assert refused(jinbao(tmp_path, "audit", "verify"), "database")


def test_an_address_that_names_no_database_is_said_so(tmp_path: Path) -> None:
    run = jinbao(tmp_path, "check", DATABASE_URL="garbage")
    assert refused(run, "format")
    assert "DATABASE_URL" in run.stderr


def test_a_folder_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    run = jinbao(tmp_path / "file" / "var", "check")
    assert refused(run, "format")
    assert "JINBAO_VAR" in run.stderr


@pytest.mark.parametrize("arguments", [["demo"], ["demo", "--reset"], ["demo", "--reset-only"]])
def test_production_has_no_demonstration_even_where_one_stands(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "demo.json").write_text("{}")
    run = jinbao(tmp_path, *arguments, JINBAO_PRODUCTION="1")
    assert refused(run, "not-allowed")
    assert (tmp_path / "demo.json").exists()


def test_a_value_of_confidence_c_is_refused_in_production(tmp_path: Path) -> None:
    facts = tmp_path / "facts.json"
    facts.write_text('{"缴费工资": "6000"}', encoding="utf-8")
    question = ["law", "eval", "核定缴费基数", "--facts", str(facts), "--on", "2026-01-01", "--region", "990100"]
    assert jinbao(tmp_path, *question).returncode == 0
    assert refused(jinbao(tmp_path, *question, JINBAO_PRODUCTION="1"), "not-in-production")


@pytest.fixture
def a_demonstration(var: Path, db: None) -> Path:
    """Leave what a demonstration leaves in the folder, without building one."""
    (var / "demo.json").write_text('{"logins": []}')
    (var / "audit-anchors.txt").write_text("")
    for name in ("lake", "materials", "payments", "inbox"):
        (var / name).mkdir()
        (var / name / "file").write_text("")
    return var


def test_a_reset_leaves_nothing_of_the_demonstration_behind(
    a_demonstration: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(builder, "_empty_database", lambda: None)
    builder.reset()
    assert not list(a_demonstration.iterdir())


@pytest.fixture
def serving(db: None, settings: object, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Stand in for what the command would start in production; the list names what was."""
    started: list[str] = []
    settings.PRODUCTION = True  # type: ignore[attr-defined]  # pytest-django's settings
    monkeypatch.setattr(builder, "build", lambda *_: started.append("demonstration"))
    monkeypatch.setattr(serve, "_serve", lambda *_: started.append("server"))
    monkeypatch.setattr(serve, "_statistics", nullcontext)
    return started


def test_the_server_of_a_production_builds_no_demonstration(serving: list[str]) -> None:
    result = CliRunner().invoke(serve.command, ["--port", "18123"])
    assert result.exit_code == 0, result.output
    assert serving == ["server"]
    assert "http://127.0.0.1:18123/" in result.output


def test_a_production_is_not_served_over_a_demonstration(serving: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builder, "exists", lambda: True)
    result = CliRunner().invoke(serve.command, ["--port", "18123"])
    assert isinstance(result.exception, NotAllowed)
    assert not serving


def test_a_month_that_does_not_exist_is_refused_before_anything_is_looked_at(
    a_demonstration: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(builder, "exists", lambda: True)
    result = CliRunner().invoke(demo.command, ["--until", "2026-99"])
    assert result.exit_code != 0
    assert "2026" in str(result.exception)


@pytest.mark.django_db
def test_statistics_are_counted_once_and_then_stand() -> None:
    first, again = (CliRunner().invoke(statistics.command, []) for _ in range(2))
    assert (first.exit_code, again.exit_code) == (0, 0), first.output + again.output
    assert "没有变化" in again.output

"""DuckDB opens only what it was given, within its limits."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from jinbao.kernel import duck


def test_it_reads_a_file_of_a_named_folder_and_no_other(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for folder in (ours, theirs):
        folder.mkdir()
        (folder / "a.csv").write_text("x\n1\n")
    with duck.connect(folders=[ours]) as connection:
        assert connection.execute(f"SELECT sum(x) FROM '{ours}/a.csv'").fetchone() == (1,)
        with pytest.raises(duck.Error):
            connection.execute(f"SELECT sum(x) FROM '{theirs}/a.csv'").fetchone()


def test_no_folder_means_no_file_and_nobody_can_change_that(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x\n1\n")
    with duck.connect(folders=[]) as connection:
        for statement in (f"SELECT * FROM '{tmp_path}/a.csv'", "SET enable_external_access = true", "SET threads = 64"):
            with pytest.raises(duck.Error):
                connection.execute(statement)


def test_limits_are_set() -> None:
    with duck.connect(threads=1, memory="100MB") as connection:
        assert connection.execute("SELECT current_setting('threads')").fetchone() == (1,)
        assert connection.execute("SELECT current_setting('memory_limit')").fetchone() == ("95.3 MiB",)


def test_a_name_and_a_text_cannot_break_out() -> None:
    with duck.connect() as connection:
        name, text = 'a" ; drop', "b' ; drop"
        found = connection.execute(f"SELECT {duck.literal(text)} AS {duck.quoted(name)}")
        assert found.description[0][0] == name
        assert found.fetchone() == (text,)


@pytest.mark.parametrize("optimizer", duck.DISABLED_OPTIMIZERS)
def test_an_optimizer_that_is_switched_off_still_exists(optimizer: str) -> None:
    with duck.connect() as connection:
        names = {row[0] for row in connection.execute("SELECT name FROM duckdb_optimizers()").fetchall()}
    assert optimizer in names, "DuckDB dropped this optimizer: take it out of DISABLED_OPTIMIZERS"


def test_a_text_of_a_csv_that_is_no_number_is_null(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x\n一\n")
    asked = f"SELECT TRY_CAST(x AS INT) FROM read_csv('{tmp_path}/a.csv', header = true, all_varchar = true)"
    with duck.connect() as connection:
        assert connection.execute(asked).fetchall() == [(None,)]
    with duckdb.connect() as plain, pytest.raises(duck.Error, match="CSV Error"):
        plain.execute(asked)  # once this gives NULL, type_pushdown need not be switched off any more

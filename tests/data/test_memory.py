"""Large files in bounded memory, each in a process of its own whose peak is read from the system.

What the process needs for a file of one row is its programs; only what comes on top belongs to the rows.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.intake import INTAKE, TIMER, write_csv, write_excel

ROOT = Path(__file__).resolve().parents[2]


def peak(file: Path) -> tuple[int, int]:
    """Take a file in and return the rows and the peak of memory in MB."""
    command = [sys.executable, "-c", TIMER.format(body=INTAKE), str(file)]
    out = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    run = json.loads(out)
    return run["rows"], run["mb"]


def programs(folder: Path) -> int:
    """Return what a file of one row takes, in MB."""
    write_csv(folder / "one.csv", 1)
    return peak(folder / "one.csv")[1]


def test_a_hundred_thousand_rows_of_text_need_little_memory(tmp_path: Path) -> None:
    write_csv(tmp_path / "x.csv", 100_000)
    rows, mb = peak(tmp_path / "x.csv")
    assert rows == 100_000
    assert mb - programs(tmp_path) < 150


@pytest.mark.nightly
def test_a_million_rows_of_text_need_hardly_more(tmp_path: Path) -> None:
    write_csv(tmp_path / "x.csv", 1_000_000)
    rows, mb = peak(tmp_path / "x.csv")
    assert rows == 1_000_000
    assert mb - programs(tmp_path) < 200


@pytest.mark.nightly
def test_a_million_rows_of_a_workbook_need_less_than_a_gigabyte(tmp_path: Path) -> None:
    write_excel(tmp_path / "x.xlsx", 1_000_000)
    rows, mb = peak(tmp_path / "x.xlsx")
    assert rows == 1_000_000
    assert mb < 1000

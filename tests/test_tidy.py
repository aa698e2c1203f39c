"""The repository itself: short functions and files, no leftovers, each exception with its reason."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FUNCTION_LINES = 60
FILE_LINES = 400
LEFTOVERS = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|NotImplementedError|breakpoint\(\)")
BARE_EXCEPTION = re.compile(r"#\s*(noqa|type: ignore|pragma)[^#\n]*$")


def tracked(pattern: str) -> list[Path]:
    """List the files that belong to the project."""
    listing = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", pattern], cwd=ROOT, capture_output=True, text=True, check=False
    )
    paths = [ROOT / name for name in listing.stdout.splitlines()] or list(ROOT.glob(f"**/{pattern}"))
    return [path for path in paths if path.exists() and ".venv" not in path.parts]


PYTHON = [path for path in tracked("*.py") if "migrations" not in path.parts and path.name != "test_tidy.py"]
HOUSE = [path for path in PYTHON if path.relative_to(ROOT).parts[0] == "jinbao"]


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Walk the functions of one file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_there_is_something_to_check() -> None:
    assert len(HOUSE) > 20


@pytest.mark.parametrize("path", HOUSE, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_and_its_functions_are_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= FILE_LINES
    long = [f.name for f in functions(path) if (f.end_lineno or f.lineno) - f.lineno + 1 > FUNCTION_LINES]
    assert not long


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_left_over(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert not [f"{n}: {line.strip()}" for n, line in enumerate(lines, 1) if LEFTOVERS.search(line)]


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_exception_to_a_check_says_why(path: Path) -> None:
    """`# noqa: S101  # reason` or `# type: ignore[arg]  # reason`: a bare one hides something."""
    lines = path.read_text(encoding="utf-8").splitlines()
    assert not [f"{n}: {line.strip()}" for n, line in enumerate(lines, 1) if BARE_EXCEPTION.search(line)]


def test_the_migrations_have_no_gaps() -> None:
    for folder in {path.parent for path in tracked("*.py") if path.parent.name == "migrations"}:
        numbers = sorted(int(path.name[:4]) for path in folder.glob("[0-9]*.py"))
        assert numbers == list(range(1, len(numbers) + 1)), folder

"""The small law of samples/good, alone or with one more file."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from jinbao.rules import Law, load_law

SAMPLES = Path(__file__).parent / "samples"


@pytest.fixture(scope="session")
def law() -> Law:
    """Return the law of samples/good."""
    return load_law(SAMPLES / "good", production=False)


@pytest.fixture
def law_with(tmp_path: Path) -> Callable[..., Law]:
    """Load the good law with other or additional files, given as path=text below the policy folder."""

    def load(files: dict[str, str], *, production: bool = False) -> Law:
        folder = tmp_path / "policy"
        shutil.copytree(SAMPLES / "good", folder, dirs_exist_ok=True)
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return load_law(folder, production=production)

    return load

"""What measures is not broken unnoticed by what changes beside it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PEERS = {"career_openfisca", "peer_openfisca"}
"""They run in a venv of their own."""


@pytest.mark.parametrize("name", sorted({path.stem for path in (ROOT / "bench").glob("*.py")} - PEERS))
def test_a_bench_loads_by_itself(name: str) -> None:
    command = [sys.executable, "-c", f"import bench.{name}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

"""Run a piece of work in a process of its own on the test database, and kill it with -9 in the middle."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from django.db import connection

ROOT = Path(__file__).resolve().parents[1]
PREAMBLE = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "jinbao.project.settings"
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
import django
django.setup()
"""


def run_and_kill(work: str, *, after_lines: int, delay_s: float = 0.0, var: Path | None = None) -> list[str]:
    """Run Python statements that print a line after each step; kill the process some time after the given line.

    Needs a test that commits (`transaction=True`). Returns the lines that were printed.
    Raises AssertionError when the work ended or failed before it could be killed: then the test would prove nothing.
    """
    name = str(connection.settings_dict["NAME"])
    environment = os.environ | {"JINBAO_VAR": str(var or settings_var())}
    command = [sys.executable, "-u", "-c", PREAMBLE + work, name]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT, env=environment
    )
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(after_lines)]
    time.sleep(delay_s)
    ended = process.poll()
    process.kill()
    rest = process.stdout.read()
    process.wait()
    process.stdout.close()
    assert ended is None, f"it ended before it was killed: {''.join(lines)}{rest}"
    return [line for line in [*lines, *rest.splitlines()] if line]


def settings_var() -> Path:
    """Return the var/ folder of the running test."""
    from django.conf import settings

    return Path(settings.VAR)

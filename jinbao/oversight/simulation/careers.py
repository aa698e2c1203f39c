"""The careers of the lake, brought up to the books in the background by a process of its own.

The process holds a lock while it works, so that a page sees whether it still does.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import traceback
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from jinbao.insurance.contributions.lake import SOURCE
from jinbao.kernel.errors import JinbaoError
from jinbao.oversight.simulation.job import is_working
from jinbao.oversight.simulation.kept import ROLES, folder, lake
from jinbao.rules.bulk.lake import describe, write_in_one_step
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor

_PROGRAM = "import django, sys; django.setup(); from jinbao.oversight.simulation.careers import run; run(sys.argv[1])"
PROGRESS, LOCK, LOG = "progress.json", "lock", "job.log"


def place() -> Path:
    """Return where the work notes how it stands."""
    return folder() / "careers"


def state() -> dict[str, Any]:
    """Tell how the lake stands: `ours` (empty or written from these books), `working`, `done` of `all`, `error`."""
    file = place() / PROGRESS
    said: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    described = describe(lake())
    return said | {"ours": not described or described.get("source") == SOURCE, "working": is_working(place())}


@action("oversight.refresh_careers", roles=ROLES)
def refresh(by: Actor, *, now: datetime) -> None:
    """Begin to write the careers of the books into the lake; nothing if that is going on."""
    note(target="履历湖", at=now.isoformat())
    transaction.on_commit(_start)


def _start() -> None:
    place().mkdir(parents=True, exist_ok=True)
    (place() / PROGRESS).unlink(missing_ok=True)
    with (place() / LOG).open("ab") as log:
        subprocess.Popen(  # noqa: S603  # our own module with our own path
            [sys.executable, "-c", _PROGRAM, str(lake())],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env={**os.environ, "JINBAO_VAR": str(settings.VAR), "DJANGO_SETTINGS_MODULE": "jinbao.project.settings"},
        )


def run(target: Path | str) -> None:
    """Write the careers, leaving word of the progress or of what went wrong; nothing if another process does."""
    from jinbao.insurance.contributions.actions import write_careers

    def tell(**said: Any) -> None:
        write_in_one_step(place() / PROGRESS, json.dumps(said, ensure_ascii=False).encode())

    with (place() / LOCK).open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        try:
            write_careers(Actor.system(), Path(target), progress=lambda done, total: tell(done=done, all=total))
        except JinbaoError as error:
            tell(error=error.message, advice=error.advice)
        except Exception:  # noqa: BLE001  # the page must say that it failed; the log says why
            traceback.print_exc()
            tell(error="程序出错", advice=f"请把 {place() / LOG} 交给系统管理员。")

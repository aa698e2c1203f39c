"""One kept simulation, run in a process of its own: `python -m jinbao.oversight.simulation.job FOLDER LAKE`.

The process holds a lock on the folder while it works, so that a page sees whether it still does; what was computed when
it is killed is not computed again.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import traceback
from pathlib import Path

from jinbao.kernel.errors import JinbaoError
from jinbao.oversight.simulation.compute import Part
from jinbao.oversight.simulation.question import question_of
from jinbao.oversight.simulation.results import simulate
from jinbao.rules.bulk.lake import write_in_one_step

REQUEST, PROGRESS, ERROR, LOCK, LOG = "request.json", "progress.json", "error.json", "lock", "job.log"


def start(folder: Path, lake: Path, var: Path) -> None:
    """Begin in the background; the request that asks for it does not wait."""
    (folder / ERROR).unlink(missing_ok=True)
    with (folder / LOG).open("ab") as log:
        subprocess.Popen(  # noqa: S603  # our own module with our own paths
            [sys.executable, "-m", "jinbao.oversight.simulation.job", str(folder), str(lake)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env={**os.environ, "JINBAO_VAR": str(var)},
        )


def is_working(folder: Path) -> bool:
    """Tell whether a process works on the folder."""
    path = folder / LOCK
    if not path.exists():
        return False
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def run(folder: Path, lake: Path) -> None:
    """Compute the request of a folder and leave results or an error in it; nothing if another process does."""
    with (folder / LOCK).open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        try:
            _run(folder, lake)
        except JinbaoError as error:
            _failed(folder, error.message, error.advice)
        except Exception:  # noqa: BLE001  # the page must say that it failed; the log says why
            traceback.print_exc()
            _failed(folder, "程序出错", f"请把 {folder / LOG} 交给系统管理员。")


def _run(folder: Path, lake: Path) -> None:
    question = question_of(json.loads((folder / REQUEST).read_text(encoding="utf-8"))["question"])
    done = 0

    def progress(part: Part) -> None:
        nonlocal done
        done += part.persons
        write_in_one_step(folder / PROGRESS, json.dumps({"persons": done}).encode())

    simulate(question, lake, folder, resume=True, progress=progress)


def _failed(folder: Path, message: str, advice: str) -> None:
    text = json.dumps({"message": message, "advice": advice}, ensure_ascii=False)
    write_in_one_step(folder / ERROR, text.encode())


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]))

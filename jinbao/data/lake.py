"""Folders of the lake: a batch arrives in a hidden folder and appears under its name in one step.

While it is worked on, a folder has a lock file beside it that the process holds; the lock names the folders to look at
should the process die. Whoever receives the next file finds the lock free, and removes what no batch refers to.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from django.conf import settings

from jinbao.data.models import Batch
from jinbao.kernel.errors import NotFound


def lake() -> Path:
    """Return the folder of the lake."""
    return Path(settings.VAR) / "lake"


def folder_of(batch: Batch) -> Path:
    """Return the folder that holds a batch's files; raise NotFound when it is not there."""
    folder = lake() / batch.folder
    if not folder.is_dir():
        raise NotFound(f"{batch} 的文件不在 {folder}", advice="请从备份恢复 var/lake 后重试。")
    return folder


def original_of(batch: Batch) -> Path:
    """Return the file as it came."""
    for file in folder_of(batch).glob("original*"):
        return file
    raise NotFound(f"{batch} 的原始文件不在", advice="请从备份恢复 var/lake 后重试。")


class Arrival:
    """A folder that is being filled; `settle` gives it its final name, `done` says that a batch refers to it."""

    def __init__(self, lock: Path) -> None:
        self._lock = lock
        self.folder = lock.with_suffix("")
        self.folder.mkdir()

    def settle(self, dataset: str, sm3: str, now: datetime, *, replaces: str = "") -> str:
        """Move the folder to its final place below the lake and return that place; call it inside the transaction."""
        name = f"{now:%m%d}-{sm3[:12]}-{uuid.uuid4().hex[:6]}"
        relative = Path("landing") / dataset / f"{now:%Y}" / name
        _write_durably(self._lock, f"{relative}\n{replaces}")
        final = lake() / relative
        final.parent.mkdir(parents=True, exist_ok=True)
        for file in self.folder.iterdir():
            _sync(file)
        self.folder.rename(final)
        _sync(final.parent)
        return relative.as_posix()


@contextmanager
def arriving() -> Iterator[Arrival]:
    """Open a folder for a new batch; on leaving, whatever no batch refers to is removed."""
    place = lake() / "landing" / ".arriving"
    place.mkdir(parents=True, exist_ok=True)
    lock, descriptor = _locked(place)
    try:
        yield Arrival(lock)
    finally:
        _tidy(lock)
        os.close(descriptor)


def clear_leftovers() -> list[Path]:
    """Remove what processes left behind that died while a file arrived; return the locks that were free."""
    place = lake() / "landing" / ".arriving"
    freed = []
    for lock in place.glob("*.lock"):
        with suppress(FileNotFoundError), lock.open() as file, suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _tidy(lock)
            freed.append(lock)
    return freed


def _locked(place: Path) -> tuple[Path, int]:
    """Make a lock file and hold it; try again if somebody tidied it away in between."""
    while True:
        lock = place / f"{uuid.uuid4().hex}.lock"
        descriptor = os.open(lock, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if lock.exists():
            return lock, descriptor
        os.close(descriptor)


def _tidy(lock: Path) -> None:
    """Remove the hidden folder, the named folders that no batch refers to, and then the lock."""
    shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
    for relative in filter(None, lock.read_text().splitlines()):
        if not Batch.objects.filter(folder=relative).exists():
            shutil.rmtree(lake() / relative, ignore_errors=True)
    lock.unlink(missing_ok=True)


def _write_durably(path: Path, text: str) -> None:
    path.write_text(text)
    _sync(path)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

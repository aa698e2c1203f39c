"""The journal: one file for each worker, to which a line is added, durably, before the answer leaves.

Each line is JSON and carries `chain` = SM3(chain of the line before ‖ the line without it). Threads that write at the
same time share one fsync. A line that a dying process did not finish belongs to no answer.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from jinbao.data.exchange import place
from jinbao.trust.sm3 import sm3_hex

START = "0" * 64
LARGEST = 64 << 20
"""Bytes after which a worker begins a new file."""
PAUSE = timedelta(seconds=5)
"""How long no call is answered after a line could not be written, before a new file is tried."""
ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class JournalFile:
    """The file that one process writes."""

    def __init__(self, folder: Path, now: datetime) -> None:
        host = "".join(char for char in socket.gethostname() if char.isalnum())[:20]
        self.name = f"{now:%Y%m%d-%H%M%S}-{host}-{os.getpid()}-{secrets.token_hex(4)}.jsonl"
        self._opened = now
        self._file = os.open(folder / self.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        _sync_folder(folder)
        self._chain = START
        self._changed = threading.Condition()
        self._written = self._synced = 0
        self._syncing = False
        self.size = 0
        self.broken = False

    def append(self, record: dict[str, Any]) -> None:
        """Write a record and return when it lies on the disk. Raises OSError when it does not."""
        line = ENCODER.encode(record)[:-1]
        with self._changed:
            if self.broken:
                raise OSError("an earlier line could not be written")
            chain = sm3_hex((self._chain + line).encode())
            content = f'{line},"chain":"{chain}"}}\n'.encode()
            self._write(content)
            self._chain = chain
            self._written += 1
            mine = self._written
            while self._synced < mine and self._syncing:
                self._changed.wait()
            if self._synced >= mine:
                return
            if self.broken:
                raise OSError("the disk did not take what was written")
            self._syncing, upto = True, self._written
        self._sync(upto)

    def _write(self, content: bytes) -> None:
        written = 0
        try:
            written = os.write(self._file, content)
        finally:
            self.broken = written != len(content)
        if self.broken:
            raise OSError("the disk took only part of a line")
        self.size += len(content)

    def _sync(self, upto: int) -> None:
        """Bring everything written so far to the disk, for whoever waits."""
        done = False
        try:
            os.fdatasync(self._file)
            done = True
        finally:
            with self._changed:
                self._syncing = False
                self.broken = self.broken or not done
                self._synced = max(self._synced, upto) if done else self._synced
                self._changed.notify_all()

    def given_up(self, now: datetime) -> bool:
        """Tell whether the file takes no more lines and it is time to try another."""
        return self.broken and now - self._opened > PAUSE

    def close(self) -> None:
        """Close the file; nothing is added afterwards."""
        with self._changed:
            self.broken = True
            os.close(self._file)


_open: dict[tuple[int, Path], JournalFile] = {}
_opening = threading.Lock()


def append(record: dict[str, Any], now: datetime) -> None:
    """Add a record to the journal of this process; see `JournalFile.append`."""
    folder = place.folder("journal")
    mine = (os.getpid(), folder)
    found = _open.get(mine)
    if found is None or found.size > LARGEST or found.given_up(now):
        with _opening:
            if _open.get(mine) is found:
                _open[mine] = JournalFile(folder, now)
            found = _open[mine]
    found.append(record)


class Damaged(Exception):
    """A line whose chain does not follow from the lines before it."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line} does not follow from the one before")
        self.line = line


def read(path: Path, offset: int = 0, chain: str = START, lines: int = 0) -> Iterator[tuple[dict[str, Any], int, str]]:
    """Read the whole lines of a journal from a place on: the record, where the next line begins, the chain.

    Raises Damaged at a line that was altered, added, moved or taken away.
    """
    with path.open("rb") as file:
        file.seek(offset)
        for number, raw in enumerate(file, lines + 1):
            if not raw.endswith(b"\n"):
                return
            offset += len(raw)
            content, _, tail = raw.decode("utf-8", "replace").rpartition(',"chain":"')
            found = sm3_hex((chain + content).encode())
            if tail != f'{found}"}}\n':
                raise Damaged(number)
            chain = found
            yield json.loads(content + "}"), offset, chain


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

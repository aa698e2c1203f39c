"""What all workers of one machine must know together: words used once, tokens of each bucket, today's use.

One small SQLite file under var/exchange beside the books: it is written at every call and need not survive a power
failure to the last write, but does survive the death of a process. A lock of the operating system lets the workers
through one by one, without SQLite's sleeping. See docs/decisions/0014-exchange-log-and-signatures.md.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from jinbao.data.exchange import place
from jinbao.data.exchange.refusals import QUOTA, RATE, REPLAYED, Refusal

WINDOW_MS = 5 * 60 * 1000
"""How far the clock of a caller may be off."""
_KEEP_MS = 2 * WINDOW_MS + 60_000
_SWEEP_EVERY = 1000
_TABLES = """
CREATE TABLE IF NOT EXISTS nonce (word TEXT PRIMARY KEY, seen INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS nonce_seen ON nonce (seen);
CREATE TABLE IF NOT EXISTS bucket (name TEXT PRIMARY KEY, micro INTEGER NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS used (name TEXT, day TEXT, amount INTEGER NOT NULL, calls INTEGER NOT NULL,
    PRIMARY KEY (name, day)) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Allowance:
    """What a grant allows, by the name under which it is counted."""

    name: str
    rate: int
    quota: int


class Gate:
    """The open file, one for each process."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._file = os.open(path.with_suffix(".lock"), os.O_CREAT | os.O_RDWR, 0o600)
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        with self._alone():
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.executescript(_TABLES)
        self._until_sweep = 0

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self._lock:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)

    def admit(self, word: str, now_ms: int, day: str, allowance: Allowance | None, cost: int) -> Refusal | None:
        """Let a call in, or say why not; the word is used up in either case."""
        with self._alone():
            self._db.execute("BEGIN")
            try:
                return self._admit(word, now_ms, day, allowance, cost)
            finally:
                self._db.execute("COMMIT")

    def _admit(self, word: str, now_ms: int, day: str, allowance: Allowance | None, cost: int) -> Refusal | None:
        added = self._db.execute("INSERT OR IGNORE INTO nonce VALUES (?, ?)", (word, now_ms)).rowcount
        self._sweep(now_ms)
        if not added:
            return REPLAYED
        if allowance is None:
            return None
        if not self._take_token(allowance, now_ms):
            return RATE
        return None if self._use(allowance, day, cost) else QUOTA

    def _take_token(self, allowance: Allowance, now_ms: int) -> bool:
        """Take one token from the bucket, which holds as many as come in a second."""
        full = allowance.rate * 1_000_000
        found = self._db.execute("SELECT micro, at FROM bucket WHERE name = ?", (allowance.name,)).fetchone()
        micro, at = found or (full, now_ms)
        micro = min(full, micro + max(0, now_ms - at) * allowance.rate * 1000)
        taken = micro >= 1_000_000
        row = (allowance.name, micro - 1_000_000 * taken, max(at, now_ms))
        self._db.execute("INSERT OR REPLACE INTO bucket VALUES (?, ?, ?)", row)
        return bool(taken)

    def count(self, allowance: Allowance, day: str, cost: int) -> bool:
        """Count more towards the day of a call that was let in, if it still fits."""
        with self._alone():
            return self._use(allowance, day, cost, calls=0)

    def _use(self, allowance: Allowance, day: str, cost: int, calls: int = 1) -> bool:
        """Count the cost towards the day if it still fits."""
        if cost > allowance.quota:
            return False
        changed = self._db.execute(
            "INSERT INTO used VALUES (:name, :day, :cost, :calls) ON CONFLICT DO UPDATE"
            " SET amount = amount + :cost, calls = calls + :calls WHERE amount + :cost <= :quota",
            {"name": allowance.name, "day": day, "cost": cost, "calls": calls, "quota": allowance.quota},
        )
        return changed.rowcount == 1

    def _sweep(self, now_ms: int) -> None:
        """Forget words whose calls are refused by their time anyway."""
        self._until_sweep -= 1
        if self._until_sweep < 0:
            self._until_sweep = _SWEEP_EVERY
            self._db.execute("DELETE FROM nonce WHERE seen < ?", (now_ms - _KEEP_MS,))

    def used(self, name: str, day: str) -> tuple[int, int]:
        """Return the amount and the calls that were counted on a day."""
        with self._alone():
            found = self._db.execute("SELECT amount, calls FROM used WHERE name = ? AND day = ?", (name, day))
            return found.fetchone() or (0, 0)

    def close(self) -> None:
        """Close the file."""
        self._db.close()
        os.close(self._file)


_open: dict[tuple[int, Path], Gate] = {}
_opening = threading.Lock()


def gate() -> Gate:
    """Return the gate of this process."""
    path = place.folder() / "gate.sqlite3"
    found = _open.get((os.getpid(), path))
    if found is None:
        with _opening:
            found = _open.get((os.getpid(), path)) or Gate(path)
            _open[os.getpid(), path] = found
    return found

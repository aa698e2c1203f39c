"""Ends of the audit chain, noted outside of the database each time the chain was found whole.

Whoever can write every table of the database can rewrite the chain and its head; the file is not in the database. It
catches a tail that was cut together with its head, and a chain that was written anew, without anybody having noted
anything by hand. Against somebody who can write both, note `jinbao audit head` on another machine.
"""

from __future__ import annotations

import os
from pathlib import Path

from django.conf import settings

from jinbao.kernel.errors import FormatError, Place
from jinbao.trust import audit
from jinbao.trust.audit import BrokenLink


def file() -> Path:
    """Return where the ends are noted: one line each, number:hash, oldest first."""
    return Path(settings.VAR) / "audit-anchors.txt"


def noted() -> list[tuple[int, str]]:
    """Return the ends noted so far. Raises FormatError with file:line for a line that is none."""
    if not file().exists():
        return []
    lines = file().read_text(encoding="ascii", errors="replace").splitlines()
    return [parse(line, Place(str(file()), number)) for number, line in enumerate(lines, 1)]


def parse(text: str, at: Place | None = None) -> tuple[int, str]:
    """Read an end as `jinbao audit head` prints it. Raises FormatError."""
    seq, _, end = text.strip().partition(":")
    if not seq.isdecimal() or len(end) != 64 or set(end.lower()) - set("0123456789abcdef"):
        advice = "写成 编号:64位摘要，如 jinbao audit head 所示。"
        raise FormatError(f"“{text}”不是登记的末尾", advice=advice, **({"at": at} if at else {}))
    return int(seq), end.lower()


def verify(*anchors: tuple[int, str]) -> BrokenLink | None:
    """Verify the chain against every noted end and the given ones; note its end when it is whole."""
    earlier, end = noted(), audit.head()
    broken = audit.verify(*earlier, *anchors)
    if broken is None and end[0] and end not in earlier:
        _note(*end)
    return broken


def _note(seq: int, end: str) -> None:
    descriptor = os.open(file(), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as target:
        target.write(f"{seq}:{end}\n")

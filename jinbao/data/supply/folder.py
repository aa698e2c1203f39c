"""Watched folders: files that have stopped growing are read; read ones and bad ones are moved aside.

A file goes to `processed/` once its batch exists, or to `refused/` with a note that says why. A process that dies in
between leaves the file where it is: read again, the same bytes are the same batch.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.conf import settings

from jinbao.data.supply.rows import SourceError, decoded
from jinbao.data.supply.sources import Folder

PROCESSED, REFUSED = "processed", "refused"
LONGEST_NAME = 255
"""Bytes of a file's name."""


def place(way: Folder) -> Path:
    """Return the folder that is watched."""
    path = Path(way.path)
    return path if path.is_absolute() else Path(settings.VAR) / path


def waiting(way: Folder, now: datetime) -> Iterator[Path]:
    """Yield the files that may be read, oldest first; raise SourceError where there is no folder."""
    where = place(way)
    if not Path(way.path).is_absolute():
        where.mkdir(parents=True, exist_ok=True)  # below var/ it is our own
    if not where.is_dir():
        raise SourceError(f"没有目录 {where}", advice="请建立该目录，或改正来源声明中的 path。")
    found = [
        (min(seen.st_mtime_ns, seen.st_ctime_ns), file.name, file)  # the sender's clock may be ahead of ours
        for file in where.glob(way.pattern)
        if not file.name.startswith(".") and not _is_partial(file) and (seen := _seen(file))
    ]
    for changed, _, file in sorted(found):
        if now.timestamp() - changed / 1e9 >= way.settle_seconds:
            yield file


def _seen(file: Path) -> os.stat_result | None:
    """Return what is known of a file; None for what is no file, a link to one elsewhere, or not there any more."""
    try:
        seen = file.lstat()
    except OSError:
        return None
    return seen if stat.S_ISREG(seen.st_mode) else None


def name_of(file: Path) -> str:
    """Return the name of a file as text, also where somebody's Windows wrote it in GB 18030."""
    return decoded(os.fsencode(file.name))


def put_aside(file: Path, into: str, reason: str = "") -> Path:
    """Move a file to a folder beside it without replacing another; a reason stands in a text file next to it.

    Raises SourceError where it cannot be moved.
    """
    target = file.parent / into / file.name
    try:
        target.parent.mkdir(exist_ok=True)
        number = 1
        while target.exists():
            number += 1
            target = target.with_name(_fitting(file.stem, f".{number}{file.suffix}"))
        file.rename(target)
        if reason:
            target.with_name(_fitting(target.name, ".原因.txt")).write_text(f"{reason}\n", encoding="utf-8")
    except OSError as error:
        raise SourceError(
            f"文件移不到 {into}/：{error.strerror}",
            advice=f"请检查目录 {into} 和它的权限；同一个文件再读一次不会重复。",
        ) from None
    return target


def _fitting(name: str, rest: str) -> str:
    """Put two parts of a file's name together, the first one cut where the whole would be too long."""
    room = LONGEST_NAME - len(rest.encode())
    return f"{os.fsdecode(os.fsencode(name)[:room]) if len(os.fsencode(name)) > room else name}{rest}"


def _is_partial(file: Path) -> bool:
    """Tell whether the name says that somebody is still writing it."""
    return file.suffix.lower() in (".part", ".tmp", ".filepart", ".crdownload")

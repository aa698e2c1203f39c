"""Watched folders: files that have stopped growing are read; read ones and bad ones are moved aside.

A file goes to `processed/` once its batch exists, or to `refused/` with a note that says why. A process that dies in
between leaves the file where it is: read again, the same bytes are the same batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.conf import settings

from jinbao.data.supply.rows import SourceError
from jinbao.data.supply.sources import Folder

PROCESSED, REFUSED = "processed", "refused"


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
    files = [file for file in where.glob(way.pattern) if file.is_file() and not file.name.startswith(".")]
    for file in sorted(files, key=lambda file: (file.stat().st_mtime_ns, file.name)):
        if now.timestamp() - file.stat().st_mtime >= way.settle_seconds and not _is_partial(file):
            yield file


def put_aside(file: Path, into: str, reason: str = "") -> Path:
    """Move a file to a folder beside it without replacing another; a reason stands in a text file next to it."""
    target = file.parent / into / file.name
    target.parent.mkdir(exist_ok=True)
    number = 1
    while target.exists():
        number += 1
        target = target.with_name(f"{file.stem}.{number}{file.suffix}")
    file.rename(target)
    if reason:
        target.with_name(f"{target.name}.原因.txt").write_text(f"{reason}\n", encoding="utf-8")
    return target


def _is_partial(file: Path) -> bool:
    """Tell whether the name says that somebody is still writing it."""
    return file.suffix.lower() in (".part", ".tmp", ".filepart", ".crdownload")

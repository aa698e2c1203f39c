"""Documents of a case: what may be handed in, and files kept by their SM3 under var/materials.

A file is kept once however often it is handed in. What a file is follows from its bytes, not from its name.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePath
from typing import BinaryIO

from django.conf import settings

from jinbao.cases.models import Case, Material
from jinbao.cases.services import Service
from jinbao.kernel.errors import Conflict, FormatError, NotFound
from jinbao.trust.actors import Actor
from jinbao.trust.sm3 import sm3, sm3_hex

LARGEST = 10 << 20
"""Bytes of one document."""
MOST = 20
"""Documents of one case."""
_PIECE = 1 << 18


@dataclass(frozen=True)
class Upload:
    """A document as it arrives: for which declared material, the sender's file name, and an open binary file."""

    name: str
    file_name: str
    content: BinaryIO


def _is_image_of_jpeg(head: bytes) -> bool:
    return head.startswith(b"\xff\xd8\xff")


KINDS: dict[str, tuple[str, Callable[[bytes], bool]]] = {
    ".pdf": ("application/pdf", lambda head: head.startswith(b"%PDF-")),
    ".jpg": ("image/jpeg", _is_image_of_jpeg),
    ".jpeg": ("image/jpeg", _is_image_of_jpeg),
    ".png": ("image/png", lambda head: head.startswith(b"\x89PNG\r\n\x1a\n")),
    ".ofd": ("application/ofd", lambda head: head.startswith(b"PK\x03\x04")),
}
"""Endings that are accepted, each with its content type and how its bytes begin; no programs, no web pages."""
ACCEPTED = "、".join(sorted({kind.lstrip(".").upper() for kind in KINDS}))


def folder() -> Path:
    """Return the folder that holds the documents."""
    return Path(settings.VAR) / "materials"


def path_of(digest: str) -> Path:
    """Return where the document with an SM3 lies."""
    return folder() / digest[:2] / digest[2:4] / digest


def content_type(file_name: str) -> str:
    """Return the content type under which a kept document is handed out."""
    return KINDS.get(PurePath(file_name).suffix.lower(), ("application/octet-stream", None))[0]


def keep(case: Case, service: Service, upload: Upload, by: Actor, now: datetime) -> Material:
    """Check a document, keep its bytes and add it to a case; the same bytes again are the document that is there.

    Raises FormatError for a name that is not declared, a kind that is not accepted, an empty or too large file.
    """
    need = next((need for need in service.materials if need.name == upload.name), None)
    if need is None:
        raise FormatError(f"“{service.name}”不需要材料“{upload.name[:40]}”", advice="请勿提交没有依据的材料。")
    if case.materials.count() >= MOST:
        raise Conflict(f"一个办件最多 {MOST} 份材料", advice="请合并后再提交。")
    name = _plain_name(upload.file_name)
    digest, size = _store(upload.content, name)
    material, _ = Material.objects.get_or_create(
        case=case,
        name=upload.name,
        sm3=digest,
        defaults={"file_name": name, "size": size, "added_by": by.username, "added_at": now},
    )
    return material


def open_material(material: Material) -> BinaryIO:
    """Open the bytes of a document. Raises NotFound when the file is gone, Conflict when its bytes were changed."""
    path = path_of(material.sm3)
    if not path.is_file():
        raise NotFound(f"材料“{material.file_name}”的文件不在存储中", advice="请从备份恢复 var/materials。")
    if sm3_hex(path) != material.sm3:
        raise Conflict(f"材料“{material.file_name}”的内容与登记的摘要不符", advice="文件已被改动，请从备份恢复。")
    return path.open("rb")


def _plain_name(file_name: str) -> str:
    """Return the file's own name without folders and control characters."""
    name = PurePath(file_name.replace("\\", "/")).name
    name = "".join(char for char in name if char.isprintable()).strip(". ")
    stem, suffix = PurePath(name).stem[:200], PurePath(name).suffix.lower()
    if suffix not in KINDS:
        shown = suffix or "没有扩展名的文件"
        raise FormatError(f"不接受{shown}", advice=f"请提交 {ACCEPTED} 格式的文件。")
    return f"{stem or '材料'}{suffix}"


def _store(content: BinaryIO, name: str) -> tuple[str, int]:
    """Write the bytes to disk, then give them their name: a killed upload leaves no half document."""
    folder().mkdir(parents=True, exist_ok=True)
    digest, size, head = sm3(), 0, b""
    with tempfile.NamedTemporaryFile(dir=folder(), prefix="arriving-", delete=False) as target:
        try:
            while piece := content.read(_PIECE):
                head = head or piece[:16]
                size += len(piece)
                _refuse_size(size, name)
                digest.update(piece)
                target.write(piece)
            _refuse_content(head, name)
            target.flush()
            os.fsync(target.fileno())
            place = path_of(digest.hexdigest())
            place.parent.mkdir(parents=True, exist_ok=True)
            Path(target.name).replace(place)
        finally:
            Path(target.name).unlink(missing_ok=True)
    return digest.hexdigest(), size


def _refuse_size(size: int, name: str) -> None:
    if size > LARGEST:
        raise FormatError(f"“{name}”超过 {LARGEST >> 20} MB", advice="请压缩或分成几份后提交。")


def _refuse_content(head: bytes, name: str) -> None:
    if not head:
        raise FormatError(f"“{name}”是空文件", advice="请重新选择文件。")
    suffix = PurePath(name).suffix
    if not KINDS[suffix][1](head):
        raise FormatError(f"“{name}”的内容不是 {suffix.lstrip('.').upper()}", advice="请勿修改文件的扩展名。")

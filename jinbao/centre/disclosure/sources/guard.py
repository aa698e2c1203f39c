"""What may come in: size, kind and content are looked at before anything is parsed."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from jinbao.kernel.errors import JinbaoError, Place

MEGABYTE = 1024 * 1024
LARGEST_FILE = 100 * MEGABYTE
LARGEST_UNPACKED = 200 * MEGABYTE
LARGEST_TEXT = 20 * MEGABYTE
MOST_ENTRIES = 5000
MOST_LINES = 200_000

NAMES = {
    "pdf": "PDF",
    "docx": "Word 文档",
    "xlsx": "Excel 工作簿",
    "xls": "Excel 97–2003 工作簿",
    "html": "网页",
    "md": "Markdown 文本",
    "txt": "纯文本",
    "doc": "Word 97–2003 文档",
    "png": "图片",
    "jpg": "图片",
}
EXTENSIONS = {"htm": "html", "markdown": "md", "text": "txt", "xlsm": "xlsx", "jpeg": "jpg", "": "txt"}
PACKED = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml"}


class Unreadable(JinbaoError):
    """The file cannot be read as a disclosed document."""

    code = "unreadable"


def refuse(name: str, message: str, advice: str) -> Unreadable:
    """Make the error for a file that is not taken."""
    return Unreadable(message, at=Place(name), advice=advice)


def load(source: Path | bytes, name: str) -> bytes:
    """Read the bytes of a file that is not too large.

    Raises Unreadable for a missing, empty or oversized file.
    """
    if isinstance(source, bytes):
        size = len(source)
    else:
        try:
            size = source.stat().st_size
        except OSError as error:
            raise refuse(name, f"文件打不开：{error.strerror}", "请核对路径和读取权限。") from error
        if source.is_dir():
            raise refuse(name, "这是一个文件夹", "批量检查请用 jinbao disclosure batch 文件夹。")
    if size > LARGEST_FILE:
        limit = LARGEST_FILE // MEGABYTE
        raise refuse(
            name,
            f"文件有 {size // MEGABYTE} MB，超过上限 {limit} MB",
            "公开文件通常不到 10 MB；请压缩图片或拆分后再查。",
        )
    if size == 0:
        raise refuse(name, "文件是空的", "请重新导出。")
    return source if isinstance(source, bytes) else source.read_bytes()


def kind_of(data: bytes, name: str) -> str:
    """Tell the kind of a file by its content and see that its name agrees.

    Raises Unreadable for kinds that are not taken and for names that contradict the content.
    """
    suffix = Path(name).suffix.lower().lstrip(".")
    named = EXTENSIONS.get(suffix, suffix)
    found = _sniff(data, name)
    if found == "doc":
        if named == "xls":
            return "xls"
        raise refuse(name, "这是 Word 97–2003 格式（.doc）", "请在 Word 中另存为 .docx 后再查。")
    if found in ("png", "jpg"):
        raise refuse(
            name, "这是图片，没有文字", "请用原始的 Word、Excel 或带文字层的 PDF；扫描件请先做文字识别（OCR）。"
        )
    if (
        named == found
        or (found == "txt" and named in ("txt", "md", "html"))
        or (found == "html" and named in ("txt", "md"))
    ):
        return named if found == "txt" else found
    if named in NAMES:
        raise refuse(
            name,
            f"扩展名是 .{suffix}，内容却是{NAMES.get(found, '不认识的格式')}",
            f"请把扩展名改为 .{found}，或重新导出。",
        )
    if found == "txt" and named not in NAMES:
        raise refuse(
            name, f"不认识扩展名 .{suffix}", "可以检查 PDF、Word（.docx）、Excel（.xlsx）、网页、Markdown 和纯文本。"
        )
    return found


def _sniff(data: bytes, name: str) -> str:
    head = data[:1024].lstrip()
    if b"%PDF-" in data[:1024]:
        return "pdf"
    if data[:4] == b"PK\x03\x04":
        return _packed_kind(data, name)
    if data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        return "doc"
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return "png"
    if data[:3] == b"\xff\xd8\xff":
        return "jpg"
    if b"\0" in data[:4096] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise refuse(
            name,
            "这是二进制文件，不是公开文件",
            "可以检查 PDF、Word（.docx）、Excel（.xlsx）、网页、Markdown 和纯文本。",
        )
    lowered = head[:300].lower()
    return "html" if lowered.startswith((b"<!doctype html", b"<html", b"<table", b"<?xml")) else "txt"


def _packed_kind(data: bytes, name: str) -> str:
    """Look into a zip without unpacking it: what it holds, and how large it would become."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise refuse(name, "文件不完整或已损坏", "请重新下载或重新导出。") from error
    if len(entries) > MOST_ENTRIES or sum(e.file_size for e in entries) > LARGEST_UNPACKED:
        raise refuse(name, "压缩包展开后过大，不予打开", "公开文件不会这样大；请核对文件来源。")
    names = {e.filename for e in entries}
    for kind, member in PACKED.items():
        if member in names:
            return kind
    raise refuse(name, "这是压缩包，里面不是 Word 或 Excel 文档", "请解压后逐个检查，或用批量检查。")


def decode(data: bytes, name: str) -> str:
    """Decode text as UTF-8, UTF-16 with mark, or GB 18030.

    Raises Unreadable where none fits or the text is too long.
    """
    if len(data) > LARGEST_TEXT:
        raise refuse(
            name, f"文本有 {len(data) // MEGABYTE} MB，超过上限 {LARGEST_TEXT // MEGABYTE} MB", "请只保留公开文件本身。"
        )
    marked = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    for encoding in (marked, "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        odd = sum(1 for c in text[:20000] if ord(c) < 32 and c not in "\t\r\n\f")
        if odd <= len(text[:20000]) // 100:
            return text
    raise refuse(name, "文字编码无法识别", "请另存为 UTF-8 编码的文本。")

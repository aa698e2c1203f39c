"""Whatever is fed in ends in a report or in a clear refusal, never in a crash, and memory stays bounded."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from jinbao.centre.disclosure import Unreadable, check
from jinbao.centre.disclosure.sources.guard import LARGEST_FILE, MEGABYTE
from jinbao.centre.disclosure.writers.paper import compiled
from tests.centre.disclosure.documents import HERE, extracted, produced


def refusal(content: bytes, name: str) -> Unreadable:
    with pytest.raises(Unreadable) as caught:
        check(content, name)
    assert caught.value.advice
    return caught.value


def test_an_empty_file_is_refused() -> None:
    assert "空" in refusal(b"", "a.pdf").message


def test_a_missing_file_is_refused() -> None:
    with pytest.raises(Unreadable, match="打不开"):
        check(Path("/nowhere/决算.pdf"))


def test_a_file_of_500_mb_is_refused_without_being_read(tmp_path: Path) -> None:
    path = tmp_path / "大.pdf"
    with path.open("wb") as file:
        file.truncate(500 * MEGABYTE)
    tracemalloc.start()
    with pytest.raises(Unreadable, match="超过上限"):
        check(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert path.stat().st_size > LARGEST_FILE
    assert peak < 5 * MEGABYTE


def test_a_zip_bomb_is_refused_without_being_unpacked() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"\0" * (250 * MEGABYTE))
    tracemalloc.start()
    assert "过大" in refusal(stream.getvalue(), "a.docx").message
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20 * MEGABYTE


@pytest.mark.parametrize(
    ("kind", "name"), [("docx", "a.pdf"), ("pdf", "a.docx"), ("xlsx", "a.docx"), ("html", "a.xlsx"), ("pdf", "a.txt")]
)
def test_a_wrong_extension_is_named(kind: str, name: str) -> None:
    assert "扩展名" in refusal(produced(1, "决算", kind), name).message


def test_a_scanned_pdf_is_refused_with_advice() -> None:
    error = refusal(compiled("#rect(width: 5cm, height: 5cm, fill: gray)"), "扫描.pdf")
    assert "文字层" in error.message
    assert "OCR" in error.advice


@pytest.mark.parametrize(
    ("content", "name", "word"),
    [
        (b"\x89PNG\r\n\x1a\n" + b"0" * 99, "a.png", "图片"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"0" * 999, "a.doc", ".doc"),
        (b"PK\x03\x04 broken", "a.docx", "损坏"),
        (b"\0\1\2\3" * 500, "a.bin", "二进制"),
        (b"%PDF-1.7 broken", "a.pdf", "损坏"),
    ],
)
def test_other_kinds_are_refused_by_name(content: bytes, name: str, word: str) -> None:
    assert word in refusal(content, name).message


@pytest.mark.parametrize("kind", ["docx", "pdf", "xlsx", "html"])
def test_truncated_and_spoilt_files_end_in_a_report_or_a_refusal(kind: str) -> None:
    random = Random(kind)  # noqa: S311  # damage to test with, no secret
    whole = produced(1, "决算", kind)
    for _ in range(15):
        if random.random() < 0.5:
            content = whole[: random.randint(1, len(whole) - 1)]
        else:
            spoilt = bytearray(whole)
            for _ in range(random.randint(1, 60)):
                spoilt[random.randrange(len(spoilt))] = random.randrange(256)
            content = bytes(spoilt)
        with suppress(Unreadable):
            check(content, f"a.{kind}")


def test_spoilt_text_ends_in_a_report() -> None:
    random = Random(7)  # noqa: S311  # damage to test with, no secret
    texts = [(HERE / "national_2024.txt").read_text(encoding="utf-8"), extracted(3, "预算", "\t")]
    for n in range(24):
        lines = texts[n % 2].split("\n")
        for _ in range(40):
            what, at = random.randrange(4), random.randrange(len(lines))
            if what == 0:
                lines[at] = lines[at][: random.randint(0, 20)]
            elif what == 1:
                lines[at] = lines[at].replace(
                    random.choice("0123456789,."), random.choice(["", "..", "万元", "%", "九"])
                )
            elif what == 2:
                lines[at], lines[at - 1] = lines[at - 1], lines[at]
            else:
                lines.insert(
                    at, random.choice(["合计", "1 2 3 4", "决算数\t\t\t", "占0%", "增长%", "(类)(款)(项)0万元"])
                )
        assert check("\n".join(lines).encode(), "a.txt").checked > 0


@pytest.mark.parametrize(
    "text",
    [" ", "。", "万元", "0/0", "占的0%", "公开01表", "收入支出决算总表\n合计 0 0 0", "| a | b |\n|---|---|\n| 1 | 2 |"],
)
def test_hardly_any_text_is_no_reason_to_crash(text: str) -> None:
    assert check(text.encode(), "a.md").counts["high"] >= 0

"""What must hold for any input: bulk and careful readings agree, nothing ends in a traceback, no row is lost."""

from __future__ import annotations

import random
import string
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jinbao.data import columns, intake
from jinbao.data.datasets import Column, load_dataset
from jinbao.data.quality import Gate
from jinbao.data.quality_rules import Setting
from jinbao.data.seen import SeenKeys, hash_keys
from jinbao.data.sources import open_source
from jinbao.data.values import TYPES, shown
from jinbao.kernel.errors import FormatError
from jinbao.kernel.identifiers import CitizenId
from tests.data.conftest import HEADING, NOW, Receive, as_csv, row, write_workbook

TODAY = date(2026, 11, 20)
COLUMNS = {
    "金额": Column("wage_fen", "金额", "金额"),
    "姓名": Column("name", "姓名", "姓名"),
    "文本": Column("text", "文本", "文本"),
    "公民身份号码": Column("number", "号码", "公民身份号码"),
}
QUIET = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

amounts = st.one_of(
    st.decimals(-10, 10**13, places=2).map(str),
    st.text("0123456789.,-+eE ０５．¥元万", max_size=12),
    st.integers(0, 10**20).map(str),
)
names = st.text("张三李四𠮷买提·•.A b\u3000\t\n1\ue000", max_size=8)
texts = st.text(max_size=10)


@st.composite
def identity_numbers(draw: st.DrawFn) -> str:
    """Numbers that are right, and numbers with one thing wrong."""
    day = draw(st.dates(date(1900, 1, 1), TODAY + timedelta(days=400)))
    right = CitizenId.make("990101", day, draw(st.integers(0, 999))).number18
    at = draw(st.integers(0, 17))
    wrong = right[:at] + draw(st.sampled_from("0123456789Xx０a ")) + right[at + 1 :]
    return draw(st.sampled_from([right, wrong, right.lower(), right[:6] + right[8:17], right[:17], " " + right]))


@QUIET
@pytest.mark.parametrize(
    ("kind", "cells"), [("金额", amounts), ("姓名", names), ("文本", texts), ("公民身份号码", identity_numbers())]
)
@given(data=st.data())
def test_the_bulk_reading_is_the_careful_one(kind: str, cells: st.SearchStrategy[str], data: st.DataObject) -> None:
    column = COLUMNS[kind]
    found = [text for text in data.draw(st.lists(cells, min_size=1, max_size=30)) if _is_text(text)]
    read = columns.read_column(column, pa.array(found, pa.string()), TODAY)
    parse = TYPES[kind].parse(column, TODAY)
    for at, text in enumerate(found):
        trimmed = str(pa.compute.utf8_trim_whitespace(pa.scalar(text)))
        try:
            expected = parse(trimmed) if trimmed else None
        except FormatError:
            assert at in read.wrong
            expected = None
        else:
            assert at not in read.wrong
        assert read.values[at].as_py() == expected


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


@pytest.mark.parametrize("kind", ["金额", "姓名", "文本", "公民身份号码"])
def test_the_usual_spelling_is_recognised_in_bulk(kind: str) -> None:
    """Else the bulk reading would be right and useless."""
    usual = {"金额": "8500.00", "姓名": "欧阳张三", "文本": "演示 路1号", "公民身份号码": "990101196601151014"}[kind]
    _, sure = columns._BULK[kind](pa.array([usual]), TODAY)
    assert sure.all()


@QUIET
@given(data=st.binary(max_size=400))
def test_random_bytes_never_end_in_a_traceback(data: bytes, tmp_path: Path) -> None:
    for start in (
        b"",
        "证件号码,姓名,费款所属期,缴费工资\n".encode(),
        b"PK\x03\x04",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    ):
        path = tmp_path / "random"
        path.write_bytes(start + data)
        with suppress(FormatError):
            _judge_all(path)


def _judge_all(path: Path, name: str = "x.csv") -> Gate:
    dataset = load_dataset("contribution_declaration")
    source = open_source(path, name, dataset)
    gate = Gate(Setting(dataset, TODAY, ""))
    for chunk in source.chunks(lambda _done, _total: None):
        judged = gate.judge(chunk)
        assert len(judged.passed) == len(chunk.lines)
    return gate


any_cell = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.sampled_from(["", '"', "\n", ",", "'", "合计", "990101196601151014", "2026-01", "-0", "1e5", "NaN", "∞", "٣"]),
)


@QUIET
@given(cells=st.lists(st.lists(any_cell, min_size=6, max_size=6), min_size=1, max_size=6))
def test_random_cells_are_accepted_or_rejected_never_lost(cells: list[list[str]], receive: Receive) -> None:
    try:
        batch = receive(as_csv([HEADING, *cells]).encode())
    except FormatError:
        return
    assert batch.received == batch.accepted + batch.rejected
    assert sum(1 for _ in intake.rejected_rows(batch)) == batch.rejected
    assert sum(1 for _ in intake.accepted_rows(batch)) == batch.accepted
    for found in intake.rejected_rows(batch):
        assert found.reasons
        intake.walk_back(batch, found.line)


excel_cell = st.one_of(
    any_cell.filter(
        lambda text: not set(text) & {chr(code) for code in (*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF)}
    ),
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-(10**18), 10**18),
    st.booleans(),
    st.dates(date(1900, 3, 1), date(9999, 12, 31)),
)


@QUIET
@given(cells=st.lists(st.lists(excel_cell, min_size=6, max_size=6), min_size=1, max_size=4))
def test_random_cells_of_a_workbook_are_accepted_or_rejected(cells: list[list[Any]], tmp_path: Path) -> None:
    path = write_workbook(tmp_path / "x.xlsx", {"申报": [HEADING, *cells]}, default_date_format="yyyy-mm-dd")
    assert _judge_all(path, "x.xlsx").received <= len(cells)


@QUIET
@given(
    wages=st.lists(st.integers(1, 10**10), min_size=1, max_size=20, unique=True),
    encoding=st.sampled_from(["utf-8", "gb18030", "utf-8-sig"]),
)
def test_what_is_written_is_what_is_read(wages: list[int], encoding: str, receive: Receive) -> None:
    """Amounts written as text or into a workbook come back to the fen."""
    rows = [
        row(缴费工资=shown("金额", fen), 费款所属期=shown("年月", 200001 + 100 * at)) for at, fen in enumerate(wages)
    ]
    batch = receive(as_csv([HEADING, *rows]).encode(encoding))
    assert [found["wage_fen"] for found in intake.accepted_rows(batch)] == wages


@QUIET
@given(wages=st.lists(st.integers(1, 10**12), min_size=1, max_size=10))
def test_amounts_survive_as_numbers_of_a_workbook(wages: list[int], tmp_path: Path) -> None:
    rows = [row(缴费工资=fen / 100, 费款所属期=shown("年月", 200001 + 100 * at)) for at, fen in enumerate(wages)]
    path = write_workbook(tmp_path / "x.xlsx", {"申报": [HEADING, *rows]})
    dataset = load_dataset("contribution_declaration")
    gate = Gate(Setting(dataset, TODAY, ""))
    source = open_source(path, "x.xlsx", dataset)
    read = [gate.judge(chunk).values["wage_fen"].to_pylist() for chunk in source.chunks(lambda _done, _total: None)]
    assert [fen for part in read for fen in part] == wages


@QUIET
@given(keys=st.lists(st.integers(0, 30), max_size=60), size=st.integers(1, 7))
def test_repeated_keys_are_found_as_a_dictionary_finds_them(keys: list[int], size: int) -> None:
    seen, known = SeenKeys(), dict[int, int]()
    for start in range(0, len(keys), size):
        part = keys[start : start + size]
        rows = np.arange(start, start + len(part), dtype=np.int64)
        high, low = hash_keys([pa.array([f"k{key:03d}" for key in part]), pa.array(part, pa.int32())])
        expected = []
        for at, key in zip(rows.tolist(), part, strict=True):
            expected.append(known.get(key, -1))
            known.setdefault(key, at)
        assert seen.add(high, low, rows).tolist() == expected


def test_hashes_tell_values_types_and_empties_apart() -> None:
    spellings = ["", "a", "ab", "b", "a" * 20, None]
    high, low = hash_keys([pa.array(spellings)])
    assert len(set(zip(high.tolist(), low.tolist(), strict=True))) == len(spellings)
    one, other = (hash_keys([pa.array(pair)])[0][0] for pair in (["ab", "c"], ["ab", "dd"]))
    alone = hash_keys([pa.array(["ab"])])[0][0]
    assert one == other == alone, "a value has one hash, whatever stands in the other rows"


def test_random_keys_do_not_collide() -> None:
    generator = random.Random(1)  # noqa: S311  # keys for a test, no secret
    keys = ["".join(generator.choices(string.digits, k=18)) for _ in range(20_000)]
    high, _ = hash_keys([pa.array(keys)])
    assert len(np.unique(high)) == len(set(keys))


def test_the_day_of_receipt_bounds_the_date_of_birth(receive: Receive) -> None:
    born_tomorrow = CitizenId.make("990101", NOW.date() + timedelta(days=1), 1).number18
    batch = receive(as_csv([HEADING, row(证件号码=born_tomorrow)]))
    assert batch.rejected == 1

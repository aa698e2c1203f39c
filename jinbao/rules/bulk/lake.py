"""Careers in the lake: bucket files, their schema, reading in batches, writing in one step, and putting right."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jinbao.rules.bulk.careers import CAREER, LENGTH, PERSON, START
from jinbao.rules.bulk.errors import LakeError

FOLDER = "careers"
LAYOUT = 1
PERSONS_A_BUCKET = 50_000
GENERATED = "generated"
_SOURCES = {"books": "由账簿写出的", "files": "由逐月文件转换的", GENERATED: "生成的"}

STRETCH = pa.struct(
    [
        pa.field(START, pa.int32(), nullable=False),
        pa.field(LENGTH, pa.int16(), nullable=False),
        pa.field("缴费基数", pa.int32(), nullable=False),
    ]
)
CAREER_FIELD = pa.field(CAREER, pa.list_(pa.field("element", STRETCH, nullable=False)), nullable=False)
FACTS = (
    pa.field(PERSON, pa.string(), nullable=False),
    pa.field("出生年月", pa.int32(), nullable=False),
    pa.field("退休类别", pa.string(), nullable=False),
    pa.field("选择退休年月", pa.int32()),
    pa.field("视同缴费月数", pa.int16(), nullable=False),
)
SCHEMA = pa.schema([*FACTS, CAREER_FIELD])
"""What the generator and the conversion write; a file may hold further facts of the person under their names."""


def bucket_files(lake: Path) -> list[Path]:
    """List the bucket files of a lake in order. Raises LakeError when there are none or the layout is another one."""
    folder = lake / FOLDER
    files = sorted(folder.glob("bucket-*.parquet"))
    if not files:
        advice = "先运行 jinbao careers generate 或 jinbao careers convert；--lake 指 careers 的上一级目录。"
        raise LakeError(f"{folder} 中没有履历文件", advice=advice)
    about = describe(lake)
    if about.get("layout") != LAYOUT or about.get("buckets") != len(files):
        message = f"{folder} 不完整：应有 {about.get('buckets', '?')} 个桶，现有 {len(files)} 个"
        raise LakeError(message, advice="生成或转换没有做完，重新运行即可。")
    for bucket, file in enumerate(files):
        if file != bucket_path(lake, bucket):
            message = f"{folder} 中没有 {bucket_path(lake, bucket).name}，却有 {file.name}"
            raise LakeError(message, advice="桶从 00000 起连续编号，一个也不能少；名字改回来，或重新生成、转换。")
    return files


def describe(lake: Path) -> dict[str, Any]:
    """Return what the lake says of itself."""
    file = lake / FOLDER / "lake.json"
    try:
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    except ValueError:
        raise LakeError(f"{file} 读不了，不是这里写出的", advice="删去这个文件，重新生成、转换或由账簿写出。") from None
    return found


def refuse_other_lake(lake: Path, source: str) -> None:
    """Keep careers that came from somewhere else: from the books, from files, or generated. Raises LakeError."""
    about = describe(lake)
    held = about.get("source") or (GENERATED if about.get("generated") else "files")
    if about and held != source:
        said = f"{lake / FOLDER} 中已有{_SOURCES.get(held, '别处来的')}履历"
        raise LakeError(said, advice="换一个目录，以免覆盖。")


def begin_anew(lake: Path) -> None:
    """Take out the description, so that a lake half written is never taken for a whole one, and the old buckets."""
    folder = lake / FOLDER
    for old in (folder / "lake.json", *folder.glob("bucket-*.parquet")):
        old.unlink(missing_ok=True)


@contextmanager
def readable(file: Path | None = None) -> Iterator[None]:
    """Say that a file is damaged. Raises LakeError where what is read is not whole Parquet."""
    try:
        yield
    except pa.ArrowInvalid as error:
        advice = "重新生成、转换或由账簿写出（jinbao careers from-books --anew）。"
        what = f"{file}：" if file else ""
        raise LakeError(f"{what}文件不完整或已损坏：{str(error).splitlines()[0]}", advice=advice) from None


def schema_of(lake: Path) -> pa.Schema:
    """Return the columns that a lake holds. Raises LakeError when there is none, a file is damaged or has others."""
    found: pa.Schema | None = None
    for file in bucket_files(lake):
        with readable(file):
            schema = pq.read_schema(file)
        names = set(schema.names)
        other = set((found or schema).names) ^ names
        if other or not {PERSON, CAREER} <= names:
            what = "、".join(sorted(other or {PERSON, CAREER} - names))
            raise LakeError(
                f"{file}：列与其余的桶不同，或缺少必需的列：{what}",
                advice="各桶的列须相同，见 docs/bulk.md 的履历文件。",
            )
        found = found or schema
    assert found is not None  # noqa: S101  # a lake has at least one file
    return found


def write_description(lake: Path, about: dict[str, Any]) -> None:
    """Write what the lake says of itself, last of all: a lake without it is not complete."""
    text = json.dumps({"layout": LAYOUT, **about}, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    write_in_one_step(lake / FOLDER / "lake.json", text.encode())


def write_in_one_step(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_bytes(content)
    temporary.replace(path)


def write_table(path: Path, table: pa.Table, *, packed: bool = True, tags: dict[str, str] | None = None) -> None:
    """Write a Parquet file in one step; the same table gives the same bytes.

    Careers are `packed`: compressed. Results are hardly made smaller by that; their amounts, one like the next, are
    kept as differences instead, which halves the file and is written faster than the plain numbers.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    texts = [field.name for field in table.schema if pa.types.is_string(field.type) and field.name != PERSON]
    numbers = [field.name for field in table.schema if not packed and _whole_number(field.type)]
    with pq.ParquetWriter(
        temporary, table.schema, compression="lz4" if packed else "none", use_dictionary=texts,
        column_encoding=dict.fromkeys(numbers, "DELTA_BINARY_PACKED") or None,
        write_statistics=[PERSON], store_schema=False, store_decimal_as_integer=True,
    ) as writer:  # fmt: skip
        writer.write_table(table, row_group_size=max(table.num_rows, 1))
        if tags:
            writer.add_key_value_metadata(tags)
    temporary.replace(path)


def _whole_number(kind: pa.DataType) -> bool:
    """Tell whether Parquet keeps values of this type as whole numbers of 32 or 64 bits."""
    return bool(pa.types.is_decimal64(kind) or pa.types.is_int32(kind) or pa.types.is_int64(kind))


def bucket_path(lake: Path, bucket: int) -> Path:
    """Return the file of a bucket."""
    return lake / FOLDER / f"bucket-{bucket:05d}.parquet"


def bucket_count(persons: int) -> int:
    """Choose the number of buckets for a population; at least two, so that two cores share the work."""
    return max(2, -(-persons // PERSONS_A_BUCKET))


def out_of_order(table: pa.Table) -> bool:
    """Tell whether persons are not in strictly ascending order of their number."""
    numbers = table.column(PERSON).combine_chunks()
    if len(numbers) < 2:
        return False
    return not pc.all(pc.less(numbers.slice(0, len(numbers) - 1), numbers.slice(1))).as_py()


def read_person_rows(file: Path) -> Iterator[dict[str, Any]]:
    """Go through a bucket file person by person, as plain values."""
    for batch in pq.ParquetFile(file).iter_batches(1000):
        yield from batch.to_pylist()

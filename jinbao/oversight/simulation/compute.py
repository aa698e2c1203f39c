"""Both laws over every bucket of a lake, one bucket after the other; what is kept of a person has no name or number.

A part file has one row a person: age, sex, region, income and what each law gives. It can be taken up again after a
kill: a part whose inputs and laws are the same is not computed again.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jinbao.oversight.simulation.question import Benefit, Question, benefit_of
from jinbao.oversight.simulation.sides import Outcome, Prepared, outcome_of, prepared, refuse_unknown_years
from jinbao.rules.bulk.careers import PERSON, Array, needed_columns
from jinbao.rules.bulk.errors import LakeError
from jinbao.rules.bulk.exact import refusal_of
from jinbao.rules.bulk.kernel import load_kernel
from jinbao.rules.bulk.lake import bucket_files, schema_of, write_table
from jinbao.rules.bulk.run import in_parallel, read_bucket
from jinbao.rules.bulk.where import check_where
from jinbao.rules.law import load_law

TAG = "jinbao.simulation"
BORN = "出生年月"
PROBE = 2_000
"""Among so many people of the first bucket it is tried whether careers can go on."""
PLACE = "参保地"
"""The column of the lake that says where somebody is insured; a lake without it has only the number's first digits."""


@dataclass(frozen=True)
class Part:
    """What came of one bucket."""

    bucket: int
    persons: int
    exact: dict[str, int]
    unanswered: dict[str, dict[str, int]]
    """How many get no answer, by side and reason."""
    input_hash: str


@dataclass
class Work:
    """A question made ready: both laws compiled, the files of the lake listed."""

    question: Question
    benefit: Benefit
    files: list[Path]
    held: tuple[str, ...]
    sides: dict[str, Prepared]
    cache: Path | None = None
    stamp: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        about = {name: side.about() for name, side in self.sides.items()}
        self.stamp = {
            "laws": _digest(about),
            "where": self.question.where,
            "words": _digest(dict(self.benefit.without_answer)),
        }

    @property
    def has_places(self) -> bool:
        """Whether the lake says where people are insured."""
        return PLACE in self.held

    def part_path(self, out: Path, bucket: int) -> Path:
        """Return the part file of a bucket."""
        return out / "parts" / f"part-{bucket:05d}.parquet"


def prepare(question: Question, lake: Path, *, policy: Path | None = None, cache: Path | None = None) -> Work:
    """Look at the lake and both laws before anything runs.

    Raises LakeError, WrongAssumption, NotCompilable and what loading raises, with file:line.
    """
    law = load_law(policy)
    files = bucket_files(lake)
    schema = schema_of(lake)
    check_where(question.where, schema)
    held = tuple(schema.names)
    if BORN not in held:
        raise LakeError(f"履历没有“{BORN}”一列，不能按年龄分组", advice="见 docs/bulk.md 的履历文件。")
    benefit = benefit_of(law, question.benefit)
    work = Work(question, benefit, files, held, prepared(law, benefit, question, held), cache)
    if any(side.yearly.paying is not None for side in work.sides.values()):
        with _naming(files[0]):
            table = _read(work, files[0].read_bytes(), 0).slice(0, PROBE)
            for side in work.sides.values():
                refuse_unknown_years(side, table, cache)
    return work


def _digest(what: Any) -> str:
    return hashlib.sha256(json.dumps(what, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:32]


def compute(
    work: Work, out: Path, *, resume: bool = False, threads: int = 2, progress: Callable[[Part], None] = lambda _: None
) -> list[Part]:
    """Compute every bucket that is not computed yet. Raises LakeError for disorder, or results in the way."""
    if not resume and any((out / "parts").glob("part-*.parquet")):
        raise LakeError(f"{out} 已有结果", advice="接着做加 --resume；重做换一个 --out。")
    for program in (each for side in work.sides.values() for _, each in side.programs):
        load_kernel(program, work.cache)
    parts = []
    for part in in_parallel(lambda bucket: _bucket(work, out, bucket, resume=resume), len(work.files), threads):
        progress(part)
        parts.append(part)
    for left in (out / "parts").glob("part-*.parquet"):
        if int(left.stem.partition("-")[2]) >= len(work.files):
            left.unlink()  # of a lake that had more buckets
    return sorted(parts, key=lambda part: part.bucket)


def _bucket(work: Work, out: Path, bucket: int, *, resume: bool) -> Part:
    path, target = work.files[bucket], work.part_path(out, bucket)
    content = path.read_bytes()
    stamp = {**work.stamp, "input": hashlib.sha256(content).hexdigest()[:32]}
    known = _finished(target, stamp) if resume else None
    if known:
        return known
    with _naming(path):
        table = _read(work, content, bucket)
        answers = {name: outcome_of(side, table, work.cache) for name, side in work.sides.items()}
    exact = {name: found.exact for name, found in answers.items()}
    unanswered = {name: _reasons(work.benefit, found) for name, found in answers.items()}
    part = Part(bucket, table.num_rows, exact, unanswered, stamp["input"])
    tag = json.dumps({**stamp, "part": asdict(part)}, ensure_ascii=False, sort_keys=True)
    write_table(target, _rows(work, table, answers), tags={TAG: tag})
    return part


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Say in which file something is wrong."""
    try:
        yield
    except LakeError as error:
        raise LakeError(f"{path}：{error.message}", advice=error.advice) from error


def _finished(path: Path, stamp: dict[str, str]) -> Part | None:
    if not path.exists():
        return None
    tag = json.loads((pq.read_metadata(path).metadata or {}).get(TAG.encode(), b"{}"))
    return Part(**tag["part"]) if all(tag.get(key) == value for key, value in stamp.items()) else None


def _read(work: Work, content: bytes, bucket: int) -> pa.Table:
    """Read what both laws need in one go."""
    first, *others = (program for side in work.sides.values() for _, program in side.programs)
    needed = dict.fromkeys(name for program in others for name in needed_columns(program, list(work.held)))
    also = [*needed, BORN, *([PLACE] if work.has_places else [])]
    home = bucket, len(work.files)
    return read_bucket(first, pa.py_buffer(content), work.held, home, work.question.where, also)


def _reasons(benefit: Benefit, answers: Outcome) -> dict[str, int]:
    """Count who got no answer by the reason, in the words declared for the rule that refuses, or else its own."""
    found: Counter[str] = Counter()
    for row in np.flatnonzero(answers.without).tolist():
        rule, says = refusal_of(answers.reasons[row])
        found[benefit.without_answer.get(rule) or (f"“{rule}”：{says}" if rule else says)] += 1
    return dict(sorted(found.items()))


def _rows(work: Work, table: pa.Table, answers: dict[str, Outcome]) -> pa.Table:
    numbers = table.column(PERSON).combine_chunks()
    places = table.column(PLACE) if work.has_places else pc.utf8_slice_codeunits(numbers, 0, 6)
    columns: dict[str, Any] = {"age": _ages(work, table), "sex": _sexes(numbers), "place": places}
    columns["income"] = pa.array(answers["before"].income, mask=answers["before"].no_income)
    for name, found in answers.items():
        columns[f"fen_{name}"] = found.fen
        columns[f"start_{name}"] = found.start.astype(np.int32)
        columns[f"entitled_{name}"] = found.entitled
    return pa.table(columns)


def _ages(work: Work, table: pa.Table) -> Array:
    """Return full years of age in the first month, from the month of birth."""
    born = np.asarray(table.column(BORN).combine_chunks().fill_null(0)).astype(np.int64)
    months = work.question.first.ordinal - (born // 100 * 12 + born % 100 - 1)
    return np.where(born == 0, -1, months // 12).astype(np.int16)


def _sexes(numbers: pa.Array) -> Array:
    """Return 1 for men and 0 for women by the 17th digit of the number (GB 11643), 2 for other numbers."""
    if isinstance(numbers, pa.ChunkedArray):
        numbers = numbers.combine_chunks()
    digit = pc.utf8_slice_codeunits(numbers, 16, 17)
    known = pc.and_(pc.equal(pc.utf8_length(numbers), 18), pc.utf8_is_decimal(digit))
    odd = pc.is_in(digit, pa.array(list("13579")))
    return np.where(np.asarray(known), np.asarray(odd).astype(np.int8), np.int8(2))

"""Run a rule set over a lake: one bucket after the other in bounded memory, on every core, resumable, the same
bytes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from jinbao.kernel.errors import FormatError
from jinbao.rules.bulk.careers import PERSON, needed_columns
from jinbao.rules.bulk.compiler import Program, compile_rules
from jinbao.rules.bulk.errors import LakeError
from jinbao.rules.bulk.execute import REASON, Answers, as_table, execute
from jinbao.rules.bulk.homes import refuse_strays
from jinbao.rules.bulk.kernel import default_cache, digest, load_kernel
from jinbao.rules.bulk.lake import bucket_files, out_of_order, readable, schema_of, write_in_one_step, write_table
from jinbao.rules.bulk.where import check_where, columns_in, selected
from jinbao.rules.ir import Type
from jinbao.rules.law import Law, load_law

_TAG = "jinbao.run"
T = TypeVar("T")


@dataclass(frozen=True)
class Job:
    """What to run; plain values, so that it can be sent to another process or machine."""

    rules: tuple[str, ...]
    region: str
    on: date
    lake: str
    out: str
    held: tuple[str, ...]
    where: str = ""
    policy: str | None = None
    cache: str | None = None
    production: bool | None = None


@dataclass(frozen=True)
class Part:
    """What came of one bucket; `totals` are sums of numbers in the scale of the result columns."""

    bucket: int
    persons: int
    exact: int
    unanswered: int
    input_hash: str
    totals: dict[str, int] = field(default_factory=dict)


def make_job(
    rules: Iterable[str], *, region: str, on: date, lake: Path, out: Path, where: str = "", policy: Path | None = None,
    cache: Path | None = None,
) -> Job:  # fmt: skip
    """Look at the lake and the law before anything runs. Raises LakeError, NotCompilable and what loading raises."""
    names = tuple(rules)
    if not names:
        raise FormatError(
            "没有写要计算哪条规则", advice="例如 基本养老金,个人账户储存额；jinbao law list 列出全部规则。"
        )
    schema = schema_of(lake)
    check_where(where, schema)
    held = tuple(schema.names)
    kernels = (cache or default_cache()).resolve()  # absolute: an executor of a cluster works in a folder of its own
    job = Job(names, region, on, str(lake), str(out), held, where, str(policy) if policy else None, str(kernels))
    load_kernel(program_of(job), kernels)
    return job


@lru_cache(maxsize=4)
def _prepared(job: Job) -> tuple[Law, Program]:
    law = load_law(Path(job.policy) if job.policy else None, production=job.production)
    return law, compile_rules(law, job.rules, region=job.region, on=job.on, columns=frozenset(job.held))


def program_of(job: Job) -> Program:
    """Return the compiled program of a job, made once a process."""
    return _prepared(job)[1]


def parameter_hash(program: Program) -> str:
    """Hash every value of a parameter that entered the kernel, and the kernel itself."""
    found = hashlib.sha256(digest(program).encode())
    for array in program.arrays:
        found.update(array.tobytes())
    found.update(json.dumps(program.codes, ensure_ascii=False, sort_keys=True).encode())
    return found.hexdigest()[:32]


def part_path(job: Job, bucket: int) -> Path:
    """Return the result file of a bucket."""
    return Path(job.out) / f"part-{bucket:05d}.parquet"


def run_bucket(job: Job, bucket: int, *, resume: bool) -> Part:
    """Compute one bucket and write its result. Raises LakeError with the file."""
    files = bucket_files(Path(job.lake))
    path = files[bucket]
    content = path.read_bytes()
    input_hash = hashlib.sha256(content).hexdigest()[:32]
    law, program = _prepared(job)
    stamp = {"rules": program.version, "parameters": parameter_hash(program), "input": input_hash, "where": job.where}
    known = _finished(job, bucket, stamp) if resume else None
    if known:
        return known
    try:
        table = read_bucket(program, pa.py_buffer(content), job.held, (bucket, len(files)), job.where)
        answers = execute(law, program, table, Path(job.cache) if job.cache else None)
    except LakeError as error:
        raise LakeError(f"{path}：{error.message}", advice=error.advice) from error
    part = _part(program, bucket, table.num_rows, answers, input_hash)
    tag = json.dumps({**stamp, "part": asdict(part)}, ensure_ascii=False, sort_keys=True)
    write_table(part_path(job, bucket), as_table(program, table, answers), packed=False, tags={_TAG: tag})
    return part


def _finished(job: Job, bucket: int, stamp: dict[str, str]) -> Part | None:
    path = part_path(job, bucket)
    if not path.exists():
        return None
    tag = json.loads((pq.read_metadata(path).metadata or {}).get(_TAG.encode(), b"{}"))
    same = all(tag.get(key) == value for key, value in stamp.items())
    return Part(**tag["part"]) if same else None


def read_bucket(
    program: Program, source: Any, held: tuple[str, ...], home: tuple[int, int], where: str = "",
    also: Collection[str] = (),
) -> pa.Table:  # fmt: skip
    """Read what a program needs of a bucket, in order of the number, and `also` some other columns.

    `home` is the bucket and of how many. Raises LakeError for a damaged file, disorder, people of another bucket or a
    wrong filter.
    """
    choices = [column.name for column in program.columns if column.type is Type.CHOICE]
    columns = list(dict.fromkeys([*needed_columns(program, list(held)), *also]))
    facts = [name for name in columns_in(where) if name in held]
    with readable():
        file = pq.ParquetFile(source, read_dictionary=[name for name in choices if name not in also])
        table = file.read([*columns, *(name for name in facts if name not in columns)], use_threads=False)
    if out_of_order(table):
        advice = "运行 jinbao careers repair --lake DIR。"
        raise LakeError("人员未按证件号码由小到大排列，或有重复", advice=advice)
    refuse_strays(table, *home)
    return table.take(selected(table, where)) if where else table


def _part(program: Program, bucket: int, persons: int, answers: Answers, input_hash: str) -> Part:
    numbers = zip(program.outputs, answers.columns, strict=True)
    totals = {output.name: int(values.sum()) for output, values in numbers if output.type is Type.NUMBER}
    unanswered = int(np.logical_or.reduce(answers.missing).sum()) if answers.missing else 0
    return Part(bucket, persons, answers.exact, unanswered, input_hash, totals)


def run(
    job: Job, *, resume: bool = False, threads: int = 2, progress: Callable[[Part], None] = lambda _: None
) -> dict[str, Any]:
    """Run a job on this machine and return what it did; the same is written to run.json, without times of day.

    Raises LakeError where results of another run are in the way, or where careers are out of order.
    """
    count = prepare_out(job, resume=resume)
    parts = []
    for part in in_parallel(lambda bucket: run_bucket(job, bucket, resume=resume), count, threads):
        progress(part)
        parts.append(part)
    return finish(job, parts)


def prepare_out(job: Job, *, resume: bool) -> int:
    """Check the result folder and return the number of buckets. Raises LakeError for results of another question."""
    out = Path(job.out)
    question, asked = out / "question.json", _question(job)
    if any(out.glob("part-*.parquet")):
        if not resume:
            raise LakeError(f"{out} 已有结果", advice="接着做加 --resume；重做换一个 --out。")
        if question.exists() and question.read_text(encoding="utf-8") != asked:
            raise LakeError(f"{out} 里是另一次计算的结果（见 {question}）", advice="换一个 --out，以免覆盖。")
    count = len(bucket_files(Path(job.lake)))
    write_in_one_step(question, asked.encode())
    for left in out.glob("part-*.parquet"):
        if int(left.stem.partition("-")[2]) >= count:
            left.unlink()  # of a lake that had more buckets
    return count


def _question(job: Job) -> str:
    """Write down what is asked, apart from the versions of law and careers, which a resumed run may find changed."""
    asked = {"rules": list(job.rules), "region": job.region, "on": str(job.on), "where": job.where}
    return json.dumps(asked, ensure_ascii=False, sort_keys=True) + "\n"


def in_parallel(work: Callable[[int], T], count: int, threads: int) -> Iterator[T]:
    """Work through the buckets, every thread busy and no more than one bucket a thread in memory."""
    with ThreadPoolExecutor(threads) as pool:
        running: set[Future[T]] = set()
        for bucket in range(count):
            running.add(pool.submit(work, bucket))
            if len(running) >= threads:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
        yield from (future.result() for future in wait(running).done)


def finish(job: Job, parts: list[Part]) -> dict[str, Any]:
    """Write run.json and return its content."""
    program = program_of(job)
    parts = sorted(parts, key=lambda part: part.bucket)
    inputs = hashlib.sha256("".join(part.input_hash for part in parts).encode()).hexdigest()[:32]
    scales = {output.name: output.scale for output in program.outputs}
    totals = {
        name: _sum_text(sum(part.totals[name] for part in parts), scales[name])
        for name in (parts[0].totals if parts else ())
    }
    about = {
        "rules": list(job.rules), "region": job.region, "on": str(job.on), "where": job.where,
        "rule_version": program.version, "parameter_hash": parameter_hash(program), "input_hash": inputs,
        "persons": sum(part.persons for part in parts), "exact": sum(part.exact for part in parts),
        "unanswered": sum(part.unanswered for part in parts), "totals": totals, "buckets": len(parts),
        "columns": [PERSON, *scales, REASON],
    }  # fmt: skip
    text = json.dumps(about, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    write_in_one_step(Path(job.out) / "run.json", text.encode())
    return about


def _sum_text(total: int, scale: int) -> str:
    places = len(str(scale)) - 1
    return f"{total // scale}.{total % scale:0{places}d}" if places else str(total)

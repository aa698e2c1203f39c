"""Measure the bulk reading against a scan, a hand-written kernel and the usual tools; the last line is one JSON object.

    python bench/careers.py 1000000          (make bench-careers PERSONS=1000000)

Three interleaved rounds, CPU seconds (all threads) beside wall seconds because the machine may be shared; the best of
the three counts. `rows` are months. `ratio` is against DuckDB reading and summing the same careers as one row a month
(person, month, base), written beside the lake: the limit for whoever keeps them so. `ratio_packed` is against DuckDB
reading and summing the very files that the bulk reading reads, one row a person with stretches of equal months: the
harder limit, since those files are read two to three times faster by anybody. Peers that hold everything in memory or
go person by person run on a sample and are scaled up, marked so.
PEERS=none leaves them out, PEERS=openfisca adds OpenFisca in a throw-away venv of its own.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.career_peers import PEERS, monthly_rows
from bench.reference_kernel import RULES, by_hand, differing, reference_arguments
from jinbao.rules import load_law
from jinbao.rules.bulk.careers import as_careers
from jinbao.rules.bulk.exact import exact_row
from jinbao.rules.bulk.execute import as_table, execute
from jinbao.rules.bulk.kernel import load_kernel
from jinbao.rules.bulk.lake import bucket_files, describe, write_table
from jinbao.rules.bulk.run import make_job, program_of, read_bucket, run

ON, REGION = date(2025, 12, 1), "990100"
ROUNDS = 3
SCAN = """SELECT (SELECT (max(证件号码), sum(出生年月), max(退休类别),
 sum(选择退休年月), sum(视同缴费月数)) FROM '{files}'),
 (SELECT (sum(x.起), sum(x.月数), sum(x.缴费基数)) FROM (SELECT unnest(履历) x FROM '{files}'))"""


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def timed(work: Callable[[], Any]) -> tuple[float, float, Any]:
    before, began = cpu(), time.perf_counter()
    result = work()
    return cpu() - before, time.perf_counter() - began, result


def lake_for(persons: int) -> Path:
    lake = Path("var/bench") / f"careers-{persons}"
    if describe(lake).get("persons") != persons:
        shutil.rmtree(lake, ignore_errors=True)
        command = [
            sys.executable,
            "-m",
            "jinbao.project.cli",
            "careers",
            "generate",
            "--persons",
            str(persons),
            "--out",
            str(lake),
        ]
        print(subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip())
    return lake


def rounds(works: dict[str, Callable[[], Any]]) -> dict[str, dict[str, float]]:
    """Run everything in turn, three times; return the best CPU and wall seconds of each."""
    seen: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
    for number in range(ROUNDS):
        for name, work in works.items():
            used, wall, _ = timed(work)
            seen[name].append((used, wall))
            print(f"  round {number + 1}  {name:<16} cpu {used:8.3f}  wall {wall:8.3f}", flush=True)
    return {name: {"cpu": min(c for c, _ in found), "wall": min(w for _, w in found)} for name, found in seen.items()}


def ratios(found: dict[str, dict[str, float]]) -> dict[str, float]:
    """Return the bulk reading against each scan, in wall and in CPU seconds."""
    names = {("scan", "wall"): "ratio", ("scan", "cpu"): "ratio_cpu",
             ("scan_packed", "wall"): "ratio_packed", ("scan_packed", "cpu"): "ratio_packed_cpu"}  # fmt: skip
    return {name: found["bulk"][kind] / found[scan][kind] for (scan, kind), name in names.items()}


def kernels(table: pa.Table, program: Any) -> dict[str, Callable[[], Any]]:
    """Return the compiled and the hand-written kernel over arrays in memory."""
    careers, compiled = as_careers(program, table), load_kernel(program)
    status, outputs = careers.status.copy(), [np.zeros(table.num_rows, np.int64) for _ in program.outputs]
    rows = (careers.offsets, careers.starts, careers.lengths, *careers.months)

    def by_compiler() -> None:
        status[:] = careers.status
        compiled(status, *rows, *careers.columns, *program.arrays, *outputs)

    return {
        "kernel": by_compiler,
        "reference": by_hand(program, careers, reference_arguments(load_law(), REGION, ON))[0],
    }


def reference_differences(lake: Path, program: Any, held: tuple[str, ...]) -> tuple[int, int]:
    """Compare everybody of a lake with the hand-written kernel; return how many differ, how many it did not decide."""
    law, files = load_law(), bucket_files(lake)
    parameters, different, undecided = reference_arguments(law, REGION, ON), 0, 0
    for bucket, file in enumerate(files):
        table = read_bucket(program, file, held, (bucket, len(files)))
        found = differing(program, as_careers(program, table), execute(law, program, table), parameters)
        for number in table.column("证件号码").take(pa.array(found[0][:3])).to_pylist():
            print(f"  differs from the hand-written kernel: {number} in {file}", flush=True)
        different, undecided = different + len(found[0]), undecided + found[1]
    return different, undecided


def exact_differences(lake: Path, program: Any, held: tuple[str, ...], sample: int) -> tuple[int, int, float]:
    """Compare a sample with the exact reading; return persons compared, differences, CPU seconds a person."""
    law, compared, different, used = load_law(), 0, 0, 0.0
    files = bucket_files(lake)
    for bucket, file in enumerate(files):
        table = read_bucket(program, file, held, (bucket, len(files)))
        answers = execute(law, program, table)
        picked = np.random.default_rng(7).choice(
            table.num_rows, min(-(-sample // len(files)), table.num_rows), replace=False
        )
        for row in picked:
            spent, _, (numbers, _) = timed(
                lambda row=row, table=table: exact_row(law, program, table.slice(int(row), 1).to_pylist()[0])
            )
            found = [
                None if gap[row] else int(values[row])
                for values, gap in zip(answers.columns, answers.missing, strict=True)
            ]
            compared, different, used = compared + 1, different + (numbers != found), used + spent
    return compared, different, used / max(compared, 1)


def stages(lake: Path, job: Any) -> dict[str, float]:
    """Return microseconds of CPU a person for each stage of a bucket, the best of three: what dominates."""
    program, law, out = program_of(job), load_law(), Path(job.out) / ".stage.parquet"
    files = bucket_files(lake)
    content, home = files[0].read_bytes(), (0, len(files))
    table = read_bucket(program, pa.py_buffer(content), job.held, home)
    answers = execute(law, program, table)
    whole = as_table(program, table, answers)
    works: dict[str, Callable[[], Any]] = {
        "hash": lambda: hashlib.sha256(content).hexdigest(),
        "decode": lambda: read_bucket(program, pa.py_buffer(content), job.held, home),
        "prepare": lambda: as_careers(program, table),
        "prepare_and_kernel": lambda: execute(law, program, table),
        "write": lambda: write_table(out, whole, packed=False),
    }
    found = {name: min(timed(work)[0] for _ in range(3)) / table.num_rows * 1e6 for name, work in works.items()}
    out.unlink()
    return {name: round(used, 3) for name, used in found.items()}


def peak_mb(lake: Path, out: Path) -> float:
    """Run the command in a process of its own and return its peak memory."""
    command = [sys.executable, "-m", "jinbao.project.cli", "bulk", ",".join(RULES), "--lake", str(lake), "--on", str(ON),  # noqa: E501  # reads better whole
               "--region", REGION, "--out", str(out), "--json"]  # fmt: skip
    shutil.rmtree(out, ignore_errors=True)
    start = f"import resource,subprocess; subprocess.run({command!r},check=True,stdout=subprocess.DEVNULL)"
    code = f"{start}; print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return round(int(done.stdout) / 1024, 1)


def main(persons: int, *, peers: bool = True) -> int:
    lake, out = lake_for(persons), Path(f"var/bench/result-{persons}")
    job = make_job(RULES, region=REGION, on=ON, lake=lake, out=out)
    program, connection = program_of(job), duckdb.connect(config={"threads": 2})
    scan = SCAN.format(files=lake / "careers" / "bucket-*.parquet")
    monthly = monthly_rows(connection, lake)

    def bulk() -> Any:
        shutil.rmtree(out, ignore_errors=True)
        return run(job, threads=2)

    works: dict[str, Callable[[], Any]] = {
        "scan": lambda: connection.execute(f"SELECT sum(person), sum(month), sum(base) FROM '{monthly}'").fetchall(),
        "bulk": bulk,
        "scan_packed": lambda: connection.execute(scan).fetchall(),
    }
    print(f"{persons:,} persons, {describe(lake)['months']:,} months, {describe(lake)['stretches']:,} stretches")
    bulk()  # compiles and warms the caches of the file system
    found = rounds(works)
    files = bucket_files(lake)
    table = read_bucket(program, files[0], job.held, (0, len(files)))
    pair = kernels(table, program)
    for work in pair.values():
        work()
    kernel = rounds(pair)
    by_reference, undecided = reference_differences(lake, program, job.held)
    compared, different, each = exact_differences(lake, program, job.held, 500)
    about = json.loads((out / "run.json").read_text())
    answer = {
        "persons": persons, "rows": describe(lake)["months"], "stretches": describe(lake)["stretches"],
        "scan_s": found["scan"]["wall"], "scan_cpu_s": found["scan"]["cpu"],
        "bulk_s": found["bulk"]["wall"], "bulk_cpu_s": found["bulk"]["cpu"],
        "scan_packed_s": found["scan_packed"]["wall"], "scan_packed_cpu_s": found["scan_packed"]["cpu"],
        **ratios(found),
        "peak_mb": peak_mb(lake, out), "differences": different, "compared_with_exact": compared,
        "sent_to_exact": about["exact"], "reference_differences": by_reference,
        "reference_undecided": undecided,
        "kernel_ns_per_person": kernel["kernel"]["cpu"] / table.num_rows * 1e9,
        "reference_ns_per_person": kernel["reference"]["cpu"] / table.num_rows * 1e9,
        "cpu_us_per_person": found["bulk"]["cpu"] / persons * 1e6, "stages_us_per_person": stages(lake, job),
        "load": os.getloadavg()[0],
        "kernel_ratio": kernel["kernel"]["cpu"] / kernel["reference"]["cpu"], "decimal_row_by_row_ms_per_person": each * 1000,  # noqa: E501  # reads better whole
    }  # fmt: skip
    if peers:
        answer["peers"] = {name: peer(lake, table, program) for name, peer in PEERS.items()}
    if os.environ.get("PEERS") == "openfisca":
        from bench.career_openfisca import PERSONS, openfisca

        tables = [read_bucket(program, file, job.held, (at, len(files)))
                  for at, file in enumerate(files[: -(-PERSONS // 45_000)])]  # fmt: skip
        answer.setdefault("peers", {})["openfisca"] = openfisca(pa.concat_tables(tables), program)
    print(json.dumps({key: _short(value) for key, value in answer.items()}, ensure_ascii=False))
    return 1 if by_reference or different else 0


def _short(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, peers=os.environ.get("PEERS") != "none"))

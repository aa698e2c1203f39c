"""What one core does in each room of the data platform, and the cluster that fifteen terabytes imply.

    python -m bench.throughput --lake var/lake [--postgres postgresql://…] [--into docs/operations.md]

Every step runs in a process of its own and is counted in CPU seconds of that process, so that a busy machine changes
the figures little; `per_core` is per CPU second. `--lake` is the lake of a demonstration city after
`jinbao data load demo`: its tables say how many bytes a row takes, and the scenes are answered from it.
`--into` writes the measured and the derived figures between the two marks of a document, so that the text says what
was measured. `--from FILE` derives and writes anew from a saved last line. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import sizing

ROWS, CORRECTED = 500_000, 50_000
QUALITY_ROWS, PERSONS, LOGGED = 2_000_000, 100_000, 50_000
LEAST_ROWS = 1_000
"""Tables with fewer rows say little about bytes a row: the footer of the file outweighs them."""


def cpu() -> float:
    """Return the CPU seconds of this process and of the children it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def spent(work: Callable[[], Any]) -> dict[str, float]:
    """Do something and return what it took."""
    wall, before = time.perf_counter(), cpu()
    work()
    return {"cpu_s": round(cpu() - before, 3), "wall_s": round(time.perf_counter() - wall, 3)}


def books(var: Path) -> None:
    """Set up empty books below `var`."""
    os.environ["JINBAO_VAR"] = str(var)
    os.environ.pop("DATABASE_URL", None)
    _ready()


def _ready() -> None:
    from django.core.management import call_command

    from jinbao.project.cli import setup_django

    setup_django()
    call_command("migrate", verbosity=0)


def intake(folder: Path) -> dict[str, Any]:
    """Take in a file, fold it into its empty table, then fold in a correction of a tenth of it."""
    from bench.intake import write_csv

    books(folder / "var")
    from django.utils import timezone

    from jinbao.data import intake as door
    from jinbao.data.lake import folder_of
    from jinbao.data.supply import tables
    from jinbao.trust.actors import Actor

    found: dict[str, Any] = {}
    for name, rows in (("whole", ROWS), ("correction", CORRECTED)):
        file = folder / f"{name}.csv"
        write_csv(file, rows)
        kept: list[Any] = []

        def receive(file: Path = file, kept: list[Any] = kept) -> None:
            terms = {"sender": "bench", "region": "990100", "now": timezone.now()}
            kept.append(door.receive(Actor.system(), file, file.name, "contribution_declaration", **terms))

        taken = spent(receive)
        door.accept(Actor.system(), kept[0], partial=True, now=timezone.now())
        folded = spent(lambda: tables.refresh(["contribution_declaration"]))
        size = file.stat().st_size
        found[name] = {"rows": rows, "bytes": size, "receive": taken, "fold": folded}
        landed = sum(one.stat().st_size for one in folder_of(kept[0]).rglob("*") if one.is_file())
        found[name]["landing_bytes"] = landed
    table = sum(path.stat().st_size for path in tables.files("contribution_declaration"))
    found["table"] = {"rows": tables.rows("contribution_declaration"), "bytes": table}
    return found


def quality(folder: Path) -> dict[str, Any]:
    """Judge a table of 26 columns by fifty rules."""
    _ready_without_books()
    from bench import quality as rules

    path = folder / "rows"
    rules.make(path, QUALITY_ROWS)
    size = sum(file.stat().st_size for file in path.iterdir())
    plain = spent(lambda: rules.plain(path))
    return {"rows": QUALITY_ROWS, "bytes": size, "judge": spent(lambda: rules.ours(path)), "read": plain}


def _ready_without_books() -> None:
    from jinbao.project.cli import setup_django

    setup_django()


def linkage(folder: Path) -> dict[str, Any]:
    """Link a hard labelled set of a hundred thousand people."""
    _ready_without_books()
    import pyarrow.parquet as pq

    from bench import linkage as peers
    from jinbao.data.linkage.generate import generate

    made = generate(PERSONS, "dense", seed=1)
    for name in ("rows", "changes"):
        pq.write_table(getattr(made, name), folder / f"{name}.parquet")
    took = spent(lambda: peers.ours(folder))
    return {
        "rows": made.rows.num_rows,
        "link": took,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10,
    }


def scenes(lake: Path) -> dict[str, Any]:
    """Answer every scene from the lake on DuckDB, and on a local Spark cluster where there is one."""
    os.environ["JINBAO_VAR"] = str(lake.parent)
    _ready_without_books()
    from jinbao.data.scenes import engines
    from jinbao.data.scenes.declared import scenes as declared
    from jinbao.data.supply import tables

    asked = [one for one in declared() if one.kind != "档案"]
    today = time.strftime("%Y-%m-%d")
    given = {one.name: one.values({}, today=_day(today)) for one in asked}
    read = {one.name: sum(tables.rows(name) for name in one.tables) for one in asked}
    hashes: dict[str, str] = {}

    def local() -> None:
        hashes.update({one.name: engines.digest(engines.on_duckdb(one, given[one.name])) for one in asked})

    found: dict[str, Any] = {"scenes": len(asked), "rows": sum(read.values()), "duckdb": spent(local)}
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        return found | {"spark": None}
    master = "local-cluster[2,1,1024]"
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master(master).config("spark.ui.enabled", "false")
    builder = builder.config("spark.sql.shuffle.partitions", "8")  # of 200, the default, most would be empty tasks
    session = builder.config("spark.log.level", "ERROR").getOrCreate()
    there: dict[str, str] = {}

    def cluster() -> None:
        there.update({one.name: engines.digest(engines.on_spark(one, given[one.name], session)) for one in asked})

    cold, warm = spent(cluster)["wall_s"], spent(cluster)["wall_s"]
    session.stop()
    same = sum(there[name] == hashes[name] for name in hashes)
    return found | {"spark": {"master": master, "cold_wall_s": cold, "warm_wall_s": warm, "same_hash": same}}


def _day(text: str) -> Any:
    from datetime import date

    return date.fromisoformat(text)


def sizes(lake: Path) -> dict[str, Any]:
    """Return bytes a row of each table of the lake with enough rows: as delivered, landed, standard."""
    os.environ["JINBAO_VAR"] = str(lake.parent)
    _ready_without_books()
    from jinbao.data.lake import folder_of, original_of
    from jinbao.data.models import Batch
    from jinbao.data.supply import tables

    found: dict[str, Any] = {}
    for name in tables.datasets():
        rows = tables.rows(name)
        if rows < LEAST_ROWS:
            continue
        batches = list(Batch.objects.filter(dataset=name, status__in=("accepted", "recorded")))
        came = sum(one.received for one in batches) or 1
        raw = sum(original_of(one).stat().st_size for one in batches)
        landed = sum(path.stat().st_size for one in batches for path in folder_of(one).rglob("*") if path.is_file())
        kept = sum(path.stat().st_size for path in tables.files(name))
        found[name] = {
            "rows": rows,
            "delivered": round(raw / came, 1),
            "landing": round(landed / came, 1),
            "standard": round(kept / rows, 1),
        }
    return found


def disk(folder: Path) -> dict[str, Any]:
    """Write a gigabyte durably and read it again (mostly from memory)."""
    piece, path = os.urandom(1 << 24), folder / "piece"

    def write() -> None:
        with path.open("wb") as file:
            for _ in range(64):
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())

    return {"bytes": 64 << 24, "write": spent(write)}


def postgres(url: str) -> dict[str, Any]:
    """Log calls in books on PostgreSQL, and return the bytes of a logged call with its indexes."""
    os.environ["DATABASE_URL"] = url
    _ready()
    from django.db import connection
    from django.utils import timezone

    from jinbao.data.exchange.models import Call

    now, name = timezone.now(), Call._meta.db_table
    made = [
        Call(
            request_id=f"{at:032x}", at=now, partner="12990100G00000015M", key_id="k0123456789abcdef",
            grant="SQ990100-1",
            family="jinbao", method="POST", path="/api/exchange/data/contribution_declaration/query", query="",
            time="1700000000000", nonce=f"{at:032x}", body_sm3=f"{at:064x}", signature="A" * 44, status=200, rows=1,
            fields=20, masked=4, cost=1, micros=1500, answer_sm3=f"{at:064x}", address="10.0.0.1", journal="w1.jsonl",
        )
        for at in range(LOGGED)
    ]  # fmt: skip
    took = spent(lambda: Call.objects.bulk_create(made, batch_size=2_000))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_total_relation_size(%s)", [name])
        size = cursor.fetchone()[0]
    return {"calls": LOGGED, "bytes": size, "insert": took}


STEPS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "intake": intake,
    "quality": quality,
    "linkage": linkage,
    "disk": disk,
    "scenes": scenes,
    "sizes": sizes,
}
OF_THE_LAKE = ("scenes", "sizes")


def run(step: str, argument: str) -> Any:
    """Run a step in a process of its own; None where it failed, with the reason on the error stream."""
    command = [sys.executable, "-m", "bench.throughput", "--step", step, argument]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.stderr.write(f"{step}: {done.stderr[-1500:]}\n")
        return None
    return json.loads(done.stdout.splitlines()[-1])


def measure(lake: Path | None, url: str) -> dict[str, Any]:
    """Run every step that has what it needs."""
    found: dict[str, Any] = {"cores": os.cpu_count(), "load_before": round(os.getloadavg()[0], 1)}
    for step in STEPS:
        if step in OF_THE_LAKE:
            found[step] = run(step, str(lake.resolve())) if lake else None
        else:
            with tempfile.TemporaryDirectory(prefix="throughput-") as folder:
                found[step] = run(step, folder)
        sys.stderr.write(f"{step}: {json.dumps(found[step], ensure_ascii=False)}\n")
    found["postgres"] = run("postgres", url) if url else None
    return found | {"load_after": round(os.getloadavg()[0], 1)}


def main() -> None:
    """Measure, derive, write, print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--lake", type=Path)
    options.add_argument("--postgres", default="", help="an empty database")
    options.add_argument("--into", type=Path)
    options.add_argument("--from", dest="saved", type=Path)
    options.add_argument("--step", nargs=2, help=argparse.SUPPRESS)
    asked = options.parse_args()
    if asked.step:
        step, argument = asked.step
        said = postgres(argument) if step == "postgres" else STEPS[step](Path(argument))
        print(json.dumps(said, ensure_ascii=False))
        return
    found = json.loads(asked.saved.read_text().splitlines()[-1]) if asked.saved else measure(asked.lake, asked.postgres)
    found["per_core"] = sizing.per_core(found)
    found["cluster"] = {reading: sizing.cluster(found, reading) for reading in sizing.READINGS}
    if asked.into:
        sizing.write(asked.into, found)
    print(json.dumps(found, ensure_ascii=False))


if __name__ == "__main__":
    main()

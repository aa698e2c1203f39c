"""The same run on a local Spark cluster with two executors beside the local run: same bytes, warm run as a ratio.

    uv sync --extra spark; python bench/spark.py [PERSONS]     (Java 17)

The first run on the cluster pays for starting Python and reading the law in each executor; three interleaved rounds
after it are compared. CPU is not compared: the executors are processes of their own. The last line is a JSON object.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.careers import ON, REGION, RULES, lake_for
from jinbao.rules.bulk.run import Job, make_job, run
from jinbao.rules.bulk.spark import run_on_spark, session

ROOT = Path(__file__).resolve().parents[1]
MASTER = "local-cluster[2,1,1024]"


def timed(job: Job, work: Callable[[], Any]) -> float:
    shutil.rmtree(job.out, ignore_errors=True)
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main(persons: int) -> None:
    lake = lake_for(persons)
    here, there = (make_job(RULES, region=REGION, on=ON, lake=lake.resolve(), out=(Path("var/bench") / name).resolve())
                   for name in ("result-local", "result-spark"))  # fmt: skip
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])  # for the executors
    seen: dict[str, list[float]] = {"local": [], "spark": []}
    with session(MASTER):
        cold = timed(there, lambda: run_on_spark(there, MASTER))
        timed(here, lambda: run(here))
        for number in range(3):
            seen["local"].append(timed(here, lambda: run(here)))
            seen["spark"].append(timed(there, lambda: run_on_spark(there, MASTER)))
            print(f"  round {number + 1}  local {seen['local'][-1]:.2f} s  spark {seen['spark'][-1]:.2f} s", flush=True)
    files = sorted(Path(here.out).iterdir())
    same = all(file.read_bytes() == (Path(there.out) / file.name).read_bytes() for file in files)
    local, warm = (min(seen[name]) for name in ("local", "spark"))
    print(json.dumps({"persons": persons, "files": len(files), "same_bytes": same, "local_s": round(local, 3),
                      "spark_cold_s": round(cold, 3), "spark_warm_s": round(warm, 3),
                      "spark_to_local": round(warm / local, 2), "load": os.getloadavg()[0]}))  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)

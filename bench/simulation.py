"""Measure a policy simulation against two plain bulk runs of the same rules; the last line is one JSON object.

    python bench/simulation.py 100000

The simulation runs both laws, joins them per person, counts, hides small cells and writes its three files; a bulk run
writes one result file a bucket. Three interleaved rounds with compiled kernels, CPU seconds (all threads) beside wall
seconds; the best of the three counts.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import sys
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.careers import lake_for, rounds
from jinbao.oversight.simulation.question import Question, Side, benefit_of
from jinbao.oversight.simulation.results import simulate
from jinbao.rules import load_law
from jinbao.rules.bulk.run import _prepared, make_job, run

ON, REGION = date(2025, 12, 1), "990100"


def main(persons: int) -> None:
    """Print what was measured."""
    lake, out = lake_for(persons), Path("var/bench") / f"simulation-{os.getpid()}"
    rules = benefit_of(load_law(production=False), "pension").rules
    question = Question("pension", Side(ON, REGION), Side(ON, REGION, ("公布计发基数=9800",)))

    def simulated() -> None:
        shutil.rmtree(out, ignore_errors=True)
        simulate(question, lake, out)

    def twice() -> None:
        for _ in range(2):
            _prepared.cache_clear()  # so that both compile their rules anew
            shutil.rmtree(out, ignore_errors=True)
            run(make_job(rules, region=REGION, on=ON, lake=lake, out=out))

    simulated()
    twice()
    found = rounds({"simulation": simulated, "two bulk runs": twice})
    shutil.rmtree(out, ignore_errors=True)
    ratios = {unit: round(found["simulation"][unit] / found["two bulk runs"][unit], 2) for unit in found["simulation"]}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"persons": persons, **found, "ratio": ratios, "peak_mb": peak, "load": os.getloadavg()[0]}))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)

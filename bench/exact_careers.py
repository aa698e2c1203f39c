"""Hold the bulk reading against the exact reading over random careers, on every core, resumable.

    python bench/exact_careers.py 1000000 [--processes 2] [--out var/bench/exact.jsonl]

Careers are drawn in parts of 5,000 people from (seed, part). Each finished part is a line of the progress file; started
again, the parts that are there are not computed again unless rules, parameters or kernel have changed. Ends with 1 and
names the people where any of the nine values of anybody differs.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import date
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.reference_kernel import FACTS, RULES
from jinbao.rules import load_law
from jinbao.rules.bulk.compiler import compile_rules
from jinbao.rules.bulk.exact import exact_row
from jinbao.rules.bulk.execute import execute
from jinbao.rules.bulk.generate import Plan, bucket_table
from jinbao.rules.bulk.run import parameter_hash
from jinbao.rules.bulk.wages import average_wages

ON, REGION, PART, SEED = date(2025, 12, 1), "990100", 5_000, 20_000_000


@cache
def prepared() -> tuple[Any, Any]:
    law = load_law(production=False)
    return law, compile_rules(law, RULES, region=REGION, on=ON, columns=FACTS)


def version() -> str:
    """Name everything that decides the answers: the rules, the parameters and the kernel."""
    _, program = prepared()
    return f"{program.version}-{parameter_hash(program)}"


def one_part(part: int) -> dict[str, Any]:
    """Compute 5,000 people both ways; return how many went to the exact reading anyway and who differs."""
    law, program = prepared()
    began = time.process_time()
    plan = Plan(PART, SEED + part, 2025 * 12 + 10, average_wages(2025))
    table = bucket_table(plan, 0, np.arange(PART))[0]
    answers = execute(law, program, table)
    differing = []
    for row, facts in enumerate(table.to_pylist()):
        expected, _ = exact_row(law, program, facts)
        pairs = zip(answers.columns, answers.missing, strict=True)
        found = [None if gap[row] else int(values[row]) for values, gap in pairs]
        if found != expected:
            differing.append({"row": row, "bulk": found, "exact": expected})
    return {"part": part, "version": version(), "handed_over": answers.exact, "differing": differing,
            "cpu_s": round(time.process_time() - began, 2)}  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("persons", type=int)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("var/bench/exact.jsonl"))
    given = parser.parse_args()
    given.out.parent.mkdir(parents=True, exist_ok=True)
    lines = given.out.read_text().splitlines() if given.out.exists() else []
    known = {part["part"]: part for part in map(json.loads, lines) if part["version"] == version()}
    wanted = range(-(-given.persons // PART))
    done = [known[part] for part in wanted if part in known]
    print(f"{len(done) * PART:,} of {len(wanted) * PART:,} people are done", flush=True)
    with ProcessPoolExecutor(given.processes, mp_context=get_context("spawn")) as pool, given.out.open("a") as file:
        waiting = [pool.submit(one_part, part) for part in wanted if part not in known]
        for future in as_completed(waiting):
            done.append(future.result())
            file.write(json.dumps(done[-1], ensure_ascii=False) + "\n")
            file.flush()
            print(f"  {len(done) * PART:>9,}  differing {sum(len(part['differing']) for part in done)}", flush=True)
    differing = [(part["part"], who) for part in done for who in part["differing"]]
    cpu = sum(part["cpu_s"] for part in done)
    print(json.dumps({"persons": len(done) * PART, "differences": len(differing), "cpu_s": round(cpu, 1),
                      "handed_over": sum(part["handed_over"] for part in done), "first": differing[:5]}))  # fmt: skip
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())

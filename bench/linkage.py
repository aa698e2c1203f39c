"""One person out of many rows: our linkage against plain Splink on the same hard labelled sets.

    uv sync --group peers
    python -m bench.linkage --persons 100000

Every program runs in a process of its own, on two threads. The last line is JSON.
Splink runs as its documentation shows: library comparisons, blocking rules, u by random sampling, m by expectation
maximisation, clusters at a probability of 0.95. It gets numbers and names in capitals without spaces.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from jinbao.project.cli import setup_django

setup_django()

from jinbao.data.linkage import evaluate  # noqa: E402  # models need the settings
from jinbao.kernel import duck  # noqa: E402  # likewise

MODES = ("spread", "dense")
COMPARISONS = (
    "DamerauLevenshteinAtThresholds(number, [1, 2]); NameComparison(name); DateOfBirthComparison(birth);"
    " ExactMatch(sex); LevenshteinAtThresholds(phone, [1])"
)
BLOCKS = (("number",), ("name", "birth"), ("name", "phone"), ("birth", "phone"), ("number_stem", "name"))


def ours(folder: Path) -> dict[str, Any]:
    from jinbao.data.linkage import engine
    from jinbao.data.linkage.declared import policy

    with duck.connect(threads=2) as connection:
        connection.execute(
            "CREATE TEMP TABLE incoming AS SELECT *, false AS single, 0 AS print"
            f" FROM read_parquet('{folder}/rows.parquet')"
        )
        connection.execute(
            "CREATE TEMP TABLE changes AS SELECT CAST(old_number[1:17] AS BIGINT) AS old_number,"
            f" CAST(new_number[1:17] AS BIGINT) AS new_number FROM read_parquet('{folder}/changes.parquet')"
        )
        engine.begin(connection)
        done, _ = engine.run(connection, policy(), today=20251101)
        connection.execute(
            "COPY (SELECT dataset, _row, CAST(person AS VARCHAR) AS person FROM rows JOIN people USING (node))"
            f" TO '{folder}/ours.parquet'"
        )
    return {"pairs": done.pairs["together"], "blocks": done.pairs, "people": done.people, "review": done.review,
            "refused": done.refused}  # fmt: skip


def splink(folder: Path) -> dict[str, Any]:
    if importlib.util.find_spec("splink") is None:
        return {"absent": "splink is not installed: uv sync --group peers"}
    import duckdb
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    connection = duckdb.connect(config={"threads": 2})
    connection.execute(
        "CREATE TABLE people AS SELECT dataset || '-' || _row AS unique_id, dataset, _row,"
        " upper(replace(number, ' ', '')) AS number, number[1:14] AS number_stem,"
        f" upper(replace(name, ' ', '')) AS name, sex, birth, phone FROM read_parquet('{folder}/rows.parquet')"
    )
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            cl.DamerauLevenshteinAtThresholds("number", [1, 2]),
            cl.NameComparison("name"),
            cl.DateOfBirthComparison("birth", input_is_string=True),
            cl.ExactMatch("sex"),
            cl.LevenshteinAtThresholds("phone", 1),
        ],
        blocking_rules_to_generate_predictions=[block_on(*columns) for columns in BLOCKS],
    )
    api = DuckDBAPI(connection)
    linker = Linker(api.register("people"), settings)
    train = linker.training
    train.estimate_probability_two_random_records_match([block_on("number"), block_on("name", "birth")], recall=0.9)
    train.estimate_u_using_random_sampling(max_pairs=1e6)
    train.estimate_parameters_using_expectation_maximisation(block_on("number"))
    train.estimate_parameters_using_expectation_maximisation(block_on("name", "birth"))
    pairs = linker.inference.predict(threshold_match_probability=0.5)
    scored = linker.misc.query_sql(f"SELECT COUNT(*) AS n FROM {pairs.physical_name}", output_type="pandas")["n"][0]
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(pairs, threshold_match_probability=0.95)
    connection.execute(
        f"COPY (SELECT p.dataset, p._row, CAST(c.cluster_id AS VARCHAR) AS person FROM {clusters.physical_name} c"
        f" JOIN people p USING (unique_id)) TO '{folder}/splink.parquet'"
    )
    return {"pairs_above_half": int(scored), "comparisons": COMPARISONS, "blocks": [" + ".join(b) for b in BLOCKS]}


RUNNERS = {"ours": ours, "splink": splink}


def measured(name: str, folder: Path) -> dict[str, Any]:
    """Run one program in its own process; return what it says with CPU, wall, peak and quality."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "bench.linkage", "--run", name, "--folder", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return {"failed": done.stderr[-800:]}
    said = json.loads(done.stdout.splitlines()[-1])
    if "absent" in said:
        return said
    said["wall_s"] = round(time.perf_counter() - began, 2)
    with duck.connect(threads=2) as connection:
        for view in (name, "truth"):
            connection.execute(f"CREATE VIEW {view} AS FROM read_parquet('{folder}/{view}.parquet')")
        quality = evaluate.compare(connection, name, "truth")
    return said | {
        "precision": round(quality.precision, 5),
        "recall": round(quality.recall, 5),
        "f1": round(quality.f1, 5),
    }


def _run(name: str, folder: Path) -> None:
    before = _cpu()
    said = RUNNERS[name](folder)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(said | {"cpu_s": round(_cpu() - before, 2), "peak_mb": round(peak)}, ensure_ascii=False))


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--persons", type=int, default=100_000)
    parser.add_argument("--modes", nargs="+", choices=MODES, default=list(MODES))
    parser.add_argument("--only", choices=sorted(RUNNERS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--run", choices=sorted(RUNNERS), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.run:
        _run(asked.run, asked.folder)
        return
    report: dict[str, Any] = {"persons": asked.persons, "load": [round(x, 1) for x in os.getloadavg()]}
    for mode in asked.modes:
        with tempfile.TemporaryDirectory(prefix="linkage-") as place:
            report[mode] = _compare(mode, asked, Path(place))
    print(json.dumps(report, ensure_ascii=False))


def _compare(mode: str, asked: argparse.Namespace, folder: Path) -> dict[str, Any]:
    from jinbao.data.linkage.generate import generate

    made = generate(asked.persons, mode, seed=asked.seed)
    for name in ("rows", "truth", "changes"):
        pq.write_table(getattr(made, name), folder / f"{name}.parquet")
    found: dict[str, Any] = {"rows": made.rows.num_rows}
    for name in [asked.only] if asked.only else RUNNERS:
        found[name] = measured(name, folder)
        print(mode, name, json.dumps(found[name], ensure_ascii=False), flush=True)
    if all("cpu_s" in found.get(name, {}) for name in RUNNERS):
        found["cpu_ratio"] = round(found["ours"]["cpu_s"] / found["splink"]["cpu_s"], 3)
        found["better"] = {k: found["ours"][k] > found["splink"][k] for k in ("precision", "recall")}
    return found


if __name__ == "__main__":
    main()

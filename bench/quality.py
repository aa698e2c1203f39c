"""Fifty rules over many rows: our scan, DuckDB reading the same columns, pandera on Polars, Great Expectations.

    python -m bench.quality --rows 2000000
    python -m bench.quality --rows 2000000 --times 10 --gx-rows 1000000

Every column has about one fault in a thousand rows, identity numbers one in a hundred, so every rule has rows to name.
Each contender runs in a process of its own on the same Parquet file, in rounds that take turns; the last line is JSON
with the best round of each (wall and CPU seconds, peak memory) and ratios of CPU time. With `--gx-rows` Great
Expectations, which needs the whole table several times in memory, answers for that many rows only, and its ratio is by
the row. With `--times 10` the table is ten files of so many rows, the same ones again: twenty million rows of two.
The peers (group `peers`) answer the rules they can say without Python per row: not null, range, code list, pattern.
Check digits and rules between columns, which we answer too, are left out for them, so they have less to do.
"""

from __future__ import annotations

import argparse
import importlib
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

from jinbao.project.cli import setup_django

NUMBERS, TEXTS = 16, 6
"""Columns of the made table beside the identity number and the code."""
CONTENDERS = ("plain", "ours", "alike", "pandera", "gx")


def make(folder: Path, rows: int, times: int = 1) -> None:
    """Write a table of generated people with faults in every column, in bounded memory; then link its file again."""
    from jinbao.kernel import duck
    from jinbao.kernel.identifiers.check_digits import MOD11_2_WEIGHTS

    body = "990101 * 100000000000 + (1950 + i % 50) * 10000000 + (i % 12 + 1) * 100000 + (i % 28 + 1) * 1000 + hash(i) % 1000"  # noqa: E501  # one number
    total = " + ".join(f"{weight} * (b // {10 ** (16 - at)} % 10)" for at, weight in enumerate(MOD11_2_WEIGHTS))
    check = f"CASE WHEN i % 100 = 0 THEN '?' ELSE substr('10X98765432', CAST(1 + ({total}) % 11 AS BIGINT), 1) END"
    fault = "CASE hash(i, '{name}') % 2000 WHEN 0 THEN NULL WHEN 1 THEN {wrong} ELSE {right} END AS {name}"
    number, text = "CAST(hash(i + {0}) % 1000000 AS BIGINT)", "printf('T%06d', hash(i * ({0} + 3)) % 100000)"
    numbers = [fault.format(name=f"n{at}", wrong=-1, right=number.format(at)) for at in range(NUMBERS)]
    texts = [fault.format(name=f"s{at}", wrong="'?'", right=text.format(at)) for at in range(TEXTS)]
    code = fault.format(name="code", wrong="'9'", right="CAST(i % 5 AS VARCHAR)")
    columns = ", ".join([f"CAST(b AS VARCHAR) || {check} AS id_number", code, *numbers, *texts])
    people = f"SELECT i, CAST({body} AS BIGINT) AS b FROM range({rows}) r(i)"
    sql = f"SELECT {columns}, 1::BIGINT AS _batch, i AS _line, CAST(i AS VARCHAR) AS _row FROM ({people})"
    folder.mkdir()
    with duck.connect(memory="2GB", threads=2, spill=folder) as connection:
        connection.execute(f"COPY ({sql}) TO '{folder}/0.parquet' (FORMAT parquet, COMPRESSION zstd)")
    for at in range(1, times):
        (folder / f"{at}.parquet").hardlink_to(folder / "0.parquet")


def names() -> list[str]:
    """Return the columns that the rules read."""
    return ["id_number", "code", *(f"n{at}" for at in range(NUMBERS)), *(f"s{at}" for at in range(TEXTS))]


def plain(path: Path) -> Any:
    """Read every value of the columns once."""
    from jinbao.kernel import duck

    asked = ", ".join(f"bit_xor(hash({name}))" for name in names())
    with duck.connect(threads=2) as connection:
        return connection.execute(f"SELECT {asked} FROM read_parquet('{path}/*.parquet')").fetchone()  # our file


def alike(path: Path) -> int:
    """Judge by the 48 rules that the peers are asked too: a pattern in the place of the check character."""
    return ours(path, is_alike=True)


def ours(path: Path, *, is_alike: bool = False) -> int:
    """Judge by fifty rules, the origins of failing rows written too; return how many rows failed."""
    from datetime import date

    from jinbao.data.datasets import Column, Dataset
    from jinbao.data.scoring.compile import Setting
    from jinbao.data.scoring.declared import ScoredRule
    from jinbao.data.scoring.engine import judge
    from jinbao.kernel import duck

    codes = {str(at): str(at) for at in range(5)}
    columns = [Column("id_number", "证件号码", "公民身份号码"), Column("code", "代码", "代码", codes=codes)]
    columns += [Column(name, name, "整数" if name[0] == "n" else "文本") for name in names()[2:]]
    rules = [ScoredRule(f"必填{name}", "not_null", (name,)) for name in names()]
    rules += [ScoredRule(f"范围n{at}", "range", (f"n{at}",), min="0", max="999999") for at in range(NUMBERS)]
    rules += [ScoredRule(f"格式s{at}", "format", (f"s{at}",), pattern="T[0-9]{6}") for at in range(TEXTS)]
    rules += [ScoredRule("校验码", "citizen_id", ("id_number",)), ScoredRule("代码表", "code_list", ("code",))]
    rules += [
        ScoredRule("代码格式", "format", ("code",), pattern="[0-4]"),
        ScoredRule("同填", "together", ("n0", "n1")),
    ]
    if is_alike:
        rules = [rule for rule in rules if rule.name not in ("校验码", "代码格式", "同填")]
        rules += [ScoredRule("格式证件", "format", ("id_number",), pattern="[0-9]{17}[0-9X]")]
    dataset = Dataset("t", "t", "", "", "", "", "", tuple(columns), (), ())
    setting = Setting(dataset, date(2026, 11, 20), None, None, frozenset())
    with duck.connect(threads=2, memory="4GB", spill=path.parent) as connection:
        connection.execute(f"CREATE VIEW t AS FROM read_parquet('{path}/*.parquet')")
        found = judge(connection, rules, setting, path.parent / "failing.parquet")
    if len(found) != (48 if is_alike else 50):
        raise ValueError(f"{len(found)} rules instead of 50")
    return sum(one.failed for one in found)


def pandera(path: Path) -> int:
    """Ask pandera on Polars what it can say: 48 rules; return how many cells failed."""
    import pandera.polars as pa
    import polars as pl

    columns = {f"n{at}": pa.Column(pl.Int64, pa.Check.in_range(0, 999_999), nullable=False) for at in range(NUMBERS)}
    shaped = pa.Check.str_matches("^T[0-9]{6}$")
    columns |= {f"s{at}": pa.Column(pl.String, shaped, nullable=False) for at in range(TEXTS)}
    columns["code"] = pa.Column(pl.String, pa.Check.isin([str(at) for at in range(5)]), nullable=False)
    columns["id_number"] = pa.Column(pl.String, pa.Check.str_matches("^[0-9]{17}[0-9X]$"), nullable=False)
    try:
        pa.DataFrameSchema(columns).validate(pl.read_parquet(path / "*.parquet", columns=names()), lazy=True)
    except pa.errors.SchemaErrors as error:
        return len(error.failure_cases)
    return 0


def gx(path: Path) -> int:
    """Ask Great Expectations on pandas the same 48 rules; return how many cells failed."""
    import great_expectations
    import pandas as pd
    from great_expectations import expectations as e

    frame = pd.read_parquet(path, columns=names())
    context = great_expectations.get_context(mode="ephemeral")
    batch = context.data_sources.add_pandas("p").add_dataframe_asset("a").add_batch_definition_whole_dataframe("b")
    asked: list[Any] = [e.ExpectColumnValuesToNotBeNull(column=name) for name in names()]
    asked += [e.ExpectColumnValuesToBeBetween(column=f"n{at}", min_value=0, max_value=999_999) for at in range(NUMBERS)]
    asked += [e.ExpectColumnValuesToMatchRegex(column=f"s{at}", regex="^T[0-9]{6}$") for at in range(TEXTS)]
    asked.append(e.ExpectColumnValuesToBeInSet(column="code", value_set=[str(at) for at in range(5)]))
    asked.append(e.ExpectColumnValuesToMatchRegex(column="id_number", regex="^[0-9]{17}[0-9X]$"))
    suite = great_expectations.ExpectationSuite(name="s", expectations=asked)
    done = batch.get_batch({"dataframe": frame}).validate(suite)
    return sum(one.result["unexpected_count"] for one in done.results)


RUN: dict[str, Callable[[Path], Any]] = {"plain": plain, "ours": ours, "alike": alike, "pandera": pandera, "gx": gx}
IMPORTS = {
    "plain": ("jinbao.kernel.duck",),
    "ours": ("jinbao.data.scoring.engine",),
    "alike": ("jinbao.data.scoring.engine",),
    "pandera": ("pandera.polars",),
    "gx": ("great_expectations", "pandas"),
}
"""Loaded before the clock runs."""


def measure(name: str, path: Path) -> dict[str, Any] | None:
    """Run a contender once in a process of its own; None where it is not installed or does not end well."""
    command = [sys.executable, "-m", "bench.quality", "--one", name, "--file", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.stderr.write(f"{name}: {done.stderr.strip().splitlines()[-1:]}\n")
        return None
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    print(f"{name:8} {json.dumps(found)}  load {os.getloadavg()[0]:.1f}", flush=True)
    return found


def rounds(files: dict[str, Path], repeat: int) -> dict[str, dict[str, Any]]:
    """Let the contenders take turns; return the round of each that took the least CPU time."""
    best: dict[str, dict[str, Any]] = {}
    for _ in range(repeat):
        for name, path in files.items():
            found = measure(name, path)
            if found and (name not in best or found["cpu"] < best[name]["cpu"]):
                best[name] = found
    return best


def run_one(name: str, path: Path) -> None:
    """Run a contender here and print its figures; what it imports or compiles is there before the clock runs."""
    setup_django()
    for module in IMPORTS[name]:
        importlib.import_module(module)
    if name in ("ours", "alike"):
        with tempfile.TemporaryDirectory() as folder:
            make(Path(folder) / "few", 10)
            RUN[name](Path(folder) / "few")
    wall, cpu = time.perf_counter(), time.process_time()
    said = RUN[name](path)
    figures = {"wall": round(time.perf_counter() - wall, 2), "cpu": round(time.process_time() - cpu, 2)}
    figures["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps(figures | ({"failed": said} if isinstance(said, int) else {})))


def main() -> None:
    """Make the tables, let every contender take its turns, print seconds and ratios of CPU time."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--times", type=int, default=1, help="how often the file is read as one table")
    parser.add_argument("--gx-rows", type=int, help="rows for Great Expectations, by default all")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--contenders", nargs="*", default=CONTENDERS)
    parser.add_argument("--folder", type=Path, help="where the tables are made for the time of the run")
    parser.add_argument("--one")
    parser.add_argument("--file", type=Path)
    asked = parser.parse_args()
    if asked.one:
        run_one(asked.one, asked.file)
        return
    rows = dict.fromkeys(asked.contenders, asked.rows * asked.times)
    if "gx" in rows and asked.gx_rows:
        rows["gx"] = min(asked.gx_rows, rows["gx"])
    with tempfile.TemporaryDirectory(dir=asked.folder) as place:
        files = {name: Path(place) / str(many) for name, many in rows.items()}
        for many in set(rows.values()):
            whole = many == asked.rows * asked.times
            make(Path(place) / str(many), asked.rows if whole else many, asked.times if whole else 1)
        found = rounds(files, asked.repeat)
    a_row = {name: one["cpu"] / rows[name] for name, one in found.items()}
    ratios = {
        f"{top} / {bottom}": round(a_row[top] / a_row[bottom], 2)
        for top, bottom in (
            ("ours", "plain"),
            ("pandera", "ours"),
            ("pandera", "alike"),
            ("gx", "ours"),
            ("gx", "alike"),
        )
        if top in a_row and bottom in a_row
    }
    told = {"rows": asked.rows * asked.times, "gx_rows": rows.get("gx"), "rules": 50, "rounds": asked.repeat}
    print(json.dumps(told | {"load": os.getloadavg()[0], "best": found, "ratios": ratios}))


if __name__ == "__main__":
    main()

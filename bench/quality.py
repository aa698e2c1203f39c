"""Fifty rules over many rows: our one scan, DuckDB reading the same columns, pandera on Polars, Great Expectations.

    python -m bench.quality --rows 2000000

Each contender runs in a process of its own on the same Parquet file; the last line is JSON with seconds and ratios.
The peers (group `peers`) answer the rules they can say without Python per row: not null, range, code list, pattern.
Check digits and rules between columns, which we answer too, are left out for them, so they have less to do.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
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


def make(path: Path, rows: int) -> None:
    """Write a table of generated people: identity numbers with right check characters, but one in a hundred."""
    from jinbao.kernel import duck

    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = " + ".join(f"{w} * CAST(b[{at}] AS INTEGER)" for at, w in enumerate(weights, 1))
    numbers = ", ".join(f"CAST(hash(i + {at}) % 1000000 AS BIGINT) AS n{at}" for at in range(NUMBERS))
    texts = ", ".join(f"'T' || lpad(CAST(hash(i * {at + 3}) % 100000 AS VARCHAR), 6, '0') AS s{at}" for at in range(TEXTS))  # fmt: skip  # noqa: E501  # one column each
    body = "'9901' || lpad(CAST(i % 30 + 1 AS VARCHAR), 2, '0') || CAST(1950 + i % 50 AS VARCHAR) || lpad(CAST(i % 12 + 1 AS VARCHAR), 2, '0') || lpad(CAST(i % 28 + 1 AS VARCHAR), 2, '0') || lpad(CAST(hash(i) % 1000 AS VARCHAR), 3, '0')"  # noqa: E501  # one number
    check = f"substr('10X98765432', CAST(1 + ({total}) % 11 AS BIGINT), 1)"
    sql = f"SELECT b || CASE WHEN i % 100 = 0 THEN '?' ELSE {check} END AS id_number, CAST(i % 5 AS VARCHAR) AS code, {numbers}, {texts}, 1::BIGINT AS _batch, i AS _line, CAST(i AS VARCHAR) AS _row FROM (SELECT i, {body} AS b FROM range({rows}) r(i))"  # noqa: E501  # numbers only; one statement
    with duck.connect(memory="4GB", spill=path.parent) as connection:
        connection.execute(f"COPY ({sql}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")


def names() -> list[str]:
    """Return the columns that the rules read."""
    return ["id_number", "code", *(f"n{at}" for at in range(NUMBERS)), *(f"s{at}" for at in range(TEXTS))]


def plain(path: Path) -> Any:
    """Read every value of the columns once."""
    from jinbao.kernel import duck

    asked = ", ".join(f"bit_xor(hash({name}))" for name in names())
    with duck.connect(threads=2) as connection:
        return connection.execute(f"SELECT {asked} FROM read_parquet('{path}')").fetchone()  # our file


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
        connection.execute(f"CREATE VIEW t AS FROM read_parquet('{path}')")
        found = judge(connection, rules, setting, path.parent / "failing.parquet")
    if len(found) != (48 if is_alike else 50):
        raise ValueError(f"{len(found)} rules instead of 50")
    return sum(one.failed for one in found)


def pandera(path: Path) -> int:
    """Ask pandera on Polars what it can say: 48 rules; return how many checks failed."""
    import pandera.polars as pa
    import polars as pl

    columns = {f"n{at}": pa.Column(pl.Int64, pa.Check.in_range(0, 999_999), nullable=False) for at in range(NUMBERS)}
    shaped = pa.Check.str_matches("^T[0-9]{6}$")
    columns |= {f"s{at}": pa.Column(pl.String, shaped, nullable=False) for at in range(TEXTS)}
    columns["code"] = pa.Column(pl.String, pa.Check.isin([str(at) for at in range(5)]), nullable=False)
    columns["id_number"] = pa.Column(pl.String, pa.Check.str_matches("^[0-9]{17}[0-9X]$"), nullable=False)
    try:
        pa.DataFrameSchema(columns).validate(pl.read_parquet(path, columns=names()), lazy=True)
    except pa.errors.SchemaErrors as error:
        return len(error.schema_errors)
    return 0


def gx(path: Path) -> int:
    """Ask Great Expectations on pandas the same 48 rules; return how many failed."""
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
    return sum(not one.success for one in done.results)


RUN: dict[str, Callable[[Path], Any]] = {"plain": plain, "ours": ours, "alike": alike, "pandera": pandera, "gx": gx}


IMPORTS = {
    "plain": ("jinbao.kernel.duck",),
    "ours": ("django",),
    "alike": ("django",),
    "pandera": ("pandera.polars",),
    "gx": ("great_expectations", "pandas"),
}
"""Loaded before the clock runs."""


def measure(name: str, path: Path, repeat: int) -> dict[str, Any] | None:
    """Run a contender in a process of its own; None where it is not installed."""
    best: dict[str, Any] | None = None
    for _ in range(repeat):
        command = [sys.executable, "-m", "bench.quality", "--one", name, "--file", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.stderr.write(f"{name}: {done.stderr.strip().splitlines()[-1:]}\n")
            return None
        found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
        if best is None or found["cpu"] < best["cpu"]:
            best = found
    return best


def main() -> None:
    """Make the table, run every contender, print seconds (wall, CPU) and ratios of CPU time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--contenders", nargs="*", default=CONTENDERS)
    parser.add_argument("--one")
    parser.add_argument("--file", type=Path)
    asked = parser.parse_args()
    if asked.one:
        for module in IMPORTS[asked.one]:
            importlib.import_module(module)
        setup_django()
        wall, cpu = time.perf_counter(), time.process_time()
        said = RUN[asked.one](asked.file)
        figures = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
        print(json.dumps(figures | ({"failed": said} if isinstance(said, int) else {})))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        make(path, asked.rows)
        found = {name: measure(name, path, asked.repeat) for name in asked.contenders}
    mine = found.get("ours")
    ratios = {f"{name} / ours": round(one["cpu"] / mine["cpu"], 2) for name, one in found.items() if one and mine}
    print(json.dumps({"rows": asked.rows, "rules": 50, "load": os.getloadavg()[0], "seconds": found, "ratios": ratios}))


if __name__ == "__main__":
    main()

"""The same formula with the usual tools: DuckDB SQL, Polars, pandas (OpenFisca: `career_openfisca.py`).

Each peer computes index, account with interest and the three parts on one bucket (about 50,000 persons), in
whole numbers
where it can; the answer gives CPU seconds, the same scaled to a million persons, and how many pensions differ
by a fen or
more from the bulk reading. The sample is the same for all of them.
"""

from __future__ import annotations

import importlib.util
import resource
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from bench.reference_kernel import reference_arguments
from jinbao.rules import load_law
from jinbao.rules.bulk.execute import as_table, execute
from jinbao.rules.bulk.lake import bucket_files

ON, REGION = date(2025, 12, 1), "990100"


def monthly_rows(connection: Any, lake: Path) -> str:
    """Write the same careers as one row a month, in the order of the lake, once; return the pattern of the files."""
    folder = lake / "monthly"
    for file in bucket_files(lake):
        target = folder / file.name
        if not target.exists():
            folder.mkdir(exist_ok=True)
            connection.execute(
                f"""COPY (SELECT person, (y * 100 + m % 12 + 1)::INT AS month, base FROM (
                    SELECT person, m // 12 AS y, m, base FROM (
                    SELECT person, unnest(range(x.起 // 100 * 12 + x.起 % 100 - 1,
                    x.起 // 100 * 12 + x.起 % 100 - 1 + x.月数))
                    AS m,
                    x.缴费基数 AS base FROM (SELECT 证件号码[7:17]::BIGINT AS person, unnest(履历) x FROM '{file}')))
                    ) TO '{target}' (FORMAT parquet, COMPRESSION lz4)"""
            )
    return str(folder / "*.parquet")


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _parameters() -> dict[int, tuple[int, int, int]]:
    """Return denominator (fen), share (per cent) and rate (1/10000) by year."""
    wage, share, rate, *_ = reference_arguments(load_law(), REGION, ON)
    return {1970 + n: (int(wage[n]), int(share[n]), int(rate[n])) for n in range(23, 57)}


SQL = """
WITH months AS (
  SELECT p, retire, unnest(range(0, x.月数)) + (x.起 // 100 * 12 + x.起 % 100 - 1) AS m, x.缴费基数::BIGINT AS base
  FROM (SELECT p, retire, unnest(履历) AS x FROM persons)),
years AS (
  SELECT p, any_value(retire) AS retire, m // 12 AS y, sum(base)::HUGEINT AS bases, count(*) AS n,
    sum((base * share + 50) // 100)::BIGINT AS paid,
    sum((base * share + 50) // 100 * greatest(retire - m, 0))::BIGINT AS weighted
  FROM months JOIN parameters ON m // 12 = parameters.y WHERE m >= 23952 AND m <= retire GROUP BY p, m // 12),
full_years AS (
  SELECT s.p, s.y, s.retire, coalesce(bases, 0) AS bases, coalesce(n, 0) AS n, coalesce(paid, 0) AS paid,
    coalesce(weighted, 0) AS weighted
  FROM (SELECT p, any_value(retire) AS retire, unnest(range(min(y), least(any_value(retire) // 12, 2025) + 1)) AS y
    FROM years GROUP BY p) s
  LEFT JOIN years USING (p, y)),
balances AS (
  SELECT p, sum(n) AS n, sum(bases * 100000000000 // wage) AS indices,
    list_reduce(list({'b': 0::BIGINT, 'paid': paid, 'w': weighted, 'r': rate, 'q': before,
      'last': y = retire // 12, 'k': retire % 12} ORDER BY y),
      lambda a, x: {'b': a.b + x.paid + CASE WHEN x.last THEN ((a.b * x.k + x.w) * x.q + 60000) // 120000
        ELSE (a.b * x.r * 2000 + x.paid * x.r * 1083 + 10000000) // 20000000 END,
        'paid': x.paid, 'w': x.w, 'r': x.r, 'q': x.q, 'last': x.last, 'k': x.k},
      {'b': 0::BIGINT, 'paid': 0::BIGINT, 'w': 0::BIGINT, 'r': 0, 'q': 0, 'last': false, 'k': 0::BIGINT}).b AS balance
  FROM full_years JOIN parameters USING (y) GROUP BY p)
SELECT p, balance, n FROM balances ORDER BY p
"""


def _persons(table: pa.Table, program: Any) -> tuple[pa.Table, Any]:
    """Return serial number, month of retirement and career of each person, and the balances of the bulk reading."""
    from jinbao.rules.bulk.compiler import compile_rules

    law = load_law()
    retire = compile_rules(law, ["退休年月", "个人账户储存额"], region=REGION, on=ON, columns=set(table.column_names))
    result = as_table(retire, table, execute(law, retire, table))
    month = np.asarray(result.column("退休年月")).astype(np.int64)
    ordinals = month // 100 * 12 + month % 100 - 1
    right = np.array([int(value * 100) for value in result.column("个人账户储存额").to_pylist()])
    return pa.table({"p": np.arange(table.num_rows), "retire": ordinals, "履历": table.column("履历")}), right


def _parameter_table() -> pa.Table:
    found = _parameters()
    rates = {year: rate for year, (_, _, rate) in found.items()}
    rows = [{"y": y, "wage": w, "share": s, "rate": r, "before": rates.get(y - 1, 0)} for y, (w, s, r) in found.items()]
    return pa.Table.from_pylist(rows)


def duckdb_sql(lake: Path, table: pa.Table, program: Any) -> dict[str, Any]:
    """Index and account with interest as one SQL statement, in whole numbers."""
    persons, right = _persons(table, program)
    connection = duckdb.connect(config={"threads": 2})
    connection.register("persons", persons)
    connection.register("parameters", _parameter_table())
    before, began = _cpu(), time.perf_counter()
    found = connection.execute(SQL).fetchnumpy()
    return _answer(before, began, table.num_rows, found["p"], found["balance"], right)


def _answer(before: float, began: float, persons: int, who: Any, balance: Any, right: Any) -> dict[str, Any]:
    used = _cpu() - before
    wrong = int((np.asarray(balance).astype(np.int64) != right[np.asarray(who)]).sum())
    return {"sample": persons, "cpu_s": round(used, 3), "wall_s": round(time.perf_counter() - began, 3),
            "cpu_s_per_million": round(used / persons * 1e6, 2), "wrong_balances": wrong}  # fmt: skip


def polars_lazy(lake: Path, table: pa.Table, program: Any) -> dict[str, Any]:
    """Months and years in Polars; the balance year by year over all persons at once."""
    if importlib.util.find_spec("polars") is None:
        return {"absent": "polars is not installed"}
    import polars as pl

    persons, right = _persons(table, program)
    before, began = _cpu(), time.perf_counter()
    frame = pl.from_arrow(persons).lazy().explode("履历").unnest("履历")
    start = pl.col("起") // 100 * 12 + pl.col("起") % 100 - 1
    months = frame.with_columns(m=pl.int_ranges(start, start + pl.col("月数"))).explode("m")
    months = months.filter((pl.col("m") >= 23952) & (pl.col("m") <= pl.col("retire"))).with_columns(y=pl.col("m") // 12)
    months = months.join(pl.from_arrow(_parameter_table()).lazy(), on="y")
    paid = (pl.col("缴费基数").cast(pl.Int64) * pl.col("share") + 50) // 100
    ahead = pl.max_horizontal(pl.col("retire") - pl.col("m"), pl.lit(0))
    years = months.group_by("p", "y").agg(paid=paid.sum(), weighted=(paid * ahead).sum()).collect()
    balance = _balances(
        persons, years["p"].to_numpy(), years["y"].to_numpy(), years["paid"].to_numpy(), years["weighted"].to_numpy()
    )
    return _answer(before, began, table.num_rows, np.arange(table.num_rows), balance, right)


def pandas_frames(lake: Path, table: pa.Table, program: Any) -> dict[str, Any]:
    """The same in pandas."""
    if importlib.util.find_spec("pandas") is None:
        return {"absent": "pandas is not installed"}
    import pandas as pd

    persons, right = _persons(table, program)
    before, began = _cpu(), time.perf_counter()
    nested = persons.column("履历").combine_chunks()
    counts = np.diff(nested.offsets.to_numpy())
    rows = pd.DataFrame({name: nested.values.field(name).to_numpy() for name in ("起", "月数", "缴费基数")})
    rows["p"] = np.repeat(np.arange(len(counts)), counts)
    rows["retire"] = np.repeat(persons.column("retire").to_numpy(), counts)
    rows = rows.loc[rows.index.repeat(rows["月数"])]
    rows["m"] = rows["起"] // 100 * 12 + rows["起"] % 100 - 1 + rows.groupby(level=0).cumcount()
    rows = rows[(rows["m"] >= 23952) & (rows["m"] <= rows["retire"])]
    rows["y"] = rows["m"] // 12
    rows = rows.merge(_parameter_table().to_pandas(), on="y")
    rows["paid"] = (rows["缴费基数"].astype("int64") * rows["share"] + 50) // 100
    rows["weighted"] = rows["paid"] * (rows["retire"] - rows["m"]).clip(lower=0)
    years = rows.groupby(["p", "y"], as_index=False)[["paid", "weighted"]].sum()
    balance = _balances(persons, *(years[name].to_numpy() for name in ("p", "y", "paid", "weighted")))
    return _answer(before, began, table.num_rows, np.arange(table.num_rows), balance, right)


def _balances(persons: pa.Table, who: Any, year: Any, paid: Any, weighted: Any) -> Any:
    """Carry the balances of all persons from year to year: the recurrence that data frames have no verb for."""
    retire = persons.column("retire").to_numpy()
    parameters = _parameters()
    balance = np.zeros(len(retire), np.int64)
    for y in range(1993, 2026):
        rate, last = parameters[y][2], parameters.get(y - 1, (0, 0, 0))[2]
        now, extra = np.zeros(len(retire), np.int64), np.zeros(len(retire), np.int64)
        rows = year == y
        now[who[rows]], extra[who[rows]] = paid[rows], weighted[rows]
        full = (balance * rate * 2000 + now * rate * 1083 + 10_000_000) // 20_000_000
        part = ((balance * (retire % 12) + extra) * last + 60_000) // 120_000
        interest = np.where(y < retire // 12, full, np.where(y == retire // 12, part, 0))
        balance = balance + now + interest
    return balance


PEERS: dict[str, Callable[[Path, pa.Table, Any], dict[str, Any]]] = {
    "duckdb_sql": duckdb_sql,
    "polars": polars_lazy,
    "pandas": pandas_frames,
}

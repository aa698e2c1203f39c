"""One dataset judged: one scan keeps the rows that fail any rule, and tells how many were checked where it can."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from jinbao.data.scoring import identity
from jinbao.data.scoring.compile import BY_TABLE, Condition, Setting, compile_rule
from jinbao.data.scoring.declared import ScoredRule
from jinbao.kernel.duck import literal, quoted

SAMPLE = 20
KEPT = 100_000
"""Failing rows of a rule whose origins are written; the count is of all of them."""
AT_ONCE = 250
"""Rules in one statement; more of them are answered in several scans."""


@dataclass
class Counted:
    """What a rule found: rows seen, checked and failed, and the origins of the first failing rows."""

    rule: ScoredRule
    seen: int
    checked: int
    failed: int
    sample: list[list[Any]] = field(default_factory=list)

    @property
    def outcome(self) -> str:
        """One of 通过, 未通过, 未检查: a rule that checked no row is not a pass."""
        return "未检查" if not self.checked else "未通过" if self.failed else "通过"


class Scan(Protocol):
    """Where the rows of a table are read: on the connection itself, or on a cluster (spark.py)."""

    def keep(self, name: str, sql: str) -> None:
        """Make a table of the connection from the rows of a statement."""

    def count(self, sql: str) -> list[int]:
        """Return the one row of numbers that answers a statement."""


class Here:
    """Reads a table on the connection; what a connection has can be judged once."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        identity.register(connection)

    def keep(self, name: str, sql: str) -> None:
        """Make a table of the connection from the rows of a statement."""
        self.connection.execute(f"CREATE TEMP TABLE {name} AS {sql}")

    def count(self, sql: str) -> list[int]:
        """Return the one row of numbers that answers a statement."""
        return _one_row(self.connection, sql)


def judge(
    connection: Any, rules: Sequence[ScoredRule], setting: Setting, failures: Path, scan: Scan | None = None
) -> list[Counted]:
    """Count rules over the table `setting.dataset.name`, in the order of the rules.

    The table is a view of the connection, or lies where `scan` reads. Origins of failing rows (rule, _batch, _line,
    _row; ordered by rule, at most KEPT of each) are written to `failures` if any row failed.
    """
    scan = scan or Here(connection)
    found: dict[str, Counted] = {}
    failing: list[str] = []
    rows_of = [rule for rule in rules if rule.kind not in BY_TABLE]
    for start in range(0, len(rows_of), AT_ONCE):
        some = rows_of[start : start + AT_ONCE]
        conditions = [compile_rule(rule, setting, f"j{at}") for at, rule in enumerate(some)]
        kept, required = f"_failing_{start}", _required(some)
        scan.keep(kept, failing_sql(conditions, setting, required))
        asked = [f"count_if(f{at})" for at in range(len(some))] + [f"count_if(gap{at})" for at in range(len(required))]
        failed = _one_row(connection, f"SELECT {', '.join(asked)} FROM {kept}")  # noqa: S608  # numbers
        gaps = dict(zip(required, failed[len(some) :], strict=True))
        rows, checked = _checked(scan, conditions, setting, gaps)
        for at, rule in enumerate(some):
            found[rule.name] = Counted(rule, rows, checked[at], failed[at])
            if failed[at]:
                failing.append(_origins(rule, at, kept))
    if failing:
        _write(connection, failing, failures)
        for name, sample in _samples(connection, failures).items():
            found[name].sample = sample
    return [found[rule.name] for rule in rules if rule.name in found]


def _required(rules: Sequence[ScoredRule]) -> tuple[str, ...]:
    """Return the columns that every row must fill: a row without one is kept, so the kept rows tell how many are."""
    return tuple(dict.fromkeys(rule.columns[0] for rule in rules if rule.kind == "not_null" and not rule.where))


def failing_sql(conditions: Sequence[Condition], setting: Setting, required: Sequence[str] = ()) -> str:
    """Return the statement that finds the rows which fail any rule: origin, and f0, f1, … whether they fail each.

    gap0, gap1, … say whether they hold nothing in each of the required columns.

    `never` is false; but as DuckDB cannot know that, it works every condition out once over whole vectors, and does not
    push them into the filter, where each would be evaluated on what the others left over and once more for the answer.
    """
    told = [f"({one.fails}) AS f{at}" for at, one in enumerate(conditions)]
    told += [f"t.{quoted(name)} IS NULL AS gap{at}" for at, name in enumerate(required)]
    every = f"SELECT t._batch, t._line, t._row, random() < 0 AS never, {', '.join(told)} {_from(conditions, setting)}"
    fails = " OR ".join(f"f{at}" for at in range(len(conditions)))
    return f"SELECT * EXCLUDE never FROM ({every}) WHERE never OR {fails}"  # noqa: S608  # quoted


def _checked(
    scan: Scan, conditions: Sequence[Condition], setting: Setting, gaps: Mapping[str, int]
) -> tuple[int, list[int]]:
    """Count all rows, and those that each rule checks; equal questions are asked once, none of a column in `gaps`.

    Counts of columns alone are asked for themselves, without the joins and numbers that other rules need.
    """
    known = {f"count(t.{quoted(name)})": missing for name, missing in gaps.items()}
    asked = dict.fromkeys(["count(*)", *(one.count for one in conditions if one.count not in known)], 0)
    plain = _from((), setting)
    deep = _from([one for one in conditions if one.is_deep], setting)
    for names, source in (
        ([n for n in asked if n[:6] == "count("], plain),
        ([n for n in asked if n[:6] != "count("], deep),
    ):
        if names:
            asked |= zip(names, scan.count(f"SELECT {', '.join(names)} {source}"), strict=True)
    rows = asked["count(*)"]
    return rows, [rows - known[one.count] if one.count in known else asked[one.count] for one in conditions]


def _from(conditions: Sequence[Condition], setting: Setting) -> str:
    joins = " ".join(condition.join for condition in conditions if condition.join)
    numbers = sorted({name for condition in conditions for name in condition.numbers})
    return f"FROM {identity.with_numbers(quoted(setting.dataset.name), numbers)} t {joins}"


def _one_row(connection: Any, sql: str) -> list[int]:
    return [int(value or 0) for value in connection.execute(sql).fetchone()]


def _origins(rule: ScoredRule, at: int, kept: str) -> str:
    return f"(SELECT {literal(rule.name)} AS rule, _batch, _line, _row FROM {kept} WHERE f{at} LIMIT {KEPT})"  # noqa: S608  # quoted


def _write(connection: Any, failing: Sequence[str], path: Path) -> None:
    every = f"SELECT * FROM ({' UNION ALL '.join(failing)}) ORDER BY rule, _batch, _line"  # noqa: S608  # quoted
    path.parent.mkdir(parents=True, exist_ok=True)
    connection.execute(f"COPY ({every}) TO {literal(str(path))} (FORMAT parquet, ROW_GROUP_SIZE 20000)")


def _samples(connection: Any, path: Path) -> dict[str, list[list[Any]]]:
    sql = (
        f"SELECT rule, _batch, _line, _row FROM read_parquet({literal(str(path))})"  # noqa: S608  # quoted
        f" QUALIFY row_number() OVER (PARTITION BY rule ORDER BY _batch, _line) <= {SAMPLE} ORDER BY ALL"
    )
    found: dict[str, list[list[Any]]] = {}
    for rule, batch, line, row in connection.execute(sql).fetchall():
        found.setdefault(rule, []).append([batch, line, row])
    return found

"""One dataset judged: one scan counts every rule; if rows fail, a second writes where they came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinbao.data.scoring.compile import BY_TABLE, Condition, Setting, compile_rule
from jinbao.data.scoring.declared import ScoredRule
from jinbao.data.scoring.identity import with_numbers
from jinbao.kernel.duck import literal, quoted

SAMPLE = 20
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


def judge(connection: Any, rules: Sequence[ScoredRule], setting: Setting, failures: Path | None) -> list[Counted]:
    """Count rules over the table `setting.dataset.name` of a connection, in the order of the rules.

    Origins of failing rows (rule, _batch, _line, _row; ordered by rule) are written to `failures` if any row failed.
    """
    found: dict[str, Counted] = {}
    failing: dict[str, Condition] = {}
    rows_of = [rule for rule in rules if rule.kind not in BY_TABLE]
    for start in range(0, len(rows_of), AT_ONCE):
        some = rows_of[start : start + AT_ONCE]
        conditions = [compile_rule(rule, setting, f"j{at}") for at, rule in enumerate(some, start)]
        for rule, condition, counted in zip(some, conditions, _count(connection, conditions, setting), strict=True):
            found[rule.name] = Counted(rule, *counted)
            if counted[2]:
                failing[rule.name] = condition
    if failing and failures is not None:
        _write(connection, failing, setting, failures)
        for name, sample in _samples(connection, failures).items():
            found[name].sample = sample
    return [found[rule.name] for rule in rules if rule.name in found]


def _from(conditions: Sequence[Condition], setting: Setting) -> str:
    joins = " ".join(condition.join for condition in conditions if condition.join)
    numbers = sorted({name for condition in conditions for name in condition.numbers})
    return f"FROM {with_numbers(quoted(setting.dataset.name), numbers, setting.today)} t {joins}"


def counting_sql(conditions: Sequence[Condition], setting: Setting) -> tuple[str, list[str]]:
    """Return the statement that counts, and the expressions it selects; equal ones are asked once."""
    asked: dict[str, None] = {"count(*)": None}
    for condition in conditions:
        asked |= dict.fromkeys((_number(condition.checked), _number(condition.fails)))
    return f"SELECT {', '.join(asked)} {_from(conditions, setting)}", list(asked)


def _number(condition: str) -> str:
    if condition in ("TRUE", "FALSE"):
        return "count(*)" if condition == "TRUE" else "0"
    return f"count_if({condition})"


def _count(connection: Any, conditions: Sequence[Condition], setting: Setting) -> list[tuple[int, int, int]]:
    sql, asked = counting_sql(conditions, setting)
    answer = {name: value or 0 for name, value in zip(asked, connection.execute(sql).fetchone(), strict=True)}
    rows = int(answer["count(*)"])
    return [(rows, int(answer[_number(one.checked)]), int(answer[_number(one.fails)])) for one in conditions]


def _write(connection: Any, failing: dict[str, Condition], setting: Setting, path: Path) -> None:
    names = "[" + ", ".join(f"CASE WHEN {one.fails} THEN {literal(name)} END" for name, one in failing.items()) + "]"
    some = " OR ".join(f"({one.fails})" for one in failing.values())
    rows = f"SELECT unnest({names}) AS rule, t._batch, t._line, t._row {_from(list(failing.values()), setting)} WHERE {some}"  # noqa: E501  # quoted; one statement
    kept = f"SELECT * FROM ({rows}) WHERE rule IS NOT NULL ORDER BY rule, _batch, _line"  # noqa: S608  # quoted
    path.parent.mkdir(parents=True, exist_ok=True)
    connection.execute(f"COPY ({kept}) TO {literal(str(path))} (FORMAT parquet, ROW_GROUP_SIZE 20000)")


def _samples(connection: Any, path: Path) -> dict[str, list[list[Any]]]:
    sql = (
        f"SELECT rule, _batch, _line, _row FROM read_parquet({literal(str(path))})"  # noqa: S608  # quoted
        f" QUALIFY row_number() OVER (PARTITION BY rule ORDER BY _batch, _line) <= {SAMPLE} ORDER BY ALL"
    )
    found: dict[str, list[list[Any]]] = {}
    for rule, batch, line, row in connection.execute(sql).fetchall():
        found.setdefault(rule, []).append([batch, line, row])
    return found

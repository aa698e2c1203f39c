"""The queue of pairs that somebody must look at, kept in step with the newest run."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from jinbao.data.linkage.declared import Policy, policy
from jinbao.data.linkage.models import Doubt
from jinbao.data.linkage.numbers import citizen_id_sql

SHOWN = ("number", "name", "birth", "sex", "phone")
"""Fields of each side that are kept as evidence, in the order of the comparisons."""


def keep_doubts(connection: Any, now: datetime, persons: int) -> None:
    """Open what the run newly doubts, renew what it still doubts, close what it no longer does. Decided ones stay."""
    found = {_key(row): row for row in read_pairs(connection)}
    known = {(d.left_dataset, d.left_row, d.right_dataset, d.right_row): d for d in Doubt.objects.filter(decision=None)}
    settled = set(
        Doubt.objects.exclude(decision=None).values_list("left_dataset", "left_row", "right_dataset", "right_row")
    )
    rules = policy()
    gone = [d.pk for key, d in known.items() if d.closed_at is None and key not in found]
    Doubt.objects.filter(pk__in=gone).update(closed_at=now)
    fresh, again = [], []
    for key, row in found.items():
        evidence = evidence_of(rules, row, persons)
        if key in known:
            doubt = known[key]
            doubt.weight, doubt.evidence, doubt.closed_at = row["weight"], evidence, None
            doubt.levels = levels_of(evidence)
            again.append(doubt)
        elif key not in settled:
            fresh.append(_doubt(key, row["weight"], evidence, now))
    Doubt.objects.bulk_update(again, ["weight", "evidence", "levels", "closed_at"], batch_size=500)
    Doubt.objects.bulk_create(fresh, batch_size=500)


def _doubt(key: tuple[str, str, str, str], weight: int, evidence: list[dict[str, Any]], now: datetime) -> Doubt:
    names = ("left_dataset", "left_row", "right_dataset", "right_row")
    return Doubt(
        **dict(zip(names, key, strict=True)),
        weight=weight,
        evidence=evidence,
        levels=levels_of(evidence),
        opened_at=now,
    )


def levels_of(evidence: list[dict[str, Any]]) -> str:
    """Return the levels that a pair reached as one text, to choose by."""
    return "".join([" ", *(f"{one['comparison']}:{one['level']} " for one in evidence)])


def _key(row: dict[str, Any]) -> tuple[str, str, str, str]:
    return row["ld"], row["lr"], row["rd"], row["rr"]


def read_pairs(connection: Any) -> list[dict[str, Any]]:
    """Return the pairs of the table `review`, each with the first row of both nodes and what they say; the smaller row is left."""
    sides = ", ".join(f"{said_sql(f, 'a')} AS a_{f}, {said_sql(f, 'b')} AS b_{f}" for f in SHOWN)
    sql = f"""
    WITH firsts AS (SELECT node, min((dataset, _row)) AS first FROM rows WHERE node IN (SELECT l FROM review UNION SELECT r FROM review)
      GROUP BY node)
    SELECT v.*, x.first[1] AS ld, x.first[2] AS lr, y.first[1] AS rd, y.first[2] AS rr, a.name_bits AS l_bits,
      LEAST(a.name_bits, b.name_bits) AS name_bits, LEAST(a.sound_bits, b.sound_bits) AS sound_bits, {sides}
    FROM review v JOIN firsts x ON x.node = v.l JOIN firsts y ON y.node = v.r
      JOIN members a ON a.node = v.l JOIN members b ON b.node = v.r ORDER BY ld, lr, rd, rr
    """
    cursor = connection.execute(sql)
    names = [column[0] for column in cursor.description]
    found = [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]
    return [row if (row["ld"], row["lr"]) < (row["rd"], row["rr"]) else _turned(row) for row in found]


def said_sql(field: str, side: str) -> str:
    """Return SQL that writes a field of a node for people; a number that is not valid is written without its check."""
    if field == "number":
        return f"CASE WHEN {side}.number IS NOT NULL THEN {citizen_id_sql(f'{side}.number')} WHEN {side}.claim IS NOT NULL THEN CAST(abs({side}.claim) AS VARCHAR) || '?' ELSE '' END"
    own = {"birth": "birth_own", "sex": "sex_row"}.get(field, field)
    return f"COALESCE(CAST({side}.{own} AS VARCHAR), '')"


def _turned(row: dict[str, Any]) -> dict[str, Any]:
    turned = row | {"ld": row["rd"], "lr": row["rr"], "rd": row["ld"], "rr": row["lr"]}
    return turned | {f"a_{f}": row[f"b_{f}"] for f in SHOWN} | {f"b_{f}": row[f"a_{f}"] for f in SHOWN}


def evidence_of(rules: Policy, row: dict[str, Any], persons: int) -> list[dict[str, Any]]:
    """Say per comparison which level it reached, what that weighs, and what both rows say."""
    found = []
    for comparison in rules.comparisons:
        number = row[f"{comparison.name}_level"]
        level = comparison.levels[number]
        bits = row[level.bits] if level.bits else 0
        found.append(
            {"comparison": comparison.name, "level": level.name, "weight": level.weight(persons) + bits,
             "left": row[f"a_{comparison.name}"], "right": row[f"b_{comparison.name}"]}
        )  # fmt: skip
    return found

"""Candidate pairs. The left side is always a node that no valid number holds, so that a dense city does not explode.

Makes from `weighed`: `members` (every node with its group: the people whom a valid number proves) and `pairs` (l, r, near).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jinbao.data.linkage.declared import Policy
from jinbao.data.linkage.normal import INVERSES
from jinbao.kernel.identifiers.check_digits import MOD11_2_WEIGHTS

_GROUPS = """
CREATE OR REPLACE TEMP TABLE {made} AS
WITH contested AS (
  SELECT number FROM {nodes} WHERE number IS NOT NULL GROUP BY number
  HAVING count(*) > 1 AND (min(COALESCE(sound, '')) <> max(COALESCE(sound, '')) OR bool_or(single))),
spoken AS (
  SELECT *, sum(size) OVER (PARTITION BY number, sound) AS said,
    CASE WHEN birth_own IS NULL OR birth_own = born THEN 1 ELSE 0 END + CASE WHEN sex_row IS NULL OR sex_row = sex THEN 1 ELSE 0 END
      AS agrees
  FROM {nodes} SEMI JOIN contested USING (number)),
led AS (
  SELECT *, first_value(node) OVER best AS main, first_value(sound) OVER best AS main_sound,
    first_value(shape) OVER best AS main_shape
  FROM spoken WINDOW best AS (PARTITION BY number ORDER BY single, agrees DESC, said DESC, name, node)),
judged AS (
  SELECT *, node = main OR (NOT single AND COALESCE(sound = main_sound OR shape = main_shape, false)) AS proven FROM led)
SELECT * EXCLUDE (said, agrees, main_sound, main_shape),
  CASE WHEN proven THEN number ELSE -node END AS grp FROM judged
UNION ALL BY NAME
SELECT *, node AS main, number IS NOT NULL AS proven, COALESCE(number, -node) AS grp FROM {nodes}
WHERE number IS NULL OR number NOT IN (FROM contested)
"""


def group(connection: Any, made: str, nodes: str) -> None:
    """Make a table of members: nodes of one valid number and compatible names are one group; any other is its own."""
    connection.execute(_GROUPS.format(made=made, nodes=nodes))


def pair(connection: Any, policy: Policy, *, only_new: bool = False) -> dict[str, int]:
    """Make `pairs` and return how many each block gave; with `only_new`, at least one side is in the table `fresh`."""
    connection.execute("CREATE OR REPLACE TEMP TABLE found (l BIGINT, r BIGINT, near INTEGER)")
    connection.execute(f"CREATE OR REPLACE TEMP VIEW weak AS {WEAK}")
    if only_new:
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE fresh_members AS SELECT * FROM members SEMI JOIN fresh USING (node)"
        )
        connection.execute("CREATE OR REPLACE TEMP VIEW fresh_weak AS SELECT * FROM fresh_members WHERE NOT proven")
    sides = [("weak", "members")] if not only_new else [("fresh_weak", "members"), ("weak", "fresh_members")]
    counts: dict[str, int] = {}
    for left, right in sides:
        for name, sql in statements(policy, left, right):
            made = connection.execute(f"INSERT INTO found {sql}").fetchall()[0][0]
            counts[name] = counts.get(name, 0) + int(made)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE pairs AS {ONCE.format(found='found')}")
    connection.execute("DROP TABLE found")
    counts["together"] = connection.execute("SELECT COUNT(*) FROM pairs").fetchall()[0][0]
    return counts


WEAK = "SELECT * FROM members WHERE NOT proven"
ONCE = "SELECT l, r, max(near) AS near FROM {found} WHERE l <> r GROUP BY l, r"


def both(selects: Iterable[str]) -> str:
    """Return one query of all blocks, for an engine that is not told block by block."""
    named = (f"SELECT * FROM ({sql}) AS b{n}(l, r, near)" for n, sql in enumerate(selects))
    return ONCE.format(found=f"({' UNION ALL '.join(named)}) AS found")


def statements(policy: Policy, left: str, right: str) -> list[tuple[str, str]]:
    """Return a SELECT of pairs for each block; of two weak nodes the smaller is the left one."""
    ends = "CASE WHEN r.proven THEN l.node ELSE least(l.node, r.node) END, CASE WHEN r.proven THEN r.node ELSE greatest(l.node, r.node) END"
    made = [
        ("same_number", f"SELECT l.node, l.main, 0 FROM {left} l WHERE l.number IS NOT NULL AND l.main <> l.node")
        if right == "members"
        else (
            "same_number",
            f"SELECT l.node, l.main, 0 FROM {left} l JOIN {right} r ON r.node = l.main WHERE l.number IS NOT NULL AND l.main <> l.node",
        ),
        ("repaired", repairs(left, right)),
    ]
    made += [
        (block.name, f"SELECT {ends}, 0 FROM {left} l JOIN {right} r ON {block.on} WHERE l.node <> r.node")
        for block in policy.blocks
    ]
    return made  # built in two steps


def repairs(left: str, right: str) -> str:
    """Join each wrong number with every valid one that differs in one digit or has two neighbours swapped.

    With MOD 11-2 each place has at most one digit that makes the number valid, so there are at most 18 + 17 to try.
    """
    total = " + ".join(f"body // {10 ** (16 - n)} % 10 * {weight}" for n, weight in enumerate(MOD11_2_WEIGHTS))
    places = ", ".join(f"({10 ** (16 - n)}, {inverse}, {MOD11_2_WEIGHTS[n]})" for n, inverse in enumerate(INVERSES))
    swaps = ", ".join(
        f"({10 ** (16 - n)}, {10 ** (15 - n)}, {MOD11_2_WEIGHTS[n] - MOD11_2_WEIGHTS[n + 1]})" for n in range(16)
    )
    return f"""
WITH wrong AS (SELECT node, -claim AS body, last FROM {left} WHERE claim < 0 AND last IS NOT NULL),
summed AS (SELECT *, ({total} + last) % 11 AS total FROM wrong),
digits AS (
  SELECT node, body, body // power % 10 AS old, (body // power % 10 + (12 - total) * inverse) % 11 AS new, power
  FROM summed, (VALUES {places}) AS place(power, inverse, weight)),
tried AS (
  SELECT node, body + (new - old) * power AS number FROM digits WHERE new < 10
  UNION ALL SELECT node, body FROM summed
  UNION ALL SELECT node, body + (body // low % 10 - body // high % 10) * (high - low)
    FROM summed, (VALUES {swaps}) AS swap(high, low, gain)
    WHERE (total + (body // low % 10 - body // high % 10) * gain + 110) % 11 = 1
  UNION ALL SELECT node, body // 10 * 10 + last FROM summed WHERE last < 10)
SELECT t.node, m.node, 1 FROM tried t JOIN {right} m ON m.number = t.number WHERE m.proven
"""

"""The whole way from rows to people on one connection: nodes, groups, pairs, weights, edges, clusters.

Tables in: `incoming`, `changes` (old_number, new_number as integers of 17 digits), `said` (l, r, verdict of row keys).
Tables out: `rows`, `members`, `edges` (all that may matter, between groups), `people` (node, person), `review`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from jinbao.data.linkage import blocks, model, normal
from jinbao.data.linkage.clusters import cluster
from jinbao.data.linkage.declared import Policy, hundredths
from jinbao.data.linkage.model import Model
from jinbao.data.linkage.score import score_sql

Pairs = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Figures:
    """What a run did, for the report."""

    rows: int
    nodes: int
    pairs: dict[str, int]
    """Candidate pairs by block, and `together` without repetition."""
    people: int
    review: int
    refused: int
    """Edges given up because they would have put two valid numbers into one person."""


@dataclass(frozen=True)
class Decided:
    """What people decided, as groups: what is the same person, and what is not."""

    same: Pairs = ()
    apart: Pairs = ()


@dataclass
class Changed:
    """What an incremental run has to look at."""

    groups: set[int] = field(default_factory=set)


def run(connection: Any, policy: Policy, *, today: int, frozen: Model | None = None) -> tuple[Figures, Model]:
    """Link everything in `incoming`; without a frozen model one is estimated from it."""
    normal.normalise(connection, policy, today=today)
    used = frozen or model.estimate(connection, policy)
    model.apply(connection, policy, used)
    blocks.group(connection)
    counts = blocks.pair(connection, policy)
    score(connection, policy, used)
    make_edges(connection)
    refused = make_people(connection, policy)
    return figures(connection, counts, refused), used


def score(connection: Any, policy: Policy, used: Model) -> None:
    """Make `scored` from `pairs`: only what may matter is kept."""
    least = hundredths(policy.thresholds.review)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE scored AS SELECT * FROM ({score_sql(policy, used.persons)}) WHERE weight >= {least}"
    )


def make_edges(connection: Any) -> None:
    """Make `edges` between groups from `scored`: the strongest pair stands for two groups, with its two nodes."""
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE edges AS
        SELECT least(a.grp, b.grp) AS l, greatest(a.grp, b.grp) AS r, max(s.weight) AS weight,
          arg_max({'l': s.l, 'r': s.r}, (s.weight, s.l, s.r)) AS pair
        FROM scored s JOIN members a ON a.node = s.l JOIN members b ON b.node = s.r
        WHERE a.grp <> b.grp GROUP BY 1, 2
        """
    )


_DOUBTFUL = """
CREATE OR REPLACE TEMP TABLE doubtful AS
WITH towards AS (SELECT l AS grp, r AS number, weight FROM edges WHERE l < 0 AND r > 0),
ranked AS (SELECT *, row_number() OVER (PARTITION BY grp ORDER BY weight DESC, number) AS place,
  max(weight) OVER (PARTITION BY grp) AS best FROM towards)
SELECT DISTINCT grp FROM ranked WHERE place = 2 AND weight > best - {margin}
"""


def make_people(connection: Any, policy: Policy) -> int:
    """Make `people` and `review` from `edges`, `members` and `said`; return how many edges were refused."""
    link = hundredths(policy.thresholds.link)
    connection.execute(_DOUBTFUL.format(margin=hundredths(policy.thresholds.margin)))
    found = connection.execute(
        f"""
        SELECT e.l, e.r, e.weight FROM edges e LEFT JOIN doubtful d ON d.grp = e.l AND e.r > 0
        WHERE e.weight >= {link} AND d.grp IS NULL
        """  # noqa: S608  # built from an integer
    ).fetchnumpy()
    decided = _decided(connection)
    edges = zip(found["l"].tolist(), found["r"].tolist(), found["weight"].tolist(), strict=True)
    clustered, refused = cluster(edges, same=decided.same, apart=decided.apart)
    roots = pa.table(
        {
            "grp": np.fromiter(clustered.keys(), dtype=np.int64, count=len(clustered)),
            "root": np.fromiter(clustered.values(), dtype=np.int64, count=len(clustered)),
        }
    )
    connection.register("roots", roots)
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE people AS
        SELECT m.node, m.grp, COALESCE(c.root, m.grp) AS person, m.proven FROM members m LEFT JOIN roots c USING (grp)
        """
    )
    connection.execute(_REVIEW)
    connection.unregister("roots")
    return len(refused)


_REVIEW = """
CREATE OR REPLACE TEMP TABLE review AS
WITH persons AS (SELECT grp, any_value(person) AS person FROM people SEMI JOIN (
    SELECT l AS grp FROM edges UNION SELECT r FROM edges) USING (grp) GROUP BY grp),
open AS (
  SELECT e.l, e.r, e.weight, e.pair, a.person AS person, b.person AS other FROM edges e
  JOIN persons a ON a.grp = e.l JOIN persons b ON b.grp = e.r WHERE a.person <> b.person)
SELECT pair.l AS l, pair.r AS r, weight, l AS grp, r AS other_grp FROM open
WHERE NOT EXISTS (SELECT 1 FROM said s WHERE s.l = least(open.l, open.r) AND s.r = greatest(open.l, open.r))
QUALIFY row_number() OVER (PARTITION BY least(person, other), greatest(person, other) ORDER BY weight DESC, pair.l, pair.r) = 1
"""


def _decided(connection: Any) -> Decided:
    """Read `said` (l, r, verdict between groups)."""
    rows = connection.execute("SELECT l, r, verdict FROM said ORDER BY l, r").fetchall()
    return Decided(
        tuple((left, right) for left, right, verdict in rows if verdict == "same"),
        tuple((left, right) for left, right, verdict in rows if verdict == "different"),
    )


def figures(connection: Any, counts: dict[str, int], refused: int) -> Figures:
    """Count what there is."""
    rows, nodes, people, review = connection.execute(
        "SELECT (SELECT COUNT(*) FROM rows), (SELECT COUNT(*) FROM members),"
        " (SELECT COUNT(DISTINCT person) FROM people), (SELECT COUNT(*) FROM review)"
    ).fetchall()[0]
    return Figures(rows, nodes, counts, people, review, refused)

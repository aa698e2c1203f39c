"""The whole way from rows to people on one connection: nodes, groups, pairs, weights, edges, clusters.

A full run is an incremental run that begins with nothing. What is there before: `old_rows`, `old_members`, `old_scored`,
`old_edges`, `old_told`, `old_people` (not there at first), `changes` (old_number, new_number as integers of 17 digits)
and `verdicts` (what people decided of two rows). What is new: `incoming` rows, and `gone` (dataset, _row) for rows that changed or left.
What comes out has the same names without `old_`, and `review`. Only the groups in `affected` are decided anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from jinbao.data.linkage import blocks, model, normal
from jinbao.data.linkage.clusters import cluster
from jinbao.data.linkage.declared import Policy, hundredths
from jinbao.data.linkage.model import Model
from jinbao.data.linkage.score import score_sql

Pairs = tuple[tuple[int, int], ...]
KEPT = ("rows", "members", "scored", "edges", "people", "told")
"""The tables that the next run begins with."""

_EMPTY = {
    "old_rows": "dataset VARCHAR, _row VARCHAR, node BIGINT, print BIGINT",
    "gone": "dataset VARCHAR, _row VARCHAR",
    "changes": "old_number BIGINT, new_number BIGINT",
    "verdicts": "l_dataset VARCHAR, l_row VARCHAR, r_dataset VARCHAR, r_row VARCHAR, verdict VARCHAR",
}


@dataclass(frozen=True)
class Figures:
    """What a run did, for the report."""

    rows: int
    changed: int
    """Rows that were new, different or gone."""
    nodes: int
    pairs: dict[str, int]
    """Candidate pairs by block, and `together` without repetition; of an incremental run only the new ones."""
    affected: int
    """Groups that were decided anew."""
    people: int
    review: int
    refused: int
    """Edges given up because they would have put two valid numbers into one person."""


def begin(connection: Any) -> None:
    """Make the tables of a first run, empty, where they are not there yet."""
    for name, columns in _EMPTY.items():
        connection.execute(f"CREATE TEMP TABLE IF NOT EXISTS {name} ({columns})")


def run(connection: Any, policy: Policy, *, today: int, frozen: Model | None = None) -> tuple[Figures, Model]:
    """Link what changed with what there is; without a frozen model one is estimated from the rows that came in."""
    first = not _exists(connection, "old_members")
    normal.normalise(connection, policy, today=today)
    used = frozen or model.estimate(connection, policy)
    model.apply(connection, policy, used)
    _merge_rows(connection)
    if first:
        blocks.group(connection, "members", "weighed")
    else:
        _regroup(connection)
    counts = blocks.pair(connection, policy, only_new=not first)
    score(connection, policy, used, first=first)
    make_edges(connection)
    _find_affected(connection, first=first)
    refused = make_people(connection, policy, first=first)
    return figures(connection, counts, refused), used


def _exists(connection: Any, table: str) -> bool:
    return bool(connection.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = ?", [table]).fetchall())


def _merge_rows(connection: Any) -> None:
    """Make `rows` of all that stay and all that came, `touched` (nodes that gained or lost a row), and `said` of nodes."""
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE touched AS
        SELECT node FROM came UNION SELECT node FROM old_rows SEMI JOIN gone USING (dataset, _row);
        CREATE OR REPLACE TEMP TABLE rows AS
        SELECT * FROM old_rows ANTI JOIN gone USING (dataset, _row) UNION ALL SELECT dataset, _row, node, print FROM came;
        CREATE OR REPLACE TEMP TABLE said AS
        SELECT a.node AS l, b.node AS r, v.verdict FROM verdicts v
        JOIN rows a ON a.dataset = v.l_dataset AND a._row = v.l_row JOIN rows b ON b.dataset = v.r_dataset AND b._row = v.r_row
        """
    )


_REGROUP = """
CREATE OR REPLACE TEMP TABLE sizes AS SELECT node, COUNT(*) AS size FROM rows SEMI JOIN touched USING (node) GROUP BY node;
CREATE OR REPLACE TEMP TABLE unsettled AS
SELECT number FROM old_members SEMI JOIN touched USING (node) WHERE number IS NOT NULL
UNION SELECT number FROM weighed WHERE number IS NOT NULL;
CREATE OR REPLACE TEMP TABLE again AS
SELECT m.* EXCLUDE (main, proven, grp) REPLACE (COALESCE(s.size, m.size) AS size)
FROM old_members m LEFT JOIN sizes s USING (node) LEFT JOIN touched t USING (node)
WHERE (m.number IN (FROM unsettled) OR t.node IS NOT NULL) AND (t.node IS NULL OR s.node IS NOT NULL)
UNION ALL BY NAME SELECT w.* FROM weighed w ANTI JOIN old_members USING (node)
"""

_MEMBERS = """
CREATE OR REPLACE TEMP TABLE members AS
SELECT * FROM old_members WHERE COALESCE(number NOT IN (FROM unsettled), true) AND node NOT IN (FROM touched)
UNION ALL BY NAME FROM regrouped;
CREATE OR REPLACE TEMP TABLE fresh AS
SELECT n.node FROM regrouped n LEFT JOIN old_members o USING (node)
WHERE o.node IS NULL OR (o.proven, o.main, o.grp) <> (n.proven, n.main, n.grp)
"""


def _regroup(connection: Any) -> None:
    """Make `members` and `fresh`: only numbers with a row that came or went are looked at again."""
    connection.execute(_REGROUP)
    blocks.group(connection, "regrouped", "again")
    connection.execute(_MEMBERS)


def score(connection: Any, policy: Policy, used: Model, *, first: bool) -> None:
    """Make `scored` from `pairs` and what was scored before: only what may matter is kept."""
    least = hundredths(policy.thresholds.review)
    kept = "" if first else _STILL
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE scored AS {kept}"
        f" SELECT * FROM ({score_sql(policy, used.persons)}) WHERE weight >= {least}"
    )


_STILL = """
SELECT * FROM old_scored WHERE l IN (SELECT node FROM members) AND r IN (SELECT node FROM members)
  AND l NOT IN (FROM fresh) AND r NOT IN (FROM fresh) UNION ALL BY NAME
"""


def make_edges(connection: Any) -> None:
    """Make `edges` between groups from `scored` (the strongest pair counts), and `told` from `said`."""
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE edges AS
        SELECT least(l_grp, r_grp) AS l, greatest(l_grp, r_grp) AS r, max(weight) AS weight
        FROM scored WHERE l_grp <> r_grp GROUP BY 1, 2;
        CREATE OR REPLACE TEMP TABLE told AS
        WITH spoken AS (SELECT node, grp FROM members WHERE node IN (SELECT l FROM said UNION SELECT r FROM said))
        SELECT DISTINCT least(a.grp, b.grp) AS l, greatest(a.grp, b.grp) AS r, verdict
        FROM said s JOIN spoken a ON a.node = s.l JOIN spoken b ON b.node = s.r WHERE a.grp <> b.grp
        """
    )


def _find_affected(connection: Any, *, first: bool) -> None:
    """Make `affected`: groups that changed, and everybody whom edges old or new connect with them."""
    if first:
        connection.execute("CREATE OR REPLACE TEMP TABLE affected AS SELECT DISTINCT grp FROM members")
        return
    connection.execute(_SEEDS)
    while connection.execute(_GROW).fetchall()[0][0]:
        pass


_SEEDS = """
CREATE OR REPLACE TEMP TABLE every_edge AS
SELECT l, r FROM edges UNION SELECT l, r FROM old_edges UNION SELECT l, r FROM told UNION SELECT l, r FROM old_told;
CREATE OR REPLACE TEMP TABLE affected AS
WITH differing AS (
  (SELECT l, r, weight FROM edges EXCEPT SELECT l, r, weight FROM old_edges)
  UNION ALL (SELECT l, r, weight FROM old_edges EXCEPT SELECT l, r, weight FROM edges)),
retold AS ((FROM told EXCEPT FROM old_told) UNION ALL (FROM old_told EXCEPT FROM told))
SELECT l AS grp FROM differing UNION SELECT r FROM differing UNION SELECT l FROM retold UNION SELECT r FROM retold
UNION SELECT grp FROM members SEMI JOIN fresh USING (node) UNION SELECT grp FROM old_members SEMI JOIN touched USING (node)
"""

_GROW = """
INSERT INTO affected
SELECT r FROM every_edge WHERE l IN (FROM affected) AND r NOT IN (FROM affected)
UNION SELECT l FROM every_edge WHERE r IN (FROM affected) AND l NOT IN (FROM affected)
"""

_DOUBTFUL = """
CREATE OR REPLACE TEMP TABLE doubtful AS
WITH towards AS (SELECT l AS grp, r AS number, weight FROM edges WHERE l < 0 AND r > 0),
ranked AS (SELECT *, row_number() OVER (PARTITION BY grp ORDER BY weight DESC, number) AS place,
  max(weight) OVER (PARTITION BY grp) AS best FROM towards)
SELECT DISTINCT grp FROM ranked WHERE place = 2 AND weight > best - {margin}
"""


def make_people(connection: Any, policy: Policy, *, first: bool) -> int:
    """Make `people` and `review` from `edges`, `members` and `told`; return how many edges were refused."""
    connection.execute(_DOUBTFUL.format(margin=hundredths(policy.thresholds.margin)))
    connection.execute(_GOOD.format(link=hundredths(policy.thresholds.link)))
    edges = connection.execute(
        "SELECT l, r, weight FROM good ANTI JOIN leaves USING (l) ORDER BY weight DESC, l, r"
    ).fetchall()
    same, apart = _told(connection, "same"), _told(connection, "different")
    clustered, refused = cluster(edges, same=same, apart=apart)
    roots = pa.table(
        {
            "grp": np.fromiter(clustered.keys(), dtype=np.int64, count=len(clustered)),
            "root": np.fromiter(clustered.values(), dtype=np.int64, count=len(clustered)),
        }
    )
    connection.register("roots", roots)
    connection.execute(_PEOPLE.format(kept="" if first else _UNCHANGED))
    connection.execute(_REVIEW)
    connection.unregister("roots")
    return len(refused)


_GOOD = """
CREATE OR REPLACE TEMP TABLE good AS
SELECT e.l, e.r, e.weight FROM edges e LEFT JOIN doubtful d ON d.grp = e.l AND e.r > 0
WHERE e.weight >= {link} AND d.grp IS NULL AND e.l IN (FROM affected);
CREATE OR REPLACE TEMP TABLE leaves AS
SELECT grp AS l, max(other) AS r FROM (SELECT l AS grp, r AS other FROM good UNION ALL SELECT r, l FROM good WHERE r < 0)
WHERE grp < 0 AND grp NOT IN (SELECT l FROM told) GROUP BY grp HAVING COUNT(*) = 1 AND max(other) > 0
"""
"""Leaves hang on a numbered group by one edge: they join it whatever else happens, so they need no clustering."""

_PEOPLE = """
CREATE OR REPLACE TEMP TABLE people AS {kept}
SELECT m.node, m.grp, COALESCE(c.root, m.grp) AS person, m.proven FROM members m LEFT JOIN leaves f ON f.l = m.grp
LEFT JOIN roots c ON c.grp = COALESCE(f.r, m.grp) WHERE m.grp IN (FROM affected) AND f.l IS NULL
UNION ALL BY NAME
SELECT m.node, m.grp, COALESCE(c.root, f.r) AS person, m.proven FROM members m JOIN leaves f ON f.l = m.grp
LEFT JOIN roots c ON c.grp = f.r
"""

_UNCHANGED = """
SELECT o.* FROM old_people o JOIN members m USING (node) WHERE m.grp NOT IN (FROM affected) UNION ALL BY NAME
"""

_REVIEW = """
CREATE OR REPLACE TEMP TABLE review AS
WITH persons AS (SELECT grp, any_value(person) AS person FROM people SEMI JOIN (
    SELECT l AS grp FROM edges UNION SELECT r FROM edges) USING (grp) GROUP BY grp),
open AS (
  SELECT e.l, e.r, e.weight, a.person AS person, b.person AS other FROM edges e
  JOIN persons a ON a.grp = e.l JOIN persons b ON b.grp = e.r WHERE a.person <> b.person
    AND NOT EXISTS (SELECT 1 FROM told t WHERE t.l = e.l AND t.r = e.r)),
strongest AS (
  SELECT * FROM open
  QUALIFY row_number() OVER (PARTITION BY least(person, other), greatest(person, other) ORDER BY weight DESC, l, r) = 1)
SELECT s.* FROM scored s JOIN strongest o ON o.weight = s.weight AND o.l = least(s.l_grp, s.r_grp) AND o.r = greatest(s.l_grp, s.r_grp)
QUALIFY row_number() OVER (PARTITION BY o.l, o.r ORDER BY s.l, s.r) = 1
"""


def _told(connection: Any, verdict: str) -> Pairs:
    """Return the pairs of affected groups of which a person said the verdict."""
    rows = connection.execute(
        "SELECT l, r FROM told WHERE verdict = ? AND l IN (FROM affected) ORDER BY l, r", [verdict]
    ).fetchall()
    return tuple((left, right) for left, right in rows)


def figures(connection: Any, counts: dict[str, int], refused: int) -> Figures:
    """Count what there is."""
    rows, changed, nodes, affected, people, review = connection.execute(
        "SELECT (SELECT COUNT(*) FROM rows), (SELECT COUNT(*) FROM (SELECT dataset, _row FROM came UNION FROM gone)),"
        " (SELECT COUNT(*) FROM members), (SELECT COUNT(*) FROM affected),"
        " (SELECT COUNT(DISTINCT person) FROM people), (SELECT COUNT(*) FROM review)"
    ).fetchall()[0]
    return Figures(rows, changed, nodes, counts, affected, people, review, refused)

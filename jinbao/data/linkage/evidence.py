"""The evidence that any two sets of rows are one person: the comparisons of the pair that speaks most for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from jinbao.data.linkage import blocks, store
from jinbao.data.linkage.declared import policy
from jinbao.data.linkage.doubts import evidence_of, read_pairs
from jinbao.data.linkage.link import latest
from jinbao.data.linkage.models import Change, Proposal
from jinbao.data.linkage.numbers import Key
from jinbao.data.linkage.queries import rows_of
from jinbao.data.linkage.score import score_sql
from jinbao.kernel import duck

Evidence = dict[str, Any]
"""rows (both keys), weight (hundredths of bits) and lines (one per comparison), as a doubt keeps them."""


def between(one: Iterable[Key], other: Iterable[Key]) -> Evidence | None:
    """Compare every row of the one with every row of the other as a run does, and return the likest pair."""
    made = latest()
    if made is None:
        return None
    used, rules = store.model_of(made.state), policy()
    with duck.connect(threads=1) as connection:
        for side, keys in (("one", one), ("other", other)):
            connection.execute(f"CREATE TEMP TABLE {side}_keys (dataset VARCHAR, _row VARCHAR)")
            if rows := [list(key) for key in keys]:
                connection.executemany(f"INSERT INTO {side}_keys VALUES (?, ?)", rows)
        connection.execute(
            _SIDES.format(rows=store.table_of(made.state, "rows"), members=store.table_of(made.state, "members"))
        )
        tried = (blocks.repairs(a, b) for a, b in (("one", "other"), ("other", "one")))
        repaired = " UNION ".join(f"SELECT * FROM ({sql})" for sql in tried)
        connection.execute(_PAIRS.format(repaired=repaired))
        connection.execute(
            f"CREATE TEMP TABLE review AS {score_sql(rules, used.persons)} ORDER BY weight DESC, l, r LIMIT 1"
        )
        for row in read_pairs(connection):
            keys = ((row["ld"], row["lr"]), (row["rd"], row["rr"]))
            return {"rows": keys, "weight": row["weight"], "lines": evidence_of(rules, row, used.persons)}
    return None


_SIDES = """
CREATE TEMP TABLE rows AS FROM {rows} SEMI JOIN (FROM one_keys UNION FROM other_keys) USING (dataset, _row);
CREATE TEMP TABLE members AS FROM {members} SEMI JOIN rows USING (node);
CREATE TEMP VIEW one AS FROM members WHERE node IN (SELECT node FROM rows SEMI JOIN one_keys USING (dataset, _row));
CREATE TEMP VIEW other AS FROM members WHERE node IN (SELECT node FROM rows SEMI JOIN other_keys USING (dataset, _row))
"""

_PAIRS = """
CREATE TEMP TABLE pairs AS
WITH repaired(l, r, near) AS ({repaired}),
crossed AS (
  SELECT CASE WHEN a.proven AND NOT b.proven THEN b.node ELSE a.node END AS l,
    CASE WHEN a.proven AND NOT b.proven THEN a.node ELSE b.node END AS r
  FROM one a JOIN other b ON a.node <> b.node)
SELECT DISTINCT l, r, CASE WHEN (l, r) IN (SELECT (l, r) FROM repaired) THEN 1 ELSE 0 END AS near FROM crossed
"""


def sides_of(proposal: Proposal) -> tuple[Sequence[Key], Sequence[Key]]:
    """Return the two sets of rows that a proposal would join or part; empty for a change of number."""
    what: dict[str, Any] = proposal.what
    if proposal.kind == Proposal.Kind.MERGE:
        return rows_of(what["one"]), rows_of(what["other"])
    if proposal.kind == Proposal.Kind.SPLIT:
        apart = [(dataset, row) for dataset, row in what["rows"]]
        return apart, [key for key in rows_of(what["serial"]) if key not in set(apart)]
    if proposal.kind == Proposal.Kind.UNDO:
        return _sides_of_change(Change.objects.get(pk=what["change"]))
    return (), ()


def _sides_of_change(change: Change) -> tuple[Sequence[Key], Sequence[Key]]:
    """Return the rows of the first person where there were (or are) two, and all others."""
    sides = max((change.before, change.after), key=lambda rows: len({serial for _, _, serial in rows}))
    first = min(int(serial) for _, _, serial in sides)
    one = [(dataset, row) for dataset, row, serial in sides if serial == first]
    return one, [(dataset, row) for dataset, row, serial in sides if serial != first]

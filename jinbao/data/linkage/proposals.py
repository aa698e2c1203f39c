"""Proposals: what their people looked like when they were made, and what has changed since."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jinbao.data.datasets import load_dataset
from jinbao.data.linkage import store
from jinbao.data.linkage.link import latest
from jinbao.data.linkage.models import Change, Proposal
from jinbao.data.linkage.numbers import Key, person_no
from jinbao.kernel import duck

Seen = dict[Key, tuple[int, str]]
"""Row → whose it is, and a fingerprint of what it says."""


def look(serials: Iterable[int], rows: Iterable[Key] = ()) -> Seen:
    """Return the rows of these people, and these rows whosever they are now, as the newest run left them."""
    made = latest()
    if made is None:
        return {}
    numbered, all_rows, members = (store.table_of(made.state, name) for name in (store.NUMBERED, "rows", "members"))
    with duck.connect(threads=1) as connection:
        connection.execute("CREATE TEMP TABLE asked (dataset VARCHAR, _row VARCHAR)")
        if keys := [list(key) for key in rows]:
            connection.executemany("INSERT INTO asked VALUES (?, ?)", keys)
        mine = ", ".join(str(int(serial)) for serial in serials) or "NULL"
        found = connection.execute(
            f"SELECT dataset, _row, n.serial, {_FINGERPRINT} FROM {numbered} n JOIN {all_rows} r USING (dataset, _row)"
            f" JOIN {members} m USING (node) WHERE n.serial IN ({mine}) OR (dataset, _row) IN (FROM asked) ORDER BY ALL"
        ).fetchall()
    return {(dataset, row): (int(serial), text) for dataset, row, serial, text in found}


_FINGERPRINT = (
    "md5(concat_ws('|', "
    + ", ".join(
        f"COALESCE(CAST(m.{f} AS VARCHAR), '')" for f in ("number", "claim", "last", "name", "sex_row", "birth_own")
    )
    + "))[1:12]"
)


def kept(seen: Seen) -> list[list[Any]]:
    """Return what was seen as it is kept with a proposal."""
    return [[*key, serial, text] for key, (serial, text) in seen.items()]


def changed_since(proposal: Proposal) -> list[str]:
    """Return what became of the people of a proposal since it was made, a sentence for each row; none while it stands."""
    was: Seen = {(dataset, row): (int(serial), text) for dataset, row, serial, text in proposal.seen}
    now = look(proposal.serials, was)
    said = [_said(key, was.get(key), now.get(key)) for key in sorted(was.keys() | now.keys())]
    if proposal.kind == Proposal.Kind.UNDO and Change.objects.filter(undoes=proposal.what["change"]).exists():
        said.append("这次变动已经撤销")
    return [text for text in said if text]


def _said(key: Key, was: tuple[int, str] | None, now: tuple[int, str] | None) -> str:
    name = f"“{load_dataset(key[0]).title}”的行 {key[1]}"
    if was is None:
        return f"{name}新归入 {person_no(now[0])}" if now else ""
    if now is None:
        return f"{name}已不在最近的交付中"
    if was[0] != now[0]:
        return f"{name}已由 {person_no(was[0])} 归到 {person_no(now[0])}"
    return f"{name}的内容已变" if was[1] != now[1] else ""

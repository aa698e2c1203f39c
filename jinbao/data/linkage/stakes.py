"""What hangs on people: benefits and cases. Where anything does, joining or parting them needs a second person.

Three things are asked: the tables that policy/linkage.yaml names, the identity numbers of these people in the rooms above
(which this room does not know: settings.LINKAGE_STAKES names functions of theirs), and whether somebody is in a proposal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from jinbao.data.linkage import store
from jinbao.data.linkage.declared import policy
from jinbao.data.linkage.link import latest
from jinbao.data.linkage.numbers import citizen_id_sql
from jinbao.data.supply import tables
from jinbao.kernel import duck

Ask = Callable[[Sequence[str], date], Iterable[str]]
"""Given identity numbers and a day, say what hangs on these people, a sentence each."""


def stakes_of(serials: Iterable[int], on: date) -> list[str]:
    """Return why these people (serial numbers) concern more than one person: sentences, each once, none where nothing hangs on them."""
    wanted = sorted(set(serials))
    made = latest()
    if made is None or not wanted:
        return []
    numbered, chosen = store.table_of(made.state, store.NUMBERED), ", ".join(map(str, wanted))
    with duck.connect(threads=1) as connection:
        connection.execute(f"CREATE TEMP TABLE mine AS SELECT dataset, _row FROM {numbered} WHERE serial IN ({chosen})")
        found = [one.title for one in policy().stakes if _holds(connection, one.dataset, one.when)]
        numbers = [number for (number,) in connection.execute(_NUMBERS.format(
            rows=store.table_of(made.state, "rows"), members=store.table_of(made.state, "members"))).fetchall()]  # fmt: skip
    return [*dict.fromkeys([*found, *stakes_of_numbers(numbers, on)])]


def stakes_of_numbers(numbers: Sequence[str], on: date) -> list[str]:
    """Return what the rooms above say of people with these identity numbers."""
    found: list[str] = []
    for name in settings.LINKAGE_STAKES if numbers else ():
        ask: Ask = import_string(name)
        found += ask(numbers, on)
    return found


def _holds(connection: Any, dataset: str, when: str) -> bool:
    """Tell whether one of the rows at hand is in a table and fulfils the condition there."""
    tables.attach(connection, [dataset])
    sql = f"SELECT 1 FROM {duck.quoted(dataset)} WHERE ({when}) AND _row IN (SELECT _row FROM mine WHERE dataset = ?) LIMIT 1"
    return bool(connection.execute(sql, [dataset]).fetchall())


_NUMBERS = f"""
SELECT DISTINCT {citizen_id_sql("body")} FROM (
  SELECT COALESCE(m.number, CASE WHEN m.last IS NULL THEN m.claim END) AS body
  FROM mine JOIN {{rows}} r USING (dataset, _row) JOIN {{members}} m USING (node))
WHERE body IS NOT NULL ORDER BY 1
"""
"""Valid numbers and 15-digit ones written with 18."""

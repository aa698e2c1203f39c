"""The stable number of a person: P, nine digits and a check character; a person keeps it, nobody gets it again.

Whoever has most rows of a number keeps it, so a merge keeps the larger side's number and a split leaves it where most is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jinbao.kernel.errors import FormatError
from jinbao.kernel.identifiers.check_digits import MOD11_2_WEIGHTS, mod11_2

Key = tuple[str, str]
"""dataset and _row."""


@dataclass(frozen=True)
class Move:
    """Rows that changed their person: what was, what is, by row."""

    before: dict[Key, int]
    after: dict[Key, int]

    @property
    def kind(self) -> str:
        """Whether people became one, or one became several; both at once is a rearrangement."""
        was, is_ = len(set(self.before.values())), len(set(self.after.values()))
        return "merge" if is_ < was else "split" if is_ > was else "move"


def person_no(serial: int) -> str:
    """Write a serial number with its check character (ISO 7064 MOD 11-2)."""
    return f"P{serial:09d}{mod11_2(f'{serial:017d}')}"


def serial_of(text: str) -> int:
    """Read a person number; raise FormatError for one that cannot be."""
    plain = text.strip().upper()
    if len(plain) != 11 or plain[0] != "P" or not plain[1:10].isdigit() or not plain.isascii():
        raise FormatError(f"“{text[:20]}”不是人员编号", advice="人员编号是 P、九位数字和一位校验码，例如 P000000019。")
    if person_no(int(plain[1:10])) != plain:
        raise FormatError(f"人员编号“{plain}”的校验位不符", advice="请核对每一位。")
    return int(plain[1:10])


def person_no_sql(serial: str) -> str:
    """Return SQL that writes a serial number like `person_no`."""
    total = " + ".join(f"{serial} // {10 ** (16 - n)} % 10 * {MOD11_2_WEIGHTS[n]}" for n in range(8, 17))
    return f"'P' || printf('%09d', {serial}) || substr('10X98765432', CAST(({total}) % 11 AS INTEGER) + 1, 1)"


def citizen_id_sql(body: str) -> str:
    """Return SQL that completes 17 digits with their check character."""
    total = " + ".join(f"{body} // {10 ** (16 - n)} % 10 * {weight}" for n, weight in enumerate(MOD11_2_WEIGHTS))
    return f"CAST({body} AS VARCHAR) || substr('10X98765432', CAST(({total}) % 11 AS INTEGER) + 1, 1)"


_PREPARE = """
CREATE OR REPLACE TEMP TABLE placed AS
SELECT r.dataset, r._row, p.person, p.grp IN (FROM affected) AS again FROM rows r JOIN people p USING (node);
CREATE OR REPLACE TEMP TABLE votes AS
SELECT person, COALESCE(w.serial, o.serial) AS serial, COUNT(*) AS n, min((dataset, _row)) AS first_row
FROM placed LEFT JOIN old_numbered o USING (dataset, _row) LEFT JOIN wished w USING (dataset, _row)
WHERE again AND COALESCE(w.serial, o.serial) IS NOT NULL GROUP BY ALL;
CREATE OR REPLACE TEMP TABLE heirs AS
SELECT person, serial FROM votes
QUALIFY COUNT(*) OVER (PARTITION BY person) = 1 AND COUNT(*) OVER (PARTITION BY serial) = 1
"""

_FINISH = """
CREATE OR REPLACE TEMP TABLE newcomers AS
SELECT person, {start} + row_number() OVER (ORDER BY first_row) - 1 AS serial
FROM (SELECT person, min((dataset, _row)) AS first_row FROM placed WHERE again AND person NOT IN (SELECT person FROM heirs)
  GROUP BY person);
CREATE OR REPLACE TEMP TABLE numbered AS
SELECT p.dataset, p._row, COALESCE(h.serial, n.serial, o.serial) AS serial FROM placed p
LEFT JOIN heirs h ON p.again AND h.person = p.person LEFT JOIN newcomers n ON p.again AND n.person = p.person
LEFT JOIN old_numbered o ON NOT p.again AND o.dataset = p.dataset AND o._row = p._row
"""


def assign(connection: Any, start: int) -> int:
    """Make `numbered` (dataset, _row, serial) and return how many new numbers were given, from `start` on.

    Tables in: those of the engine, `old_numbered`, and `wished`: rows that should get back the number they had.
    """
    for name in ("old_numbered", "wished"):
        connection.execute(f"CREATE TEMP TABLE IF NOT EXISTS {name} (dataset VARCHAR, _row VARCHAR, serial BIGINT)")
    connection.execute(_PREPARE)
    contested = connection.execute(
        "SELECT person, serial FROM votes WHERE person NOT IN (SELECT person FROM heirs) ORDER BY n DESC, serial, first_row"
    ).fetchall()
    persons: set[int] = set()
    serials: set[int] = set()
    for person, serial in contested:
        if person not in persons and serial not in serials:
            persons.add(person)
            serials.add(serial)
            connection.execute("INSERT INTO heirs VALUES (?, ?)", [person, serial])
    connection.execute(_FINISH.format(start=int(start)))
    return int(connection.execute("SELECT COUNT(*) FROM newcomers").fetchall()[0][0])


def moves(connection: Any) -> list[Move]:
    """Return what happened to people who were known: for each set of numbers that exchanged rows, before and after."""
    rows = connection.execute(
        """
        WITH both_ AS (SELECT dataset, _row, o.serial AS was, n.serial AS now FROM old_numbered o JOIN numbered n USING (dataset, _row)),
        stirred AS (SELECT was AS serial FROM both_ WHERE was <> now UNION SELECT now FROM both_ WHERE was <> now)
        SELECT dataset, _row, was, now FROM both_ WHERE was IN (FROM stirred) OR now IN (FROM stirred) ORDER BY ALL
        """
    ).fetchall()
    parent: dict[int, int] = {}

    def find(serial: int) -> int:
        while (above := parent.get(serial, serial)) != serial:
            serial = above
        return serial

    for _, _, was, now in rows:
        low, high = sorted((find(was), find(now)))
        parent[high] = low
    found: dict[int, Move] = {}
    for dataset, row, was, now in rows:
        move = found.setdefault(find(was), Move({}, {}))
        move.before[dataset, row], move.after[dataset, row] = was, now
    return [found[serial] for serial in sorted(found)]

"""The subject tables of people: `person` (whose each row is) and `person_best` (the best value of each field)."""

from __future__ import annotations

from jinbao.data.lake import lake
from jinbao.data.linkage import store
from jinbao.data.linkage.declared import policy
from jinbao.data.linkage.link import latest
from jinbao.data.linkage.models import Run
from jinbao.data.linkage.numbers import citizen_id_sql, person_no_sql
from jinbao.data.supply import layers
from jinbao.kernel import duck

PERSON, BEST = "person", "person_best"
FIELDS = ("name", "sex", "birth", "phone")


def publish() -> None:
    """Write both tables from what the newest run left; each appears in one step, and doing it again changes nothing."""
    with layers.locked("subject", PERSON), layers.locked("subject", BEST):
        if (run := latest()) is not None:
            _publish(run)


def _publish(run: Run) -> None:
    trust = "".join(f"WHEN {duck.literal(name)} THEN {n} " for n, name in enumerate(policy().trust))
    with duck.connect(threads=2, spill=lake() / ".spill") as connection:
        for table in store.STATE:
            connection.execute(f"CREATE VIEW {table} AS FROM {store.table_of(run.state, table)}")
        connection.execute(_ROWS.format(trust=f"CASE r.dataset {trust}ELSE 1000 END" if trust else "1000"))
        for name, select in ((PERSON, _person_sql()), (BEST, _best_sql())):
            layers.publish("subject", name, connection, select, made_from=(run.pk,))


_ROWS = """
CREATE TEMP TABLE said_of AS
SELECT n.serial, r.dataset, r._row, p.grp, p.person, p.proven, {trust} AS rank, m.number, m.name, m.sex_row AS sex,
  m.birth_own AS birth, m.phone
FROM numbered n JOIN rows r USING (dataset, _row) JOIN people p USING (node) JOIN members m USING (node)
"""


def _person_sql() -> str:
    """Say whose each row is, how it was found (number, score, person or alone) and the weight of a score, in bits."""
    return f"""
    WITH home AS (SELECT grp, any_value(person) AS person FROM people GROUP BY grp),
    best AS (
      SELECT grp, max(weight) AS weight FROM (
        SELECT e.l AS grp, e.weight FROM edges e JOIN home a ON a.grp = e.l JOIN home b ON b.grp = e.r WHERE a.person = b.person
        UNION ALL
        SELECT e.r, e.weight FROM edges e JOIN home a ON a.grp = e.l JOIN home b ON b.grp = e.r WHERE a.person = b.person)
      GROUP BY grp),
    told_ AS (SELECT l AS grp FROM told WHERE verdict = 'same' UNION SELECT r FROM told WHERE verdict = 'same')
    SELECT {person_no_sql("s.serial")} AS person_no, s.dataset, s._row,
      CASE WHEN t.grp IS NOT NULL THEN 'person' WHEN s.proven THEN 'number' WHEN b.weight IS NOT NULL THEN 'score' ELSE 'alone' END AS link,
      CASE WHEN NOT s.proven THEN b.weight / 100.0 END AS weight
    FROM said_of s LEFT JOIN best b USING (grp) LEFT JOIN told_ t USING (grp) ORDER BY s.serial, s.dataset, s._row
    """


def _best_sql() -> str:
    """Of each field take the most trusted source's value, then the one said most often, and name its source."""
    parts = [
        f"""{field}_said AS (SELECT serial, arg_min({{'v': {field}, 's': dataset}}, (rank, -n, {field})) AS best FROM (
          SELECT serial, {field}, COUNT(*) AS n, min(rank) AS rank, min(dataset) AS dataset FROM said_of
          WHERE {field} IS NOT NULL GROUP BY serial, {field}) GROUP BY serial)"""
        for field in FIELDS
    ]
    shown = {"sex": "CAST(sex_said.best.v AS VARCHAR)", "phone": "CAST(phone_said.best.v AS VARCHAR)"}
    picked = ", ".join(f"{shown.get(f, f'{f}_said.best.v')} AS {f}, {f}_said.best.s AS {f}_source" for f in FIELDS)
    joined = " ".join(f"LEFT JOIN {f}_said USING (serial)" for f in FIELDS)
    return f"""
    WITH everybody AS (SELECT serial, COUNT(*) AS rows, COUNT(DISTINCT dataset) AS datasets, max(CASE WHEN proven THEN number END) AS number,
      min(CASE WHEN proven THEN dataset END) AS number_source FROM said_of GROUP BY serial),
    {", ".join(parts)}
    SELECT {person_no_sql("serial")} AS person_no, CASE WHEN number IS NOT NULL THEN {citizen_id_sql("number")} END AS id_number,
      number_source AS id_number_source, {picked}, rows, datasets FROM everybody {joined} ORDER BY serial
    """

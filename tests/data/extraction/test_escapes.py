"""What SQL of the workbench cannot do: reach files, settings, other tables, columns above the level, all the memory."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest

from jinbao.data.extraction import actions, declared, workbench
from jinbao.data.extraction.models import DataRequest
from jinbao.data.extraction.statement import SqlError, read_statement
from jinbao.data.lake import lake
from jinbao.data.models import Batch
from jinbao.trust.actors import Actor
from jinbao.trust.models import AuditEvent
from tests.conftest import LI_SI, ZHANG_SAN
from tests.data.extraction.conftest import NOW, TABLE

pytestmark = pytest.mark.django_db
KNOWN = ("population", "person")
ESCAPES = [
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_parquet('{lake}/standard/population/1.parquet')",
    "SELECT * FROM '{lake}/standard/population/1.parquet'",
    'SELECT * FROM "{lake}/standard/population/1.parquet"',
    "SELECT * FROM '../../etc/passwd'",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM glob('/**')",
    "SELECT read_text('/etc/passwd')",
    "COPY population TO '/tmp/leak.csv'",
    "COPY (SELECT 1) TO '/tmp/leak.csv'",
    "EXPORT DATABASE '/tmp/leak'",
    "ATTACH '/tmp/leak.db' AS leak",
    "DETACH memory",
    "USE memory",
    "SET enable_external_access = true",
    "SET memory_limit = '100GB'",
    "RESET memory_limit",
    "PRAGMA database_list",
    "CALL pragma_version()",
    "INSTALL httpfs",
    "LOAD httpfs",
    "CREATE TABLE leak AS SELECT 1",
    "CREATE MACRO f(x) AS x",
    "INSERT INTO population VALUES (1)",
    "DELETE FROM population",
    "UPDATE population SET name = ''",
    "DROP VIEW population",
    "ALTER VIEW population RENAME TO p",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP VIEW population",
    "SELECT 1 /* ; */ ; -- x\n COPY population TO '/tmp/x'",
    "EXPLAIN SELECT * FROM population",
    "EXPLAIN ANALYZE SELECT * FROM population",
    "DESCRIBE population",
    "SHOW TABLES",
    "SUMMARIZE population",
    "SELECT * FROM (SHOW TABLES)",
    "SELECT * FROM (DESCRIBE population)",
    "SELECT * FROM (SUMMARIZE population)",
    "SELECT * FROM duckdb_views()",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_views",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM pg_catalog.pg_views",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM main.population",
    "SELECT * FROM memory.main.population",
    "SELECT * FROM pragma_table_info('population')",
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query_table('population')",
    "SELECT getenv('HOME')",
    "SELECT current_setting('memory_limit')",
    "SELECT getvariable('x')",
    "SELECT main.count(*) FROM population",
    "SELECT random()",
    "SELECT uuid()",
    "SELECT now()",
    "SELECT current_date",
    "SELECT current_user",
    "SELECT repeat('x', 1000000000)",
    "SELECT nextval('s')",
    "SELECT $1",
    "SELECT * FROM connection",
    "WITH population AS (SELECT 1) SELECT * FROM population",
    "WITH duckdb_views AS (SELECT 1 AS a) SELECT * FROM duckdb_views",
    "SELECT * FROM (WITH duckdb_views AS (SELECT 1) SELECT 1), duckdb_views",
    "SELECT * FROM (WITH secret AS (SELECT 1) SELECT 1), secret",
    'SELECT * FROM (WITH "{lake}/standard/population/1.parquet" AS (SELECT 1) SELECT 1)',
    "WITH a AS (SELECT * FROM read_csv('/etc/passwd')) SELECT * FROM a",
    "SELECT (SELECT max(content) FROM read_text('/etc/passwd'))",
    "SELECT * FROM population WHERE name IN (SELECT content FROM read_text('/etc/passwd'))",
    "SELECT * FROM population ORDER BY (SELECT content FROM read_text('/etc/passwd'))",
    "SELECT * FROM population LIMIT (SELECT count(*) FROM glob('/*'))",
    "FROM read_csv('/etc/passwd')",
    "TABLE duckdb_views",
    "SELECT sha256(name) FROM population",
    "SELEC 1",
    "",
    "   -- nothing",
]


@pytest.mark.parametrize("sql", ESCAPES)
def test_an_escape_is_refused(sql: str, people: None) -> None:
    with pytest.raises(SqlError) as refused:
        read_statement(sql.replace("{lake}", str(lake())), KNOWN)
    assert refused.value.advice


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT name, count(*) FROM population GROUP BY ALL HAVING count(*) > 1 ORDER BY 2 DESC LIMIT 3;",
        "WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT * FROM t",
        "FROM population SELECT upper(name) AS u, row_number() OVER (ORDER BY name) AS n WHERE name LIKE '张%'",
        "SELECT * FROM range(12) m(n) LEFT JOIN Population p ON p._line = m.n -- every month",
        "SELECT CASE WHEN _line > 1 THEN 'b' END AS x, sum(_line) FILTER (WHERE _line > 2) FROM population GROUP BY 1",
        "SELECT name FROM population UNION ALL SELECT name FROM population EXCEPT SELECT '张三'",
        "SELECT a.name FROM population a JOIN person b ON a._row = b._row WHERE EXISTS (SELECT 1 FROM person)",
        "VALUES (1), (2)",
    ],
)
def test_an_ordinary_question_is_not(sql: str, people: None) -> None:
    assert set(read_statement(sql, KNOWN).tables) <= set(KNOWN)


def sight(level: str, region: str = "990100") -> workbench.Sight:
    return workbench.Sight(level, region, "salt")


def ask(sql: str, level: str, region: str = "990100") -> list[tuple[object, ...]]:
    return workbench.run(read_statement(sql, [TABLE]), sight(level, region)).rows


def test_a_column_above_the_level_cannot_be_seen_asked_for_or_ordered_by(people: None) -> None:
    assert ask(f"SELECT 1 FROM population WHERE id_number = '{ZHANG_SAN}'", "敏感个人信息") == [(1,)]
    assert ask(f"SELECT 1 FROM population WHERE id_number = '{ZHANG_SAN}'", "个人信息") == []
    assert ask("SELECT DISTINCT name FROM population", "内部") == [(None,)]
    assert ask("SELECT count(*) FROM population WHERE name LIKE '张%' OR name > '' OR length(name) > 0", "内部") == [
        (0,)
    ]
    shown = str(ask("SELECT * FROM population ORDER BY id_number, _row", "内部"))
    assert ZHANG_SAN not in shown
    assert LI_SI not in shown
    assert "张三" not in shown
    joined = "SELECT count(*) FROM population a JOIN population b USING (id_number)"
    assert ask(joined, "内部") == [(63,)]


def test_codes_hold_within_one_request_only(people: None) -> None:
    sql = "SELECT id_number FROM population ORDER BY 1"
    statement = read_statement(sql, [TABLE])
    first = workbench.run(statement, sight("内部")).rows
    assert first == workbench.run(statement, sight("内部")).rows
    assert not set(first) & set(workbench.run(statement, replace(sight("内部"), salt="other")).rows)


def test_rows_of_another_region_are_not_there(people: None) -> None:
    Batch.objects.create(
        pk=1, dataset=TABLE, file_name="a", file_sm3="0" * 64, sender="x", region="990100", received_by="x",
        received_at=NOW, folder="x",
    )  # fmt: skip
    assert ask("SELECT count(*) FROM population", "内部") == [(63,)]
    assert ask("SELECT count(*) FROM population", "内部", "990200") == [(0,)]
    assert workbench._rows_of("population", sight("内部", "000000")) == ""


def limited(monkeypatch: pytest.MonkeyPatch, **limits: object) -> None:
    lower = replace(declared.policy(), **limits)  # type: ignore[arg-type]  # fields by name
    monkeypatch.setattr("jinbao.data.extraction.workbench.policy", lambda: lower)


@pytest.mark.parametrize(
    "sql",
    [
        "WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t) SELECT max(n) FROM t",
        "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE (a.range * b.range) % 7 = 3",
        "SELECT levenshtein(a, a || 'b') AS n FROM (SELECT string_agg('ab', '') AS a FROM range(200000))",
    ],
)
def test_a_question_without_end_is_stopped(sql: str, people: None, monkeypatch: pytest.MonkeyPatch) -> None:
    limited(monkeypatch, seconds=1)
    with pytest.raises(SqlError, match="已停止"):
        ask(sql, "内部")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT list(a.range) AS l FROM range(100000000) a",
        "SELECT a.range, b.range AS c, count(*) AS n FROM range(100000) a, range(100000) b GROUP BY ALL",
        "SELECT a.range FROM range(1000000000) a ORDER BY (a.range * 7919) % 104729",
        "SELECT length(" + "replace(" * 9 + "'aaaaaaaaaa'" + ", 'a', 'aaaaaaaaaa')" * 9 + ") AS n",
        f"SELECT length(x) n FROM ({'SELECT x || x AS x FROM (' * 31}SELECT 'a' || _line x FROM population{')' * 31})",
    ],
)
def test_a_question_that_eats_memory_is_stopped(sql: str, people: None, monkeypatch: pytest.MonkeyPatch) -> None:
    limited(monkeypatch, memory="60MB", seconds=20)
    with pytest.raises(SqlError, match="已停止"):
        ask(sql, "内部")


def test_too_many_rows_are_not_given(people: None, monkeypatch: pytest.MonkeyPatch) -> None:
    limited(monkeypatch, rows=10)
    with pytest.raises(SqlError, match="超过 10 行"):
        ask("SELECT * FROM range(1000000000)", "内部")


@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT {'abs(' * 300}1{')' * 300}",
        f"SELECT 1{' + 1' * 900}",
        f"SELECT * FROM {'(SELECT * FROM ' * 300}population{')' * 300}",
        f"SELECT {'[' * 400}1{']' * 400} AS x",
        f"SELECT {'(' * 9000}1{')' * 9000}",
    ],
)
def test_a_text_that_is_nested_too_deep_is_refused_with_advice(sql: str, people: None) -> None:
    with pytest.raises(SqlError) as refused:
        read_statement(sql, KNOWN)
    assert refused.value.advice


def test_too_many_columns_are_not_given(people: None) -> None:
    with pytest.raises(SqlError, match="超过 200 列"):
        ask(f"SELECT {', '.join(f'1 AS c{at}' for at in range(201))}", "内部")


def test_an_error_says_line_and_column_and_is_recorded(people: None, asked: DataRequest, steward: Actor) -> None:
    with pytest.raises(SqlError) as wrong:
        actions.preview(steward, asked, "SELECT name,\n  nmae FROM population", now=NOW)
    assert wrong.value.at is not None
    assert (wrong.value.at.line, wrong.value.at.column) == (2, "3")
    assert "name" in wrong.value.message
    event = AuditEvent.objects.get(action="extraction.try_failed")
    assert "nmae" in str(event.detail)


@pytest.mark.parametrize(
    ("column", "level"),
    [
        ("name", "个人信息"),
        ("upper(name) AS u", "个人信息"),
        ("upper(name)", "个人信息"),
        ("p AS whole", "敏感个人信息"),
        ("count(*) AS n", "内部"),
        ("max(id_number) AS n", "敏感个人信息"),
        ("(SELECT max(name) FROM population) AS n", "个人信息"),
        ("1 AS one", "内部"),
    ],
)
def test_a_column_of_the_result_is_as_sensitive_as_where_it_comes_from(
    column: str, level: str, people: None, asked: DataRequest, cleared: None, steward: Actor
) -> None:
    made = actions.preview(steward, asked, f"SELECT {column} FROM population p", now=NOW)
    assert declared.LEVELS.index(made.draft.columns[0]["level"]) >= declared.LEVELS.index(level)  # type: ignore[arg-type]  # from JSON
    if level != "内部":
        assert "张三" not in str(made.rows)
        assert ZHANG_SAN not in str(made.rows)


UNDONE = [
    "SELECT _line FROM population AS p(_line)",
    "SELECT q._line FROM population AS q(a, b, c), population AS p(_line) WHERE q.c = 1",
    "WITH w AS (SELECT * FROM population) SELECT _line FROM w AS p(_line)",
    "SELECT _line AS x, id_number AS X FROM population",
    'SELECT 1 AS "İ", COLUMNS(\'id_number\') AS "i̇" FROM population',
    'SELECT p AS "count_star()" FROM population p',
    "SELECT COLUMNS('id_number') AS \"count_star()\" FROM population",
    "SELECT unnest(q) FROM (SELECT {'count_star()': id_number} AS q FROM population) z",
    "SELECT (struct_pack(a := _line)).a, COLUMNS('id_number') AS a FROM population",
    "SELECT unnest(q) FROM (SELECT {'_line': id_number, 'b': 1} AS q, _line FROM population) z",
    "SELECT reverse(id_number) AS x FROM population",
    "SELECT substr(id_number, 4, 3) || '0000000' || substr(id_number, 7, 4) AS x FROM population",
    "SELECT string_agg(id_number, '') AS x FROM (SELECT id_number FROM population ORDER BY id_number LIMIT 1)",
    "SELECT 'x' || name AS x FROM population",
    "SELECT list_value(name, id_number) AS x FROM population",
    "SELECT '1' AS a UNION ALL SELECT reverse(id_number) FROM population",
    "WITH RECURSIVE t(n) AS (SELECT '' UNION SELECT reverse(id_number) FROM population, t) SELECT n FROM t",
    "SELECT CAST(id_number AS DATE) AS x FROM population",
    "SELECT CAST(name AS INTEGER) AS x FROM population",
    "SELECT strptime(id_number, '%Y') AS x FROM population",
    "SELECT date_trunc(id_number, DATE '2020-01-01') AS x FROM population",
    "SELECT 1 AS x FROM population WHERE CAST(id_number AS TINYINT) = 1",
    "SELECT CAST(left(id_number, 17) AS BIGINT) * 100000 AS x FROM population",
    f"SELECT {'(' * 900}id_number{')' * 900} AS x FROM population",
    "SELECT make_date(2020, 13, CAST(left(id_number, 8) AS INTEGER)) AS x FROM population",
]
"""Ways to see in the preview, which is always masked, or in an error what the masks hide."""


@pytest.mark.parametrize("sql", UNDONE)
def test_masks_are_not_undone_by_names_functions_or_errors(
    sql: str, people: None, asked: DataRequest, cleared: None, steward: Actor
) -> None:
    shown = ""
    with suppress(SqlError):  # what it says is in the audit trail
        shown = str(actions.preview(steward, asked, sql, now=NOW).rows)
    shown += "".join(event.detail["why"] for event in AuditEvent.objects.filter(action="extraction.try_failed"))
    assert shown
    secrets = (
        ZHANG_SAN[3:10],
        ZHANG_SAN[:8],
        ZHANG_SAN[:2:-1][1:5],
        "1966",
        "三",
        ZHANG_SAN[:15:-1] + ZHANG_SAN[15:12:-1],
    )
    assert not [secret for secret in secrets if secret in shown]


def test_an_unchanged_value_is_masked_by_what_it_is(
    people: None, asked: DataRequest, cleared: None, steward: Actor
) -> None:
    sql = "WITH w AS (SELECT name AS n, id_number FROM population) SELECT n, id_number, count(*) FROM w p JOIN w q"
    made = actions.preview(steward, asked, f"{sql} USING (n, id_number) GROUP BY ALL ORDER BY n", now=NOW)
    assert ("张*", "990***********1014", 1) in made.rows

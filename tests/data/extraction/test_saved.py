"""Queries that are kept under a name: filled in, versioned, of one region, and checked like any other SQL."""

from __future__ import annotations

import pytest

from jinbao.data.extraction import actions, saved
from jinbao.data.extraction.models import DataRequest, SavedQuery
from jinbao.data.extraction.saved import Blank, blanks, filled
from jinbao.data.extraction.statement import SqlError
from jinbao.kernel.errors import FormatError, NotAllowed, NotFound
from jinbao.trust.actors import Actor
from jinbao.trust.models import AuditEvent
from tests.conftest import LI_SI, ZHANG_SAN
from tests.data.extraction.conftest import NOW

SQL = "SELECT name FROM population WHERE name = {姓名:文本} AND _line >= {行号:整数}"


def test_blanks_are_named_once_and_have_a_kind() -> None:
    assert blanks(SQL + " OR name = {姓名:文本}") == [Blank("姓名", "文本"), Blank("行号", "整数")]
    for wrong in ("{x:布尔}", "{x:文本} {x:整数}"):
        with pytest.raises(FormatError, match="类型有误"):
            blanks(wrong)
    assert blanks("SELECT {'a': 1}") == []


@pytest.mark.parametrize(
    ("kind", "typed", "becomes"),
    [("文本", "张三", "'张三'"), ("文本", "' OR '1'='1", "''' OR ''1''=''1'"), ("整数", " 12 ", "12"),
     ("整数", "-3", "-3"), ("年月", "2026-01", "202601"), ("年月", "202601", "202601"),
     ("日期", "2026-01-31", "DATE '2026-01-31'")],
)  # fmt: skip
def test_a_value_becomes_a_literal_of_its_kind(kind: str, typed: str, becomes: str) -> None:
    assert filled(f"SELECT {{x:{kind}}}", {"x": typed}) == f"SELECT {becomes}"


@pytest.mark.parametrize(
    ("kind", "typed"),
    [("整数", "1 OR 1=1"), ("整数", ""), ("年月", "2026-13"), ("日期", "2026-02-30"), ("日期", "'x'"), ("文本", "a\nb"),
     ("文本", "x" * 201)],
)  # fmt: skip
def test_a_value_of_another_kind_is_refused_by_name(kind: str, typed: str) -> None:
    with pytest.raises(FormatError, match="某参数") as refused:
        filled(f"SELECT {{某参数:{kind}}}", {"某参数": typed})
    assert refused.value.advice


@pytest.mark.django_db
def test_a_query_is_kept_in_versions_with_who_and_when(people: None, steward: Actor) -> None:
    first = saved.save(steward, "按姓名", "核对用", SQL, now=NOW)
    second = saved.save(steward, "按姓名", "", SQL + " ORDER BY name", now=NOW)
    assert (first.version, second.version, second.by) == (1, 2, "shuju")
    assert list(saved.saved(steward)) == [second, first]
    assert AuditEvent.objects.filter(action="extraction.save_query").count() == 2


@pytest.mark.django_db
def test_a_picked_query_runs_as_any_other_and_says_what_it_was(
    people: None, cleared: None, steward: Actor, asked: DataRequest
) -> None:
    kept = saved.save(steward, "按姓名", "", SQL, now=NOW)
    text = saved.text_of(kept, {"姓名": "李四", "行号": "1"})
    ran = actions.preview(steward, asked, text, now=NOW)
    assert ran.rows == [("李*",)]
    assert ran.draft.sql.startswith("-- 已存查询 按姓名 第1版：姓名=李四，行号=1\n")
    again = saved.save(steward, "按姓名", "", text, now=NOW)
    assert again.sql.startswith("SELECT")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "sql", ["SELECT * FROM read_csv({文件:文本})", "COPY population TO '/tmp/x'", "SELECT 1; SELECT 2", ""]
)
def test_what_the_workbench_refuses_is_not_kept(people: None, steward: Actor, sql: str) -> None:
    with pytest.raises(SqlError):
        saved.save(steward, "坏查询", "", sql, now=NOW)
    assert not SavedQuery.objects.exists()


@pytest.mark.django_db
def test_only_stewards_of_the_region_see_and_keep_queries(
    people: None, steward: Actor, stranger: Actor, officer: Actor, second: Actor
) -> None:
    kept = saved.save(steward, "按姓名", "", SQL, now=NOW)
    for other in (stranger, officer, second):
        assert not saved.saved(other).exists()
        with pytest.raises(NotFound):
            saved.picked(other, str(kept.pk))
    with pytest.raises(NotAllowed):
        saved.save(officer, "按姓名", "", SQL, now=NOW)
    for wrong in ("", "x", "-1", "99999999999999"):
        with pytest.raises(NotFound):
            saved.picked(steward, wrong)


@pytest.mark.django_db
def test_no_value_hides_in_a_name(people: None, steward: Actor) -> None:
    for name in ("", "x" * 65, "a\nb", "a'; DROP"):
        with pytest.raises(FormatError, match="名称"):
            saved.save(steward, name, "", SQL, now=NOW)
    assert ZHANG_SAN not in str(saved.save(steward, "名单", "", f"SELECT 1 WHERE '{LI_SI}' = {{号:文本}}", now=NOW))

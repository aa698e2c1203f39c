"""Invariants of linkage, over the newest run."""

from __future__ import annotations

from collections.abc import Iterator

from jinbao.data.linkage import store
from jinbao.data.linkage.link import decided, latest
from jinbao.data.linkage.models import Decision, Run, Series
from jinbao.data.linkage.numbers import person_no
from jinbao.data.linkage.publishing import BEST, PERSON
from jinbao.data.supply import layers
from jinbao.kernel import duck
from jinbao.kernel.checks import Check, Row


def _ask(run: Run, sql: str) -> list[tuple[object, ...]]:
    with duck.connect(threads=1) as connection:
        for table in store.STATE:
            connection.execute(f"CREATE VIEW {table} AS FROM {store.table_of(run.state, table)}")
        found: list[tuple[object, ...]] = connection.execute(sql).fetchall()
    return found


def two_numbers_in_one_person() -> Iterator[Row]:
    """A person holds two valid numbers only where somebody decided so."""
    run = latest()
    if run is None:
        return
    sql = """
    SELECT n.serial FROM numbered n JOIN rows r USING (dataset, _row) JOIN people p USING (node) JOIN members m USING (node)
    WHERE m.proven GROUP BY n.serial HAVING COUNT(DISTINCT m.number) > 1
      AND NOT bool_or(p.grp IN (SELECT l FROM told WHERE verdict = 'same' UNION SELECT r FROM told WHERE verdict = 'same'))
    """
    for (serial,) in _ask(run, sql):
        yield Row(f"linkage.Run:{run.pk}", f"人员 {person_no(int(str(serial)))} 有两个有效号码")


def row_without_or_with_two_numbers() -> Iterator[Row]:
    """Every row has exactly one person, and every person has rows."""
    run = latest()
    if run is None:
        return
    sql = """
    SELECT dataset, _row, COUNT(n.serial) FROM rows r LEFT JOIN numbered n USING (dataset, _row)
    GROUP BY ALL HAVING COUNT(n.serial) <> 1
    """
    for dataset, row, count in _ask(run, sql):
        yield Row(f"{dataset}/{row}", f"这一行属于 {count} 个人")


def number_beyond_the_series() -> Iterator[Row]:
    """No person number is greater than the last that was given, so none is given twice."""
    run = latest()
    if run is None:
        return
    given = Series.objects.filter(pk=1).values_list("next", flat=True).first() or 1
    for (serial,) in _ask(run, "SELECT max(serial) FROM numbered"):
        if serial is not None and int(str(serial)) >= given:
            yield Row("linkage.Series:1", f"人员编号 {person_no(int(str(serial)))} 大于已发出的编号")


def decision_not_obeyed() -> Iterator[Row]:
    """Rows that somebody said are different people have different numbers."""
    run = latest()
    if run is None:
        return
    for one in decided():
        if one.verdict != Decision.Verdict.DIFFERENT or one.at > run.at:
            continue
        sql = f"""
        SELECT COUNT(DISTINCT serial), COUNT(*) FROM numbered WHERE
          (dataset = {duck.literal(one.left_dataset)} AND _row = {duck.literal(one.left_row)})
          OR (dataset = {duck.literal(one.right_dataset)} AND _row = {duck.literal(one.right_row)})
        """
        if (1, 2) in _ask(run, sql):
            yield Row(f"linkage.Decision:{one.pk}", "裁定为不是同一人的两行在一个人名下")


def tables_behind_the_run() -> Iterator[Row]:
    """The published tables of people come from the newest run."""
    run = latest()
    for name in (PERSON, BEST) if run is not None else ():
        now = layers.current("subject", name)
        if run is not None and (now is None or now.made_from != (run.pk,)):
            yield Row(f"subject/{name}", f"不是由{run}写出的，请运行 jinbao data link")


CHECKS = (
    Check("linkage.numbers", "一个人不会有两个有效号码，除非人工认定", two_numbers_in_one_person),
    Check("linkage.rows", "每一行正好属于一个人", row_without_or_with_two_numbers),
    Check("linkage.series", "人员编号不重复使用", number_beyond_the_series),
    Check("linkage.decisions", "人工裁定得到遵守", decision_not_obeyed),
    Check("linkage.tables", "人员表与最近一次归并一致", tables_behind_the_run),
)

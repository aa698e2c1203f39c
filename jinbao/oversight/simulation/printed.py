"""The result as tables to be printed: titles, headings, rows; the same for the workbook, the sheet and the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from jinbao.kernel.money import fen_to_yuan
from jinbao.oversight.simulation.suppression import LEAST
from jinbao.oversight.simulation.tables import MONEY, PEOPLE

HIDDEN = "*"
"""Stands for a cell that is not shown."""

Value = int | Decimal | str


@dataclass(frozen=True)
class Table:
    """A titled table; whole numbers are people, decimals yuan, texts labels or HIDDEN."""

    slug: str
    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]


HEAD = (*PEOPLE.values(), *(f"{title}（元）" for title in MONEY.values()), "平均变化（元/月）", "中位变化（元/月）")
_MONTHS = ("原领取人数", "新领取人数", "原支出（元）", "新支出（元）", "变化（元）")
_SHEETS = {"age": "按年龄", "sex": "按性别", "income": "按收入十等分", "region": "按地区", "change": "分布"}


def tables_of(results: Mapping[str, Any]) -> list[Table]:
    """Return the tables of a result: months first, then one for each dimension."""
    months = tuple(tuple(_month(row)) for row in results["months"])
    return [
        Table("months", "按月", ("月份", *_MONTHS), months),
        *(
            Table(
                each["slug"],
                _SHEETS[each["slug"]],
                (each["title"], *HEAD),
                (*(row_of(row) for row in each["rows"]), row_of(results["total"])),
            )
            for each in results["dimensions"]
        ),
        *_without_answer(results),
    ]


def _without_answer(results: Mapping[str, Any]) -> Iterator[Table]:
    """Give the table of reasons, where somebody has no result."""
    rows = tuple(
        (row["reason"], people(row["before"]), people(row["after"])) for row in results.get("without_answer", ())
    )
    if rows:
        yield Table("unanswered", "没有结果的人", ("原因", "原规定（人）", "新规定（人）"), rows)


def row_of(row: Mapping[str, Any]) -> tuple[Value, ...]:
    """Return one group as a printed row."""
    return (
        row["label"],
        *(people(row[name]) for name in PEOPLE),
        *(money(row[name]) for name in MONEY),
        money(row["mean_fen"]),
        money(row["median_fen"]),
    )


def _month(row: Mapping[str, Any]) -> Iterator[Value]:
    yield row["month"]
    yield from (people(row[name]) for name in ("before", "after"))
    yield from (money(row[name]) for name in ("fen_before", "fen_after", "fen_change"))


def people(count: int | None) -> Value:
    """Return a count, or the sign for one that is not shown."""
    return HIDDEN if count is None else count


def money(fen: int | None) -> Value:
    """Return an amount in yuan, or the sign for one that is not shown."""
    return HIDDEN if fen is None else fen_to_yuan(fen)


def text_of(value: Value) -> str:
    """Write a value with thousands separated."""
    return f"{value:,}" if isinstance(value, int | Decimal) else value


def summary(results: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what the result says in short."""
    total, question, computed = results["total"], results["question"], results["computed"]

    def shown(name: str) -> str:
        return text_of(people(total[name]) if name in PEOPLE else money(total[name]))

    return [
        ("期间", f"{question['first']} 至 {question['last']}（{question['months']} 个月）"),
        ("计入人数", shown("persons")),
        ("期末领取人数", f"原 {shown('before')}，新 {shown('after')}（新得 {shown('gained')}，失去 {shown('lost')}）"),
        ("期末月支出（元）", f"原 {shown('month_before')}，新 {shown('month_after')}，变化 {shown('month_change')}"),
        ("期内支出（元）", f"原 {shown('sum_before')}，新 {shown('sum_after')}，变化 {shown('sum_change')}"),
        ("增加、减少、基本不变", f"{shown('winners')}、{shown('losers')}、{shown('same')}"),
        ("月待遇平均、中位变化（元）", "，".join(text_of(money(total[name])) for name in ("mean_fen", "median_fen"))),
        ("逐人复算", f"原 {computed['exact']['before']:,} 人，新 {computed['exact']['after']:,} 人"),
        ("没有结果", f"原 {_some(computed['unanswered']['before'])}，新 {_some(computed['unanswered']['after'])}"),
    ]


def _some(count: int) -> str:
    return f"不足 {LEAST} 人" if 0 < count < LEAST else f"{count:,} 人"


def laws(results: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return both laws: day, region, version, and what is supposed."""
    found = []
    for name, title in (("before", "原规定"), ("after", "新规定")):
        side = results[name]
        found.append((title, f"{side['on']}，地区 {side['region']}，规则版本 {side['rule_version']}"))
        found += [("　假设", each["text"].removeprefix("假设 ")) for each in side["assumptions"]]
        found += [("　今后各年（假设）", text) for text in side.get("yearly", ())]
    return [*found, ("输入", f"履历散列 {results['input_hash']}，{results['computed']['persons']:,} 人")]

"""What a new year begins with: last year's closing balances, the budget's figures, results as proposed targets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinbao.centre.disclosure.produce.accounts import CARRIED, SOURCES, rules_named
from jinbao.centre.disclosure.produce.derive import completed, left
from jinbao.centre.disclosure.produce.performance import next_target
from jinbao.centre.disclosure.produce.schema import PARTS, Data, Row
from jinbao.centre.disclosure.standards import Standard
from jinbao.kernel.errors import FormatError

OWN = ("年度", "类型", "整体全年预算数（元）", "整体完成情况")
"""What of 单位 is not carried over."""
Rows = dict[str, list[Row]]
TOTALS = (
    "收入支出总计",
    "本年收入合计",
    "本年支出合计",
    "财政拨款收支总计",
    "一般公共预算财政拨款收入",
    "一般公共预算财政拨款支出",
    "机关运行经费",
    "“三公”经费",
)
"""What the explanation compares with the year before."""


def carried(form: str, *, budget: Data | None, last: Data | None, last_budget: Data | None, standard: Standard) -> Rows:
    """Return the rows a new book begins with; rows with `_proposed` wait for somebody to accept or change them.

    `budget` is the same year's (for final accounts), `last` the last final accounts, `last_budget` the last budget.
    """
    before = budget if form == "决算" else None
    model = before or last or last_budget
    if model is None:
        return {}
    rows: Rows = {"单位": [row for row in model["单位"] if row["项目"] not in OWN]}
    rows["收入"] = [{"科目编码": row["科目编码"]} for row in model["收入"]]
    rows["支出"] = [_spending(row, before is not None) for row in model["支出"]]
    rows["经济分类"] = [{"科目编码": row["科目编码"]} for row in model["经济分类"]]
    rows["三公"] = _official(model, before, last)
    compared = last if form == "决算" else last_budget
    if compared is not None:
        rows["上年"] = [{"项目": name, "金额": fen} for name, fen in totals(compared).items()]
    if last is not None:
        rows["结转"] = [{"资金": row["资金"], CARRIED[0]: row[CARRIED[3]]} for row in last["结转"]]
        rows["资产"] = [_asset(row) for row in last["资产"]]
        rows["重点工作"] = [_work(row) for row in last["重点工作"] if (row["进度"] or 0) < 100 and not row["内容"]]
    rows |= _projects(before, last, standard)
    return rows


def totals(data: Data) -> dict[str, int]:
    """Return the totals that the next year is compared with, in fen."""
    income = {name: sum(row[name] for row in data["收入"]) for name in SOURCES}
    fiscal = [name for name, fund in SOURCES.items() if fund != "其他"]
    opening = {fund: sum(r[CARRIED[0]] + r[CARRIED[1]] for r in data["结转"] if r["资金"] == fund) for fund in _FUNDS}
    general = sum(row["决算"] for row in data["支出"] if row["资金"] == "一般公共")
    return {
        "收入支出总计": sum(income.values()) + sum(opening.values()),
        "本年收入合计": sum(income.values()),
        "本年支出合计": sum(row["决算"] for row in data["支出"]),
        "财政拨款收支总计": sum(income[n] for n in fiscal) + sum(v for f, v in opening.items() if f != "其他"),
        "一般公共预算财政拨款收入": income["一般公共预算财政拨款"],
        "一般公共预算财政拨款支出": general,
        "“三公”经费": sum(row["决算"] for row in data["三公"]),
    }


_FUNDS = ("一般公共", "基金", "国资", "其他")


def _spending(row: Row, from_budget: bool) -> Row:
    kept = {title: row[title] for title in ("科目编码", "资金", "类别", "用途")}
    return kept | ({"年初预算": row["决算"]} if from_budget else {})


def _official(model: Data, budget: Data | None, last: Data | None) -> list[Row]:
    planned = {row["项目"]: row["全年预算"] for row in budget["三公"]} if budget else {}
    spent = {row["项目"]: row["决算"] for row in last["三公"]} if last else {}
    names = [row["项目"] for row in model["三公"]]
    return [{"项目": n, "全年预算": planned.get(n, 0), "上年决算": spent.get(n, 0)} for n in names]


def _asset(row: Row) -> Row:
    kept = {title: row[title] for title in ("资产名称", "资产类别", "车辆用途", "百万元以上数量")}
    return kept | {f"年初{what}": left(row, what) for what in ("数量", "原值")}


def _work(row: Row) -> Row:
    return {title: row[title] for title in ("标题", "计划", "牵头人", "进度", "佐证")}


def _projects(budget: Data | None, last: Data | None, standard: Standard) -> Rows:
    """Projects and indicators: as budgeted, else last year's with targets that the results suggest."""
    if budget is not None:
        indicators = [{k: v for k, v in row.items() if not k.startswith("_")} for row in budget["指标"]]
        return {"项目": [_budgeted(row) for row in budget["项目"]], "指标": indicators}
    if last is None:
        return {}
    kept = ("项目名称", "科目编码", "主管部门", "年度目标", "支出类别", "经济科目编码", "负责人")
    projects = [{title: row[title] for title in kept} for row in last["项目"]]
    return {"项目": projects, "指标": [_proposal(row, last, standard) for row in completed(last)["指标"]]}


def _budgeted(row: Row) -> Row:
    texts = ("项目名称", "科目编码", "主管部门", "年度目标", "支出类别", "经济科目编码", "负责人")
    planned = {f"全年预算-{part}": row[f"全年预算-{part}"] for part in PARTS}
    return {title: row[title] for title in texts} | planned | {"年初预算": sum(planned.values())}


def _proposal(row: Row, last: Mapping[str, Any], standard: Standard) -> Row:
    about = {str(r["项目"]): str(r["内容"]) for r in last["单位"]}
    try:
        proposed = next_target(row, rules_named(about.get("计分规则", ""), standard), int(about["年度"]))
    except FormatError:  # without a result nothing is proposed but the old target
        proposed = {**row, "年中值": "", "实际值": "", "定性得分率": None, "偏差原因": ""}
    return {k: v for k, v in proposed.items() if not k.startswith("_")} | {"_proposed": True}

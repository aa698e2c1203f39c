"""What a workbook's detailed sheets say, summed up into the sheets that documents are made from.

Months make a project's execution, contracts make 采购, assets make 车辆 and 数量.
A sheet that was filled in by hand stands.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from jinbao.centre.disclosure.produce.schema import PARTS, PURCHASES, WHOLE, Data, Row

OWNED, MACHINES = "公务用车保有量", "单位价值100万元以上设备"


def completed(data: Data) -> Data:
    """Return the figures with what follows from the detailed sheets; 基本支出 projects are left out."""
    full = {
        **data,
        "项目": [_executed(row, data.get("执行", [])) for row in data["项目"] if row.get("支出类别") != "基本"],
    }
    basic = {row["项目名称"] for row in data["项目"] if row.get("支出类别") == "基本"} - {WHOLE}
    full["指标"] = [row for row in data["指标"] if row["项目名称"] not in basic]
    full["重点工作"] = [row for row in data["重点工作"] if row["内容"]]
    full["采购"] = data["采购"] or purchases(data.get("合同", []), "计划金额" if is_budget(data) else "合同金额")
    full["车辆"] = data["车辆"] or vehicles(data.get("资产", []))
    counts = {row["项目"] for row in data["数量"]}
    full["数量"] = [*data["数量"], *[row for row in _counts(data.get("资产", [])) if row["项目"] not in counts]]
    return full


def is_budget(data: Data) -> bool:
    """Tell whether a workbook is a budget's."""
    return any(row["项目"] == "类型" and row["内容"] == "预算" for row in data["单位"])


def monthly(months: list[Row], project: str) -> dict[str, int]:
    """Sum a project's months by part of its money, in fen."""
    found: dict[str, int] = defaultdict(int)
    for row in months:
        if row["项目名称"] == project:
            found[row["资金"]] += row["金额"]
    return dict(found)


def _executed(row: Row, months: list[Row]) -> Row:
    spent = monthly(months, row["项目名称"])
    return {**row, **{f"执行数-{part}": spent.get(part, 0) for part in PARTS}} if spent else row


def purchases(contracts: list[Row], amount: str) -> list[Row]:
    """Sum contracts by 货物, 工程, 服务; what went to enterprises that are not large, and to small and micro ones."""
    rows = []
    for kind in PURCHASES:
        mine = [c for c in contracts if c["采购类别"] == kind and c[amount]]
        if mine:
            small = [c for c in mine if c["企业规模"] in ("中型", "小型", "微型")]
            micro = [c for c in mine if c["企业规模"] in ("小型", "微型")]
            sums = [sum(c[amount] for c in part) for part in (mine, small, micro)]
            rows.append({"项目": kind, **dict(zip(("金额", "授予中小企业", "其中小微企业"), sums, strict=True))})
    return rows


def left(asset: Mapping[str, Any], what: str) -> int:
    """What of an asset there is at the end of the year: `what` is 数量 or 原值 (fen)."""
    return int((asset[f"年初{what}"] or 0) + (asset[f"新增{what}"] or 0) - (asset[f"处置{what}"] or 0))


def vehicles(assets: list[Row]) -> list[Row]:
    """Count the vehicles at the end of the year by their use."""
    found: dict[str, int] = defaultdict(int)
    for asset in assets:
        if asset["资产类别"] == "车辆":
            found[asset["车辆用途"] or "其他用车"] += left(asset, "数量")
    return [{"类别": kind, "数量": number} for kind, number in found.items()]


def _counts(assets: list[Row]) -> list[Row]:
    if not assets:
        return []
    machines = sum(asset["百万元以上数量"] or 0 for asset in assets)
    owned = sum(row["数量"] for row in vehicles(assets))
    return [{"项目": OWNED, "数量": owned}, {"项目": MACHINES, "数量": machines}]

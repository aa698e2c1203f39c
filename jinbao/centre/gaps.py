"""还缺什么: what a book still lacks before it can be submitted and its document made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jinbao.centre.disclosure.produce.accounts import rules_named
from jinbao.centre.disclosure.produce.assemble import paper_of_figures
from jinbao.centre.disclosure.produce.derive import completed, monthly
from jinbao.centre.disclosure.produce.schema import PARTS, WHOLE, Data
from jinbao.centre.disclosure.standards import standard
from jinbao.centre.models import YearBook
from jinbao.centre.queries import figures
from jinbao.kernel.errors import JinbaoError

SHEETS = {
    "收入": "本年收入按科目和来源",
    "支出": "本年支出按科目、资金和类别",
    "经济分类": "基本支出按经济科目",
    "上年": "上年数，用于比较",
    "三公": "“三公”经费的预算与决算",
}


@dataclass(frozen=True)
class Gap:
    """One thing that is missing: in which sheet, what, and whether nothing can be made without it."""

    sheet: str
    text: str
    needed: bool = True


def gaps(book: YearBook, data: Data | None = None) -> list[Gap]:
    """List what is missing, what must be filled first; at last what the producer itself refuses."""
    data = data or figures(book)
    found = [*_sheets(data), *_unit(data), *_indicators(data, book.form), *_details(data)]
    waiting = book.lines.filter(live=True, proposed=True).count()
    if waiting:
        found.append(Gap("指标", f"有 {waiting} 条沿用上年结果的目标建议，尚未接受或修改"))
    if not any(gap.needed for gap in found):
        found += _refused(book, data)
    return sorted(found, key=lambda gap: not gap.needed)


def _sheets(data: Data) -> Iterator[Gap]:
    for sheet, what in SHEETS.items():
        if not data[sheet]:
            yield Gap(sheet, f"“{sheet}”没有填：{what}")
    if not any(row["决算"] for row in data["支出"]):
        yield Gap("支出", "各行支出的金额都没有填")
    for sheet, what in (("合同", "政府采购合同"), ("资产", "车辆与设备"), ("重点工作", "年度重点工作")):
        if not data[sheet] and not (sheet == "合同" and data["采购"]) and not (sheet == "资产" and data["车辆"]):
            yield Gap(sheet, f"没有登记{what}；没有的可以不填", needed=False)


def _unit(data: Data) -> Iterator[Gap]:
    about = {row["项目"]: row["内容"] for row in data["单位"]}
    for item in ("单位名称", "性质"):
        if not about.get(item):
            yield Gap("单位", f"没有填“{item}”")
    for item in ("主要职责", "机构设置", "计分规则"):
        if not about.get(item):
            yield Gap("单位", f"没有填“{item}”，将按通用的话写", needed=False)


def _indicators(data: Data, form: str) -> Iterator[Gap]:
    about = {str(row["项目"]): str(row["内容"]) for row in data["单位"]}
    try:
        weight = rules_named(about.get("计分规则", ""), standard()).execution_weight
    except JinbaoError as error:
        yield Gap("单位", error.message)
        return
    full = completed(data)
    names = [row["项目名称"] for row in full["项目"]]
    if not any(row["项目名称"] == WHOLE for row in full["指标"]) and form == "决算":
        yield Gap("指标", "没有整体支出的指标，将不做单位整体自评", needed=False)
    for name in dict.fromkeys([*names, *(row["项目名称"] for row in full["指标"])]):
        mine = [row for row in full["指标"] if row["项目名称"] == name]
        total = sum(row["分值"] or 0 for row in mine) + weight
        if total != 100:
            yield Gap("指标", f"“{name}”的分值合计 {total}（含预算执行 {weight}），应为 100")
        open_ones = [row for row in mine if row["实际值"] == ""]
        if open_ones and form == "决算":
            yield Gap("指标", f"“{name}”有 {len(open_ones)} 个指标没有填实际值")


def _details(data: Data) -> Iterator[Gap]:
    for row in data["项目"]:
        months = monthly(data["执行"], row["项目名称"])
        filled = {part: row[f"执行数-{part}"] for part in PARTS if row[f"执行数-{part}"]}
        if months and filled and {k: v for k, v in months.items() if v} != filled:
            yield Gap("项目", f"“{row['项目名称']}”的全年执行数与各月相加不一致；以各月为准", needed=False)
    for row in data["合同"]:
        if row["已付金额"] > row["合同金额"]:
            yield Gap("合同", f"“{row['合同名称']}”的已付金额大于合同金额")
    for row in data["重点工作"]:
        if not row["内容"]:
            yield Gap("重点工作", f"“{row['标题']}”没有写完成情况，将不公开", needed=False)


def _refused(book: YearBook, data: Data) -> list[Gap]:
    try:
        paper_of_figures(data, str(book))
    except JinbaoError as error:
        at: Any = error.at
        place = f"{at.column}：" if at is not None and at.sheet and at.column else ""
        sheet = (at.sheet if at is not None else "") or "支出"
        return [Gap(sheet, f"{place}{error.message} {error.advice}".strip())]
    return []

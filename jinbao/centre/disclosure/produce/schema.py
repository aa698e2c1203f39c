"""The workbook of figures: its sheets and columns, written as a template (`intake.py` reads it back).

Amounts are in yuan, exact to the fen, as the books have them. One sheet may also be an export of the accounting system
whose columns carry these headings; further columns are ignored.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["text", "money", "count", "number", "code"]


@dataclass(frozen=True)
class Column:
    """One column: its heading, what it holds, whether it must be filled."""

    title: str
    kind: Kind = "text"
    required: bool = False
    help: str = ""
    choices: tuple[str, ...] = ()


MONEY: Kind = "money"
FUNDS = ("一般公共", "基金", "国资", "其他")
KINDS = ("基本", "项目", "上缴上级", "经营", "补助附属")
PARTS = ("财政拨款", "上年结转", "其他资金")
PURCHASES = ("货物", "工程", "服务")
SIZES = ("大型", "中型", "小型", "微型")
ASSETS = ("车辆", "通用设备", "专用设备", "房屋", "其他")
VEHICLES = (
    "主要负责人用车",
    "机要通信用车",
    "应急保障用车",
    "执法执勤用车",
    "特种专业技术用车",
    "离退休干部服务用车",
    "其他用车",
)
RESULTS = ("达成", "部分达成", "未达成")
WHOLE = "整体支出"
"""What an indicator names instead of a project when it is the whole unit's."""
SHEETS: dict[str, tuple[str, tuple[Column, ...]]] = {
    "单位": (
        "一行一项；类型填“决算”或“预算”，性质填“行政单位”“参公单位”或“事业单位”",
        (Column("项目", required=True), Column("内容")),
    ),
    "收入": (
        "本年收入，按功能科目和来源；一行一个项级科目",
        (
            Column("科目编码", "code", required=True),
            *(
                Column(name, MONEY)
                for name in (
                    "一般公共预算财政拨款",
                    "政府性基金预算财政拨款",
                    "国有资本经营预算财政拨款",
                    "上级补助收入",
                    "事业收入",
                    "经营收入",
                    "附属单位上缴收入",
                    "其他收入",
                )
            ),
        ),
    ),
    "支出": (
        "支出，按功能科目、资金和类别；资金：一般公共、基金、国资、其他；类别：基本、项目、上缴上级、经营、补助附属",
        (
            Column("科目编码", "code", required=True),
            Column("资金", required=True, choices=FUNDS),
            Column("类别", required=True, choices=KINDS),
            Column("年初预算", MONEY),
            Column("决算", MONEY, help="预算文件填本年安排数"),
            Column("其中上年结转安排", MONEY, help="只用于预算"),
            Column("用途", help="主要用于……"),
            Column("差异原因", help="决算与年初预算不同时必填"),
        ),
    ),
    "经济分类": (
        "一般公共预算基本支出，按部门预算经济科目（款）",
        (
            Column("科目编码", "code", required=True),
            Column("金额", MONEY),
            Column("项目支出金额", MONEY, help="只用于预算"),
        ),
    ),
    "结转": (
        "年初、年末结转结余与结余分配；资金：一般公共、基金、国资、其他",
        (
            Column("资金", required=True, choices=FUNDS),
            Column("年初结转和结余", MONEY),
            Column("使用非财政拨款结余", MONEY),
            Column("结余分配", MONEY),
            Column("年末结转和结余", MONEY),
        ),
    ),
    "上年": (
        "上年度决算数（预算文件填上年预算数），用于比较",
        (Column("项目", required=True), Column("金额", MONEY, required=True), Column("变动原因")),
    ),
    "三公": (
        "财政拨款“三公”经费；项目：因公出国（境）费、公务用车购置费、公务用车运行维护费、公务接待费",
        (
            Column("项目", required=True),
            Column("全年预算", MONEY),
            Column("决算", MONEY),
            Column("上年决算", MONEY),
            Column("差异原因"),
        ),
    ),
    "数量": ("团组、车辆、接待、设备等数量", (Column("项目", required=True), Column("数量", "count", required=True))),
    "采购": (
        "政府采购；项目：货物、工程、服务；不填则由“合同”汇总",
        (
            Column("项目", required=True, choices=PURCHASES),
            Column("金额", MONEY, required=True),
            Column("授予中小企业", MONEY),
            Column("其中小微企业", MONEY),
        ),
    ),
    "车辆": ("车辆按用途；不填则由“资产”汇总", (Column("类别", required=True), Column("数量", "count", required=True))),
    "项目": (
        "项目支出与绩效",
        (
            Column("项目名称", required=True),
            Column("科目编码", "code", required=True),
            Column("年初预算", MONEY),
            Column("全年预算-财政拨款", MONEY),
            Column("全年预算-上年结转", MONEY),
            Column("全年预算-其他资金", MONEY),
            Column("执行数-财政拨款", MONEY),
            Column("执行数-上年结转", MONEY),
            Column("执行数-其他资金", MONEY),
            Column("主管部门"),
            Column("年度目标"),
            Column("完成情况"),
            Column("结果应用"),
            Column("支出类别", choices=("项目", "基本"), help="不填为项目；基本支出的预算项目不单独自评"),
            Column("经济科目编码", "code", help="部门预算经济科目（款），可不填"),
            Column("负责人"),
        ),
    ),
    "指标": (
        "绩效指标；性质：≥、≤、＝、定性；定性的实际值填达成、部分达成或未达成；单位整体的指标，项目名称填“整体支出”",
        (
            Column("项目名称", required=True),
            Column("一级指标", required=True),
            Column("二级指标", required=True),
            Column("三级指标", required=True),
            Column("性质", required=True, choices=("≥", "≤", "＝", "定性")),
            Column("目标值", required=True),
            Column("计量单位"),
            Column("分值", "number", required=True),
            Column("年中值"),
            Column("实际值"),
            Column("定性得分率", "number", help="定性指标按档次确定的百分比"),
            Column("偏差原因", help="未完成或明显超出时必填"),
        ),
    ),
    "重点工作": (
        "年度重点工作；没有写“内容”的不公开",
        (
            Column("标题", required=True),
            Column("内容", help="完成情况，公开时照印"),
            Column("计划"),
            Column("牵头人"),
            Column("进度", "count", help="百分数，0—100"),
            Column("佐证", help="文号、合同号或材料存放处"),
        ),
    ),
    "执行": (
        "项目各月执行数；填了的项目，全年执行数由各月相加",
        (
            Column("项目名称", required=True),
            Column("月份", "count", required=True, help="1—12"),
            Column("资金", required=True, choices=PARTS),
            Column("金额", MONEY, required=True),
            Column("凭证"),
        ),
    ),
    "合同": (
        "政府采购合同；“采购”不填时由这里按类别汇总",
        (
            Column("合同名称", required=True),
            Column("采购类别", required=True, choices=PURCHASES),
            Column("计划金额", MONEY),
            Column("合同金额", MONEY),
            Column("供应商"),
            Column("企业规模", choices=SIZES, help="中型、小型、微型计入中小企业"),
            Column("已付金额", MONEY),
            Column("签订日期", help="例如 2025-04-18"),
            Column("项目名称", help="由哪个预算项目支付"),
        ),
    ),
    "资产": (
        "国有资产；“车辆”“数量”不填时由这里汇总",
        (
            Column("资产名称", required=True),
            Column("资产类别", required=True, choices=ASSETS),
            Column("车辆用途", choices=VEHICLES, help="只用于车辆"),
            Column("年初数量", "count"),
            Column("新增数量", "count"),
            Column("处置数量", "count"),
            Column("年初原值", MONEY),
            Column("新增原值", MONEY),
            Column("处置原值", MONEY),
            Column("百万元以上数量", "count", help="年末单位价值100万元以上的台（套）数，不含车辆"),
        ),
    ),
}
KEYS: dict[str, tuple[str, ...]] = {
    "单位": ("项目",),
    "收入": ("科目编码",),
    "支出": ("科目编码", "资金", "类别"),
    "经济分类": ("科目编码",),
    "结转": ("资金",),
    "上年": ("项目",),
    "三公": ("项目",),
    "数量": ("项目",),
    "采购": ("项目",),
    "车辆": ("类别",),
    "项目": ("项目名称",),
    "指标": ("项目名称", "三级指标"),
    "重点工作": ("标题",),
    "执行": ("项目名称", "月份", "资金"),
    "合同": ("合同名称",),
    "资产": ("资产名称",),
}
"""What tells the rows of a sheet apart."""
OPTIONAL = ("执行", "合同", "资产")
"""Sheets that older workbooks do not have."""
UNIT_ITEMS = (
    "单位名称",
    "年度",
    "类型",
    "性质",
    "主要职责",
    "机构设置",
    "计分规则",
    "绩效开展情况",
    "整体全年预算数（元）",
    "整体绩效目标",
    "整体完成情况",
)

Row = dict[str, Any]
Data = dict[str, list[Row]]


def write_workbook(data: Mapping[str, Sequence[Mapping[str, Any]]]) -> bytes:
    """Write a workbook of figures: the empty template for no data. Money in fen is written in yuan, codes as text."""
    import xlsxwriter

    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        head = book.add_format({"bold": True, "bg_color": "#E8EEF7", "border": 1, "text_wrap": True})
        note = book.add_format({"italic": True, "font_color": "#5F6368"})
        text, money = book.add_format({"num_format": "@"}), book.add_format({"num_format": "#,##0.00"})
        for name, (help_, columns) in SHEETS.items():
            sheet = book.add_worksheet(name)
            sheet.write_string(0, 0, help_, note)
            for n, column in enumerate(columns):
                sheet.write_string(1, n, column.title + ("（元）" if column.kind == MONEY else ""), head)
                sheet.set_column(n, n, 22, money if column.kind == MONEY else text)
            for number, row in enumerate(data.get(name, ()), 2):
                for n, column in enumerate(columns):
                    _write(sheet, number, n, column, row.get(column.title), money, text)
            sheet.freeze_panes(2, 0)
    return stream.getvalue()


def _write(sheet: Any, row: int, column: int, spec: Column, value: Any, money: Any, text: Any) -> None:
    if value is None or value == "":
        return
    if spec.kind == MONEY:
        sheet.write_number(row, column, value / 100, money)
    elif spec.kind in ("count", "number"):
        sheet.write_number(row, column, value)
    else:
        sheet.write_string(row, column, str(value), text)


def template() -> bytes:
    """The empty workbook to be filled in."""
    return write_workbook({"单位": [{"项目": item, "内容": ""} for item in UNIT_ITEMS]})

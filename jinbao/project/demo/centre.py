"""The demonstration city's own information centre: last year approved and published, this year half filled."""

from __future__ import annotations

from datetime import date

from jinbao.centre import actions
from jinbao.centre.disclosure.produce.sample import figures
from jinbao.centre.disclosure.produce.schema import write_workbook
from jinbao.project.demo.moment import on
from jinbao.project.demo.tariff import REGION
from jinbao.trust.actors import Actor

NAME, CODE, SEED = "演示市人力资源和社会保障信息中心", "990100001", 3
DETAILS: dict[str, tuple[dict[str, str], ...]] = {
    "合同": (
        {"合同名称": "核心系统运行维护", "采购类别": "服务", "计划金额": "1,860,000", "合同金额": "1,798,000",
         "供应商": "示范软件有限公司", "企业规模": "中型", "已付金额": "1,258,600", "签订日期": "YEAR-03-18"},
        {"合同名称": "机房服务器更新", "采购类别": "货物", "计划金额": "960,000", "合同金额": "934,500",
         "供应商": "示范设备有限公司", "企业规模": "小型", "已付金额": "934,500", "签订日期": "YEAR-05-09"},
    ),
    "资产": (
        {"资产名称": "应急保障车", "资产类别": "车辆", "车辆用途": "应急保障用车", "年初数量": "2", "新增数量": "1",
         "处置数量": "1", "年初原值": "412,000", "新增原值": "198,000", "处置原值": "176,000"},
        {"资产名称": "数据库一体机", "资产类别": "专用设备", "年初数量": "3", "年初原值": "6,480,000",
         "百万元以上数量": "3"},
        {"资产名称": "办公用房", "资产类别": "房屋", "年初数量": "1", "年初原值": "12,350,000"},
    ),
    "重点工作": (
        {"标题": "社会保障卡“一卡通”扩面", "内容": "新增应用场景 12 项，签发电子社保卡 8.6 万张。",
         "计划": "新增场景 10 项", "牵头人": "陈科长", "进度": "100", "佐证": "年度总结第三部分"},
        {"标题": "数据安全等级保护测评", "内容": "完成三级系统测评并整改。", "计划": "九月底前完成", "牵头人": "周工",
         "进度": "100", "佐证": "测评报告"},
    ),
}  # fmt: skip


def keep(finance: Actor, reviewer: Actor, as_of: date) -> None:
    """Keep two years: the last one from import to approval and documents, this one begun and waiting for results."""
    year = as_of.year - 1
    with on(as_of) as now:
        unit = actions.register_unit(finance, CODE, NAME, REGION)
        book = actions.open_book(finance, unit, year, "决算", now=now)
        data = figures(SEED, year=year)
        data["单位"] = [row | ({"内容": NAME} if row["项目"] == "单位名称" else {}) for row in data["单位"]]
        data |= {"采购": [], "车辆": [], "数量": [r for r in data["数量"] if "接待" in r["项目"]]}
        data["重点工作"] = []
        actions.import_workbook(finance, book, write_workbook(data), "决算数据.xlsx", now=now)
        for sheet, rows in DETAILS.items():
            for row in rows:
                cells = {title: cell.replace("YEAR", str(year)) for title, cell in row.items()}
                actions.enter(finance, book, sheet, cells, now=now)
        actions.submit(finance, book, now=now)
        actions.approve(reviewer, book, now=now)
        actions.produce(finance, book, now=now)
        actions.open_book(finance, unit, as_of.year, "决算", now=now)

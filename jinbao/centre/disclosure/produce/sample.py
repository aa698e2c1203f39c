"""Figures of an invented unit, different for every seed: material for demonstrations, tests and measurements."""

from __future__ import annotations

from random import Random
from typing import Any

from jinbao.centre.disclosure.produce.accounts import SOURCES
from jinbao.centre.disclosure.produce.schema import UNIT_ITEMS, WHOLE, Row

BASIC = ("2080150", "2080502", "2080505", "2080506", "2101102", "2101199", "2210201", "2210202", "2210203")
PROJECT = ("2080108", "2080199", "2089999")
PEOPLE = ("30101", "30102", "30107", "30112", "30302", "30305", "30307")
OFFICE = ("30201", "30205", "30207", "30209", "30211", "30228", "30229", "30299", "31002")


def figures(seed: int, *, form: str = "决算", year: int = 2025) -> dict[str, list[Row]]:
    """Balanced figures in fen for one unit."""
    return _Sample(Random(seed), form, year).data()  # noqa: S311  # invented figures, no secret


class _Sample:
    """Draws figures so that every fund balances."""

    def __init__(self, random: Random, form: str, year: int) -> None:
        self.random, self.form, self.year = random, form, year
        self.small = random.random() < 0.3
        self.rules = random.choice(["国家计分规则", "武汉市计分规则"])

    def amount(self, least: int = 1, most: int = 900) -> int:
        """Between `least` and `most` 万元, to the fen."""
        return self.random.randint(least * 1_000_000, most * 1_000_000)

    def data(self) -> dict[str, list[Row]]:
        spend = self.spending()
        economic = self.economic(spend)
        projects, indicators = self.projects(spend)
        about = {
            "单位名称": f"演示市第{self.random.randint(1, 99)}信息中心",
            "年度": str(self.year),
            "类型": self.form,
            "性质": self.random.choice(["事业单位", "参公单位"]),
            "主要职责": "承担人力资源和社会保障信息系统的建设、运行和安全保障。",
            "机构设置": "内设综合科、系统科、数据科。",
            "计分规则": self.rules,
        }
        if self.form == "决算" and projects:
            indicators += self.whole_unit()
            about["整体全年预算数（元）"] = str(sum(r["决算"] for r in spend) // 100 + 50_000)
            about |= {"整体绩效目标": "保障信息系统安全稳定运行", "整体完成情况": "完成年度目标"}
        income, carried = self.balance(spend)
        official = self.official(economic)
        return {
            "单位": [{"项目": k, "内容": about.get(k, "")} for k in UNIT_ITEMS],
            "收入": income,
            "支出": spend,
            "经济分类": [{"科目编码": c, "金额": v, "项目支出金额": 0} for c, v in economic.items()]
            + self.project_economic(spend),
            "结转": carried,
            "上年": self.last_year(),
            "三公": official,
            "数量": self.counts(official),
            "采购": self.purchases(),
            "车辆": [{"类别": "其他用车", "数量": 1}, {"类别": "应急保障用车", "数量": self.random.randint(1, 3)}],
            "项目": projects,
            "指标": indicators,
            "重点工作": [{"标题": "系统平稳运行", "内容": "全年核心系统运行平稳，按计划完成各项升级。"}],
        }

    def spending(self) -> list[Row]:
        rows: list[Row] = []
        for code in BASIC:
            spent = self.amount(1, 40) if code != "2080150" else self.amount(600, 1500)
            planned = spent if self.random.random() < 0.2 else spent + self.random.randint(-spent // 9, spent // 9)
            rows.append(
                {
                    "科目编码": code,
                    "资金": "一般公共",
                    "类别": "基本",
                    "年初预算": planned,
                    "决算": spent,
                    "用途": "保障人员待遇",
                    "差异原因": "据实调整人员经费",
                }
            )
        for code in PROJECT[: self.random.randint(1, 3)]:
            spent = self.amount(20, 700)
            rows.append(
                {
                    "科目编码": code,
                    "资金": "一般公共",
                    "类别": "项目",
                    "年初预算": spent + self.amount(1, 19),
                    "决算": spent,
                    "用途": "系统建设与运行维护",
                    "差异原因": "部分合同尾款结转下年支付",
                }
            )
        if not self.small:
            rows.append(
                {
                    "科目编码": "2080150",
                    "资金": "其他",
                    "类别": "基本",
                    "年初预算": 0,
                    "决算": self.amount(1, 60),
                    "用途": "单位运转",
                    "差异原因": "",
                }
            )
        for row in rows:
            row["其中上年结转安排"] = (
                self.random.choice([0, row["决算"] // 5]) if self.form == "预算" and row["资金"] == "一般公共" else 0
            )
        return rows

    def economic(self, spend: list[Row]) -> dict[str, int]:
        basic = {r["科目编码"]: r["决算"] for r in spend if r["资金"] == "一般公共" and r["类别"] == "基本"}
        twins = {"30108": basic["2080505"], "30109": basic["2080506"], "30113": basic["2210201"]}
        fixed = {
            "30110": basic["2101102"] - min(basic["2101102"] // 9, 2_000_000),
            "30307": min(basic["2101102"] // 9, 2_000_000),
        }
        rest = sum(basic.values()) - sum(twins.values()) - sum(fixed.values())
        codes = [c for c in (*PEOPLE, *OFFICE, "30217", "30231") if c not in fixed]
        weights = {c: self.random.randint(*(40, 60) if c in ("30101", "30102", "30107") else (1, 6)) for c in codes}
        total = sum(weights.values())
        shares = {c: rest * w // total for c, w in weights.items()}
        shares["30101"] += rest - sum(shares.values())
        return dict(sorted({**shares, **twins, **fixed}.items()))

    def project_economic(self, spend: list[Row]) -> list[Row]:
        """What projects are spent on, which only a budget prints."""
        total = sum(r["决算"] for r in spend if r["资金"] == "一般公共" and r["类别"] == "项目")
        parts = {"30227": total // 3, "31007": total - total // 3}
        return [{"科目编码": c, "金额": 0, "项目支出金额": v} for c, v in parts.items()] if self.form == "预算" else []

    def balance(self, spend: list[Row]) -> tuple[list[Row], list[Row]]:
        income: list[Row] = []
        carried: list[Row] = []
        for fund, source in (("一般公共", "一般公共预算财政拨款"), ("其他", "其他收入")):
            rows = [r for r in spend if r["资金"] == fund]
            if not rows:
                continue
            moved = self.form == "决算" and not self.small
            opening, closing = (self.amount(1, 40), self.amount(1, 40)) if moved else (0, 0)
            if self.form == "预算":
                opening = sum(r["其中上年结转安排"] for r in rows)
            need = {r["科目编码"]: 0 for r in rows}
            for row in rows:
                need[row["科目编码"]] += row["决算"]
            largest = max(need, key=lambda c: need[c])
            need[largest] += closing - opening
            income += [{"科目编码": c, **dict.fromkeys(SOURCES, 0), source: v} for c, v in need.items()]
            carried.append(
                {
                    "资金": fund,
                    "年初结转和结余": opening,
                    "使用非财政拨款结余": 0,
                    "结余分配": 0,
                    "年末结转和结余": closing,
                }
            )
        return income, carried

    def last_year(self) -> list[Row]:
        names = (
            "收入支出总计",
            "本年收入合计",
            "本年支出合计",
            "财政拨款收支总计",
            "一般公共预算财政拨款收入",
            "一般公共预算财政拨款支出",
            "机关运行经费",
            "“三公”经费",
        )
        return [{"项目": n, "金额": self.amount(300, 3000), "变动原因": "项目安排有增减"} for n in names]

    def official(self, economic: dict[str, int]) -> list[Row]:
        reason = "厉行节约"
        run, guests = economic["30231"], economic["30217"]
        rows = [
            ("因公出国（境）费", 0, 0),
            ("公务用车购置费", 0, 0),
            ("公务用车运行维护费", run + 500_000, run),
            ("公务接待费", guests + 300_000, guests),
        ]
        return [
            {"项目": n, "全年预算": p, "决算": s, "上年决算": s + 100_000 if s else 0, "差异原因": reason if s else ""}
            for n, p, s in rows
        ]

    def counts(self, official: list[Row]) -> list[Row]:
        known = {
            "公务用车保有量": 1,
            "国内公务接待批次": 12,
            "国内公务接待人次": 96,
            "单位价值100万元以上设备": self.random.randint(0, 9),
        }
        return [{"项目": k, "数量": v} for k, v in known.items()]

    def purchases(self) -> list[Row]:
        rows = []
        for kind in ("货物", "工程", "服务")[:: self.random.choice([1, 2])]:
            amount = self.amount(2, 300)
            small = amount * self.random.randint(20, 100) // 100
            rows.append(
                {
                    "项目": kind,
                    "金额": amount,
                    "授予中小企业": small,
                    "其中小微企业": small * self.random.randint(30, 100) // 100,
                }
            )
        return rows

    def projects(self, spend: list[Row]) -> tuple[list[Row], list[Row]]:
        projects: list[Row] = []
        indicators: list[Row] = []
        for row in spend:
            if row["类别"] != "项目":
                continue
            name = {"2080108": "信息系统建设", "2080199": "系统日常运行", "2089999": "专项服务"}[row["科目编码"]]
            spent = row["决算"]
            left = spent // 10 if not self.small else 0
            planned = spent + (0 if self.form == "预算" else self.random.choice([0, spent // 20]))
            money = {
                "年初预算": planned,
                "全年预算-财政拨款": planned - left,
                "全年预算-上年结转": left,
                "执行数-财政拨款": spent - left,
                "执行数-上年结转": left,
            }
            projects.append(
                {
                    "项目名称": name,
                    "科目编码": row["科目编码"],
                    **money,
                    "全年预算-其他资金": 0,
                    "执行数-其他资金": 0,
                    "主管部门": "演示市人力资源和社会保障局",
                    "年度目标": "保障系统稳定运行",
                    "完成情况": "完成年度目标",
                    "结果应用": "结果用于下年预算安排。",
                }
            )
            indicators += self.indicators(name)
        return projects, indicators

    def whole_unit(self) -> list[Row]:
        """Indicators of the whole unit, with the weights that the scoring rules leave."""
        output = 50 if self.rules == "国家计分规则" else 40
        drawn = self.random.getstate()
        rows = self.indicators(WHOLE)
        self.random.setstate(drawn)
        for row in rows:
            row["三级指标"] = f"全年{row['三级指标']}"
        weights = {"数量指标": output - 20, "质量指标": 10, "时效指标": 10}
        return [row | {"分值": weights.get(row["二级指标"], row["分值"])} for row in rows]

    def indicators(self, name: str) -> list[Row]:
        quality = 20 if self.rules == "国家计分规则" else 10
        done = self.random.randint(95, 104)
        rows: list[tuple[Any, ...]] = [
            ("产出指标", "数量指标", "服务参保单位数", "≥", 1000, "家", 20, 1000 + self.random.randint(0, 99)),
            ("产出指标", "质量指标", "系统可用率", "≥", 99, "%", quality, 99),
            ("产出指标", "时效指标", "故障处理时间", "≤", 4, "小时", 10, self.random.randint(3, 4)),
            (
                "效益指标",
                "社会效益指标",
                "推动业务网上办",
                "定性",
                "有效推动",
                "",
                30,
                self.random.choice(["达成", "部分达成"]),
            ),
            ("满意度指标", "服务对象满意度", "服务对象满意率", "≥", 90, "%", 10, min(done, 100) * 90 // 100),
        ]
        found = []
        for first, second, third, kind, target, unit, weight, actual in rows:
            found.append(
                {
                    "项目名称": name,
                    "一级指标": first,
                    "二级指标": second,
                    "三级指标": third,
                    "性质": kind,
                    "目标值": str(target),
                    "计量单位": unit,
                    "分值": weight,
                    "年中值": str(target // 2) if isinstance(target, int) else "",
                    "实际值": str(actual),
                    "定性得分率": None if actual == "达成" else 75 if kind == "定性" else None,
                    "偏差原因": "推广进度与计划略有出入，已调整安排",
                }
            )
        return found

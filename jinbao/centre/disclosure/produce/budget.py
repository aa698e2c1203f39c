"""A budget: its thirteen tables (表1 to 表6), its explanation and its performance targets."""

from __future__ import annotations

from jinbao.centre.disclosure.produce.accounts import SOURCES, Accounts
from jinbao.centre.disclosure.produce.assemble import about, terms
from jinbao.centre.disclosure.produce.blocks import Block, Heading, Paper, Prose
from jinbao.centre.disclosure.produce.budget_tables import NAMES, BudgetTables
from jinbao.centre.disclosure.produce.final_tables import FISCAL, ordinal
from jinbao.centre.disclosure.produce.performance import Performance
from jinbao.centre.disclosure.produce.prose import OFFICE, PEOPLE, Reasons, percent
from jinbao.centre.disclosure.produce.rounding import text, units
from jinbao.centre.disclosure.standards import Standard


def budget_paper(accounts: Accounts, policy: Standard) -> Paper:
    """The budget document: duties, tables, explanation, glossary."""
    a = accounts
    reasons = Reasons(a)
    performance = Performance(a, policy)
    for project in a.projects:
        performance.full(f"项目“{project.name}”", project.indicators)
    tables, prose = BudgetTables(a, policy), BudgetProse(a, policy, reasons)
    said = prose.all()
    reasons.require()
    parts: list[tuple[str, list[Block]]] = [
        (f"{a.name}概况", about(a)),
        (f"{a.name}{a.year}年单位预算表", list(tables.all())),
        (f"{a.name}{a.year}年单位预算情况说明", said),
        ("名词解释", terms(a, policy)),
    ]
    paper = Paper(f"{a.name}{a.year}年单位预算公开")
    for number, (title, blocks) in enumerate(parts, 1):
        paper.blocks += [Heading(f"第{ordinal(number)}部分 {title}", 1), *blocks]
    return paper


class BudgetProse:
    """Writes the explanation of a budget."""

    def __init__(self, accounts: Accounts, standard: Standard, reasons: Reasons) -> None:
        self.a, self.reasons, self.standard = accounts, reasons, standard
        self.names = {c.code: c.name for c in standard.codes if c.classification == "功能"}

    def all(self) -> list[Block]:
        """Every section."""
        sections = [
            ("收支预算情况说明", self.overall()),
            ("财政拨款收支预算情况说明", self.fiscal()),
            ("一般公共预算支出情况说明", self.general()),
            ("一般公共预算基本支出情况说明", self.basic()),
            ("“三公”经费财政拨款预算安排情况说明", self.official()),
            ("政府性基金预算支出情况说明", self.none("基金", "政府性基金预算")),
            ("国有资本经营预算支出情况说明", self.none("国资", "国有资本经营预算")),
            ("机关运行经费情况说明", self.running()),
            ("政府采购情况说明", self.purchases()),
            ("国有资产占有使用情况说明", self.assets()),
            ("预算绩效情况说明", self.performance()),
        ]
        return [b for n, (title, body) in enumerate(sections, 1) for b in (Heading(f"{ordinal(n)}、{title}", 2), *body)]

    def change(self, subject: str, now: int, item: str) -> str:
        """The change against last year, with the reason where there is one."""
        last = self.a.last.get(item)
        if last is None or now == last:
            return ""
        word, rate = ("增加", "增长") if now > last else ("减少", "下降")
        grown = f"，{rate}{percent(abs(now - last), last)}" if last > 0 else ""
        return (
            f"比{self.a.year - 1}年预算数{word}{text(abs(now - last))}万元{grown}，主要原因是{self.reasons.of(item)}。"
        )

    def overall(self) -> list[Block]:
        """总体情况."""
        a = self.a
        total = a.received() + a.carry("年初结转和结余") + a.carry("使用非财政拨款结余")
        income = [(NAMES.get(s, s), a.received(source=s)) for s in SOURCES]
        parts = [f"{n}{text(v)}万元，占收支预算总数的{percent(v, total)}" for n, v in income if v]
        kinds = [("基本支出", a.spent(kind="基本")), ("项目支出", a.spent(kind="项目"))]
        spent = [f"{n}{text(v)}万元，占支出预算合计的{percent(v, a.spent())}" for n, v in kinds if v]
        said = f"{a.year}年收支预算总数{text(total)}万元，{self.change('收支预算总数', total, '收入支出总计')}"
        return [
            Prose(said.rstrip("，") if said.endswith("。") else said.rstrip("，") + "。"),
            Prose(f"{a.year}年收支预算总数{text(total)}万元，其中：{'；'.join(parts)}。"),
            Prose(f"{a.year}年支出预算合计{text(a.spent())}万元，其中：{'；'.join(spent)}。"),
        ]

    def fiscal(self) -> list[Block]:
        """财政拨款总体情况."""
        a = self.a
        income = sum(a.received(source=s) for s, f in SOURCES.items() if f != "其他")
        opening = a.carry("年初结转和结余", *FISCAL)
        kept = f"，上年财政拨款结转{text(opening)}万元" if opening else ""
        return [
            Prose(
                f"{a.year}年财政拨款收支预算总数{text(income + opening)}万元。"
                f"其中：财政拨款本年收入{text(income)}万元{kept}。"
            )
        ]

    def general(self) -> list[Block]:
        """一般公共预算支出: the whole, then each item."""
        a = self.a
        total = a.spent(fund="一般公共")
        blocks: list[Block] = [Prose(f"{a.year}年一般公共预算支出{text(total)}万元。")]
        for n, code in enumerate([c for c in a.items if a.spent(code=c, fund="一般公共")], 1):
            spent = a.spent(code=code, fund="一般公共")
            used = next(
                (str(r["用途"]) for r in a.data["支出"] if r["科目编码"] == code and r["用途"]),
                "按该科目规定列支的支出",
            )
            name = f"{self.names[code[:3]]}（类）{self.names[code[:5]]}（款）{self.names[code]}（项）"
            blocks.append(Prose(f"{n}.{name}{a.year}年预算数为{text(spent)}万元，主要用于{used}。"))
        return blocks

    def basic(self) -> list[Block]:
        """基本支出: people and office, with the items listed."""
        a = self.a
        total = a.spent(fund="一般公共", kind="基本")
        people, office = a.economic_sum(*PEOPLE), a.economic_sum(*OFFICE)
        names = {c.code: c.name for c in self.standard.codes if c.classification == "经济"}
        blocks: list[Block] = [Prose(f"{a.year}年一般公共预算基本支出{text(total)}万元，其中：")]
        for name, value, prefixes in (("人员经费", people, PEOPLE), ("公用经费", office, OFFICE)):
            listed = "、".join(names[c] for c, v in sorted(a.economic.items()) if v and c.startswith(prefixes))
            blocks.append(Prose(f"{name}{text(value)}万元，主要包括：{listed}。"))
        return blocks

    def official(self) -> list[Block]:
        """“三公”经费."""
        table = {
            n: self.a.official.get(n, {}).get("预算", 0)
            for n in ("因公出国（境）费", "公务用车购置费", "公务用车运行维护费", "公务接待费")
        }
        abroad, bought, run, guests = table.values()
        return [
            Prose(f"{self.a.year}年“三公”经费财政拨款预算数{text(sum(table.values()))}万元。"),
            Prose(f"1.因公出国（境）费预算数{text(abroad)}万元。"),
            Prose(
                f"2.公务用车购置及运行费预算数{text(bought + run)}万元，"
                f"其中：公务用车购置费预算数{text(bought)}万元，"
                f"公务用车运行维护费预算数{text(run)}万元。"
                f"单位现有公务用车{self.a.counts.get('公务用车保有量', 0)}辆。"
            ),
            Prose(f"3.公务接待费预算数{text(guests)}万元。"),
        ]

    def none(self, fund: str, name: str) -> list[Block]:
        """A kind of budget that most units do not have."""
        spent = self.a.spent(fund=fund)
        said = (
            f"{self.a.year}年{name}支出{text(spent)}万元。"
            if spent
            else f"本单位{self.a.year}年没有{name}拨款安排的支出。"
        )
        return [Prose(said)]

    def running(self) -> list[Block]:
        """机关运行经费."""
        if self.a.about.get("性质", "事业单位") == "事业单位":
            return [Prose(f"本单位为事业单位，{self.a.year}年未安排机关运行经费。")]
        return [Prose(f"{self.a.year}年机关运行经费{text(self.a.economic_sum(*OFFICE))}万元。")]

    def purchases(self) -> list[Block]:
        """政府采购."""
        rows = {r["项目"]: units(r["金额"]) for r in self.a.data["采购"]}
        total = sum(rows.values())
        if not total:
            return [Prose(f"{self.a.year}年未安排政府采购预算。")]
        parts = "、".join(f"政府采购{k}预算{text(rows.get(k, 0))}万元" for k in ("货物", "工程", "服务"))
        return [Prose(f"{self.a.year}年政府采购预算总额{text(total)}万元，其中：{parts}。")]

    def assets(self) -> list[Block]:
        """国有资产占用."""
        vehicles = [(r["类别"], r["数量"]) for r in self.a.data["车辆"] if r["数量"]]
        kinds = "、".join(f"{k}{n}辆" for k, n in vehicles)
        said = f"共有车辆{sum(n for _, n in vehicles)}辆" + (f"，其中：{kinds}" if kinds else "")
        return [
            Prose(
                f"截至{self.a.year - 1}年12月31日，{self.a.name}{said}；单位价值100万"
                f"元以上设备{self.a.counts.get('单位价值100万元以上设备', 0)}台（套）。"
            )
        ]

    def performance(self) -> list[Block]:
        """绩效目标."""
        projects = self.a.projects
        if not projects:
            return [Prose(f"{self.a.year}年没有项目支出，未编制项目绩效目标。")]
        total = sum(sum(p.budget.values()) for p in projects)
        return [
            Prose(
                f"{self.a.year}年对全部项目编制绩效目标，共涉及项目{len(projects)}个，资金{text(total)}万元，绩效目标见表6。"
            )
        ]

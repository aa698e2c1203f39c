"""The tables of a budget, from rounded figures."""

from __future__ import annotations

from collections import defaultdict

from jinbao.centre.disclosure.produce.accounts import SOURCES, Accounts
from jinbao.centre.disclosure.produce.blocks import Grid, Head
from jinbao.centre.disclosure.produce.final_tables import FISCAL, classes, codes_with, ordinal, shown
from jinbao.centre.disclosure.produce.prose import OFFICE, PEOPLE
from jinbao.centre.disclosure.produce.rounding import apportion, text
from jinbao.centre.disclosure.standards import Standard
from jinbao.kernel.errors import Conflict
from jinbao.kernel.money import format_fen

NAMES = {
    "一般公共预算财政拨款": "一般公共预算拨款收入",
    "政府性基金预算财政拨款": "政府性基金预算拨款收入",
    "国有资本经营预算财政拨款": "国有资本经营预算拨款收入",
    "经营收入": "事业单位经营收入",
}


class BudgetTables:
    """Makes each table of the budget."""

    def __init__(self, accounts: Accounts, standard: Standard) -> None:
        self.a, self.standard = accounts, standard
        self.names = {c.code: c.name for c in standard.codes if c.classification == "功能"}
        self.economic = {c.code: c.name for c in standard.codes if c.classification == "经济"}
        self.carried = self._carried()

    def _carried(self) -> dict[str, int]:
        """What of each item is paid from last year's balance, in printed units."""
        planned: dict[str, int] = defaultdict(int)
        for row in self.a.data["支出"]:
            if row["资金"] == "一般公共":
                planned[row["科目编码"]] += row["其中上年结转安排"]
        opening = sum(r["年初结转和结余"] for r in self.a.data["结转"] if r["资金"] == "一般公共")
        if sum(planned.values()) != opening:
            raise Conflict(
                (
                    f"一般公共预算上年结转安排合计 {format_fen(sum(planned.values()))} "
                    f"元，上年结转 {format_fen(opening)} 元，两者应相等"
                ),
                advice="请核对工作表“支出”与“结转”。",
            )
        return apportion(planned, self.a.carry("年初结转和结余", "一般公共"))

    def all(self) -> list[Grid]:
        """Every table in order."""
        return [
            self.overall(),
            self.income(),
            self.spending(),
            self.fiscal(),
            self.by_economy(),
            self.general(),
            self.basic(),
            self.projects(),
            self.official("预3-3"),
            self.fund("预4", "基金"),
            self.official("预4-1"),
            self.fund("预5", "国资"),
            self.targets(),
        ]

    def grid(self, kind: str, head: list[list[Head]], body: list[list[str]], names: frozenset[int]) -> Grid:
        """A table of the standard with its title, number and note."""
        form = self.standard.tables.tables[kind]
        return Grid(form.title, form.label, self.a.name, "万元", head, body, [], names)

    def overall(self) -> Grid:
        """表1."""
        a = self.a
        left = [(f"{ordinal(n)}、{NAMES.get(s, s)}", a.received(source=s)) for n, s in enumerate(SOURCES, 1)]
        right = [
            (f"{ordinal(n)}、{name}", a.spent(code=code))
            for n, (code, name) in enumerate(classes(self.standard, ()), 1)
        ]
        left += [("", 0)] * (len(right) - len(left))
        opening, used, closing = (
            a.carry("年初结转和结余"),
            a.carry("使用非财政拨款结余"),
            a.carry("年末结转和结余") + a.carry("结余分配"),
        )
        left += [
            ("本年收入合计", a.received()),
            ("用事业基金弥补收支差额", used),
            ("上年结转", opening),
            ("收入总计", a.received() + used + opening),
        ]
        right += [("本年支出合计", a.spent()), ("", 0), ("结转下年", closing), ("支出总计", a.spent() + closing)]
        body = [[one, shown(x), two, shown(y)] for (one, x), (two, y) in zip(left, right, strict=True)]
        head = [[Head("收入", 2), Head("支出", 2)], [Head("项目"), Head("预算数"), Head("项目"), Head("预算数")]]
        return self.grid("预1", head, body, frozenset({0, 2}))

    def income(self) -> Grid:
        """表1-1."""
        a = self.a
        fields = self.standard.tables.tables["预1-1"].fields
        by_name = {NAMES.get(s, s): a.received(source=s) for s in SOURCES}
        by_name |= {"上年结转": a.carry("年初结转和结余"), "用事业基金弥补收支差额": a.carry("使用非财政拨款结余")}
        values = [sum(by_name.values()), *[by_name[f] for f in fields[1:]]]
        body = [["", "合计", *[shown(v) for v in values]], ["", a.name, *[shown(v) for v in values]]]
        return self.grid(
            "预1-1", [[Head("单位代码"), Head("单位名称（科目）"), *[Head(f) for f in fields]]], body, frozenset({0, 1})
        )

    def coded(self, kind: str, codes: list[str], value: dict[str, list[int]]) -> Grid:
        """A table whose codes are printed in three columns: 类, 款, 项."""
        fields = self.standard.tables.tables[kind].fields
        body = [["", "", "", "", "合计", *[shown(v) for v in value[""]]]]
        body += [
            [code[:3], code[3:5], code[5:7], "", self.names[code], *[shown(v) for v in value[code]]] for code in codes
        ]
        head = [
            [
                Head("科目编码", 3),
                Head("单位代码", 1, 2),
                Head("单位名称（科目）", 1, 2),
                *[Head(f, 1, 2) for f in fields],
            ],
            [Head("类"), Head("款"), Head("项")],
        ]
        grid = self.grid(kind, head, body, frozenset(range(5)))
        if not any(value[""]):
            grid.notes.append(
                f"说明：本单位{self.a.year}年没有"
                f"{self.standard.tables.tables[kind].about or '此项'}安排，故本表无数据。"
            )
        return grid

    def spending(self) -> Grid:
        """表1-2."""
        a = self.a
        codes = codes_with({c for (c, _, _), v in a.spend.items() if v})

        def values(code: str) -> list[int]:
            kinds = [a.spent(code=code, kind=k) for k in ("基本", "项目", "上缴上级", "补助附属")]
            return [sum(kinds), *kinds]

        return self.coded("预1-2", codes, {c: values(c) for c in ["", *codes]})

    def fiscal(self) -> Grid:
        """表2."""
        a = self.a
        names = [s for s, f in SOURCES.items() if f != "其他"]
        left = [("一、本年收入", 0), *[(NAMES[s], a.received(source=s)) for s in names]]
        right = [
            (f"{ordinal(n)}、{name}", [a.spent(code=code, fund=f) for f in FISCAL])
            for n, (code, name) in enumerate(classes(self.standard, ()), 1)
        ]
        left += [("", 0)] * (len(right) - len(left))
        income, opening = sum(a.received(source=s) for s in names), a.carry("年初结转和结余", *FISCAL)
        spent, closing = [a.spent(fund=f) for f in FISCAL], [a.carry("年末结转和结余", f) for f in FISCAL]
        left += [("本年收入合计", income), ("二、上年结转", opening), ("收入总计", income + opening)]
        right += [
            ("本年支出合计", spent),
            ("结转下年", closing),
            ("支出总计", [x + y for x, y in zip(spent, closing, strict=True)]),
        ]
        body = [
            [one, shown(x), two, shown(sum(ys)), *[shown(y) for y in ys]]
            for (one, x), (two, ys) in zip(left, right, strict=True)
        ]
        head = [
            [Head("收入", 2), Head("支出", 5)],
            [Head(t) for t in ("项目", "预算数", "项目", "合计", "一般公共预算", "政府性基金预算", "国有资本经营预算")],
        ]
        return self.grid("预2", head, body, frozenset({0, 2}))

    def by_economy(self) -> Grid:
        """表2-1: general-budget spending, basic and project, by economic code."""
        a = self.a
        if a.spent(fund="一般公共", kind="项目") and not a.project_economic:
            raise Conflict("没有填项目支出的经济科目", advice="请在工作表“经济分类”的“项目支出金额”栏填写。")
        codes = sorted({c[:n] for c in (*a.economic, *a.project_economic) for n in (3, 5)})

        def value(code: str) -> int:
            return sum(v for part in (a.economic, a.project_economic) for c, v in part.items() if c.startswith(code))

        body = [["", "合计", shown(value("")), shown(value("")), "", ""]]
        body += [[c, self.economic[c], shown(value(c)), shown(value(c)), "", ""] for c in codes if value(c)]
        head = [
            [Head(t) for t in ("科目编码", "科目名称", "合计", "一般公共预算", "政府性基金预算", "国有资本经营预算")]
        ]
        return self.grid("预2-1", head, body, frozenset({0, 1}))

    def general(self) -> Grid:
        """表3."""
        a = self.a
        codes = codes_with({c for (c, f, _), v in a.spend.items() if v and f == "一般公共"})

        def values(code: str) -> list[int]:
            total = a.spent(code=code, fund="一般公共")
            kept = sum(v for c, v in self.carried.items() if c.startswith(code))
            return [total, total - kept, kept]

        return self.coded("预3", codes, {c: values(c) for c in ["", *codes]})

    def basic(self) -> Grid:
        """表3-1."""
        a = self.a
        codes = sorted({c[:n] for c, v in a.economic.items() if v for n in (3, 5)})

        def cells(prefix: str) -> list[str]:
            people = sum(v for c, v in a.economic.items() if c.startswith(prefix) and c.startswith(PEOPLE))
            office = sum(v for c, v in a.economic.items() if c.startswith(prefix) and c.startswith(OFFICE))
            return [shown(people + office), shown(people), shown(office)]

        body = [["", "", "", "合计", *cells("")]]
        body += [[c[:3], c[3:5], "", self.economic[c], *cells(c)] for c in codes]
        head = [
            [
                Head("经济科目", 2),
                Head("单位代码", 1, 2),
                Head("单位名称（科目）", 1, 2),
                Head("合计", 1, 2),
                Head("人员经费", 1, 2),
                Head("公用经费", 1, 2),
            ],
            [Head("类"), Head("款")],
        ]
        return self.grid("预3-1", head, body, frozenset(range(4)))

    def projects(self) -> Grid:
        """表3-2."""
        a = self.a
        codes = codes_with({c for (c, f, k), v in a.spend.items() if v and f == "一般公共" and k == "项目"})
        return self.coded("预3-2", codes, {c: [a.spent(code=c, fund="一般公共", kind="项目")] for c in ["", *codes]})

    def official(self, kind: str) -> Grid:
        """表3-3, and 表4-1, which is empty where no government fund pays for it."""
        abroad, bought, run, guests = (
            self.a.official.get(n, {}).get("预算", 0) if kind == "预3-3" else 0
            for n in ("因公出国（境）费", "公务用车购置费", "公务用车运行维护费", "公务接待费")
        )
        values = [abroad + bought + run + guests, abroad, bought + run, bought, run, guests]
        head = [
            [
                Head("单位编码", 1, 2),
                Head("单位名称（科目）", 1, 2),
                Head("合计", 1, 2),
                Head("因公出国（境）费用", 1, 2),
                Head("公务用车购置及运行费", 3),
                Head("公务接待费", 1, 2),
            ],
            [Head("小计"), Head("公务用车购置费"), Head("公务用车运行费")],
            [Head("栏次", 2), *[Head(str(n)) for n in range(1, 7)]],
        ]
        grid = self.grid(kind, head, [["", "合计", *[shown(v) for v in values]]], frozenset({0, 1}))
        if not any(values):
            grid.notes.append(f"说明：本单位{self.a.year}年没有用此项预算安排的“三公”经费，故本表无数据。")
        return grid

    def fund(self, kind: str, fund: str) -> Grid:
        """表4 and 表5."""
        a = self.a
        codes = codes_with({c for (c, f, _), v in a.spend.items() if v and f == fund})

        def values(code: str) -> list[int]:
            basic, project = a.spent(code=code, fund=fund, kind="基本"), a.spent(code=code, fund=fund, kind="项目")
            return [basic + project, basic, project]

        return self.coded(kind, codes, {c: values(c) for c in ["", *codes]})

    def targets(self) -> Grid:
        """表6."""
        titles = (
            "单位名称",
            "项目名称",
            "预算数",
            "年度目标",
            "一级指标",
            "二级指标",
            "三级指标",
            "指标性质",
            "指标值",
            "度量单位",
            "权重",
        )
        body = []
        for project in self.a.projects:
            for n, i in enumerate(project.indicators):
                lead = (
                    [self.a.name, project.name, text(sum(project.budget.values())), str(project.row["年度目标"])]
                    if n == 0
                    else [""] * 4
                )
                body.append(
                    [
                        *lead,
                        *[
                            str(i[k])
                            for k in ("一级指标", "二级指标", "三级指标", "性质", "目标值", "计量单位", "分值")
                        ],
                    ]
                )
        grid = self.grid("预6", [[Head(t) for t in titles]], body, frozenset(range(11)))
        if not body:
            grid.notes.append(f"说明：本单位{self.a.year}年没有项目支出安排，故本表无数据。")
        return grid

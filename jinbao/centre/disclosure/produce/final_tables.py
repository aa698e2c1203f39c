"""The nine tables of final accounts, from rounded figures."""

from __future__ import annotations

from itertools import zip_longest

from jinbao.centre.disclosure.produce.accounts import SOURCES, Accounts
from jinbao.centre.disclosure.produce.blocks import Grid, Head
from jinbao.centre.disclosure.produce.rounding import text
from jinbao.centre.disclosure.standards import Standard

FISCAL = ("一般公共", "基金", "国资")
ORDINALS = "一二三四五六七八九十"


def ordinal(number: int) -> str:
    """一 to 九十九."""
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else f"{ORDINALS[tens - 1]}十"
    return head + (ORDINALS[ones - 1] if ones else "")


def shown(value: int) -> str:
    """A figure, or a blank for nothing."""
    return text(value) if value else ""


def classes(standard: Standard, skip: tuple[str, ...] = ("209", "233")) -> list[tuple[str, str]]:
    """The 功能 classes of a final account, in order; a budget lists two more."""
    return [
        (c.code, c.name)
        for c in standard.codes
        if c.classification == "功能" and c.level == "类" and c.code not in skip
    ]


def codes_with(codes: set[str]) -> list[str]:
    """Every item with its 款 and 类, in order."""
    return sorted({c[:n] for c in codes for n in (3, 5, 7)})


class FinalTables:
    """Makes each table from one unit's accounts."""

    def __init__(self, accounts: Accounts, standard: Standard) -> None:
        self.a, self.standard = accounts, standard
        self.names = {c.code: c.name for c in standard.codes if c.classification == "功能"}
        self.economic = [c for c in standard.codes if c.classification == "经济"]

    def all(self) -> list[Grid]:
        """The nine tables in order."""
        return [
            self.overall(),
            self.income(),
            self.spending(),
            self.fiscal(),
            self.general(),
            self.basic(),
            self.fund(),
            self.capital(),
            self.official(),
        ]

    def grid(self, kind: str, head: list[list[Head]], body: list[list[str]], names: frozenset[int]) -> Grid:
        """A table of the standard with its title, number and note."""
        form = self.standard.tables.tables[kind]
        return Grid(
            f"{self.a.year}年度{form.title}", form.label, self.a.name, "万元", head, body, [f"注：{form.note}"], names
        )

    def overall(self) -> Grid:
        """公开01表."""
        a = self.a
        sources = {
            "一般公共预算财政拨款": "一般公共预算财政拨款收入",
            "政府性基金预算财政拨款": "政府性基金预算财政拨款收入",
            "国有资本经营预算财政拨款": "国有资本经营预算财政拨款收入",
        }
        left = [(f"{ordinal(n)}、{sources.get(s, s)}", a.received(source=s)) for n, s in enumerate(SOURCES, 1)]
        right = [
            (f"{ordinal(n)}、{name}", a.spent(code=code)) for n, (code, name) in enumerate(classes(self.standard), 1)
        ]
        left += [("", 0)] * (len(right) - len(left))
        income, spent = a.received(), a.spent()
        opening, used = a.carry("年初结转和结余"), a.carry("使用非财政拨款结余")
        left += [
            ("本年收入合计", income),
            ("使用非财政拨款结余（含专用结余）", used),
            ("年初结转和结余", opening),
            ("总计", income + used + opening),
        ]
        share, closing = a.carry("结余分配"), a.carry("年末结转和结余")
        right += [
            ("本年支出合计", spent),
            ("结余分配", share),
            ("年末结转和结余", closing),
            ("总计", spent + share + closing),
        ]
        body = [
            [one, str(n), shown(x), two, str(n + len(left)), shown(y)]
            for n, ((one, x), (two, y)) in enumerate(zip(left, right, strict=True), 1)
        ]
        return self.grid("决01", _sided_head(["金额"], ["金额"]), body, frozenset({0, 3}))

    def fiscal(self) -> Grid:
        """公开04表."""
        a = self.a
        names = ("一般公共预算财政拨款", "政府性基金预算财政拨款", "国有资本经营预算财政拨款")
        left = [(f"{ordinal(n)}、{s}", a.received(source=s)) for n, s in enumerate(names, 1)]
        right = [
            (f"{ordinal(n)}、{name}", [a.spent(code=code, fund=f) for f in FISCAL])
            for n, (code, name) in enumerate(classes(self.standard), 1)
        ]
        left += [("", 0)] * (len(right) - len(left))
        income = sum(a.received(source=s) for s in names)
        openings = [a.carry("年初结转和结余", f) for f in FISCAL]
        left += [
            ("本年收入合计", income),
            ("年初财政拨款结转和结余", sum(openings)),
            *zip(names, openings, strict=True),
            ("总计", income + sum(openings)),
        ]
        spent, closing = [a.spent(fund=f) for f in FISCAL], [a.carry("年末结转和结余", f) for f in FISCAL]
        right += [
            ("本年支出合计", spent),
            ("年末财政拨款结转和结余", closing),
            *[("", [0, 0, 0])] * 3,
            ("总计", [x + y for x, y in zip(spent, closing, strict=True)]),
        ]
        body = [
            [one, str(n), shown(x), two, str(n + len(left)), shown(sum(ys)), *[shown(y) for y in ys]]
            for n, ((one, x), (two, ys)) in enumerate(zip(left, right, strict=True), 1)
        ]
        return self.grid("决04", _sided_head(["金额"], ["小计", *names]), body, frozenset({0, 3}))

    def coded(self, kind: str, codes: list[str], columns: list[str], value: dict[str, list[int]]) -> Grid:
        """A table by 科目, with every 类 and 款 above its items."""
        head = [
            [Head("项目", 2), *[Head(c, 1, 2) for c in columns]],
            [Head("功能分类科目编码"), Head("科目名称")],
            [Head("栏次", 2), *[Head(str(n)) for n in range(1, len(columns) + 1)]],
        ]
        body = [["合计", "", *[shown(v) for v in value.get("", [0] * len(columns))]]]
        body += [[code, self.names[code], *[shown(v) for v in value[code]]] for code in codes]
        return self.grid(kind, head, body, frozenset({0, 1}))

    def income(self) -> Grid:
        """公开02表."""
        a = self.a
        fiscal = [s for s, f in SOURCES.items() if f != "其他"]
        others = [s for s, f in SOURCES.items() if f == "其他"]
        codes = codes_with({c for (c, _), v in a.income.items() if v})

        def values(code: str) -> list[int]:
            money = [
                sum(a.received(code=code, source=s) for s in fiscal),
                *[a.received(code=code, source=s) for s in others],
            ]
            return [sum(money), *money]

        return self.coded(
            "决02", codes, list(self.standard.tables.tables["决02"].fields), {c: values(c) for c in ["", *codes]}
        )

    def spending(self) -> Grid:
        """公开03表."""
        a = self.a
        codes = codes_with({c for (c, _, _), v in a.spend.items() if v})

        def values(code: str) -> list[int]:
            kinds = [a.spent(code=code, kind=k) for k in ("基本", "项目", "上缴上级", "经营", "补助附属")]
            return [sum(kinds), *kinds]

        return self.coded(
            "决03", codes, list(self.standard.tables.tables["决03"].fields), {c: values(c) for c in ["", *codes]}
        )

    def general(self) -> Grid:
        """公开05表."""
        codes = codes_with({c for (c, f, _), v in self.a.spend.items() if v and f == "一般公共"})
        return self.coded(
            "决05", codes, ["小计", "基本支出", "项目支出"], {c: self.two(c, "一般公共") for c in ["", *codes]}
        )

    def two(self, code: str, fund: str) -> list[int]:
        """Total, basic and project spending below a code."""
        basic, project = (
            self.a.spent(code=code, fund=fund, kind="基本"),
            self.a.spent(code=code, fund=fund, kind="项目"),
        )
        return [basic + project, basic, project]

    def basic(self) -> Grid:
        """公开06表."""
        blocks = [
            [c for c in self.economic if c.code[:3] in p] for p in (("301", "303"), ("302",), ("307", "310", "399"))
        ]
        a = self.a
        body = []
        for row in zip_longest(*blocks):
            cells: list[str] = []
            for code in row:
                cells += ["", "", ""] if code is None else [code.code, code.name, shown(a.economic_sum(code.code))]
            body.append(cells)
        people, office = a.economic_sum("301", "303"), a.economic_sum("302", "307", "310", "399")
        body.append(["", "人员经费合计", shown(people), "", "公用经费合计", "", "", "", shown(office)])
        head = [
            [Head("人员经费", 3), Head("公用经费", 6)],
            [Head(t) for _ in range(3) for t in ("科目编码", "科目名称", "决算数")],
        ]
        return self.grid("决06", head, body, frozenset({0, 1, 3, 4, 6, 7}))

    def fund(self) -> Grid:
        """公开07表."""
        a = self.a
        codes = codes_with({c for (c, f, _), v in a.spend.items() if v and f == "基金"})
        opening, closing = a.carry("年初结转和结余", "基金"), a.carry("年末结转和结余", "基金")
        got = a.received(source="政府性基金预算财政拨款")

        def values(code: str) -> list[int]:
            spent = self.two(code, "基金")
            income = a.received(code=code, source="政府性基金预算财政拨款")
            return (
                [opening, got, *spent, closing]
                if not code
                else [spent[0] - income if income < spent[0] else 0, income, *spent, max(income - spent[0], 0)]
            )

        grid = self.coded(
            "决07", codes, list(self.standard.tables.tables["决07"].fields), {c: values(c) for c in ["", *codes]}
        )
        if not any(values("")):
            grid.notes.append(f"说明：本单位{a.year}年度无政府性基金预算财政拨款收入支出，故本表无数据。")
        return grid

    def capital(self) -> Grid:
        """公开08表."""
        codes = codes_with({c for (c, f, _), v in self.a.spend.items() if v and f == "国资"})
        grid = self.coded(
            "决08", codes, ["合计", "基本支出", "项目支出"], {c: self.two(c, "国资") for c in ["", *codes]}
        )
        if not self.a.spent(fund="国资"):
            grid.notes.append(f"说明：本单位{self.a.year}年度无国有资本经营预算财政拨款支出，故本表无数据。")
        return grid

    def official(self) -> Grid:
        """公开09表."""
        values: list[int] = []
        for which in ("预算", "决算"):
            abroad, bought, run, guests = (
                self.a.official.get(n, {}).get(which, 0)
                for n in ("因公出国（境）费", "公务用车购置费", "公务用车运行维护费", "公务接待费")
            )
            values += [abroad + bought + run + guests, abroad, bought + run, bought, run, guests]
        half = [
            Head("合计", 1, 2),
            Head("因公出国（境）费", 1, 2),
            Head("公务用车购置及运行维护费", 3),
            Head("公务接待费", 1, 2),
        ]
        inner = [Head("小计"), Head("公务用车购置费"), Head("公务用车运行维护费")]
        head = [
            [Head("预算数", 6), Head("决算数", 6)],
            [*half, *half],
            [*inner, *inner],
            [Head(str(n)) for n in range(1, 13)],
        ]
        grid = self.grid("决09", head, [[shown(v) for v in values]], frozenset())
        if not any(values):
            grid.notes.append(f"说明：本单位{self.a.year}年度无财政拨款“三公”经费预算和支出，故本表无数据。")
        return grid


def _sided_head(left: list[str], right: list[str]) -> list[list[Head]]:
    count = len(left) + len(right)
    numbers = [str(n) for n in range(1, count + 1)]
    return [
        [Head("收入", 2 + len(left)), Head("支出", 2 + len(right))],
        [Head("项目"), Head("行次"), *[Head(t) for t in left], Head("项目"), Head("行次"), *[Head(t) for t in right]],
        [
            Head("栏次"),
            Head(""),
            *[Head(n) for n in numbers[: len(left)]],
            Head("栏次"),
            Head(""),
            *[Head(n) for n in numbers[len(left) :]],
        ],
    ]

"""The explanation of final accounts: every comparison computed from printed figures."""

from __future__ import annotations

from fractions import Fraction

from jinbao.centre.disclosure.produce.accounts import SOURCES, Accounts
from jinbao.centre.disclosure.produce.blocks import Block, Chart, Heading, Prose
from jinbao.centre.disclosure.produce.final_tables import FISCAL, ordinal
from jinbao.centre.disclosure.produce.rounding import text
from jinbao.centre.disclosure.standards import Standard
from jinbao.centre.disclosure.values import rounded
from jinbao.kernel.errors import Conflict

PEOPLE, OFFICE = ("301", "303"), ("302", "307", "310", "399")


def percent(part: int, whole: int) -> str:
    """A rate of printed figures to two places."""
    return f"{rounded(Fraction(part * 100, whole), 2)}%"


class Reasons:
    """Collects the reasons that rules require and that were not given."""

    def __init__(self, accounts: Accounts) -> None:
        self.given = accounts.reasons
        self.missing: list[str] = []

    def of(self, item: str, given: str | None = None) -> str:
        """The reason given for a change; a missing one is remembered."""
        reason = (self.given.get(item, "") if given is None else given).rstrip("。；，")
        if not reason:
            self.missing.append(item)
        return reason

    def require(self) -> None:
        """Raise Conflict naming every reason that is missing."""
        if self.missing:
            raise Conflict(
                f"有 {len(self.missing)} 处变动没有写原因：{'；'.join(self.missing)}",
                advice="请在“支出”“上年”“三公”工作表的原因栏填写。",
            )


class FinalProse:
    """Writes each section of the explanation."""

    def __init__(self, accounts: Accounts, standard: Standard, reasons: Reasons) -> None:
        self.a, self.reasons = accounts, reasons
        self.names = {c.code: c.name for c in standard.codes if c.classification == "功能"}
        self.economic = {c.code: c.name for c in standard.codes if c.classification == "经济"}
        self.figures = 0

    def all(self) -> list[Block]:
        """Sections one to twelve; performance follows in its own module."""
        sections = [
            ("收入支出决算总体情况说明", self.overall()),
            ("收入决算情况说明", self.income()),
            ("支出决算情况说明", self.spending()),
            ("财政拨款收入支出决算总体情况说明", self.fiscal()),
            ("一般公共预算财政拨款支出决算情况说明", self.general()),
            ("一般公共预算财政拨款基本支出决算情况说明", self.basic()),
            ("政府性基金预算财政拨款收入支出决算情况说明", self.fund()),
            ("国有资本经营预算财政拨款支出决算情况说明", self.capital()),
            ("财政拨款“三公”经费支出决算情况说明", self.official()),
            ("机关运行经费支出说明", self.running()),
            ("政府采购支出说明", self.purchases()),
            ("国有资产占用情况说明", self.assets()),
        ]
        blocks: list[Block] = []
        for number, (title, body) in enumerate(sections, 1):
            blocks += [Heading(f"{ordinal(number)}、{title}", 2), *body]
        return blocks

    def change(self, subject: str, now: int, item: str) -> str:
        """与上年度相比 …, with the reason where there is a change."""
        last = self.a.last.get(item)
        if last is None:
            return ""
        before = f"与{self.a.year - 1}年度相比，"
        gap = now - last
        if gap == 0:
            return f"{before}{subject}持平。"
        word, rate = ("增加", "增长") if gap > 0 else ("减少", "下降")
        grown = f"，{rate}{percent(abs(gap), last)}" if last > 0 else ""
        return f"{before}{subject}{word}{text(abs(gap))}万元{grown}，主要原因是{self.reasons.of(item)}。"

    def chart(self, caption: str, bars: list[tuple[str, int]]) -> list[Block]:
        """A numbered chart of what is not nothing."""
        bars = [(n, v) for n, v in bars if v > 0]
        if not bars:
            return []
        self.figures += 1
        return [Chart(f"图{self.figures}：{caption}", tuple(bars))]

    def overall(self) -> list[Block]:
        """总体情况."""
        a = self.a
        total = a.received() + a.carry("使用非财政拨款结余") + a.carry("年初结转和结余")
        said = f"{a.year}年度收、支总计均为{text(total)}万元。{self.change('收、支总计', total, '收入支出总计')}"
        bars = [(f"{a.year - 1}年度", a.last.get("收入支出总计", 0)), (f"{a.year}年度", total)]
        return [Prose(said), *self.chart("收、支决算总计变动情况（万元）", bars)]

    def income(self) -> list[Block]:
        """收入情况."""
        a, total = self.a, self.a.received()
        said = f"{a.year}年度收入合计{text(total)}万元。{self.change('收入合计', total, '本年收入合计')}"
        fiscal = sum(a.received(source=s) for s, f in SOURCES.items() if f != "其他")
        sources = [("财政拨款收入", fiscal), *[(s, a.received(source=s)) for s, f in SOURCES.items() if f == "其他"]]
        parts = [f"{name}{text(v)}万元，占本年收入合计的{percent(v, total)}" for name, v in sources if v]
        return [
            Prose(said + (f"其中：{'；'.join(parts)}。" if parts else "")),
            *self.chart("收入决算结构（万元）", sources),
        ]

    def spending(self) -> list[Block]:
        """支出情况."""
        a, total = self.a, self.a.spent()
        said = f"{a.year}年度支出合计{text(total)}万元。{self.change('支出合计', total, '本年支出合计')}"
        names = {
            "基本": "基本支出",
            "项目": "项目支出",
            "上缴上级": "上缴上级支出",
            "经营": "经营支出",
            "补助附属": "对附属单位补助支出",
        }
        kinds = [(name, a.spent(kind=kind)) for kind, name in names.items()]
        parts = [f"{name}{text(v)}万元，占本年支出合计的{percent(v, total)}" for name, v in kinds if v]
        return [
            Prose(said + (f"其中：{'；'.join(parts)}。" if parts else "")),
            *self.chart("支出决算结构（万元）", kinds),
        ]

    def fiscal(self) -> list[Block]:
        """财政拨款总体情况."""
        a = self.a
        income = sum(a.received(source=s) for s, f in SOURCES.items() if f != "其他")
        total = income + a.carry("年初结转和结余", *FISCAL)
        said = (
            f"{a.year}年度财政拨款收、支总计均为{text(total)}万元。"
            f"{self.change('财政拨款收、支总计', total, '财政拨款收支总计')}"
        )
        sources = [(f"{s}收入", a.received(source=s), s) for s, f in SOURCES.items() if f != "其他"]
        parts = [f"{a.year}年度{name}{text(v)}万元。{self.change(name, v, name)}" for name, v, _ in sources if v]
        return [Prose(said), *[Prose(p) for p in parts]]

    def general(self) -> list[Block]:
        """一般公共预算支出: the whole, then each item."""
        a = self.a
        total = a.spent(fund="一般公共")
        blocks: list[Block] = [Heading("（一）一般公共预算财政拨款支出决算总体情况", 3)]
        share = f"，占本年支出合计的{percent(total, a.spent())}" if a.spent() else ""
        said = f"{a.year}年度一般公共预算财政拨款支出{text(total)}万元{share}。"
        blocks.append(Prose(said + self.change("一般公共预算财政拨款支出", total, "一般公共预算财政拨款支出")))
        blocks.append(Heading("（二）一般公共预算财政拨款支出决算结构情况", 3))
        blocks.append(Prose(f"{a.year}年度一般公共预算财政拨款支出{text(total)}万元，主要用于以下方面："))
        classes = sorted({c[:3] for c in a.items})
        spent = [(self.names[c], a.spent(code=c, fund="一般公共")) for c in classes]
        lines = [
            f"{n}．{name}（类）支出{text(v)}万元，占{percent(v, total)}。"
            for n, (name, v) in enumerate([s for s in spent if s[1]], 1)
        ]
        blocks += [Prose(line.replace("．", ".")) for line in lines]
        blocks += self.chart("一般公共预算财政拨款支出结构（万元）", spent)
        blocks.append(Heading("（三）一般公共预算财政拨款支出决算具体情况", 3))
        return [*blocks, *self.items(total)]

    def items(self, total: int) -> list[Block]:
        """Each item: budget, final figure, rate, reason, use."""
        a = self.a
        budget = sum(a.budget.values())
        rate = f"，完成年初预算的{percent(total, budget)}" if budget else ""
        blocks: list[Block] = [
            Prose(
                f"{a.year}年度一般公共预算财政拨款支出年初预算为{text(budget)}万元，支出决算为{text(total)}万元{rate}。其中："
                f"基本支出{text(a.spent(fund='一般公共', kind='基本'))}万元，"
                f"项目支出{text(a.spent(fund='一般公共', kind='项目'))}万元。"
            )
        ]
        for number, code in enumerate(a.items, 1):
            planned, spent = a.budget.get(code, 0), a.spent(code=code, fund="一般公共")
            name = f"{self.names[code[:3]]}（类）{self.names[code[:5]]}（款）{self.names[code]}（项）"
            rate = f"，完成年初预算的{percent(spent, planned)}" if planned else ""
            rows = [r for r in a.data["支出"] if r["科目编码"] == code and r["资金"] == "一般公共"]
            used = "、".join(dict.fromkeys(r["用途"] for r in rows if r["用途"]))
            why = "，支出决算数与年初预算数一致。"
            if spent != planned:
                given = "；".join(dict.fromkeys(r["差异原因"] for r in rows if r["差异原因"]))
                why = (
                    f"，支出决算数{'大于' if spent > planned else '小于'}年初预算数的主"
                    f"要原因是{self.reasons.of(f'{code} {self.names[code]}', given)}。"
                )
            tail = f"主要用于{used}。" if used else ""
            blocks.append(
                Prose(f"{number}.{name}年初预算为{text(planned)}万元，支出决算为{text(spent)}万元{rate}{why}{tail}")
            )
        return blocks

    def listed(self, prefixes: tuple[str, ...]) -> str:
        """The names of the economic items that hold figures."""
        codes = sorted(c for c, v in self.a.economic.items() if v and c.startswith(prefixes))
        return "、".join(self.economic[c] for c in codes)

    def basic(self) -> list[Block]:
        """基本支出: people and office, with the items listed."""
        a = self.a
        total = a.spent(fund="一般公共", kind="基本")
        blocks: list[Block] = [Prose(f"{a.year}年度一般公共预算财政拨款基本支出{text(total)}万元，其中：")]
        for name, prefixes in (("人员经费", PEOPLE), ("公用经费", OFFICE)):
            value = a.economic_sum(*prefixes)
            listed = f"，主要包括：{self.listed(prefixes)}" if value else ""
            blocks.append(Prose(f"{name}{text(value)}万元{listed}。"))
        return blocks

    def fund(self) -> list[Block]:
        """政府性基金."""
        a = self.a
        figures = [
            a.carry("年初结转和结余", "基金"),
            a.received(source="政府性基金预算财政拨款"),
            a.spent(fund="基金"),
            a.carry("年末结转和结余", "基金"),
        ]
        if not any(figures):
            return [Prose(f"本单位{a.year}年度无政府性基金预算财政拨款收入支出。")]
        opening, got, spent, closing = (text(f) for f in figures)
        return [
            Prose(
                f"{a.year}年度政府性基金预算财政拨款年初结转和结余{opening}万元，本年收入{got}万元，本年支出{spent}万元，年末结转和结余{closing}万元。"
            )
        ]

    def capital(self) -> list[Block]:
        """国有资本经营."""
        spent = self.a.spent(fund="国资")
        if not spent:
            return [Prose(f"本单位{self.a.year}年度无国有资本经营预算财政拨款支出。")]
        return [Prose(f"{self.a.year}年度国有资本经营预算财政拨款支出{text(spent)}万元。")]

    def official(self) -> list[Block]:
        """“三公”经费."""
        a = self.a
        table = {
            n: a.official.get(n, {"预算": 0, "决算": 0, "上年": 0})
            for n in ("因公出国（境）费", "公务用车购置费", "公务用车运行维护费", "公务接待费")
        }
        planned, spent, last = (sum(v[k] for v in table.values()) for k in ("预算", "决算", "上年"))
        said = (
            f"{a.year}年度“三公”经费财政拨款支出全年预算为{text(planned)}万元，"
            f"支出决算为{text(spent)}万元{self.done(spent, planned)}。"
        )
        if spent != planned:
            said += (
                f"决算数{'大于' if spent > planned else '小于'}全年预算数的主要原"
                f"因是{self.reasons.of('“三公”经费', self.official_reasons())}。"
            )
        gap = spent - last
        if gap:
            grown = f"，{'增长' if gap > 0 else '下降'}{percent(abs(gap), last)}" if last else ""
            said += f"较{a.year - 1}年度{'增加' if gap > 0 else '减少'}{text(abs(gap))}万元{grown}。"
        else:
            said += f"与{a.year - 1}年度持平。"
        blocks: list[Block] = [Heading("（一）“三公”经费财政拨款支出决算总体情况说明", 3), Prose(said)]
        blocks.append(Heading("（二）“三公”经费财政拨款支出决算具体情况说明", 3))
        return [*blocks, *self.official_items(table)]

    def official_reasons(self) -> str:
        """The reasons given for 三公 differences, each once."""
        names = ("“三公”经费", "因公出国（境）费", "公务用车购置费", "公务用车运行维护费", "公务接待费")
        return "；".join(dict.fromkeys(r for n in names if (r := self.a.reasons.get(n, ""))))

    def done(self, spent: int, planned: int) -> str:
        """The completion rate against the adjusted budget."""
        return f"，完成全年预算的{percent(spent, planned)}" if planned else ""

    def official_items(self, table: dict[str, dict[str, int]]) -> list[Block]:
        """Each kind of 三公 with its counts."""
        abroad, bought, run, guests = table.values()
        count = self.a.counts
        cars = {k: bought[k] + run[k] for k in ("预算", "决算")}
        groups, people = count.get("因公出国（境）团组", 0), count.get("因公出国（境）人数", 0)
        foreign, visits, visitors = (
            count.get("外宾接待批次", 0),
            count.get("国内公务接待批次", 0),
            count.get("国内公务接待人次", 0),
        )
        lines = [
            (
                f"1.因公出国（境）费全年预算为{text(abroad['预算'])}万元，支出决算为{text(abroad['决算'])}万元"
                f"{self.done(abroad['决算'], abroad['预算'])}。全年因公出国（境）团组{groups}个，{people}人次。"
            ),
            (
                f"2.公务用车购置及运行维护费全年预算为{text(cars['预算'])}万元，"
                f"支出决算为{text(cars['决算'])}万元{self.done(cars['决算'], cars['预算'])}。其中："
            ),
            (
                f"（1）公务用车购置费支出{text(bought['决算'])}万元。"
                f"本年度购置（更新）公务用车{count.get('公务用车购置', 0)}辆。"
            ),
            (
                f"（2）公务用车运行维护费支出{text(run['决算'])}万元，主要用于车辆燃料、维修、保险等。"
                f"截至{self.a.year}年12月31日，开支财政拨款的公务用车保有量为{count.get('公务用车保有量', 0)}辆。"
            ),
            (
                f"3.公务接待费全年预算为{text(guests['预算'])}万元，支出决算为{text(guests['决算'])}万元"
                f"{self.done(guests['决算'], guests['预算'])}。"
                f"全年国内公务接待{visits}批次，{visitors}人次；外宾接待{foreign}批次。"
            ),
        ]
        return [Prose(line) for line in lines]

    def running(self) -> list[Block]:
        """机关运行经费."""
        a = self.a
        if a.about.get("性质", "事业单位") == "事业单位":
            return [Prose(f"本单位为事业单位，{a.year}年度无机关运行经费支出。")]
        value = a.economic_sum(*OFFICE)
        return [
            Prose(
                f"{a.year}年度机关运行经费支出{text(value)}万元。"
                f"{self.change('机关运行经费支出', value, '机关运行经费')}"
            )
        ]

    def purchases(self) -> list[Block]:
        """政府采购."""
        from jinbao.centre.disclosure.produce.rounding import units

        rows = {
            r["项目"]: {k: units(r[k]) for k in ("金额", "授予中小企业", "其中小微企业")} for r in self.a.data["采购"]
        }
        total, small, micro = (sum(r[k] for r in rows.values()) for k in ("金额", "授予中小企业", "其中小微企业"))
        if not total:
            return [Prose(f"本单位{self.a.year}年度无政府采购支出。")]
        parts = "、".join(
            f"政府采购{k}支出{text(rows.get(k, {}).get('金额', 0))}万元" for k in ("货物", "工程", "服务")
        )
        said = f"{self.a.year}年度政府采购支出总额{text(total)}万元，其中：{parts}。"
        said += f"授予中小企业合同金额{text(small)}万元，占政府采购支出总额的{percent(small, total)}"
        said += (
            f"，其中：授予小微企业合同金额{text(micro)}万元，占授予中小企业合同金额的{percent(micro, small)}"
            if small
            else ""
        )
        shares = [
            (
                f"{k}采购授予中小企业合同金额{text(r['授予中小企业'])}万元，"
                f"占{k}支出金额的{percent(r['授予中小企业'], r['金额'])}"
            )
            for k, r in rows.items()
            if r["金额"]
        ]
        return [Prose(f"{said}；{'；'.join(shares)}。")]

    def assets(self) -> list[Block]:
        """国有资产占用."""
        a = self.a
        vehicles = [(r["类别"], r["数量"]) for r in a.data["车辆"] if r["数量"]]
        total = sum(n for _, n in vehicles)
        kinds = f"其中：{'、'.join(f'{k}{n}辆' for k, n in vehicles)}" if vehicles else ""
        machines = a.counts.get("单位价值100万元以上设备", 0)
        owned = f"共有车辆{total}辆" + (f"，{kinds}" if kinds else "")
        return [Prose(f"截至{a.year}年12月31日，{a.name}{owned}；单位价值100万元以上设备{machines}台（套）。")]

"""A unit's figures, seen to balance in fen and rounded once to printed units."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from jinbao.centre.disclosure.produce.derive import completed
from jinbao.centre.disclosure.produce.rounding import apportion, units
from jinbao.centre.disclosure.produce.schema import FUNDS, KINDS, WHOLE, Data, Row
from jinbao.centre.disclosure.standards import ScoringSet, Standard
from jinbao.kernel.errors import Conflict, FormatError, Place
from jinbao.kernel.money import format_fen

SOURCES = {
    "一般公共预算财政拨款": "一般公共",
    "政府性基金预算财政拨款": "基金",
    "国有资本经营预算财政拨款": "国资",
    "上级补助收入": "其他",
    "事业收入": "其他",
    "经营收入": "其他",
    "附属单位上缴收入": "其他",
    "其他收入": "其他",
}
TWINS = {"30108": "2080505", "30109": "2080506", "30113": "2210201"}
MEDICAL = ("30110", "30307")
OFFICIAL = {
    "因公出国（境）费": "30212",
    "公务用车购置费": "31013",
    "公务用车运行维护费": "30231",
    "公务接待费": "30217",
}
CARRIED = ("年初结转和结余", "使用非财政拨款结余", "结余分配", "年末结转和结余")


@dataclass
class Project:
    """A project: printed budgets and executions by part, with its texts and indicators."""

    row: Row
    budget: dict[str, int] = field(default_factory=dict)
    spent: dict[str, int] = field(default_factory=dict)
    start: int = 0
    indicators: list[Row] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The project's name."""
        return str(self.row["项目名称"])


@dataclass
class Accounts:
    """Everything a document prints, in printed units (0.01 万元)."""

    about: dict[str, str]
    data: Data
    income: dict[tuple[str, str], int] = field(default_factory=dict)
    spend: dict[tuple[str, str, str], int] = field(default_factory=dict)
    budget: dict[str, int] = field(default_factory=dict)
    carried: dict[tuple[str, str], int] = field(default_factory=dict)
    economic: dict[str, int] = field(default_factory=dict)
    project_economic: dict[str, int] = field(default_factory=dict)
    official: dict[str, dict[str, int]] = field(default_factory=dict)
    last: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    projects: list[Project] = field(default_factory=list)
    whole: list[Row] = field(default_factory=list)
    """Indicators of the whole unit's expenditure."""

    @property
    def year(self) -> int:
        """The year of the document."""
        return int(self.about["年度"])

    @property
    def name(self) -> str:
        """The unit's name."""
        return self.about["单位名称"]

    @property
    def is_budget(self) -> bool:
        """True for a budget, False for final accounts."""
        return self.about.get("类型", "决算") == "预算"

    def spent(self, *, code: str = "", fund: str = "", kind: str = "") -> int:
        """Spending below a code, of a fund, of a kind; empty means all."""
        return sum(
            v for (c, f, k), v in self.spend.items() if c.startswith(code) and fund in ("", f) and kind in ("", k)
        )

    def received(self, *, code: str = "", source: str = "") -> int:
        """Income below a code from a source; empty means all."""
        return sum(v for (c, s), v in self.income.items() if c.startswith(code) and source in ("", s))

    def carry(self, name: str, *funds: str) -> int:
        """Carried balances of the named funds; none named means all."""
        return sum(v for (f, n), v in self.carried.items() if n == name and (not funds or f in funds))

    def economic_sum(self, *prefixes: str) -> int:
        """Basic expenditure under economic codes."""
        return sum(v for c, v in self.economic.items() if c.startswith(prefixes))

    @property
    def items(self) -> list[str]:
        """功能 codes (项) with fiscal general-budget spending or budget, in order."""
        return sorted(
            {c for (c, f, _), v in self.spend.items() if f == "一般公共" and v}
            | {c for c, v in self.budget.items() if v}
        )


def accounts_of(data: Data, standard: Standard, name: str) -> Accounts:
    """See that figures balance and round them for print.

    Raises FormatError for unknown codes or words, Conflict where fen do not balance.
    """
    about = {str(r["项目"]): str(r["内容"]) for r in data["单位"]}
    for item in ("单位名称", "年度"):
        if not about.get(item):
            raise FormatError(f"没有填“{item}”", at=Place(name, sheet="单位"), advice="请在工作表“单位”中填写。")
    if not about["年度"].isdecimal():
        raise FormatError(f"年度“{about['年度']}”应为四位数字", at=Place(name, sheet="单位"), advice="例如 2025。")
    data = completed(data)
    accounts = Accounts(about, data)
    _check_codes(data, standard)
    _money(accounts)
    _economic(accounts)
    _official(accounts)
    _others(accounts)
    _projects(accounts)
    return accounts


def _check_codes(data: Data, standard: Standard) -> None:
    for sheet, basis, length in (
        ("收入", "功能", 7),
        ("支出", "功能", 7),
        ("项目", "功能", 7),
        ("经济分类", "经济", 5),
    ):
        for row in data[sheet]:
            code = str(row["科目编码"])
            if len(code) != length or (basis, code) not in standard.by_code:
                near = [
                    c.code + c.name for c in standard.codes if c.classification == basis and c.code.startswith(code[:5])
                ][:4]
                raise FormatError(
                    f"科目编码“{code}”不在科目表中",
                    at=row["_at"],
                    advice=f"请核对；相近的有：{'、'.join(near)}"
                    if near
                    else "请核对，或在 policy/disclosure/codes.csv 中补充。",
                )
    for row in data["支出"]:
        if row["资金"] not in FUNDS or row["类别"] not in KINDS:
            raise FormatError(
                f"资金“{row['资金']}”或类别“{row['类别']}”不认识",
                at=row["_at"],
                advice=f"资金：{'、'.join(FUNDS)}；类别：{'、'.join(KINDS)}。",
            )


def _money(accounts: Accounts) -> None:
    """Balance and round each fund: what came in and what was carried is what was spent and what is left."""
    for fund in FUNDS:
        left, right = _came(accounts.data, fund), _went(accounts.data, fund)
        _balanced(fund, left, right)
        total = units(sum(left.values()))
        for (what, one, two), value in {**apportion(left, total), **apportion(right, total)}.items():
            if what == "收":
                accounts.income[one, two] = value
            elif what == "支":
                accounts.spend[one, fund, two] = value
            else:
                accounts.carried[fund, one] = value
    budgets: dict[str, int] = defaultdict(int)
    for row in accounts.data["支出"]:
        if row["资金"] == "一般公共":
            budgets[row["科目编码"]] += row["年初预算"]
    accounts.budget = apportion(budgets, units(sum(budgets.values())))


def _came(data: Data, fund: str) -> dict[tuple[str, str, str], int]:
    """Income and opening balances of a fund, in fen."""
    found: dict[tuple[str, str, str], int] = defaultdict(int)
    for row in data["收入"]:
        for source, of in SOURCES.items():
            if of == fund and row[source]:
                found["收", row["科目编码"], source] += row[source]
    return _with_carried(found, data, fund, CARRIED[:2])


def _went(data: Data, fund: str) -> dict[tuple[str, str, str], int]:
    """Spending and closing balances of a fund, in fen."""
    found: dict[tuple[str, str, str], int] = defaultdict(int)
    for row in data["支出"]:
        if row["资金"] == fund and row["决算"]:
            found["支", row["科目编码"], row["类别"]] += row["决算"]
    return _with_carried(found, data, fund, CARRIED[2:])


def _with_carried(
    found: dict[tuple[str, str, str], int], data: Data, fund: str, names: tuple[str, ...]
) -> dict[tuple[str, str, str], int]:
    for row in data["结转"]:
        for name in names:
            if row["资金"] == fund and row[name]:
                found["转", name, ""] += row[name]
    return found


def _balanced(fund: str, left: dict[Any, int], right: dict[Any, int]) -> None:
    came, went = sum(left.values()), sum(right.values())
    if came != went:
        raise Conflict(
            (
                f"资金“{fund}”收支不平：收入、使用结余与年初结转共 {format_fen(came)} 元，支出、"
                f"结余分配与年末结转共 {format_fen(went)} 元，差 {format_fen(came - went)} 元"
            ),
            advice="请核对工作表“收入”“支出”“结转”。",
        )


def _economic(accounts: Accounts) -> None:
    """Round basic expenditure by economic code to the same total as by function, twins alike."""
    rows = {r["科目编码"]: r["金额"] for r in accounts.data["经济分类"] if r["金额"]}
    projects = {r["科目编码"]: r["项目支出金额"] for r in accounts.data["经济分类"] if r["项目支出金额"]}
    accounts.project_economic = apportion(projects, accounts.spent(fund="一般公共", kind="项目")) if projects else {}
    basic = {r["科目编码"]: 0 for r in accounts.data["支出"]}
    for row in accounts.data["支出"]:
        if row["资金"] == "一般公共" and row["类别"] == "基本":
            basic[row["科目编码"]] += row["决算"]
    if sum(rows.values()) != sum(basic.values()):
        raise Conflict(
            (
                f"经济分类合计 {format_fen(sum(rows.values()))} 元，"
                f"一般公共预算基本支出 {format_fen(sum(basic.values()))} 元，两者应相等"
            ),
            advice="请核对工作表“经济分类”与“支出”。",
        )
    fixed = {
        e: accounts.spend.get((f, "一般公共", "基本"), 0)
        for e, f in TWINS.items()
        if rows.get(e) and rows[e] == basic.get(f)
    }
    medical = {k: rows[k] for k in MEDICAL if k in rows}
    if sum(medical.values()) == basic.get("2101102", 0):
        fixed.update(apportion(medical, accounts.spend.get(("2101102", "一般公共", "基本"), 0)))
    rest = {k: v for k, v in rows.items() if k not in fixed}
    total = accounts.spent(fund="一般公共", kind="基本") - sum(fixed.values())
    accounts.economic = {**fixed, **apportion(rest, total)}


def _official(accounts: Accounts) -> None:
    """Round 三公 figures; one that is wholly in 基本支出 is printed as there."""
    paid = {r["科目编码"]: r["金额"] for r in accounts.data["经济分类"] if r["金额"]}
    for row in accounts.data["三公"]:
        code = OFFICIAL.get(row["项目"])
        if code is None:
            raise FormatError(
                f"“三公”项目“{row['项目']}”不认识", at=row["_at"], advice=f"可填：{'、'.join(OFFICIAL)}。"
            )
        spent = units(row["决算"])
        if row["决算"] == paid.get(code, 0):
            spent = accounts.economic.get(code, 0)
        spent = max(spent, accounts.economic.get(code, 0)) if row["决算"] >= paid.get(code, 0) else spent
        accounts.official[row["项目"]] = {"预算": units(row["全年预算"]), "决算": spent, "上年": units(row["上年决算"])}
        accounts.reasons[row["项目"]] = row["差异原因"]


def _others(accounts: Accounts) -> None:
    for row in accounts.data["上年"]:
        accounts.last[row["项目"]] = units(row["金额"])
        accounts.reasons[row["项目"]] = row["变动原因"]
    for row in accounts.data["数量"]:
        accounts.counts[row["项目"]] = row["数量"] or 0


def _projects(accounts: Accounts) -> None:
    """Round each project's money so that the projects of a code add up to the table."""
    rows = accounts.data["项目"]
    spent: dict[str, dict[tuple[int, str], int]] = defaultdict(dict)
    for n, row in enumerate(rows):
        for part in ("财政拨款", "上年结转", "其他资金"):
            spent[row["科目编码"]][n, part] = row[f"{'全年预算' if accounts.is_budget else '执行数'}-{part}"]
    printed: dict[tuple[int, str], int] = {}
    for code, parts in spent.items():
        for fund, mine in (
            ("一般公共", {k: v for k, v in parts.items() if k[1] != "其他资金"}),
            ("其他", {k: v for k, v in parts.items() if k[1] == "其他资金"}),
        ):
            exact = sum(
                r["决算"]
                for r in accounts.data["支出"]
                if (r["科目编码"], r["资金"], r["类别"]) == (code, fund, "项目")
            )
            matches = sum(mine.values()) == exact
            if not matches and fund == "一般公共":
                raise Conflict(
                    (
                        f"科目 {code} 的项目金额合计 {format_fen(sum(mine.values()))} "
                        f"元，项目支出 {format_fen(exact)} 元，两者应相等"
                    ),
                    advice="请核对工作表“项目”与“支出”。",
                )
            total = accounts.spent(code=code, fund=fund, kind="项目") if matches else units(sum(mine.values()))
            printed.update(apportion(mine, total))
    for n, row in enumerate(rows):
        planned = {p: row[f"全年预算-{p}"] for p in ("财政拨款", "上年结转", "其他资金")}
        spent_parts = {p: printed[n, p] for p in planned}
        budget = spent_parts if accounts.is_budget else apportion(planned, units(sum(planned.values())))
        project = Project(row, budget, spent_parts, units(row["年初预算"]))
        project.indicators = [i for i in accounts.data["指标"] if i["项目名称"] == row["项目名称"]]
        accounts.projects.append(project)
    accounts.whole = [i for i in accounts.data["指标"] if i["项目名称"] == WHOLE]
    for row in accounts.data["指标"]:
        if row["项目名称"] not in {WHOLE, *(p.name for p in accounts.projects)}:
            raise FormatError(
                f"指标“{row['三级指标']}”所属的项目“{row['项目名称']}”不在项目表中",
                at=row.get("_at"),
                advice=f"请核对项目名称；单位整体的指标填“{WHOLE}”。",
            )


def rules_named(name: str, standard: Standard) -> ScoringSet:
    """The scoring rules a unit names, else the national ones.

    Raises FormatError for a name that is not declared.
    """
    wanted = name or "国家计分规则"
    for rules in standard.scoring.sets:
        if rules.name == wanted:
            return rules
    raise FormatError(
        f"计分规则“{wanted}”没有声明", advice=f"可用：{'、'.join(r.name for r in standard.scoring.sets)}。"
    )

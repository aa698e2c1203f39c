"""Performance: targets, mid-year monitoring, self-evaluation by the declared rules, and next year's targets."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from jinbao.centre.disclosure.produce.accounts import Accounts, Project, rules_named
from jinbao.centre.disclosure.produce.blocks import Block, Grid, Heading, Paper, Prose
from jinbao.centre.disclosure.produce.prose import percent
from jinbao.centre.disclosure.produce.rounding import text
from jinbao.centre.disclosure.produce.schema import PARTS, Data, Row
from jinbao.centre.disclosure.produce.whole_unit import WholeUnit
from jinbao.centre.disclosure.sheet_checks import expected_score
from jinbao.centre.disclosure.standards import ScoringSet, Standard
from jinbao.centre.disclosure.values import Number, rounded
from jinbao.kernel.errors import FormatError

INDICATOR_HEAD = ("一级指标", "二级指标", "三级指标", "年度指标值")
LEVELS = {"达成": "达成预期指标", "部分达成": "部分达成预期指标并具有一定效果", "未达成": "未达成预期指标且效果较差"}
FAR_ABOVE = Fraction(13, 10)  # a result this far above its target asks for an explanation and a new target


def target_text(row: Row) -> str:
    """A target as printed: ≥12个, or the words of a qualitative one."""
    sign = "" if row["性质"] in ("定性", "＝", "=") else row["性质"]
    return f"{sign}{row['目标值']}{row['计量单位']}"


def actual_text(row: Row, key: str = "实际值") -> str:
    """A result as printed."""
    if row["性质"] == "定性":
        return LEVELS.get(str(row[key]), str(row[key]))
    return f"{row[key]}{row['计量单位']}" if row[key] != "" else ""


def score_of(row: Row, rules: ScoringSet) -> Decimal:
    """The score an indicator earns, to two places.

    Raises FormatError for a result that the rules cannot judge.
    """
    weight = Decimal(row["分值"])
    if row["性质"] == "定性":
        band = rules.qualitative.get(str(row["实际值"]))
        if band is None:
            raise FormatError(
                f"定性指标“{row['三级指标']}”的实际值应为{'、'.join(rules.qualitative)}",
                at=row["_at"],
                advice="请按完成档次填写。",
            )
        rate = Decimal(row["定性得分率"]) if row["定性得分率"] is not None else Decimal(band[1])
        if not band[0] <= rate <= band[1]:
            raise FormatError(
                f"得分率 {rate}% 不在“{row['实际值']}”的区间 {band[0]}–{band[1]}% 内",
                at=row["_at"],
                advice="请按档次确定得分率。",
            )
        return rounded(Fraction(weight) * Fraction(rate) / 100, 2)
    exact = expected_score(target_text(row), actual_text(row), weight, rules)
    if exact is None:
        raise FormatError(
            f"指标“{row['三级指标']}”的目标值或实际值不是数字",
            at=row["_at"],
            advice="定量指标填数字；文字指标的性质填“定性”。",
        )
    return rounded(exact, 2)


def number(value: Decimal) -> str:
    """A score or weight as printed."""
    return f"{value:.2f}"


class Performance:
    """Sheets and sentences of one unit's performance."""

    def __init__(self, accounts: Accounts, standard: Standard) -> None:
        self.a, self.standard = accounts, standard
        self.rules = rules_named(accounts.about.get("计分规则", ""), standard)
        self.whole_unit = WholeUnit(self)

    def self_evaluation(self, project: Project) -> tuple[Grid, Decimal]:
        """项目绩效自评表 and its total."""
        budget, spent = sum(project.budget.values()), sum(project.spent.values())
        weight = Decimal(self.rules.execution_weight)
        earned = self.execution(budget, spent)
        self.full(f"项目“{project.name}”", project.indicators)
        scores = [self.score(i) for i in project.indicators]
        total = sum(scores, earned)
        rate = percent(spent, budget) if budget else "—"
        head = ["项目资金（万元）", "", "年初预算数", "全年预算数", "全年执行数", "分值", "执行率", "得分"]
        rows = [
            ["项目名称", project.name, "", "", "", "", "", ""],
            ["主管部门", project.row["主管部门"], "", "", "实施单位", self.a.name, "", ""],
            head,
            [
                "",
                "年度资金总额",
                text(project.start),
                text(budget),
                text(spent),
                number(weight),
                rate,
                number(earned),
            ],
        ]
        starts = {p: project.start if p == "财政拨款" else 0 for p in PARTS}
        rows += [
            [
                "",
                ("其中：" if n == 0 else "") + p,
                text(starts[p]),
                text(project.budget[p]),
                text(project.spent[p]),
                "—",
                "—",
                "—",
            ]
            for n, p in enumerate(PARTS)
        ]
        rows += [
            ["年度总体目标", "预期目标", project.row["年度目标"], "", "", "实际完成情况", project.row["完成情况"], ""],
        ]
        rows += self.scored(project.indicators, scores, total)
        grid = Grid(f"{project.name}项目绩效自评表", "", self.a.name, "", [], rows, [], frozenset(range(5)))
        grid.notes = [f"注：按{self.rules.name}计分（{self.rules.source}）。"]
        return grid, total

    def execution(self, budget: int, spent: int) -> Decimal:
        """The score of 预算执行: weight times rate, at most the weight; all of it where nothing was budgeted."""
        weight = Fraction(self.rules.execution_weight)
        return rounded(min(Fraction(1), Fraction(spent, budget)) * weight if budget else weight, 2)

    def score(self, row: Row) -> Decimal:
        """The score of one indicator."""
        return score_of(row, self.rules)

    def scored(self, indicators: list[Row], scores: list[Decimal], total: Decimal) -> list[list[str]]:
        """The lower half of a self-evaluation sheet: heading, indicators with their scores, total."""
        head = [
            "一级指标",
            "二级指标",
            "三级指标",
            "年度指标值",
            "实际完成值",
            "分值",
            "得分",
            "偏差原因分析及改进措施",
        ]
        rows = [
            [
                i["一级指标"],
                i["二级指标"],
                i["三级指标"],
                target_text(i),
                actual_text(i),
                number(Decimal(i["分值"])),
                number(s),
                self.reason(i),
            ]
            for i, s in zip(indicators, scores, strict=True)
        ]
        return [head, *rows, ["总分", "", "", "", "", "100", number(total), ""]]

    def full(self, whose: str, indicators: list[Row]) -> None:
        """Weights, with that of 预算执行, come to a hundred."""
        weights = sum((Decimal(i["分值"]) for i in indicators), Decimal(self.rules.execution_weight))
        if weights != self.standard.scoring.weights_total:
            raise FormatError(
                f"{whose}的分值合计 {weights}，应为 100（含预算执行 {self.rules.execution_weight}）",
                advice="请核对工作表“指标”的分值。",
            )

    def reason(self, row: Row) -> str:
        """The reason for a result below target or far above it; it must be given."""
        if row["性质"] == "定性":
            needed = row["实际值"] != "达成"
        else:
            goal, got = Number.parse(str(row["目标值"])), Number.parse(str(row["实际值"]))
            earned = score_of(row, self.rules) < Decimal(row["分值"])
            far = bool(
                goal
                and got
                and goal.value
                and row["性质"] == "≥"
                and Fraction(got.value) > Fraction(goal.value) * FAR_ABOVE
            )
            needed = earned or far
        if needed and not row["偏差原因"]:
            raise FormatError(
                f"指标“{row['三级指标']}”未完成或明显超出目标，没有写偏差原因",
                at=row["_at"],
                advice="请在“偏差原因”栏说明原因与改进措施。",
            )
        return str(row["偏差原因"])

    def targets(self, project: Project) -> Grid:
        """项目绩效目标表."""
        rows = [["项目名称", project.name, "", "", "", ""], ["年度目标", project.row["年度目标"], "", "", "", ""]]
        rows.append(["一级指标", "二级指标", "三级指标", "年度指标值", "分值", "备注"])
        rows += [
            [i["一级指标"], i["二级指标"], i["三级指标"], target_text(i), number(Decimal(i["分值"])), ""]
            for i in project.indicators
        ]
        return Grid(f"{project.name}项目绩效目标表", "", self.a.name, "", [], rows, [], frozenset(range(6)))

    def monitoring(self, project: Project) -> Grid:
        """项目绩效运行监控表: how far each indicator is at mid-year, and whether it is likely to be met."""
        rows = [["一级指标", "二级指标", "三级指标", "年度指标值", "1—7月完成值", "完成进度", "预计"]]
        for i in project.indicators:
            done = self.progress(i)
            likely = "—" if done is None else "能够完成" if done >= Fraction(1, 2) else "存在困难，须采取措施"
            shown = "—" if done is None else f"{rounded(done * 100, 2)}%"
            rows.append(
                [i["一级指标"], i["二级指标"], i["三级指标"], target_text(i), actual_text(i, "年中值"), shown, likely]
            )
        return Grid(f"{project.name}项目绩效运行监控表", "", self.a.name, "", [], rows, [], frozenset(range(7)))

    @staticmethod
    def progress(row: Row) -> Fraction | None:
        """The part of the target reached at mid-year; None where it cannot be computed."""
        goal, got = Number.parse(str(row["目标值"])), Number.parse(str(row["年中值"]))
        if goal is None or got is None or not goal.value or row["性质"] == "≤":
            return None
        return Fraction(got.value) / Fraction(goal.value)

    def prose(self) -> list[Block]:
        """The section on performance."""
        projects = self.a.projects
        if not projects:
            return [Prose("本单位本年度没有项目支出，未开展项目绩效自评。"), *self.whole_unit.prose()]
        spent = sum(sum(p.spent.values()) for p in projects)
        scored = [(p, *self.self_evaluation(p)) for p in projects]
        intro = self.a.about.get("绩效开展情况", "")
        said = (
            f"{intro}{'。' if intro and not intro.endswith('。') else ''}我单位组织对{self.a.year}"
            f"年度项目支出全面开展绩效自评，共涉及项目{len(projects)}个，资金{text(spent)}万元。"
        )
        blocks: list[Block] = [
            Heading("（一）预算绩效管理工作开展情况", 3),
            Prose(said),
            *self.whole_unit.prose(),
            Heading(f"（{'三' if self.a.whole else '二'}）项目绩效自评结果", 3),
        ]
        for n, (project, _, total) in enumerate(scored, 1):
            budget, used = sum(project.budget.values()), sum(project.spent.values())
            rate = f"，完成预算的{percent(used, budget)}" if budget else ""
            grade = self.grade(total)
            done = f"主要产出和效益：{project.row['完成情况']}" if project.row["完成情况"] else ""
            blocks.append(
                Prose(
                    f"{n}.“{project.name}”项目绩效自评综述：自评得分{number(total)}分，等次为{grade}。全年预算数为{text(budget)}万元，执行数为{text(used)}万元{rate}。{done}"
                )
            )
        uses = list(dict.fromkeys(p.row["结果应用"] for p in projects if p.row["结果应用"])) or [
            "自评结果与下一年度预算安排挂钩，据以调整绩效目标。"
        ]
        return [
            *blocks,
            Heading(f"（{'四' if self.a.whole else '三'}）绩效自评结果应用情况", 3),
            *[Prose(u) for u in uses],
        ]

    def grade(self, total: Decimal) -> str:
        """The grade of a score."""
        return next(g.name for g in self.standard.scoring.grades if total >= g.from_)


def next_year(accounts: Accounts, standard: Standard) -> Data:
    """Next year's workbook rows for projects and indicators: targets that were far exceeded move up to the result."""
    performance = Performance(accounts, standard)
    rows = [*(i for p in accounts.projects for i in p.indicators), *accounts.whole]
    indicators = [next_target(row, performance.rules, accounts.year) for row in rows]
    about = [
        {"项目": k, "内容": str(accounts.year + 1) if k == "年度" else v}
        for k, v in accounts.about.items()
        if k not in ("整体全年预算数（元）", "整体完成情况")
    ]
    projects = [
        {
            "项目名称": p.name,
            "科目编码": p.row["科目编码"],
            "主管部门": p.row["主管部门"],
            "年度目标": p.row["年度目标"],
        }
        for p in accounts.projects
    ]
    return {"单位": about, "项目": projects, "指标": indicators}


def next_target(row: Row, rules: ScoringSet, year: int) -> Row:
    """Next year's row of an indicator: its target, raised where it was far exceeded, and what was reached."""
    goal, got = Number.parse(str(row["目标值"])), Number.parse(str(row["实际值"]))
    raised = goal and got and row["性质"] == "≥" and Fraction(got.value) > Fraction(goal.value) * FAR_ABOVE
    note = f"{year}年目标{target_text(row)}，完成{actual_text(row)}，得分{score_of(row, rules)}"
    return {k: v for k, v in row.items() if not k.startswith("_")} | {
        "目标值": row["实际值"] if raised else row["目标值"],
        "年中值": "",
        "实际值": "",
        "定性得分率": None,
        "偏差原因": note,
    }


def monitoring_paper(accounts: Accounts, standard: Standard) -> Paper:
    """The mid-year monitoring sheets of every project, with the targets they are measured by."""
    performance = Performance(accounts, standard)
    paper = Paper(f"{accounts.name}{accounts.year}年度绩效运行监控表")
    for project in accounts.projects:
        paper.blocks += [Heading(project.name, 2), performance.targets(project), performance.monitoring(project)]
    return paper

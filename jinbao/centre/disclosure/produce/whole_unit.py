"""单位整体支出绩效自评: the sheet about all the unit spends, and its sentences.

Layout and relations: the 部门整体绩效自评表 that 武汉市 units publish (2024). For the national rules no such sheet is
at hand: 财预〔2020〕10号 speaks of projects; the same layout is used, scored by the rules the unit names.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from jinbao.centre.disclosure.produce.blocks import Block, Grid, Heading, Prose
from jinbao.centre.disclosure.produce.prose import percent
from jinbao.centre.disclosure.produce.rounding import text, units
from jinbao.kernel.errors import FormatError, Place
from jinbao.kernel.money import parse_amount, yuan_to_fen

if TYPE_CHECKING:
    from jinbao.centre.disclosure.produce.performance import Performance

BUDGET, GOAL, DONE = "整体全年预算数（元）", "整体绩效目标", "整体完成情况"


class WholeUnit:
    """The sheet and sentences of the whole unit; nothing where it has no indicators."""

    def __init__(self, performance: Performance) -> None:
        self.p, self.a = performance, performance.a

    @property
    def budget(self) -> int:
        """全年预算数 in printed units; raises FormatError where it is not given."""
        given = self.a.about.get(BUDGET, "")
        if not given:
            raise FormatError(
                f"有整体支出指标，没有填“{BUDGET}”",
                at=Place(sheet="单位"),
                advice="填调整后的全年预算总额，含上年结转，以元计。",
            )
        return units(yuan_to_fen(parse_amount(given)))

    def total(self) -> tuple[Decimal, list[Decimal], Decimal]:
        """The score of 预算执行, of each indicator, and their sum."""
        earned = self.p.execution(self.budget, self.a.spent())
        self.p.full("单位整体支出", self.a.whole)
        scores = [self.p.score(row) for row in self.a.whole]
        return earned, scores, sum(scores, earned)

    def sheets(self) -> list[Grid]:
        """整体支出绩效自评表, if there is one."""
        if not self.a.whole:
            return []
        a, weight = self.a, Decimal(self.p.rules.execution_weight)
        earned, scores, total = self.total()
        rate = percent(a.spent(), self.budget) if self.budget else "—"
        basic, projects = text(a.spent(kind="基本")), text(a.spent(kind="项目"))
        rows = [
            ["单位名称", a.name, "", "", "", "", "", ""],
            ["基本支出总额", basic, "", "", "项目支出总额", projects, "", ""],
            ["预算执行情况（万元）", "", "年初预算数", "全年预算数", "全年执行数", "分值", "执行率", "得分"],
            [
                "",
                "整体支出总额",
                text(sum(a.budget.values())),
                text(self.budget),
                text(a.spent()),
                f"{weight:.2f}",
                rate,
                f"{earned:.2f}",
            ],
            ["年度总体目标", "预期目标", a.about.get(GOAL, ""), "", "", "实际完成情况", a.about.get(DONE, ""), ""],
            *self.p.scored(a.whole, scores, total),
        ]
        grid = Grid(f"{a.name}整体支出绩效自评表", "", a.name, "", [], rows, [], frozenset(range(5)))
        grid.notes = [f"注：按{self.p.rules.name}计分（{self.p.rules.source}）。"]
        return [grid]

    def prose(self) -> list[Block]:
        """The section on the whole unit's evaluation."""
        if not self.a.whole:
            return []
        total, spent = self.total()[2], self.a.spent()
        rate = f"，完成预算的{percent(spent, self.budget)}" if self.budget else ""
        done = self.a.about.get(DONE, "")
        said = (
            f"“单位整体支出”绩效自评综述：自评得分{total:.2f}分，等次为{self.p.grade(total)}。"
            f"全年预算数为{text(self.budget)}万元，执行数为{text(spent)}万元{rate}。"
            f"{f'主要产出和效益：{done}' if done else ''}"
        )
        return [Heading("（二）单位整体支出自评结果", 3), Prose(said)]

"""自评试算: every indicator scored by every declared rule set, side by side, each deduction explained."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from jinbao.centre.disclosure.produce.derive import completed
from jinbao.centre.disclosure.produce.performance import score_of, target_text
from jinbao.centre.disclosure.produce.schema import PARTS, WHOLE, Data, Row
from jinbao.centre.disclosure.standards import ScoringSet, Standard
from jinbao.centre.disclosure.values import rounded
from jinbao.centre.rows import RESULT_COLUMNS
from jinbao.kernel.errors import JinbaoError
from jinbao.kernel.money import parse_amount, yuan_to_fen


@dataclass(frozen=True)
class Mark:
    """What one rule set gives one indicator: the score (None where it cannot be told) and why."""

    score: Decimal | None
    why: str


@dataclass(frozen=True)
class Scored:
    """One indicator with its marks, in the order of the rule sets."""

    name: str
    target: str
    actual: str
    weight: Decimal
    marks: tuple[Mark, ...]
    line: int = 0
    results: tuple[tuple[str, str], ...] = ()
    """年中值, 实际值, 定性得分率, 偏差原因 as they were filled in."""


@dataclass(frozen=True)
class Sum:
    """The total under one rule set; `full` is what the weights add up to, `grade` is empty unless that is 100."""

    rules: ScoringSet
    full: Decimal
    score: Decimal | None
    grade: str


@dataclass(frozen=True)
class Evaluation:
    """One project's, or the whole unit's, evaluation by every rule set."""

    name: str
    budget_fen: int
    spent_fen: int
    execution: tuple[Mark, ...]
    rows: tuple[Scored, ...]
    sums: tuple[Sum, ...]


def evaluate(data: Data, standard: Standard) -> list[Evaluation]:
    """Score every project and the whole unit by every declared rule set."""
    full = completed(data)
    found = [
        _evaluate(row["项目名称"], _parts(row, "全年预算"), _parts(row, "执行数"), full, standard)
        for row in full["项目"]
    ]
    if any(row["项目名称"] == WHOLE for row in full["指标"]):
        about = {str(row["项目"]): str(row["内容"]) for row in full["单位"]}
        spent = sum(row["决算"] for row in full["支出"])
        found.insert(0, _evaluate(WHOLE, _given(about), spent, full, standard))
    return found


def _parts(row: Row, what: str) -> int:
    return sum(int(row[f"{what}-{part}"]) for part in PARTS)


def _given(about: dict[str, str]) -> int:
    try:
        return yuan_to_fen(parse_amount(about.get("整体全年预算数（元）", "")))
    except JinbaoError:
        return 0


def _evaluate(name: str, budget: int, spent: int, data: Data, standard: Standard) -> Evaluation:
    sets = standard.scoring.sets
    mine = [row for row in data["指标"] if row["项目名称"] == name]
    rows = tuple(
        Scored(
            row["三级指标"],
            target_text(row),
            f"{row['实际值']}{'' if row['性质'] == '定性' else row['计量单位']}" if row["实际值"] else "",
            Decimal(row["分值"]),
            tuple(_mark(row, rules) for rules in sets),
            row.get("_line", 0),
            tuple((title, "" if row[title] is None else str(row[title])) for title in RESULT_COLUMNS),
        )
        for row in mine
    )
    execution = tuple(_execution(budget, spent, rules) for rules in sets)
    sums = tuple(_sum(n, rules, rows, execution, standard) for n, rules in enumerate(sets))
    return Evaluation(name, budget, spent, execution, rows, sums)


def _execution(budget: int, spent: int, rules: ScoringSet) -> Mark:
    weight = Decimal(rules.execution_weight)
    if not budget:
        return Mark(None, "没有填全年预算数")
    score = rounded(min(Fraction(1), Fraction(spent, budget)) * Fraction(weight), 2)
    rate = rounded(Fraction(spent * 100, budget), 2)
    lost = f"，扣 {weight - score}" if score < weight else "，满分"
    return Mark(score, f"{weight} × {rate}%{'（至多 100%）' if spent > budget else ''} = {score}{lost}")


def _mark(row: Row, rules: ScoringSet) -> Mark:
    if row["实际值"] == "":
        return Mark(None, "没有填实际值")
    try:
        score = score_of(row, rules)
    except JinbaoError as error:
        return Mark(None, error.message)
    return Mark(score, _why(row, rules, score))


def _why(row: Row, rules: ScoringSet, score: Decimal) -> str:
    """Explain one score in the words of its rule."""
    weight, goal, got = Decimal(row["分值"]), row["目标值"], row["实际值"]
    lost = f"，扣 {(weight - score).normalize():f}" if score < weight else ""
    if row["性质"] == "定性":
        band = rules.qualitative[got]
        rate = row["定性得分率"] if row["定性得分率"] is not None else band[1]
        return f"{got}：{weight} × {rate}%（该档 {band[0]}–{band[1]}%）= {score}{lost}"
    if score == weight:
        return "达到目标，满分"
    if row["性质"] != "≤":
        return f"{weight} × {got} ÷ {goal} = {score}{lost}"
    if rules.negative == "inverse_ratio":
        return f"反向指标：{weight} × {goal} ÷ {got} = {score}{lost}"
    return f"反向指标：{weight} × [1 −（{got} − {goal}）÷ {goal}]，不小于 0 = {score}{lost}"


def _sum(n: int, rules: ScoringSet, rows: tuple[Scored, ...], execution: tuple[Mark, ...], standard: Standard) -> Sum:
    full = sum((row.weight for row in rows), Decimal(rules.execution_weight))
    marks = [execution[n], *(row.marks[n] for row in rows)]
    scores = [mark.score for mark in marks if mark.score is not None]
    if len(scores) < len(marks):
        return Sum(rules, full, None, "")
    score = sum(scores, Decimal(0))
    grade = next(g.name for g in standard.scoring.grades if score >= g.from_)
    return Sum(rules, full, score, grade if full == standard.scoring.weights_total else "")

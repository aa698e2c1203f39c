"""Performance sheets: weights, scores, execution rates, totals, scoring rules, and their twins in tables and
sentences."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

from jinbao.centre.disclosure.findings import Book, Finding, Severity
from jinbao.centre.disclosure.model import Funds, Indicator, Sheet, Spot
from jinbao.centre.disclosure.rates import grave, judge
from jinbao.centre.disclosure.standards import ScoringSet, Standard
from jinbao.centre.disclosure.values import Number, rounded, show, swapped

_VALUE = re.compile(r"^(≥|≤|>|<|=|＝|不低于|不少于|不超过|不高于)?(-?\d[\d,]*(?:\.\d+)?)(.*)$")
_UP, _DOWN = ("≥", ">", "不低于", "不少于"), ("≤", "<", "不超过", "不高于")
ZERO = Decimal(0)


def check_sheets(book: Book, standard: Standard) -> None:
    """Run every check of every performance sheet."""
    for sheet in book.document.sheets:
        rules = standard.scoring.by_weight(int(_execution_weight(sheet)))
        _weights(book, sheet, standard.scoring.weights_total)
        _levels(book, sheet)
        _scores(book, sheet)
        for n, funds in enumerate(sheet.funds):
            _execution(book, sheet, funds, first=n == 0)
        _parts(book, sheet)
        for indicator in sheet.indicators:
            _indicator(book, sheet, indicator, rules)


def _execution_weight(sheet: Sheet) -> Decimal:
    return sheet.funds[0].weight.value if sheet.funds and sheet.funds[0].weight else ZERO


def _finding(
    severity: Severity,
    kind: str,
    spot: Spot,
    relation: str,
    sheet: Sheet,
    cell: str,
    formula: str,
    printed: str,
    recomputed: str,
    cause: str = "",
    suggestion: str = "",
) -> Finding:
    return Finding(severity, kind, spot, relation, sheet.title, cell, formula, printed, recomputed, cause, suggestion)


def _weights(book: Book, sheet: Sheet, total: int) -> None:
    """Σ权重 = 100, the weight of 预算执行 included."""
    weights = [i.weight.value for i in sheet.indicators if i.weight]
    if not weights:
        why = "读不出各项指标的分值（文字没有分栏，或没有列示）"
        book.unverifiable(sheet.spot, "R34 分值与得分之和", why, table=sheet.title)
        return
    book.count()
    added = sum(weights, _execution_weight(sheet))
    allowed = (
        {Decimal(total)} if _execution_weight(sheet) else {Decimal(total), Decimal(total - 10), Decimal(total - 20)}
    )
    if added not in allowed:
        gap = added - total if _execution_weight(sheet) else added - min(allowed, key=lambda a: abs(a - added))
        wrong = [
            i
            for i in sheet.indicators
            if i.weight and i.weight.value > gap and swapped(i.weight.value, i.weight.value - gap)
        ]
        proven = [i for i in wrong if i.weight and i.score and i.score.value == i.weight.value - gap]
        formula = (
            f"{' + '.join(format(w.normalize(), 'f') for w in (_execution_weight(sheet), *weights) if w)} "
            f"= {added.normalize():f}"
        )
        spot = (proven or wrong)[0].spot if proven or len(wrong) == 1 else sheet.total_spot or sheet.spot
        book.add(
            _finding(
                "high",
                "performance",
                spot,
                "R34 权重之和为 100",
                sheet,
                "权重",
                formula,
                str(total),
                f"{added.normalize():f}",
                "",
                "核对各指标分值",
            )
        )


def _levels(book: Book, sheet: Sheet) -> None:
    """一级 = Σ二级 = Σ三级 where the levels print their weights."""
    third = sum((i.weight.value for i in sheet.indicators if i.weight), ZERO)
    for depth, name in ((1, "一级"), (2, "二级")):
        levels = [x for x in sheet.levels if x[3] == depth]
        added = sum((w.value for _, w, _, _, _ in levels), ZERO)
        if not levels:
            continue
        if added != third and (book.document.noisy and added < third):
            book.unverifiable(levels[0][2], f"R34 {name}指标分值之和", "有的指标分值没有识别出来", table=sheet.title)
            continue
        book.count()
        if added != third:
            formula = f"{' + '.join(f'{n} {w.value:f}' for n, w, _, _, _ in levels)} = {added:f}"
            book.add(
                _finding(
                    "high",
                    "performance",
                    levels[0][2],
                    f"R34 {name}指标分值之和等于三级指标分值之和",
                    sheet,
                    name,
                    formula,
                    f"{added:f}",
                    f"{third:f}",
                    "",
                    "核对各级分值",
                )
            )


def _scores(book: Book, sheet: Sheet) -> None:
    """Σ得分 = 总分; no score exceeds its weight."""
    scored = [i for i in sheet.indicators if i.score is not None]
    if not scored:
        return
    execution = sheet.funds[0].score if sheet.funds else None
    added = sum((i.score.value for i in scored if i.score), execution.value if execution else ZERO)
    if sheet.total is not None and sheet.total_spot is not None:
        book.count()
        if added != sheet.total.value:
            values = [execution.value if execution else ZERO, *(i.score.value for i in scored if i.score)]
            formula = f"{' + '.join(format(v, 'f') for v in values if v)} = {added:f}"
            book.add(
                _finding(
                    "high",
                    "performance",
                    sheet.total_spot,
                    "R34 得分之和等于总分",
                    sheet,
                    "总分",
                    formula,
                    f"{sheet.total.value:f}",
                    f"{added:f}",
                    swapped(sheet.total.value, added),
                    "核对各项得分与总分",
                )
            )
    for indicator in scored:
        book.count()
        if indicator.score and indicator.weight and indicator.score.value > indicator.weight.value:
            formula = f"{indicator.score.value:f} > {indicator.weight.value:f}"
            book.add(
                _finding(
                    "high",
                    "performance",
                    indicator.spot,
                    "R34 得分不得超过分值",
                    sheet,
                    indicator.name,
                    formula,
                    f"{indicator.score.value:f}",
                    f"{indicator.weight.value:f}",
                    "",
                    "核对得分",
                )
            )


def _execution(book: Book, sheet: Sheet, funds: Funds, *, first: bool) -> None:
    """执行率 = 执行数 ÷ 预算数; its score = weight × rate, at most the weight."""
    if funds.budget is None or funds.spent is None or funds.rate is None:
        return
    verdict = judge(funds.rate, funds.spent, funds.budget, 2)
    if verdict.state == "undefined":
        if funds.rate.value:
            book.add(
                _finding(
                    "low",
                    "rate",
                    funds.spot,
                    "R34 执行率",
                    sheet,
                    funds.name,
                    verdict.formula,
                    f"{funds.rate.raw}%",
                    "",
                    "分母为零，比率没有意义",
                    "写“—”",
                )
            )
        return
    book.count()
    if verdict.state != "right":
        unscored = not first and funds.rate.value == 0 and funds.score is None
        severity: Severity = (
            "rounding"
            if verdict.state == "rounding"
            else "low"
            if unscored
            else grave(funds.rate.value, verdict.recomputed)
        )
        cause = (
            "不计分的分项印成 0.0%，并非执行率"
            if unscored
            else swapped(funds.rate.value, verdict.recomputed or ZERO, max(funds.rate.places, 1))
        )
        book.add(
            _finding(
                severity,
                "rate",
                funds.spot,
                "R34 执行率 = 执行数 ÷ 预算数",
                sheet,
                funds.name,
                verdict.formula,
                f"{funds.rate.value}%",
                f"{verdict.recomputed}%",
                cause,
                f"改为 {verdict.recomputed}%，或写“—”" if unscored else f"改为 {verdict.recomputed}%",
            )
        )
    _execution_score(book, sheet, funds)


def _execution_score(book: Book, sheet: Sheet, funds: Funds) -> None:
    """得分 = 分值 × 执行率, at most the 分值."""
    if funds.budget is None or funds.spent is None:
        return
    if funds.weight and funds.score is not None and funds.budget.value:
        book.count()
        exact = min(
            Fraction(funds.weight.value),
            Fraction(funds.weight.value) * Fraction(funds.spent.value) / Fraction(funds.budget.value),
        )
        expected = rounded(exact, max(funds.score.places, 0))
        if expected != funds.score.value:
            formula = f"{funds.weight.value:f} × {show(funds.spent.value)} ÷ {show(funds.budget.value)} = {show(exact)}"
            severity: Severity = "medium" if abs(expected - funds.score.value) >= Decimal("0.1") else "low"
            book.add(
                _finding(
                    severity,
                    "scoring",
                    funds.spot,
                    "R34 预算执行得分 = 分值 × 执行率",
                    sheet,
                    "预算执行",
                    formula,
                    f"{funds.score.value:f}",
                    f"{expected:f}",
                    swapped(funds.score.value, expected),
                    f"改为 {expected:f}",
                )
            )


def _parts(book: Book, sheet: Sheet) -> None:
    """资金总额 = 财政拨款 + 上年结转 + 其他."""
    total, parts = (sheet.funds[0], sheet.funds[1:]) if sheet.funds else (None, [])
    if total is None or len(parts) < 2:
        return
    for name, label in (("start", "年初预算数"), ("budget", "全年预算数"), ("spent", "全年执行数")):
        whole: Number | None = getattr(total, name)
        values = [getattr(p, name).value for p in parts if getattr(p, name)]
        if whole is None or not values:
            continue
        book.count()
        added = sum(values, ZERO)
        gap = whole.value - added
        allowed = (len([v for v in values if v]) + 1) * Decimal("0.01") / 2
        if gap and (len([v for v in values if v]) < 2 or abs(gap) > allowed):
            formula = f"{' + '.join(show(v) for v in values if v)} = {show(added)}"
            spot, wrong, right = _wrong_part(total, parts, name, gap)
            book.add(
                _finding(
                    "high",
                    "performance",
                    spot,
                    "R35 资金总额等于各项资金之和",
                    sheet,
                    label,
                    f"{formula} ≠ {show(whole.value)}",
                    show(wrong),
                    show(right),
                    swapped(wrong, right),
                    f"核对{label}",
                )
            )


def _wrong_part(total: Funds, parts: list[Funds], name: str, gap: Decimal) -> tuple[Spot, Decimal, Decimal]:
    """The figure most likely wrong: a part, where the total's rate confirms the total and one part has a slip
    of the pen."""
    whole: Decimal = getattr(total, name).value
    confirmed = (
        total.rate and total.spent and total.budget and judge(total.rate, total.spent, total.budget, 2).state == "right"
    )
    slips = [p for p in parts if getattr(p, name) and swapped(getattr(p, name).value, getattr(p, name).value + gap)]
    if slips and (confirmed or not swapped(whole, whole - gap)):
        value: Decimal = getattr(slips[-1], name).value
        return slips[-1].spot, value, value + gap
    return total.spot, whole, whole - gap


def expected_score(
    target: str, actual: str, weight: Decimal, rules: ScoringSet, *, reverse: bool = False
) -> Fraction | None:
    """The score an indicator earns by the declared rules; None where target or actual is not a number.

    `reverse` is the declared direction where the target carries no sign. Source: the rule set's own.
    """
    wanted, done = _VALUE.match(target), _VALUE.match(actual)
    if wanted is None or done is None:
        return None
    goal, got = Number.parse(wanted[2]), Number.parse(done[2])
    if goal is None or got is None or (wanted[3] and done[3] and wanted[3] != done[3]):
        return None
    a, b, w = Fraction(goal.value), Fraction(got.value), Fraction(weight)
    if wanted[1] in _DOWN or (wanted[1] is None and reverse):
        return _decreasing(a, b, w, rules)
    if a == 0:
        return w if b <= 0 or wanted[1] in _UP else Fraction(0)
    return min(w, w * b / a)


def _decreasing(a: Fraction, b: Fraction, w: Fraction, rules: ScoringSet) -> Fraction:
    if b <= a:
        return w
    if rules.negative == "inverse_ratio":
        return w * a / b
    return max(Fraction(0), w * (1 - (b - a) / a)) if a else Fraction(0)


def _indicator(book: Book, sheet: Sheet, indicator: Indicator, rules: ScoringSet | None) -> None:
    """Compare a printed score with what the declared rules give."""
    if rules is None or indicator.weight is None or indicator.score is None:
        return
    exact = expected_score(indicator.target, indicator.actual, indicator.weight.value, rules)
    if exact is None:
        return
    book.count()
    places = max((i.score.places for i in sheet.indicators if i.score), default=0)
    expected = rounded(exact, places)
    if expected == indicator.score.value:
        return
    formula = f"目标 {indicator.target}，完成 {indicator.actual}，分值 {indicator.weight.value:f} → {show(exact)}"
    lower = indicator.score.value < expected
    severity: Severity = "low" if lower else "medium"
    cause = "自行扣分，须有说明" if lower else "高于规则应得"
    suggestion = f"按规则应得 {expected:f} 分；保留则写明扣分理由"
    if lower and indicator.reason:
        cause, suggestion = "自行扣分，表中已说明原因", f"按规则应得 {expected:f} 分；请核对所写原因"
        if rules.beyond == "reducible" and exact == indicator.weight.value and _differ(indicator):
            severity, suggestion = "unverifiable", "无须更正"
            cause = "超出目标而少计分，表中已说明原因；少计多少由单位按偏离程度确定，无从复算"
    book.add(
        _finding(
            severity,
            "scoring",
            indicator.spot,
            f"{rules.name}（{rules.source}）",
            sheet,
            indicator.name,
            formula,
            f"{indicator.score.value:f}",
            f"{expected:f}",
            cause,
            suggestion,
        )
    )


def _differ(indicator: Indicator) -> bool:
    """True if target and result are different figures; with full marks by the rule, the target was passed."""
    wanted, done = _VALUE.match(indicator.target), _VALUE.match(indicator.actual)
    goal, got = (Number.parse(m[2]) if m else None for m in (wanted, done))
    return goal is not None and got is not None and goal.value != got.value

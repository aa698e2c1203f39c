"""Completion rates of 类 and their items: the budgets they imply must add up, even where no budget is printed (R31)."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from jinbao.centre.disclosure.findings import Book, Finding
from jinbao.centre.disclosure.text_figures import Completion
from jinbao.centre.disclosure.values import Number, Span, show, swapped


def check_completions(book: Book, completions: list[Completion]) -> None:
    """A 类's completion rate is the weighted mean of its items': the budgets they imply must add up (R31)."""
    for group in _classes(completions):
        whole, items = group
        if whole.budget is not None or not items or any(i.budget for i in items):
            continue
        if sum((i.final.value for i in items), Decimal(0)) - whole.final.value not in _near(len(items)):
            continue
        book.count()
        implied = [_implied(book, c) for c in (whole, *items)]
        if any(span is None for span in implied):
            continue
        spans = [span for span in implied if span is not None]
        parts = Span(Fraction(0), Fraction(0))
        for span in spans[1:]:
            parts = parts + span
        rates = [i.rate.number.value for i in items]
        if spans[0].meets(parts) and min(rates) <= whole.rate.number.value <= max(rates):
            continue
        culprit, fit = _culprit(book, [whole, *items], whole)
        book.add(
            Finding(
                "high" if not min(rates) <= whole.rate.number.value <= max(rates) else "medium",
                "completion",
                culprit.rate.spot,
                "R31 类完成率是各项完成率的加权平均",
                "说明",
                "".join(culprit.names[-1:]),
                f"按完成率还原的预算：类 {_range(spans[0])}，各项之和 {_range(parts)}",
                f"{culprit.rate.number.raw}%",
                f"{fit}%" if fit is not None else "",
                "类与项的完成率互相矛盾"
                + (f"；{slip}" if fit is not None and (slip := swapped(culprit.rate.number.value, fit)) else ""),
                f"核对第 {culprit.rate.spot.line} 行的完成率",
            )
        )


def _classes(completions: list[Completion]) -> list[tuple[Completion, list[Completion]]]:
    groups: list[tuple[Completion, list[Completion]]] = []
    whole = next((c for c in completions if c.depth == 0 and "年初" in c.rate.base), None)
    if whole is not None and any(c.depth == 1 for c in completions):
        groups.append((whole, [c for c in completions if c.depth == 1]))
    for completion in completions:
        if completion.depth == 1:
            groups.append((completion, []))
        elif completion.depth == 3 and groups and groups[-1][0].depth == 1:
            groups[-1][1].append(completion)
    return groups


def _near(count: int) -> set[Decimal]:
    return {Decimal(n).scaleb(-2) for n in range(-count - 1, count + 2)}


def _implied(book: Book, completion: Completion) -> Span | None:
    """The budgets that a final figure and its completion rate allow."""
    quotient = book.document.span(completion.final).over(completion.rate.number.span())
    return quotient.times(100) if quotient else None


def _culprit(book: Book, all_: list[Completion], whole: Completion) -> tuple[Completion, Decimal | None]:
    """The rate that, changed by one slip of the pen, would reconcile the group: an item's before the whole's."""
    for completion in [*all_[1:], all_[0]]:
        others = [_implied(book, c) for c in all_ if c is not completion]
        for fit in _slips(completion.rate.number):
            changed = _implied_by(book, completion, fit)
            if changed is not None and all(others) and _reconciled(completion is all_[0], changed, others):
                return completion, fit.value
    return whole, None


def _reconciled(is_whole: bool, changed: Span, others: list[Span | None]) -> bool:
    known = [span for span in others if span is not None]
    whole, parts = (changed, known) if is_whole else (known[0], [*known[1:], changed])
    total = Span(Fraction(0), Fraction(0))
    for span in parts:
        total = total + span
    return whole.meets(total)


def _slips(number: Number) -> list[Number]:
    """The figures one slip of the pen away: two neighbouring digits swapped, or one digit another."""
    digits = str(int(number.value.scaleb(number.places)))
    turned = [digits[:n] + digits[n + 1] + digits[n] + digits[n + 2 :] for n in range(len(digits) - 1)]
    other = [digits[:n] + d + digits[n + 1 :] for n in range(len(digits)) for d in "0123456789"]
    return [Number(Decimal(t).scaleb(-number.places), number.places) for t in (*turned, *other) if t != digits]


def _implied_by(book: Book, completion: Completion, rate: Number) -> Span | None:
    quotient = book.document.span(completion.final).over(rate.span())
    return quotient.times(100) if quotient else None


def _range(span: Span) -> str:
    return f"{show(span.low)}～{show(span.high)}"

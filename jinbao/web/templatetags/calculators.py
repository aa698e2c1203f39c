"""Show results of the law engine as figures: the number and, apart from it, its unit."""

from __future__ import annotations

from decimal import Decimal

from django import template

from jinbao.kernel.money import format_fen
from jinbao.rules import Result
from jinbao.rules.values import Age
from jinbao.web.templatetags.law import number

register = template.Library()


@register.filter
def figure(result: Result) -> str:
    """Write a value: amounts with separators and two places, everything else as one says it."""
    value = result.value
    if result.unit.startswith("元") and isinstance(value, Decimal):
        return format_fen(result.fen)
    if figure_unit(result):
        return number(result.text)
    return result.tree.text if result.tree else result.text


@register.filter
def figure_unit(result: Result) -> str:
    """Write the unit; nothing where the value says it itself."""
    counted = isinstance(result.value, Decimal | int) and not isinstance(result.value, bool | Age)
    return {"月": "个月"}.get(result.unit, result.unit) if counted else ""

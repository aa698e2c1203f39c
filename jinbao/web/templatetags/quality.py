"""Show points of data quality."""

from __future__ import annotations

from django import template

from jinbao.data.scoring.queries import shown

register = template.Library()


@register.filter
def points(value: int | None) -> str:
    """Show hundredths of a point as a score, 98.50; nothing for none."""
    return shown(value)


@register.filter
def change(value: int | None) -> str:
    """Show the change of a score with its sign; a dash where there was none before."""
    if value is None:
        return "—"
    return f"{'+' if value > 0 else '-' if value < 0 else ''}{shown(abs(value))}"

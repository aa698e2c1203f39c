"""Show the kernel's values: money, months, masked numbers, statutory terms, and the hidden key of a form."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext

from jinbao.cases.machine import TRANSITIONS
from jinbao.data.scenes.cells import text_of
from jinbao.data.scenes.declared import Column
from jinbao.data.scenes.models import Finding
from jinbao.kernel import regions
from jinbao.kernel.money import fen_to_yuan, format_fen, half_up
from jinbao.kernel.months import Month
from jinbao.trust import masking
from jinbao.trust.models import Role
from jinbao.web.phrases import english

register = template.Library()


@register.filter
def tr(term: Any) -> str:
    """Translate a term that comes from policy/ or from a model's choices; unknown terms stay as they are.

    Of a term in two parts, such as 必填：姓名, each is translated.
    """
    text = str(term or "")
    shown = gettext(text) if text else ""
    if shown != text or "：" not in text or get_language() != "en":
        return shown
    parts = text.split("：")
    translated = [gettext(part) if part else "" for part in parts]
    return text if translated == parts else ": ".join(translated)


@register.filter
def statutory(term: Any) -> str:
    """Translate a name or sentence of the law; where it has no English, mark it as Chinese for screen readers."""
    text = str(term or "")
    shown = tr(text)
    if get_language() == "en" and shown == text and not text.isascii():
        return format_html('<span lang="zh-Hans">{}</span>', text)
    return shown


@register.filter
def said(sentence: Any) -> str:
    """Show a sentence with figures in the language of the page; where it has no English, mark it as Chinese."""
    text = str(sentence or "")
    shown = english(text) if get_language() == "en" else text
    return statutory(text) if shown == text else shown


@register.filter
def fen(amount: int | None) -> str:
    """Show fen as 1,234.56; nothing for None."""
    return "" if amount is None else format_fen(amount)


@register.filter
def fen_or_dash(amount: int | None) -> str:
    """Show fen as 1,234.56, and a dash for nothing."""
    return format_fen(amount) if amount else "—"


@register.filter
def wan(amount: int) -> str:
    """Show fen as 万元 with two decimals, rounded half up, and thousand separators."""
    return f"{half_up(fen_to_yuan(amount) / 10_000, 2):,}"


@register.filter
def add_months(value: Month, months: int) -> Month:
    """Return the month so many months later."""
    return value + months


@register.filter
def indent(level: int) -> str:
    """Return the indent of a line of a statement in rem, from 0.75."""
    return f"{75 + 150 * level:03d}"[:-2] + "." + f"{75 + 150 * level:03d}"[-2:]


@register.filter
def month(value: Month | str | int | None) -> str:
    """Show a month as 2026年1月 (Chinese) or 2026-01 (English)."""
    if value in (None, ""):
        return ""
    parsed = value if isinstance(value, Month) else Month.parse(str(value))
    return str(parsed) if get_language() == "en" else f"{parsed.year}年{parsed.month}月"


@register.filter
def month_before(value: Month) -> str:
    """Show the last month of a span that is kept by its first month after it."""
    return month(value - 1)


@register.filter
def day(value: date | None) -> str:
    """Show a day as 2026年1月5日 (Chinese) or 2026-01-05 (English)."""
    if value is None:
        return ""
    return value.isoformat()[:10] if get_language() == "en" else f"{value.year}年{value.month}月{value.day}日"


@register.filter
def years_months(months: int | Decimal | None) -> str:
    """Show a number of months as 62岁3个月-like text without the word for age: 62年3个月."""
    if months is None:
        return ""
    years, rest = divmod(int(months), 12)
    parts = [ngettext("%(n)d年", "%(n)d年", years) % {"n": years}] if years else []
    if rest or not years:
        parts.append(ngettext("%(n)d个月", "%(n)d个月", rest) % {"n": rest})
    return (" " if get_language() == "en" else "").join(parts)


@register.filter
def count(number: int | Decimal | None) -> str:
    """Show a whole number with thousand separators."""
    return "" if number is None else f"{number:,}"


@register.filter
def region_name(code: str) -> str:
    """Show the name of a region, or its code where the name is unknown."""
    return tr(regions.RegionTree.read().name(code)) if code else ""


_CHOICES = {"女职工55": "原55周岁退休的女职工", "女职工50": "原50周岁退休的女职工"}


@register.filter
def choice_label(choice: str) -> str:
    """Show one choice of a fact as people say it."""
    return gettext(_CHOICES.get(choice, choice))


@register.filter
def masked(number: str) -> str:
    """Hide the middle of an identity number."""
    return masking.mask_id(number) if number else ""


@register.filter
def masked_account(number: str) -> str:
    """Hide all but the end of a bank account."""
    return masking.mask_account(number) if number else ""


@register.filter
def masked_phone(number: str) -> str:
    """Hide the middle of a phone number."""
    return masking.mask_phone(number) if number else ""


@register.filter
def masked_name(name: str) -> str:
    """Show the first character of a name."""
    return masking.mask_name(name) if name else ""


@register.filter
def role_label(role: str) -> str:
    """Show a role by its name."""
    return tr(dict(Role.choices).get(role, role))


@register.filter
def join_tr(terms: Iterable[str]) -> str:
    """Translate several terms and put them in one line."""
    return (", " if get_language() == "en" else "、").join(tr(term) for term in terms)


@register.filter
def verb_label(verb: str) -> str:
    """Show a step of a case in words."""
    return tr(TRANSITIONS[verb].label if verb in TRANSITIONS else verb)


@register.filter
def entry(mapping: Mapping[str, Any], key: str) -> Any:
    """Return the entry of a mapping, or the key itself."""
    return mapping.get(key, key)


@register.filter
def cell_of(column: Column, row: Mapping[str, Any]) -> str:
    """Show the value that the row of a clue has in a column of its scene."""
    return text_of(column, row.get(column.name)) or "—"


@register.filter
def finding_label(outcome: str) -> str:
    """Show what was found of a clue."""
    return tr(dict(Finding.Outcome.choices).get(outcome, outcome))


@register.simple_tag
def face_url(face: str, page: str, *args: Any) -> str:
    """Return the address of a page that several faces have, in this one."""
    return reverse(f"{face}-{page}", args=args)


@register.simple_tag
def once() -> SafeString:
    """Give a form its idempotency key, so that sending it twice is one event."""
    return format_html('<input type="hidden" name="key" value="{}">', secrets.token_urlsafe(18))


@register.simple_tag(takes_context=True)
def with_query(context: template.Context, **changes: Any) -> str:
    """Return the current address with some query parameters changed, such as another page of the same filter."""
    query = context["request"].GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value not in (None, ""):
            query[name] = str(value)
    return f"?{query.urlencode()}"

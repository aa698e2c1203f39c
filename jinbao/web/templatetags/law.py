"""Show what the law engine says: ages, numbers with separators, article texts."""

from __future__ import annotations

import re

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, gettext_noop, ngettext

register = template.Library()
_NUMBER = re.compile(r"-?\d{4,}(\.\d+)?")
_WINDOW = {
    "最早退休年月": gettext_noop("最早"),
    "法定退休年月": gettext_noop("法定"),
    "最晚退休年月": gettext_noop("最晚"),
}
_BRANCHES = {
    "retirement": gettext_noop("退休年龄"),
    "contributions": gettext_noop("缴费"),
    "pension": gettext_noop("职工基本养老金"),
    "adjustment": gettext_noop("养老金调整"),
    "resident": gettext_noop("城乡居民养老"),
    "government": gettext_noop("机关事业单位养老"),
    "transfer": gettext_noop("关系转移接续"),
    "unemployment": gettext_noop("失业保险"),
    "work_injury": gettext_noop("工伤保险"),
    "survivors": gettext_noop("遗属待遇"),
    "disability": gettext_noop("病残津贴"),
    "authentication": gettext_noop("待遇资格确认"),
    "service": gettext_noop("经办时限"),
}


@register.filter
def number(text: str) -> str:
    """Give a plain decimal its thousand separators; months, ages and words stay as they are."""
    if not _NUMBER.fullmatch(text or ""):
        return text
    whole, point, rest = text.partition(".")
    return f"{int(whole):,}{point}{rest}"


@register.filter
def age(months: int | None) -> str:
    """Show months of age as 60岁4个月."""
    if months is None:
        return ""
    years, rest = divmod(int(months), 12)
    parts = [gettext("%(n)d岁") % {"n": years}]
    if rest:
        parts.append(ngettext("%(n)d个月", "%(n)d个月", rest) % {"n": rest})
    return (" " if get_language() == "en" else "").join(parts)


@register.filter
def short_window(name: str) -> str:
    """Name one end of the retirement window."""
    return gettext(_WINDOW[name])


@register.filter
def branch(path: str) -> str:
    """Name the branch of law to which a provision belongs."""
    first = path.partition("/")[0]
    return _BRANCHES.get(first, first)


@register.filter
def prose(text: str) -> SafeString:
    """Set the text of a clause: paragraphs, lists and tables of law.md, everything escaped."""
    blocks = [block for block in re.split(r"\n\s*\n", text.strip()) if block.strip()]
    return mark_safe("".join(_block(block.splitlines()) for block in blocks))  # noqa: S308  # every part is escaped


def _block(lines: list[str]) -> str:
    if all(line.lstrip().startswith("- ") for line in lines):
        return "<ul>" + "".join(f"<li>{escape(line.lstrip()[2:])}</li>" for line in lines) + "</ul>"
    if len(lines) > 1 and all(line.startswith("|") for line in lines):
        return _table([[cell.strip() for cell in line.strip("| ").split("|")] for line in lines])
    return "".join(format_html("<p>{}</p>", line) for line in lines)


def _table(rows: list[list[str]]) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in rows[0])
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows[2:])
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'

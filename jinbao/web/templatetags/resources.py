"""Show the catalogue: words found, names of codes, addresses of resources."""

from __future__ import annotations

import re
from collections.abc import Iterable

from django import template
from django.urls import reverse
from django.utils.html import escape, format_html_join
from django.utils.safestring import SafeString, mark_safe

from jinbao.data.catalogue.models import Resource, SchemaChange, Version
from jinbao.data.catalogue.standard import standard
from jinbao.web.templatetags.jinbao import tr

register = template.Library()


@register.filter
def highlight(text: str, words: Iterable[str]) -> SafeString:
    """Mark the words of a query in a text; everything is escaped."""
    wanted = [re.escape(word) for word in words if word]
    if not wanted or not text:
        return escape(text)
    parts = re.split(f"({'|'.join(wanted)})", text, flags=re.IGNORECASE)
    pairs = (("<mark>", part, "</mark>") if at % 2 else ("", part, "") for at, part in enumerate(parts))
    return format_html_join("", "{}{}{}", ((mark_safe(a), part, mark_safe(b)) for a, part, b in pairs))  # noqa: S308  # our own tags


@register.filter
def code_name(code: str, part: str) -> str:
    """Show a code of the catalogue in words; an empty one as not filled in."""
    known = standard()
    lists = {
        "share_type": known.share_types,
        "share_mode": known.share_modes,
        "grade": known.grades,
        "type": known.types,
        "kind": dict(Resource.Kind.choices),
        "status": dict(Resource.Status.choices),
        "act": dict(Version.Act.choices),
        "change": dict(SchemaChange.Kind.choices),
    }
    if part == "category":
        return known.category_name(code) if code else tr("未填写")
    return tr(lists.get(part, {}).get(code, code) or "未填写")


@register.simple_tag(takes_context=True)
def choose(context: template.Context, name: str, value: str) -> str:
    """Return the current search with one filter set, or taken away; it begins on its first page."""
    query = context["request"].GET.copy()
    query.pop("page", None)
    query.pop(name, None)
    if value:
        query[name] = value
    return f"?{query.urlencode()}"


@register.simple_tag
def resource_url(name: str, code: str) -> str:
    """Return the address of a page of a resource, whose code has a slash in it."""
    front, _, number = code.partition("/")
    return reverse(name, args=[front, number])

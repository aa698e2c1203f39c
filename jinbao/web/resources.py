"""What the faces share about the catalogue: reading a search from an address, and its filters with counts."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_noop

from jinbao.data.catalogue import queries
from jinbao.data.catalogue.search import FACETS
from jinbao.trust.actors import Actor
from jinbao.web.paging import Page

SIZE = 20
TITLES = {
    "provider": gettext_noop("提供方"),
    "category": gettext_noop("分类"),
    "share_type": gettext_noop("共享类型"),
    "grade": gettext_noop("分级"),
    "kind": gettext_noop("种类"),
    "status": gettext_noop("状态"),
}
_MOST_CHOICES = 20


def searched(request: HttpRequest, by: Actor | None) -> dict[str, Any]:
    """Search with ?q= and the filters of an address; return what a page shows."""
    text = request.GET.get("q", "")[:64]
    asked = request.GET.get("page", "1")
    number = max(1, int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 1
    filters = {name: request.GET.get(name, "") for name in FACETS}
    found = queries.search(text, by, filters=filters, start=(number - 1) * SIZE, size=SIZE)
    facets = [
        {"name": name, "title": TITLES[name], "chosen": filters[name], "choices": found.facets[name][:_MOST_CHOICES]}
        for name in FACETS
        if name != "status" or queries.sees_working(by)
    ]
    page: Page[Any] = Page(found.hits, number, found.total > number * SIZE)
    return {"found": found, "q": text, "facets": facets, "page": page}

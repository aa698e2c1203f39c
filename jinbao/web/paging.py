"""Pages of long lists without counting them: one row more than shown tells whether there is a next page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest

M = TypeVar("M", bound=Model)
SIZE = 50


@dataclass(frozen=True)
class Page(Generic[M]):
    """One page of a list."""

    rows: Sequence[M]
    number: int
    more: bool

    @property
    def previous(self) -> int | None:
        """Number of the page before, if there is one."""
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        """Number of the page after, if there is one."""
        return self.number + 1 if self.more else None


def page_of(rows: QuerySet[M] | Sequence[M], request: HttpRequest, size: int = SIZE) -> Page[M]:
    """Return the page that ?page= asks for, the first where it asks for none or for nonsense."""
    asked = request.GET.get("page", "1")
    number = max(1, int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 1
    start = (number - 1) * size
    found = list(rows[start : start + size + 1])
    return Page(found[:size], number, len(found) > size)

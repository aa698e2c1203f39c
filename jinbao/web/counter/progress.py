"""Long work on many things, slice by slice: each request works a while, shows how far it is, and asks for the next."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

SECONDS = 3.0
"""How long one request works before it shows how far it is."""
MOST_FAULTS = 50
_NUMBER = re.compile(r"[\w-]{1,32}", re.ASCII)


@dataclass(frozen=True)
class Progress:
    """How far the work on many things is; it goes with the page from slice to slice."""

    total: int
    done: int = 0
    failed: int = 0
    after: int = 0
    faults: tuple[tuple[str, str], ...] = ()
    """Number of a case, and why nothing was done with it; only the first ones."""

    @property
    def percent(self) -> int:
        """How much of it was looked at."""
        return min(100, 100 * (self.done + self.failed) // self.total) if self.total else 100

    def and_then(self, done: int, faults: Sequence[tuple[str, str]] = (), after: int = 0) -> Progress:
        """Return how far it is after another slice."""
        told = (*self.faults, *faults)[:MOST_FAULTS]
        return Progress(self.total, self.done + done, self.failed + len(faults), after, told)


def read(sent: QueryDict) -> Progress | None:
    """Read how far the work was; None at its beginning."""
    numbers = [sent.get(name, "") for name in ("total", "done", "failed", "after")]
    if not all(text.isascii() and text.isdigit() and len(text) < 16 for text in numbers):
        return None
    told = zip(sent.getlist("fault-number"), sent.getlist("fault-why"), strict=False)
    faults = tuple((number, why) for number, why in told if _NUMBER.fullmatch(number))
    total, done, failed, after = (int(text) for text in numbers)
    return Progress(total, done, failed, after, faults)


def in_time() -> Callable[[int], bool]:
    """Return what tells, after so many, whether there is time for another; the first one always has its turn."""
    end = time.monotonic() + SECONDS
    return lambda count: not count or time.monotonic() < end


def show(
    request: HttpRequest,
    heading: str,
    progress: Progress,
    *,
    finished: bool,
    sent: Sequence[tuple[str, str]],
    back: str,
) -> HttpResponse:
    """Show how far it is, with the form that asks the same address for the next slice; `sent` is what that needs."""
    shown = {
        "heading": heading,
        "progress": progress,
        "finished": finished,
        "sent": sent,
        "again": request.path,
        "back": back,
    }
    return render(request, "counter/work_progress.html", shown)

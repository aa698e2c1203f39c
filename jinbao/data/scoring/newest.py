"""The newest run of each dataset: what holds now."""

from __future__ import annotations

from django.db.models import Max, QuerySet

from jinbao.data.scoring.models import Run


def latest_runs(runs: QuerySet[Run]) -> list[Run]:
    """Return the newest run of each dataset among some, by dataset."""
    newest = runs.order_by().values("dataset").annotate(last=Max("pk")).values("last")
    return list(Run.objects.filter(pk__in=newest).order_by("dataset"))

"""What the screen of the data platform reads: each room's own queries, each asked once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from django.utils.timezone import localtime

from jinbao.data.exchange import queries as exchange
from jinbao.data.exchange.queries import Traffic
from jinbao.data.linkage import queries as linkage
from jinbao.data.linkage.models import Run as LinkageRun
from jinbao.data.scenes import queries as scenes
from jinbao.data.scenes.queries import Standing
from jinbao.data.scoring import queries as scoring
from jinbao.data.scoring.models import Score
from jinbao.data.supply import arrivals
from jinbao.data.supply.arrivals import Arrival, Landed, SourceState
from jinbao.trust.actors import Actor

LANDING_DAYS = 14
SCORE_DAYS = 30
"""Days with a score that the trend shows."""
CALL_MINUTES = 60


@dataclass(frozen=True)
class PlatformState:
    """The state of the platform as one steward sees it at one moment; what several panels need is read once."""

    by: Actor
    now: datetime

    @property
    def today(self) -> date:
        """The day in China."""
        return localtime(self.now).date()

    @cached_property
    def arrivals(self) -> list[Arrival]:
        """What has come of every dataset, those overdue first."""
        return arrivals.arrivals(self.by, self.now)

    @cached_property
    def landed(self) -> list[Landed]:
        """The rows of the last days, oldest first."""
        return arrivals.landed(self.by, self.today - timedelta(days=LANDING_DAYS - 1), self.today)

    @cached_property
    def sources(self) -> list[SourceState]:
        """The sources that are switched on, each with its last run."""
        return [one for one in arrivals.sources(self.by, self.now) if one.source.enabled]

    @cached_property
    def scores(self) -> list[Score]:
        """The region's scores of the last days that have one, oldest first."""
        region = scoring.scores(self.by).filter(kind=Score.Kind.REGION, code=self.by.region)
        return list(region.order_by("-on")[:SCORE_DAYS])[::-1]

    @cached_property
    def linked(self) -> LinkageRun | None:
        """The newest linkage."""
        return linkage.runs(self.by).first()

    @cached_property
    def traffic(self) -> Traffic:
        """The calls of the last hour."""
        return exchange.traffic(self.by, self.now, CALL_MINUTES)

    @cached_property
    def scenes(self) -> list[Standing]:
        """The scenes that are run, with their newest runs and open clues."""
        return [one for one in scenes.overview(self.by) if one.scene.kind != "档案"]

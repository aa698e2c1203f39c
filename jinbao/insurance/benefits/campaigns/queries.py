"""Reads of campaigns; each shows only what its actor may see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import F, QuerySet

from jinbao.insurance.benefits.campaigns.apply import applied_of
from jinbao.insurance.benefits.campaigns.dry_run import done_of
from jinbao.insurance.benefits.campaigns.models import Campaign, CampaignMember
from jinbao.insurance.benefits.campaigns.sample import differs, from_books
from jinbao.insurance.benefits.compute import Computed
from jinbao.insurance.benefits.models import Determination
from jinbao.kernel.errors import JinbaoError, NotFound
from jinbao.kernel.money import fen_to_yuan
from jinbao.trust.actors import Actor
from jinbao.trust.scope import scope

State = CampaignMember.State
__all__ = [
    "Explained",
    "applied_of",
    "campaign",
    "campaigns",
    "differs",
    "done_of",
    "explained",
    "member",
    "members",
    "outliers",
]


def campaigns(by: Actor) -> QuerySet[Campaign]:
    """Return the campaigns of a region, the newest first."""
    return scope(Campaign.objects.all(), by, region_field="region").order_by("-pk")


def campaign(by: Actor, pk: int) -> Campaign:
    """Return one campaign. Raises NotFound also for what may not be seen."""
    found = campaigns(by).filter(pk=pk).first()
    if found is None:
        raise NotFound("没有这个重算批次，或您无权查看", advice="请从列表中重新打开。")
    return found


def members(by: Actor, campaign: Campaign, state: str = "", outlier: str = "") -> QuerySet[CampaignMember]:
    """Return the awards of a campaign, the largest differences first where there are any."""
    rows = scope(CampaignMember.objects.filter(campaign=campaign), by, region_field="campaign__region")
    if state:
        rows = rows.filter(state=state)
    if outlier:
        rows = rows.filter(outlier=outlier)
    changed = F("after_fen") - F("base_fen")
    rows = rows.order_by(changed.desc(nulls_last=True), "pk")
    return rows.prefetch_related("person", "award")  # a join would be carried through the sort of a whole city


def outliers(by: Actor, campaign: Campaign) -> list[CampaignMember]:
    """Return the outliers, and first of all whoever the exact reading contradicts."""
    rows = list(members(by, campaign).exclude(outlier="")[:600])
    wrong = [one for one in members(by, campaign).filter(sampled=True) if differs(one)]
    return wrong + [one for one in rows if one not in wrong]


def member(by: Actor, pk: int) -> CampaignMember:
    """Return one award of a campaign. Raises NotFound also for what may not be seen."""
    rows = scope(CampaignMember.objects.filter(pk=pk), by, region_field="campaign__region")
    found = rows.select_related("campaign", "person", "award", "new_award", "determination").first()
    if found is None:
        raise NotFound("批次中没有这个人，或您无权查看", advice="请从批次中重新打开。")
    return found


@dataclass(frozen=True)
class Changed:
    """A step that comes out otherwise than before."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Explained:
    """One award before and after, as the law explains it."""

    before: Determination | None
    """None for an award of the former system, which kept no steps."""
    after: Computed | None
    problem: str
    steps: tuple[Changed, ...]
    parts: tuple[Changed, ...] = ()
    """The parts that the former system handed over beside those of now."""


def explained(by: Actor, one: CampaignMember) -> Explained:
    """Explain one award of a campaign: the determination it had, what the law says now, and which steps differ."""
    before = member(by, one.pk).determination
    answer = from_books(one.campaign, [one])[one.pk]
    if isinstance(answer, JinbaoError):
        return Explained(before, None, answer.message, ())
    if before is None:
        return Explained(None, answer, "", (), _parts(one.award.first_parts, answer.trace))
    return Explained(before, answer, "", tuple(_changed(before.trace, answer.trace)))


def _parts(handed_over: Mapping[str, int], after: Mapping[str, Any]) -> tuple[Changed, ...]:
    new = _values(after)
    return tuple(Changed(name, f"{fen_to_yuan(fen):.2f}元/月", new.get(name, "—")) for name, fen in handed_over.items())


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Changed]:
    old, new = _values(before), _values(after)
    names = [*new, *(name for name in old if name not in new)]
    return [Changed(name, old.get(name, "—"), new.get(name, "—")) for name in names if old.get(name) != new.get(name)]


def _values(trace: Mapping[str, Any]) -> dict[str, str]:
    """Return what each step came to, the result first; single months are left to the explanation."""
    steps = [step for part in ("amount", "eligible") for step in reversed(trace.get(part, {}).get("steps", ()))]
    found: dict[str, str] = {}
    for step in steps:
        name = step["name"].split("（")[0] if step.get("kind") == "参数" else step["name"]
        if "（" not in name or "（各" in name:
            found.setdefault(name, f"{step['value']}{step['unit']}")
    return found

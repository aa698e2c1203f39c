"""Outliers, and the sample that the exact reading computes again from the books."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from datetime import datetime

from django.db.models import F

from jinbao.insurance.benefits.campaigns.create import locked, require_status
from jinbao.insurance.benefits.campaigns.models import Campaign, CampaignMember
from jinbao.insurance.benefits.compute import Computed, compute
from jinbao.insurance.benefits.facts import facts_from
from jinbao.insurance.contributions.career import careers
from jinbao.insurance.registry.families import Families
from jinbao.insurance.registry.rights import OFFICERS
from jinbao.kernel.errors import JinbaoError
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor

Status, State, Outlier = Campaign.Status, CampaignMember.State, CampaignMember.Outlier
LARGEST = 20
"""Largest increases and decreases that are outliers."""
AT_MOST = 500
"""Of the other kinds of outliers; how many more there are is in the figures."""
SAMPLE = 100
AT_ONCE = 25
NO_ANSWER = -1
"""Checked amount of somebody for whom the exact reading has no answer either."""


@action("campaigns.draw_sample", roles=OFFICERS)
def mark_outliers_and_sample(by: Actor, campaign: Campaign, *, now: datetime) -> Campaign:
    """Find the outliers of a dry run and draw the sample; its seed is the hash of the results, which nobody chooses."""
    campaign = locked(by, campaign)
    require_status(campaign, Status.TRYING)
    members = CampaignMember.objects.filter(campaign=campaign)
    campaign.result_hash = _results(campaign)
    outliers = _outliers(campaign)
    campaign.figures["outliers"] = {kind: [len(keys), count] for kind, (keys, count) in outliers.items()}
    for kind, (keys, _) in outliers.items():
        for start in range(0, len(keys), 500):
            members.filter(pk__in=keys[start : start + 500]).update(outlier=kind, sampled=True)
    able = list(members.exclude(state=State.PROBLEM).order_by("award_id").values_list("pk", flat=True))
    dice = random.Random(int(campaign.result_hash[:12], 16))  # noqa: S311  # anybody can draw it again
    drawn = dice.sample(able, min(SAMPLE, len(able)))
    members.filter(pk__in=drawn).update(sampled=True)
    campaign.status = Status.CHECKING
    campaign.save(update_fields=["status", "result_hash", "figures"])
    note(target=campaign, sample=len(drawn), outliers=campaign.figures["outliers"])
    return campaign


def _results(campaign: Campaign) -> str:
    rows = CampaignMember.objects.filter(campaign=campaign).order_by("award_id")
    found = hashlib.sha256()
    for row in rows.values_list("award_id", "state", "before_fen", "after_fen").iterator():
        found.update(repr(row).encode())
    return found.hexdigest()


def _outliers(campaign: Campaign) -> dict[str, tuple[list[int], int]]:
    """Return the keys of the outliers by kind, and how many there would be without the bound on two kinds.

    A member is in the first kind that fits; whoever was determined here comes before awards of the former system.
    """
    members = CampaignMember.objects.filter(campaign=campaign)
    moved = members.filter(state=State.CHANGED).annotate(by_fen=F("after_fen") - F("before_fen"))
    up, down = moved.filter(by_fen__gt=0), moved.filter(by_fen__lt=0)
    fewer = down if up.count() >= down.count() else up
    own = F("determination").asc(nulls_last=True)
    order = "by_fen" if fewer is down else "-by_fen"
    wanted = (
        (Outlier.INELIGIBLE, members.filter(state=State.INELIGIBLE).order_by(own, "pk"), AT_MOST),
        (Outlier.UP, up.order_by("-by_fen", "pk"), LARGEST),
        (Outlier.DOWN, down.order_by("by_fen", "pk"), LARGEST),
        (Outlier.AGAINST, fewer.order_by(order, "pk"), AT_MOST),
    )
    found: dict[str, tuple[list[int], int]] = {}
    taken: set[int] = set()
    for kind, rows, most in wanted:
        fitting = [pk for pk in rows.values_list("pk", flat=True) if pk not in taken]
        keys = fitting[:most]
        found[str(kind)] = keys, len(keys) if most == LARGEST else len(fitting)
        taken |= set(keys)
    return found


def check_some(by: Actor, campaign: Campaign, *, now: datetime) -> Campaign | None:
    """Compute some of the sample by the exact reading from the books; None when all of it is done."""
    waiting = CampaignMember.objects.filter(campaign=campaign, sampled=True, checked_fen__isnull=True)
    part = list(waiting.select_related("person").order_by("pk")[:AT_ONCE])
    return _check(by, campaign, part, now=now) if part else None


@action("campaigns.check_sample", roles=OFFICERS)
def _check(by: Actor, campaign: Campaign, part: Sequence[CampaignMember], *, now: datetime) -> Campaign:
    """Compare some of the sample with what the exact reading gives from the books."""
    campaign = locked(by, campaign)
    require_status(campaign, Status.CHECKING)
    answers = from_books(campaign, part, explain=False)
    for one in part:
        answer = answers[one.pk]
        one.checked_fen = NO_ANSWER if isinstance(answer, JinbaoError) else answer.monthly_fen if answer.eligible else 0
    CampaignMember.objects.bulk_update(part, ["checked_fen"], batch_size=50)
    note(target=campaign, people=len(part), different=sum(differs(one) for one in part))
    return campaign


def differs(one: CampaignMember) -> bool:
    """Tell whether the exact reading says otherwise than the dry run, by one fen or more."""
    if one.checked_fen is None or one.state == State.PROBLEM:
        return False
    return one.checked_fen != (one.after_fen or 0)


def from_books(
    campaign: Campaign, part: Sequence[CampaignMember], *, explain: bool = True
) -> dict[int, Computed | JinbaoError]:
    """Compute members exactly from the books of now; their careers are read together."""
    people = {one.person_id: one.person for one in part}
    lives = careers(people.values(), families=Families())
    found: dict[int, Computed | JinbaoError] = {}
    for one in part:
        months = [row for row in lives[one.person_id] if row.month <= one.retires]
        try:
            facts = facts_from(one.person, one.retires, months)
            found[one.pk] = compute(facts, one.retires, one.region, campaign.benefit, explain=explain)
        except JinbaoError as error:
            found[one.pk] = error
    return found

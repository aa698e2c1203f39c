"""Try a campaign: who is in it, what the law gives each, the outliers, and the sample that proves it.

The work is cut into steps that each finish in seconds and commit, so that a page shows progress and a killed process
loses one step. Nothing outside the campaign changes.
"""

from __future__ import annotations

import hashlib
import time
from collections import defaultdict
from collections.abc import Callable, Sequence, Set
from datetime import datetime
from functools import lru_cache
from typing import Any

import numpy as np
from django.db.models import Count

from jinbao.insurance.benefits.campaigns import reading
from jinbao.insurance.benefits.campaigns.create import OPEN, locked, require_status
from jinbao.insurance.benefits.campaigns.figures import figures_of
from jinbao.insurance.benefits.campaigns.models import Campaign, CampaignMember
from jinbao.insurance.benefits.campaigns.reading import Asked, Reading
from jinbao.insurance.benefits.campaigns.sample import check_some, mark_outliers_and_sample
from jinbao.insurance.benefits.campaigns.select import APPLY, left_out, selected
from jinbao.insurance.benefits.compute import version
from jinbao.insurance.benefits.models import Award
from jinbao.insurance.benefits.owed import entitlements_of
from jinbao.insurance.contributions.lake import write_careers
from jinbao.insurance.registry.families import Families
from jinbao.insurance.registry.models import Person
from jinbao.insurance.registry.rights import OFFICERS
from jinbao.kernel.errors import Conflict
from jinbao.kernel.months import Month
from jinbao.rules.bulk.homes import buckets_of
from jinbao.rules.bulk.lake import describe
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor, require_region

Status, State = Campaign.Status, CampaignMember.State
SLICE = 250
FIRST_AT_THE_COUNTER = 20_000
"""More people than this are first written into the lake by the command, not while an officer waits."""

NOT_ELIGIBLE = "按现在的事实和规定不符合领取条件"
NOT_ELIGIBLE_AS_HANDED_OVER = "账上的履历按规定不够领取条件，请核对移交的履历是否完整"

Progress = Callable[[int, int], None]


def dry_run(by: Actor, campaign: Campaign, *, now: datetime, progress: Progress = lambda *_: None) -> Campaign:
    """Try a campaign from the beginning to the end; goes on where a killed one stopped."""
    if campaign.status not in (Status.TRYING, Status.CHECKING):
        campaign = start(by, campaign, now=now)
    while campaign.status in (Status.TRYING, Status.CHECKING):
        campaign = advance(by, campaign, now=now)
        progress(*done_of(campaign))
    return campaign


def start(by: Actor, campaign: Campaign, *, now: datetime, at_the_counter: bool = False) -> Campaign:
    """Bring the lake up to the books and gather the awards; an earlier dry run is replaced."""
    require_region(by, campaign.region)
    require_status(campaign, *OPEN)
    refresh(by, at_the_counter=at_the_counter)
    return _begin(by, campaign, now=now)


def refresh(by: Actor, *, at_the_counter: bool = False) -> None:
    """Bring the lake up to the books. Raises Conflict where that would keep an officer waiting too long."""
    lake = reading.lake()
    if at_the_counter and not describe(lake) and Person.objects.count() > FIRST_AT_THE_COUNTER:
        raise Conflict("湖中还没有履历", advice=f"请系统管理员先运行 jinbao careers from-books --lake {lake}。")
    write_careers(by, lake)


@action("campaigns.begin_dry_run", roles=OFFICERS)
def _begin(by: Actor, campaign: Campaign, *, now: datetime) -> Campaign:
    """Gather the awards of a campaign; what an earlier dry run found is replaced."""
    campaign = locked(by, campaign)
    require_status(campaign, *OPEN)
    CampaignMember.objects.filter(campaign=campaign).delete()
    gathered = members_of(campaign)
    if not gathered:
        raise Conflict(
            "没有符合条件的待遇", advice="只重算正在领取的待遇；请核对地区、起始年月、名单和是否含移交待遇。"
        )
    CampaignMember.objects.bulk_create(gathered, batch_size=70)
    keep = {"unknown": campaign.figures["unknown"]} if "unknown" in campaign.figures else {}
    campaign.status, campaign.tried_at, campaign.law_version = Status.TRYING, now, law_of(gathered, campaign)
    campaign.figures = keep | {"persons": len(gathered), "left_out": left_out(campaign)}
    campaign.input_hash = campaign.result_hash = campaign.submitted_by = ""
    campaign.submitted_at = None
    campaign.save()
    note(target=campaign, persons=len(gathered), law_version=campaign.law_version)
    return campaign


def members_of(campaign: Campaign) -> list[CampaignMember]:
    """Return the awards of a campaign as of now, not kept yet."""
    families = Families()
    found = [_member(campaign, award, families) for award in selected(campaign)]
    others = Person.objects.in_bulk({one.person_id for one in found if one.person_id != one.award.person_id})
    numbers = np.array([others.get(one.person_id, one.award.person).id_number for one in found], "S18")
    count = int(describe(reading.lake()).get("buckets", 1))
    for one, bucket in zip(found, buckets_of(numbers, count).tolist() if found else (), strict=True):
        one.bucket = bucket
    return found


def _member(campaign: Campaign, award: Award, families: Families) -> CampaignMember:
    made = award.determination
    return CampaignMember(
        campaign=campaign,
        award=award,
        determination=made,
        person_id=families.root(award.person_id),
        region=award.region,
        retires=Month.of(made.on) if made else award.start - 1,
        before_fen=award.monthly_fen,
        base_fen=award.monthly_fen if made else award.first_fen,
    )


def law_of(members: Sequence[CampaignMember], campaign: Campaign) -> str:
    """Return the version of all law that can enter a campaign: that of each region in it."""
    return _law_of({one.region for one in members}, campaign)


def _law_of(regions: Set[str], campaign: Campaign) -> str:
    versions = sorted({version(campaign.benefit, region) for region in regions})
    return versions[0] if len(versions) == 1 else hashlib.sha256("".join(versions).encode()).hexdigest()[:32]


def advance(by: Actor, campaign: Campaign, *, now: datetime, seconds: float = 0.0) -> Campaign:
    """Do the next step of a dry run, and more until some seconds have passed; finishes it with the last step.

    Where the law has changed since it began, it begins anew: one result never comes from two laws.
    """
    require_region(by, campaign.region)
    if _law_changed(campaign):
        campaign = _begin(by, campaign, now=now)
    until = time.monotonic() + seconds
    while True:
        campaign = _step(by, Campaign.objects.get(pk=campaign.pk), now)
        if campaign.status not in (Status.TRYING, Status.CHECKING) or time.monotonic() >= until:
            return campaign


def _law_changed(campaign: Campaign) -> bool:
    regions = CampaignMember.objects.filter(campaign=campaign).order_by().values_list("region", flat=True).distinct()
    return _law_of(set(regions), campaign) != campaign.law_version


def _step(by: Actor, campaign: Campaign, now: datetime) -> Campaign:
    if campaign.status == Status.CHECKING:
        return check_some(by, campaign, now=now) or _finish(by, campaign, now=now)
    require_status(campaign, Status.TRYING)
    waiting = CampaignMember.objects.filter(campaign=campaign, state=State.WAITING).order_by("bucket", "pk")
    part = list(waiting.select_related("person")[:SLICE])
    if not part:
        return mark_outliers_and_sample(by, campaign, now=now)
    part = [one for one in part if one.bucket == part[0].bucket]
    readings = reading.read(part[0].bucket, [asked(one) for one in part], campaign.benefit, large_groups(campaign))
    return _keep(by, campaign, part, readings, now=now)


def asked(one: CampaignMember) -> Asked:
    """Return what is to be read of a member."""
    return Asked(one.award_id, one.person.id_number, one.region, one.retires)


def large_groups(campaign: Campaign) -> set[reading.Group]:
    """Return the groups that are worth a kernel."""
    return _large_groups(campaign.pk, campaign.tried_at)


@lru_cache(maxsize=8)
def _large_groups(campaign: int, _tried_at: datetime | None) -> set[reading.Group]:
    """Count the groups once a dry run: who is in it does not change while it goes on."""
    rows = CampaignMember.objects.filter(campaign=campaign).values_list("region", "retires")
    counted = rows.annotate(n=Count("pk")).order_by()
    return {(region, month) for region, month, n in counted if n >= reading.KERNEL_FROM}


@action("campaigns.try_some", roles=OFFICERS)
def _keep(
    by: Actor, campaign: Campaign, part: Sequence[CampaignMember], readings: dict[int, Reading], *, now: datetime
) -> Campaign:
    """Keep what the law gives some people of a campaign."""
    campaign = locked(by, campaign)
    require_status(campaign, Status.TRYING)
    still = set(
        CampaignMember.objects.filter(pk__in=[one.pk for one in part], state=State.WAITING).values_list("pk", flat=True)
    )
    written = [one for one in part if one.pk in still]
    months = _months_owed(campaign, written)
    for one in written:
        _write(campaign, one, readings[one.award_id], months.get(one.award_id, 0))
    fields = ["state", "after_fen", "months", "by_kernel", "reason", "input_digest"]
    CampaignMember.objects.bulk_update(written, fields, batch_size=50)
    note(target=campaign, people=len(written))
    return campaign


def _write(campaign: Campaign, one: CampaignMember, read: Reading, months: int) -> None:
    one.input_digest, one.by_kernel, one.reason = read.digest, read.by_kernel, read.problem
    if read.problem:
        one.state = State.PROBLEM
    elif not read.eligible:
        one.state, one.reason = State.INELIGIBLE, NOT_ELIGIBLE if one.determination_id else NOT_ELIGIBLE_AS_HANDED_OVER
    else:
        one.after_fen = read.fen
        one.state, one.reason = _judged(campaign, one)
        one.months = months if one.state == State.CHANGED else 0


def _judged(campaign: Campaign, one: CampaignMember) -> tuple[str, str]:
    """Say what becomes of who was computed; the law gives the amount at retirement, and only that is compared."""
    if one.base_fen is None:
        return State.COMPARED, "移交时没有核定时的标准，不能比较"
    if one.adjusted:
        return State.COMPARED, "移交的标准含历年调整，只与核定时的标准比较"
    if one.determination_id is None and campaign.selection.get("handed_over") != APPLY:
        return State.COMPARED, "移交的待遇，本批次只作比对"
    return (State.SAME if one.after_fen == one.before_fen else State.CHANGED), ""


def _months_owed(campaign: Campaign, part: Sequence[CampaignMember]) -> dict[int, int]:
    """Count the months owed up to the day of the campaign whose amount would change, by award."""
    until = Month.of(campaign.on)
    counted: dict[int, int] = defaultdict(int)
    for one in entitlements_of({row.person_id for row in part}):
        for month, award in one.owed(until) if one.benefit == campaign.benefit else ():
            if campaign.retroactive or month >= until:
                counted[award.pk] += 1
    return counted


@action("campaigns.finish_dry_run", roles=OFFICERS)
def _finish(by: Actor, campaign: Campaign, *, now: datetime) -> Campaign:
    """Finish a dry run: what it read, what it gave, how it is distributed."""
    campaign = locked(by, campaign)
    require_status(campaign, Status.CHECKING)
    campaign.input_hash = hash_of(inputs_kept(campaign))
    known = ("unknown", "persons", "left_out", "outliers")
    keep = {name: campaign.figures[name] for name in known if name in campaign.figures}
    campaign.figures = keep | figures_of(campaign)
    campaign.status = Status.TRIED
    campaign.save()
    sums: dict[str, Any] = {name: campaign.figures[name] for name in ("states", "up_fen", "down_fen", "sample")}
    note(target=campaign, input_hash=campaign.input_hash, result_hash=campaign.result_hash, **sums)
    return campaign


Inputs = dict[int, tuple[int | None, int, int | None, str]]
"""Of each award: its determination, its amount, what that is compared with, and the digest of the career."""


def inputs_kept(campaign: Campaign) -> Inputs:
    """Return what the dry run read."""
    rows = CampaignMember.objects.filter(campaign=campaign).order_by("award_id")
    fields = ("award_id", "determination_id", "before_fen", "base_fen", "input_digest")
    return {award: (made, fen, base, mark) for award, made, fen, base, mark in rows.values_list(*fields).iterator()}


def inputs_now(campaign: Campaign) -> Inputs:
    """Return what a dry run would read now; the lake must be up to the books."""
    by_bucket: dict[int, list[CampaignMember]] = defaultdict(list)
    for one in members_of(campaign):
        by_bucket[one.bucket].append(one)
    found: Inputs = {}
    for bucket, part in sorted(by_bucket.items()):
        people = Person.objects.in_bulk({one.person_id for one in part})
        wanted = [Asked(one.award_id, people[one.person_id].id_number, one.region, one.retires) for one in part]
        marks = reading.digests_of(bucket, wanted)
        for one in part:
            found[one.award_id] = (one.determination_id, one.before_fen, one.base_fen, marks[one.award_id])
    return found


def hash_of(inputs: Inputs) -> str:
    """Hash what was read, in the order of the awards."""
    return hashlib.sha256(repr(sorted(inputs.items())).encode()).hexdigest()


def done_of(campaign: Campaign) -> tuple[int, int]:
    """Return how much of how much of a dry run is done."""
    members = CampaignMember.objects.filter(campaign=campaign)
    if campaign.status == Status.CHECKING:
        sampled = members.filter(sampled=True)
        return sampled.filter(checked_fen__isnull=False).count(), sampled.count()
    return members.exclude(state=State.WAITING).count(), members.count()

"""Begin a campaign, or give it up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from jinbao.insurance.benefits.campaigns.models import Campaign, CampaignPerson
from jinbao.insurance.benefits.campaigns.select import Selection, checked
from jinbao.insurance.benefits.compute import PENSION
from jinbao.insurance.registry.families import root_of
from jinbao.insurance.registry.models import FormerNumber, Person
from jinbao.insurance.registry.rights import OFFICERS
from jinbao.kernel.errors import Conflict, FormatError
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor, require_region

Status = Campaign.Status
OPEN = (Status.NEW, Status.TRYING, Status.CHECKING, Status.TRIED, Status.SUBMITTED)


@action("campaigns.create", roles=OFFICERS)
def create(
    by: Actor,
    title: str,
    *,
    reason: str,
    basis: str,
    region: str,
    on: date,
    now: datetime,
    selection: Selection | None = None,
    numbers: Sequence[str] | None = None,
    benefit: str = PENSION,
    retroactive: bool = True,
    key: str | None = None,
) -> Campaign:
    """Begin a campaign: why, on what legal basis, for which awards; nothing is computed yet.

    `numbers` are the identity numbers of a list; whoever is not registered is counted in `figures` and left out.
    Raises FormatError for an empty reason or basis, months that mean nothing or a parameter the benefit does not use.
    """
    require_region(by, region)
    for what, text in (("名称", title), ("原因", reason), ("依据", basis)):
        if not text.strip():
            raise FormatError(f"没有填写{what}", advice="重算须写明名称、原因和文件或条款依据。")
    chosen = checked(selection or Selection(), benefit, region)
    chosen = replace(chosen, listed=numbers is not None)
    made = Campaign.objects.create(
        title=title.strip()[:64],
        reason=reason.strip()[:255],
        basis=basis.strip()[:255],
        region=region,
        benefit=benefit,
        on=on,
        retroactive=retroactive,
        selection=chosen.as_json(),
        created_by=by.username,
        created_at=now,
    )
    unknown = _list(made, numbers) if numbers is not None else 0
    made.figures = {"unknown": unknown} if unknown else {}
    made.save(update_fields=["figures"])
    note(target=made, title=made.title, basis=basis, selection=made.selection, listed=len(numbers or ()))
    return made


def _list(campaign: Campaign, numbers: Sequence[str]) -> int:
    """Keep the people of a list; returns how many are not registered."""
    known: dict[str, int] = {}
    for start in range(0, len(numbers), 500):
        part = numbers[start : start + 500]
        known |= dict(Person.objects.filter(id_number__in=part).values_list("id_number", "pk"))
        known |= dict(FormerNumber.objects.filter(number__in=part).values_list("number", "person_id"))
    merged = {person.pk: root_of(person).pk for person in Person.objects.filter(merged_into__isnull=False)}
    people = sorted({merged.get(pk, pk) for pk in known.values()})
    rows = [CampaignPerson(campaign=campaign, person_id=pk) for pk in people]
    CampaignPerson.objects.bulk_create(rows, batch_size=400)
    return len(set(numbers) - known.keys())


@action("campaigns.cancel", roles=OFFICERS)
def cancel(by: Actor, campaign: Campaign, reason: str, *, now: datetime, key: str | None = None) -> Campaign:
    """Give up a campaign that was not approved; nothing of it takes effect."""
    campaign = locked(by, campaign)
    if campaign.status == Status.CANCELLED:
        note(target=campaign, repeated=True)
        return campaign
    require_status(campaign, *OPEN)
    campaign.status, campaign.remark = Status.CANCELLED, reason[:255]
    campaign.save(update_fields=["status", "remark"])
    note(target=campaign, reason=reason)
    return campaign


def locked(by: Actor, campaign: Campaign) -> Campaign:
    """Read a campaign anew and keep it from others until the end of the transaction."""
    require_region(by, campaign.region)
    return Campaign.objects.select_for_update().get(pk=campaign.pk)


def require_status(campaign: Campaign, *allowed: str) -> None:
    """Raise Conflict unless a campaign is in one of these states."""
    if campaign.status not in allowed:
        raise Conflict(f"{campaign}{campaign.get_status_display()}，不能再做这一步", advice="请刷新后查看批次的状态。")

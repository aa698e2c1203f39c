"""Which awards a campaign is about: running ones of its region and benefit, narrowed as the officer says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import Q, QuerySet

from jinbao.insurance import law
from jinbao.insurance.benefits.campaigns.models import Campaign, CampaignPerson
from jinbao.insurance.benefits.compute import version
from jinbao.insurance.benefits.models import Award, Determination
from jinbao.insurance.registry.families import Families
from jinbao.kernel.errors import FormatError
from jinbao.kernel.months import Month
from jinbao.rules.errors import EvaluationError
from jinbao.trust.scope import within

COMPARE, APPLY = "compare", "apply"
_AT_ONCE = 500


@dataclass(frozen=True)
class Selection:
    """How a campaign narrows the awards of its region and benefit."""

    start_from: str = ""
    start_to: str = ""
    """First months of the awards, as 2026-01."""
    parameter: str = ""
    """Only awards determined under another value of this parameter of the law."""
    listed: bool = False
    """Only the people of the campaign's list."""
    handed_over: str = ""
    """Awards of the former system: left out, COMPARE (reported only) or APPLY (changed where nothing was adjusted)."""

    def as_json(self) -> dict[str, Any]:
        """Return it as it is stored."""
        return {name: value for name, value in asdict(self).items() if value}


def checked(selection: Selection, benefit: str, region: str) -> Selection:
    """Return a selection whose months and parameter mean something. Raises FormatError."""
    if selection.handed_over not in ("", COMPARE, APPLY):
        raise FormatError(f"移交待遇的办法没有“{selection.handed_over}”", advice="请选不含、仅作比对或改发。")
    months = [Month.parse(text) for text in (selection.start_from, selection.start_to) if text]
    if len(months) == 2 and months[0] > months[1]:
        raise FormatError(f"起始年月 {months[0]} 晚于 {months[1]}", advice="请对调或只填一个。")
    if selection.parameter:
        known = law.law().needs(benefit, region=region)
        if selection.parameter not in known:
            advice = "请填写与该待遇有关的参数名，例如 公布计发基数、职工平均工资。"
            raise FormatError(f"“{benefit}”不用到“{selection.parameter}”", advice=advice)
    return selection


def selected(campaign: Campaign) -> Iterator[Award]:
    """Go through the awards of a campaign as of now, in the order of their keys, with their determinations."""
    selection = Selection(**campaign.selection)
    last = 0
    while group := list(_running(campaign, selection).filter(pk__gt=last)[:_AT_ONCE]):
        last = group[-1].pk
        yield from _affected(group, selection.parameter) if selection.parameter else group


def left_out(campaign: Campaign) -> int:
    """Count the running awards of the former system that a campaign does not look at."""
    if campaign.selection.get("handed_over"):
        return 0
    return _narrowed(campaign, Selection(**campaign.selection)).filter(determination__isnull=True).count()


def _running(campaign: Campaign, selection: Selection) -> QuerySet[Award]:
    rows = _narrowed(campaign, selection)
    if not selection.handed_over:
        rows = rows.filter(determination__isnull=False)
    heavy = ("determination__trace", "determination__facts")
    return rows.select_related("determination", "person").defer(*heavy).order_by("pk")


def _narrowed(campaign: Campaign, selection: Selection) -> QuerySet[Award]:
    rows = Award.objects.filter(
        within("region", campaign.region), benefit=campaign.benefit, end__isnull=True, start__lte=Month.of(campaign.on)
    )
    if selection.start_from:
        rows = rows.filter(start__gte=Month.parse(selection.start_from))
    if selection.start_to:
        rows = rows.filter(start__lte=Month.parse(selection.start_to))
    if selection.listed:
        listed = CampaignPerson.objects.filter(campaign=campaign).values("person")
        merged = Families().merged
        kept = set(CampaignPerson.objects.filter(campaign=campaign, person__in=set(merged.values())).values_list(
            "person_id", flat=True))  # fmt: skip
        others = [pk for pk, root in merged.items() if root in kept]
        rows = rows.filter(Q(person__in=listed) | Q(person__in=others))
    return rows


def _affected(awards: list[Award], parameter: str) -> Iterator[Award]:
    """Keep those determined under another version of the law, unless its explanation shows the value of now.

    Under which value the former system determined, nobody knows: its awards are kept where the campaign takes them.
    """
    old = [award for award in awards if award.determination is None or _outdated(award.determination)]
    traces = Determination.objects.filter(pk__in=[award.determination_id for award in old]).values_list("pk", "trace")
    shown = {pk: _value_shown(trace, parameter) for pk, trace in traces}
    for award in old:
        value = shown.get(award.determination_id or 0)
        if value is None or award.determination is None or value != _value_now(award.determination, parameter):
            yield award


def _outdated(determination: Determination) -> bool:
    return determination.law_version != version(determination.benefit, determination.region)


def _value_shown(trace: dict[str, Any], parameter: str) -> str | None:
    """Return the value of a parameter in an explanation; a value that stands in for a year names the year too."""
    for step in trace.get("amount", {}).get("steps", ()):
        if step.get("kind") == "参数" and step["name"].split("（")[0] == parameter:
            return str(step["value"])
    return None


def _value_now(determination: Determination, parameter: str) -> str | None:
    try:
        return str(law.law().parameter(parameter, on=determination.on, region=determination.region).value)
    except EvaluationError:
        return None

"""Invariants of benefits: each is a query that must return no row."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Exists, F, OuterRef, Q

from jinbao.insurance.benefits.award import MIGRATED
from jinbao.insurance.benefits.campaigns.checks import CHECKS as CAMPAIGNS
from jinbao.insurance.benefits.models import Award, Determination, Suspension
from jinbao.insurance.benefits.owed import entitlements
from jinbao.insurance.registry.families import Families
from jinbao.kernel.checks import Check, Row
from jinbao.kernel.months import Month


def without_ground() -> Iterator[Row]:
    """Every award has a ground, and a determination unless it came from the former system."""
    for row in Award.objects.filter(Q(ground="") | (Q(determination__isnull=True) & ~Q(ground=MIGRATED))):
        yield Row(f"benefits.Award:{row.pk}", "没有核定依据")
    for row in Award.objects.filter(determination__isnull=True, paid_before__isnull=True):
        yield Row(f"benefits.Award:{row.pk}", "历史转入的待遇没有注明原系统已发到哪个月")


def not_as_determined() -> Iterator[Row]:
    """An award pays what was determined for its person and benefit, to somebody who is eligible."""
    same = Q(
        monthly_fen=F("determination__monthly_fen"),
        benefit=F("determination__benefit"),
        determination__eligible=True,
    )
    for row in Award.objects.filter(determination__isnull=False).exclude(same):
        yield Row(f"benefits.Award:{row.pk}", "金额或待遇与核定不一致，或核定为不符合条件")


def not_as_handed_over() -> Iterator[Row]:
    """What the former system determined at first is the sum of its parts."""
    for pk, fen, parts in Award.objects.exclude(first_parts={}).values_list("pk", "first_fen", "first_parts"):
        if fen != sum(parts.values()):
            yield Row(f"benefits.Award:{pk}", "移交的核定标准不是各项之和")


def chain_has_a_gap() -> Iterator[Row]:
    """An award that replaces another begins where that one ends, for the same person and benefit."""
    same = Q(start=F("replaces__end"), person=F("replaces__person"), benefit=F("replaces__benefit"))
    for row in Award.objects.filter(replaces__isnull=False).exclude(same):
        yield Row(f"benefits.Award:{row.pk}", "与被替代的待遇不衔接")


def two_awards_of_one_person() -> Iterator[Row]:
    """No person has one benefit twice in a month, under whatever identities."""
    families = Families()
    merged = set(families.merged) | set(families.merged.values())
    for one in entitlements(Award.objects.filter(person__in=merged).select_related("person"), families):
        if one.double:
            yield Row(f"registry.Person:{one.person.pk}", f"合并的两个身份同时领取{one.benefit}")
    later = Award.objects.filter(
        Q(end__isnull=True) | Q(end__gt=F("start")),
        Q(start__lt=OuterRef("end")) | Q(pk__gt=OuterRef("pk"), start=OuterRef("start")),
        person=OuterRef("person"),
        benefit=OuterRef("benefit"),
        start__gte=OuterRef("start"),
    ).exclude(pk=OuterRef("pk"))
    rows = Award.objects.filter(end__isnull=False, end__gt=F("start"))
    for row in rows.filter(Exists(later)):
        yield Row(f"benefits.Award:{row.pk}", "同一人同一待遇在同一月份有两份")


def awarded_after_death() -> Iterator[Row]:
    """No award runs on after the month of death."""
    for row in Award.objects.filter(person__died_on__isnull=False, end__isnull=True).select_related("person"):
        died = row.person.died_on
        if died is not None and Month.of(died) >= row.start:
            yield Row(f"benefits.Award:{row.pk}", f"领取人已于 {died} 死亡，待遇没有终止")


def suspended_beyond() -> Iterator[Row]:
    """A suspension begins within its award."""
    for row in Suspension.objects.filter(start__lt=F("award__start")):
        yield Row(f"benefits.Suspension:{row.pk}", "暂停早于待遇起始")


def superseded_by_another_person() -> Iterator[Row]:
    """A determination supersedes one of the same person and benefit."""
    same = Q(person=F("supersedes__person"), benefit=F("supersedes__benefit"))
    for row in Determination.objects.filter(supersedes__isnull=False).exclude(same):
        yield Row(f"benefits.Determination:{row.pk}", "取代了他人或其他待遇的核定")


CHECKS = (
    Check("benefits.ground", "每项待遇都有依据", without_ground),
    Check("benefits.amount", "发放金额就是核定金额", not_as_determined),
    Check("benefits.parts", "移交的核定标准是各项之和", not_as_handed_over),
    Check("benefits.chain", "重新核定前后衔接", chain_has_a_gap),
    Check("benefits.once", "一人一项待遇同一月份只有一份", two_awards_of_one_person),
    Check("benefits.death", "死亡次月起没有仍在领取的待遇", awarded_after_death),
    Check("benefits.suspension", "暂停在待遇期间内", suspended_beyond),
    Check("benefits.supersedes", "核定只取代同一人同一待遇的核定", superseded_by_another_person),
    *CAMPAIGNS,
)

"""Invariants of the registry: each is a query that must return no row."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Exists, F, IntegerField, OuterRef, Value
from django.db.models.functions import Coalesce

from jinbao.insurance.registry.models import Enrolment, FormerNumber, Merge, Person
from jinbao.kernel.checks import Check, Row

FOR_EVER = 999912
"""Later than any month."""


def merged_without_a_merge() -> Iterator[Row]:
    """A merged identity needs a merge that is not undone, and such a merge its merged identity."""
    standing = Merge.objects.filter(dropped=OuterRef("pk"), kept=OuterRef("merged_into"), undone_at__isnull=True)
    for person in Person.objects.filter(~Exists(standing), merged_into__isnull=False):
        yield Row(f"registry.Person:{person.pk}", "已并入另一身份，但没有相应的合并记录")
    for merge in Merge.objects.filter(undone_at__isnull=True).exclude(dropped__merged_into=F("kept")):
        yield Row(f"registry.Merge:{merge.pk}", "合并未撤销，但被并身份没有指向保留身份")


def insured_after_death() -> Iterator[Row]:
    """Nobody is insured after the month of death; what began in that month may keep one month."""
    for row in Enrolment.objects.filter(person__died_on__isnull=False, end__isnull=True):
        yield Row(f"registry.Enrolment:{row.pk}", "参保人已死亡，参保关系仍未终止")


def number_belongs_to_two() -> Iterator[Row]:
    """A former number of one person is not the number of another."""
    other = Person.objects.filter(id_number=OuterRef("number")).exclude(pk=OuterRef("person_id"))
    for row in FormerNumber.objects.filter(Exists(other)):
        yield Row(f"registry.FormerNumber:{row.pk}", "曾用证件号码同时是另一参保人的证件号码")


def enrolments_overlap() -> Iterator[Row]:
    """One person, one employer, one scheme: enrolments do not overlap."""
    rows = Enrolment.objects.annotate(
        last=Coalesce("end", Value(FOR_EVER, output_field=IntegerField()), output_field=IntegerField()),
        at=Coalesce("employer_id", Value(0)),
    )
    other = rows.filter(
        person=OuterRef("person"),
        scheme=OuterRef("scheme"),
        at=OuterRef("at"),
        pk__gt=OuterRef("pk"),
        start__lt=OuterRef("last"),
        last__gt=OuterRef("start"),
    )
    for row in rows.filter(Exists(other)):
        yield Row(f"registry.Enrolment:{row.pk}", "同一单位同一险种的参保关系重叠")


CHECKS = (
    Check("registry.merge", "每个并入的身份都有一次未撤销的合并", merged_without_a_merge),
    Check("registry.death", "死亡的参保人没有仍在参保的关系", insured_after_death),
    Check("registry.enrolment", "同一人在同一单位同一险种的参保关系不重叠", enrolments_overlap),
    Check("registry.former-number", "曾用证件号码不属于两个人", number_belongs_to_two),
)

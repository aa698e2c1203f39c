"""Batches that an actor may see."""

from __future__ import annotations

from django.db.models import QuerySet

from jinbao.data.datasets import all_datasets
from jinbao.data.models import Batch
from jinbao.kernel.errors import NotFound
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
from jinbao.trust.scope import scope, within


def batches(by: Actor, *, dataset: str = "", status: str = "") -> QuerySet[Batch]:
    """Return the batches an actor may see, newest first.

    Officers see those of their region, employers their own, stewards what units of their region supply.
    """
    if by.role == Role.STEWARD and by.region:
        supplied = [dataset.name for dataset in all_datasets() if dataset.supplied]
        found = Batch.objects.filter(within("region", by.region), dataset__in=supplied)
    else:
        found = scope(Batch.objects.all(), by, region_field="region", employer_field="sender")
    wanted = {name: value for name, value in {"dataset": dataset, "status": status}.items() if value}
    return found.filter(**wanted).order_by("-pk")


def batch(by: Actor, number: int) -> Batch:
    """Return a batch by its number; raise NotFound where there is none or the actor may not see it."""
    found = batches(by).filter(pk=number).first()
    if found is None:
        raise NotFound(f"没有批次 {number}，或您无权查看", advice="请核对批次号。")
    return found

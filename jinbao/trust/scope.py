"""Object-level permission in querysets: what of a table an actor may see. Deny by default."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model, Q, QuerySet

from jinbao.kernel.errors import NotFound
from jinbao.kernel.regions import NATION, RegionTree
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role

M = TypeVar("M", bound=Model)


def scope(
    rows: QuerySet[M], by: Actor, *, region_field: str = "", person_field: str = "", employer_field: str = ""
) -> QuerySet[M]:
    """Keep the rows that an actor may see.

    An insured person sees rows whose `person_field` is the own 公民身份号码.
    An employer's agent sees rows whose `employer_field` is the own 统一社会信用代码.
    Officers and the system see rows whose `region_field` lies in their region or below it; 系统管理 sees none.
    A field that is not named shows nothing to the role that needs it.
    """
    if by.is_officer or by.is_system:
        return rows.filter(within(region_field, by.region)) if region_field and by.region else rows.none()
    own_field = {Role.INSURED: person_field, Role.EMPLOYER: employer_field}.get(by.role, "")
    return rows.filter(**{own_field: by.subject}) if own_field and by.subject else rows.none()


def within(field: str, region: str) -> Q:
    """Return the condition that a region code in `field` is a region or lies below it, as the region tree has it."""
    if region == NATION:
        return Q()
    tree = RegionTree.read()
    try:
        tree.lineage(region)
    except NotFound:
        return Q(pk__in=[])
    inside = {code for code in tree.codes if tree.contains(region, code)}
    condition = Q(**{f"{field}__in": sorted(inside | {region})})
    for low, high in _blocks(inside):
        elsewhere = [(code, code[:4]) for code in tree.codes if low <= code <= high and code not in inside]
        block = Q(**{f"{field}__range": (low, high)})
        if elsewhere:
            block &= ~Q(**{f"{field}__in": [code for code, _ in elsewhere]})
        for code, city in elsewhere:
            if code == f"{city}00" and code != low:
                block &= ~Q(**{f"{field}__range": (code, f"{city}99")})
        condition |= block
    return condition


def _blocks(inside: set[str]) -> list[tuple[str, str]]:
    """Return the ranges of codes that fall to listed provinces and cities because they are not listed themselves."""
    provinces = [(code, f"{code[:2]}9999") for code in sorted(inside) if code.endswith("0000")]
    cities = [(code, f"{code[:4]}99") for code in sorted(inside) if code.endswith("00") and not code.endswith("0000")]
    return provinces + [block for block in cities if not any(low <= block[0] <= high for low, high in provinces)]

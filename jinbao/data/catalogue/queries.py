"""Reads of the catalogue that other rooms and pages use."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet

from jinbao.data.catalogue.actions import published_description
from jinbao.data.catalogue.description import Description
from jinbao.data.catalogue.models import Field, Profile, Resource, SchemaChange, Version
from jinbao.data.catalogue.search import Found, Hit, search, sees_working
from jinbao.kernel.errors import NotFound
from jinbao.trust.actors import Actor
from jinbao.trust.scope import within

__all__ = [
    "Found",
    "Hit",
    "changes",
    "counts",
    "fields_of",
    "profiles",
    "published",
    "resource",
    "resources",
    "schema_changes",
    "search",
    "see",
    "sees_working",
    "versions",
]


def resource(code: str) -> Resource:
    """Return a resource by its code, whoever asks: for the rooms that decide themselves who may have it.

    Raises NotFound.
    """
    found = Resource.objects.filter(code=code).first()
    if found is None:
        raise NotFound(f"没有代码为“{code}”的信息资源", advice="请在资源目录中查找后重试。")
    return found


def fields_of(of: Resource) -> QuerySet[Field]:
    """Return the information items of a resource in order."""
    return Field.objects.filter(resource=of).order_by("position")


def resources(by: Actor) -> QuerySet[Resource]:
    """Return the resources whose working description an actor may see: stewards and officers those of their region."""
    if not sees_working(by) or not by.region:
        return Resource.objects.none()
    return Resource.objects.filter(within("region", by.region)).select_related("published").order_by("code")


def counts(by: Actor) -> list[tuple[str, str, int]]:
    """Count the resources that `resources` returns and that were not withdrawn, by kind and grade."""
    kept = resources(by).exclude(status=Resource.Status.WITHDRAWN).order_by("kind", "grade")
    return [(row["kind"], row["grade"], row["n"]) for row in kept.values("kind", "grade").annotate(n=Count("pk"))]


def see(by: Actor, code: str) -> Resource:
    """Return one resource like `resources`. Raises NotFound also for what may not be seen."""
    found = resources(by).filter(code=code).first()
    if found is None:
        raise NotFound("没有这项信息资源，或您无权查看", advice="请从资源目录中重新打开。")
    return found


def published(code: str) -> tuple[Resource, Description]:
    """Return a published resource with the description that everybody may see. Raises NotFound."""
    found = Resource.objects.filter(code=code, published__isnull=False).select_related("published").first()
    described = published_description(found) if found else None
    if found is None or described is None:
        raise NotFound("没有这项已发布的信息资源", advice="请在数据资源目录中查找。")
    return found, described


def versions(by: Actor, of: Resource) -> QuerySet[Version]:
    """Return what was done to a resource, the newest first."""
    return Version.objects.filter(resource=see(by, of.code)).order_by("-pk")


def profiles(by: Actor, of: Resource) -> QuerySet[Profile]:
    """Return what the table of a resource looked like after each arrival, the newest first."""
    return Profile.objects.filter(resource=see(by, of.code)).order_by("-pk")


def changes(by: Actor, of: Resource) -> QuerySet[SchemaChange]:
    """Return how the columns of a resource changed from arrival to arrival, the newest first."""
    return schema_changes(by).filter(profile__resource=of)


def schema_changes(by: Actor) -> QuerySet[SchemaChange]:
    """Return every change of columns that an actor may see, the newest first."""
    seen = Q(profile__resource__in=resources(by).values("pk"))
    return SchemaChange.objects.filter(seen).select_related("profile__resource").order_by("-pk")

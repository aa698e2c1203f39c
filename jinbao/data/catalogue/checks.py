"""Invariants of the catalogue: each is a query that must return no row."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection
from django.db.models import F, Max, OuterRef, Subquery

from jinbao.data.catalogue.models import Resource, SearchEntry, Version
from jinbao.kernel.checks import Check, Row


def version_is_not_the_last() -> Iterator[Row]:
    """A resource's number is that of its last version."""
    numbered = Resource.objects.annotate(last=Max("versions__number"))
    for row in numbered.exclude(last=F("version")):
        yield Row(f"catalogue.Resource:{row.pk}", f"版本 {row.version}，变更记录到 {row.last}")


def published_by_its_author() -> Iterator[Row]:
    """Whoever published a version is not whoever described it last."""
    earlier = Version.objects.filter(
        resource=OuterRef("resource"), number__lt=OuterRef("number"), act__in=["register", "change", "import", "sync"]
    ).order_by("-number")
    for row in Version.objects.filter(act="publish").annotate(author=Subquery(earlier.values("by")[:1])):
        if row.author == row.by:
            yield Row(f"catalogue.Version:{row.pk}", f"{row.by} 发布了自己的变更")


def search_is_out_of_step() -> Iterator[Row]:
    """Every resource is found under its name, and every entry has its words."""
    wrong = SearchEntry.objects.filter(public=False).exclude(name=F("resource__name"), status=F("resource__status"))
    for entry in wrong:
        yield Row(f"catalogue.SearchEntry:{entry.pk}", f"检索中的“{entry.name}”与目录不符")
    for row in Resource.objects.exclude(pk__in=SearchEntry.objects.filter(public=False).values("resource")):
        yield Row(f"catalogue.Resource:{row.pk}", "检索中没有这项资源")
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM catalogue_searchentry EXCEPT SELECT rowid FROM catalogue_search")
        for (number,) in cursor.fetchall():
            yield Row(f"catalogue.SearchEntry:{number}", "没有建立检索词")


CHECKS: tuple[Check, ...] = (
    Check("catalogue.versions", "每项资源的版本号等于最后一条变更记录", version_is_not_the_last),
    Check("catalogue.four_eyes", "发布人不是最后的变更人", published_by_its_author),
    Check("catalogue.search", "检索与目录一致", search_is_out_of_step),
)

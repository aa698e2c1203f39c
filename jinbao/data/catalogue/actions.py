"""The verbs of the catalogue: register, change, publish (four eyes), withdraw, follow the declared datasets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.timezone import localtime

from jinbao.data.catalogue.description import (
    Description,
    Problem,
    content_of,
    described_from,
    description_of,
    missing_of,
    problems_of,
)
from jinbao.data.catalogue.keeping import Kept, index_published, keep, mark_status, unindex_published
from jinbao.data.catalogue.models import Resource, Version
from jinbao.kernel.errors import Conflict, FormatError, NotAllowed
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor, require_other_person
from jinbao.trust.models import Role

EDITORS = (Role.STEWARD,)
PUBLISHERS = (Role.STEWARD, Role.REVIEWER)
"""Who may publish what another person described."""


@action("catalogue.register", roles=EDITORS)
def register(by: Actor, described: Description, *, now: datetime, key: str | None = None) -> Resource:
    """Enter a resource in the catalogue as a draft.

    Raises FormatError for a wrong description, Conflict for a name or code that is taken, NotAllowed for another
    region.
    """
    require_region(by, described.region)
    _refuse_wrong(described)
    return _kept(by, [(None, described)], Version.Act.REGISTER, now).made[0]


@action("catalogue.change", roles=EDITORS)
def change(
    by: Actor, resource: Resource, described: Description, *, version: int, now: datetime, key: str | None = None
) -> Resource:
    """Describe a resource anew; `version` is the one that was shown, so that nobody overwrites another's change.

    It becomes a draft; the public keeps seeing the published version. Raises Conflict for a resource that a declared
    dataset describes, and what `register` raises.
    """
    resource = _locked(by, resource, version)
    require_region(by, described.region)
    if resource.dataset and not by.is_system:
        raise Conflict(
            f"“{resource.name}”由数据集声明 {resource.dataset} 生成",
            advice=f"请改 policy/datasets/{resource.dataset}/dataset.yaml，再运行 jinbao data catalogue sync。",
        )
    _refuse_wrong(described)
    kept = _kept(by, [(resource, described)], Version.Act.CHANGE, now)
    return (kept.changed or [resource])[0]


@action("catalogue.publish", roles=PUBLISHERS, persons_only=True)
def publish(by: Actor, resource: Resource, *, version: int, now: datetime, key: str | None = None) -> Resource:
    """Show a resource to everybody; by another person than who described it last.

    Raises FormatError naming everything that is still missing, NotAllowed for whoever changed it last.
    """
    resource = _locked(by, resource, version)
    if resource.status == Resource.Status.PUBLISHED:
        raise Conflict(f"“{resource.name}”已经发布", advice="没有新的变更需要发布。")
    require_other_person(by, resource.changed_by)
    described = described_of(resource)
    missing = [*problems_of(described), *missing_of(described)]
    if missing:
        raise FormatError(f"“{resource.name}”还不能发布：{_listed(missing)}", advice="请补齐后再发布。")
    resource.version += 1
    published = _say(by, resource, Version.Act.PUBLISH, now, ["发布"], described)
    resource.status, resource.published, resource.published_on = (
        Resource.Status.PUBLISHED,
        published,
        localtime(now).date(),
    )
    resource.withdrawn_because = ""
    resource.save()
    index_published(resource, described)
    mark_status(resource)
    return resource


@action("catalogue.withdraw", roles=PUBLISHERS)
def withdraw(
    by: Actor, resource: Resource, reason: str, *, version: int, now: datetime, key: str | None = None
) -> Resource:
    """Take a resource out of use; its history stays. Raises FormatError without a reason."""
    resource = _locked(by, resource, version)
    if not reason.strip():
        raise FormatError("撤回须写明原因", advice="请填写原因后再提交。")
    if resource.status == Resource.Status.WITHDRAWN:
        raise Conflict(f"“{resource.name}”已经撤回", advice="请刷新页面。")
    resource.version += 1
    reason = reason.strip()[:200]
    _say(by, resource, Version.Act.WITHDRAW, now, [f"撤回：{reason}"], None)
    resource.status, resource.published, resource.published_on = Resource.Status.WITHDRAWN, None, None
    resource.withdrawn_because = reason
    resource.save()
    unindex_published(resource)
    mark_status(resource)
    return resource


def keep_many(
    by: Actor, wanted: Sequence[tuple[Resource | None, Description]], act: Version.Act, now: datetime
) -> Kept:
    """Keep descriptions that were checked one by one; for the bulk verbs of this room."""
    return _kept(by, wanted, act, now)


def described_of(resource: Resource) -> Description:
    """Return a resource as its description."""
    return description_of(resource, resource.fields.order_by("position"))


def published_description(resource: Resource) -> Description | None:
    """Return what the public sees of a resource, if anything."""
    return described_from(resource.published.content) if resource.published else None


def require_region(by: Actor, region: str) -> None:
    """Raise NotAllowed unless the actor looks after the catalogue of a region."""
    if not (by.stewards(region) or by.covers(region)):
        raise NotAllowed(f"{by.name}无权办理地区 {region} 的资源目录", advice="请由该地区的数据管理人员办理。")


def _locked(by: Actor, resource: Resource, version: int) -> Resource:
    """Take the row; refuse another region and an outdated view of it."""
    require_region(by, resource.region)
    row = Resource.objects.select_for_update().get(pk=resource.pk)
    if row.version != version:
        raise Conflict(
            f"“{row.name}”在此期间已有人改动（第 {row.version} 版）", advice="请刷新页面，看过改动后再提交。"
        )
    return row


def _refuse_wrong(described: Description) -> None:
    problems = problems_of(described)
    if problems:
        raise FormatError(_listed(problems), advice="请改正后再提交。")


def _listed(problems: Sequence[Problem]) -> str:
    more = f"；另有 {len(problems) - 10} 处" if len(problems) > 10 else ""
    return "；".join(map(str, problems[:10])) + more


def _kept(by: Actor, wanted: Sequence[tuple[Resource | None, Description]], act: Version.Act, now: datetime) -> Kept:
    try:
        with transaction.atomic():
            kept = keep(by, wanted, act, now)
    except IntegrityError as error:
        names = "、".join(f"{described.provider}“{described.name}”" for _, described in wanted[:3])
        raise Conflict(
            f"{names}：同一提供方已有同名的资源，或代码已被占用", advice="请查目录中已有的资源，改名或改用原资源。"
        ) from error
    note(made=len(kept.made), changed=len(kept.changed), unchanged=kept.unchanged)
    return kept


def _say(
    by: Actor, resource: Resource, act: Version.Act, now: datetime, lines: list[str], described: Description | None
) -> Version:
    written: Version = Version.objects.create(
        resource=resource,
        number=resource.version,
        act=act,
        at=now,
        by=by.username,
        by_name=by.name,
        changes=lines,
        content=content_of(described) if described else {},
    )
    return written

"""Datasets declared in policy/datasets as resources of the catalogue: the declaration is the source."""

from __future__ import annotations

from datetime import datetime

from jinbao.data.catalogue.actions import EDITORS, keep_many, require_region
from jinbao.data.catalogue.description import Description, Item
from jinbao.data.catalogue.keeping import Kept
from jinbao.data.catalogue.models import Resource, Version
from jinbao.data.catalogue.standard import SENSITIVITIES
from jinbao.data.datasets import Column, Dataset, all_datasets
from jinbao.data.units import units
from jinbao.trust.actions import action
from jinbao.trust.actors import Actor

SHARING = {"无条件共享": "1", "有条件共享": "2", "不予共享": "3"}
TYPES = {"金额": "N", "整数": "N", "日期": "D"}
"""Column types that are not 字符; 年月 is kept as six digits, which is no date of the guide."""

_CYCLES = {"不定期": "不更新/自定义"}


@action("catalogue.sync", roles=EDITORS)
def sync(by: Actor, region: str, *, now: datetime) -> Kept:
    """Make or renew one resource for each declared dataset; what people wrote beside them stays.

    A resource whose declaration is gone stays as it is, for its history; withdraw it.
    """
    require_region(by, region)
    stored = {row.dataset: row for row in Resource.objects.filter(region=region).exclude(dataset="")}
    wanted = [(stored.get(dataset.name), describe(dataset, region)) for dataset in all_datasets()]
    return keep_many(by, wanted, Version.Act.SYNC, now)


def describe(dataset: Dataset, region: str) -> Description:
    """Return the description of a declared dataset."""
    place, provider, code = _provider(dataset.owner)
    least = max(SENSITIVITIES.index(column.sensitivity) for column in dataset.columns) + 1
    terms = dataset.sharing_terms or (dataset.basis if dataset.sharing != "无条件共享" else "")
    return Description(
        region=region,
        name=dataset.title,
        provider=provider,
        provider_code=code,
        category=f"3{place:02d}001",
        summary=f"{dataset.about}依据：{dataset.basis}。" if dataset.basis else dataset.about,
        format="自描述/Parquet",
        share_type=SHARING[dataset.sharing],
        share_terms=terms,
        share_mode="1",
        open_type="否",
        update_cycle=_CYCLES.get(dataset.cycle, dataset.cycle) or "不更新/自定义",
        grade=str(least),
        dataset=dataset.name,
        items=tuple(_item(dataset, column) for column in dataset.columns),
    )


def _provider(owner: str) -> tuple[int, str, str]:
    """Return the number of a declared unit in its file, its name and code; an owner that is none keeps its own name."""
    for number, unit in enumerate(units(), 1):
        if owner in unit.names:
            return number, unit.name, unit.code
    return 0, owner, ""


def _item(dataset: Dataset, column: Column) -> Item:
    coded = [about for about in (column.field_code, column.about) if about]
    return Item(
        name=column.label,
        english=column.name,
        type=TYPES.get(column.type, "C"),
        length=str(column.max_length) if column.type in ("文本", "姓名") else "",
        codes=dict(column.codes),
        key=column.name in dataset.key,
        required=column.required,
        sensitivity=column.sensitivity,
        about="；".join(coded)[:500],
    )

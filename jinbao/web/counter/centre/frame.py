"""What every page of one year shows: its name, its state, the tabs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext, gettext_noop

from jinbao.centre.models import YearBook
from jinbao.centre.roles import WRITERS
from jinbao.kernel.errors import NotFound
from jinbao.trust.actors import Actor

SLUGS = {
    "unit": "单位",
    "income": "收入",
    "spending": "支出",
    "economic": "经济分类",
    "carried": "结转",
    "last-year": "上年",
    "official": "三公",
    "counts": "数量",
    "projects": "项目",
    "indicators": "指标",
    "execution": "执行",
    "contracts": "合同",
    "purchases": "采购",
    "assets": "资产",
    "vehicles": "车辆",
    "work": "重点工作",
}
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        gettext_noop("年度数据"),
        ("unit", "income", "spending", "economic", "carried", "last-year", "official", "counts"),
    ),
    (gettext_noop("项目与指标"), ("projects", "indicators", "execution")),
    (gettext_noop("采购"), ("contracts", "purchases")),
    (gettext_noop("资产"), ("assets", "vehicles")),
    (gettext_noop("年度工作"), ("work",)),
)


@dataclass(frozen=True)
class Tab:
    """One tab."""

    url: str
    label: str
    current: bool


def sheet_of(slug: str) -> str:
    """Return the sheet behind an address; raise NotFound for one that is none."""
    if slug not in SLUGS:
        raise NotFound("没有这张表", advice="请从页面上的目录进入。")
    return SLUGS[slug]


def slug_of(sheet: str) -> str:
    """Return the address part of a sheet."""
    return next((slug for slug, name in SLUGS.items() if name == sheet), "unit")


def frame(by: Actor, book: YearBook, here: str) -> dict[str, Any]:
    """Return what the head of a page needs; `here` is a slug, or overview, evaluation, documents."""
    tabs = [Tab(reverse("counter-centre-book", args=[book.pk]), gettext("概览"), here == "overview")]
    for label, slugs in GROUPS:
        tabs.append(Tab(_sheet(book, slugs[0]), gettext(label), here in slugs))
    for name, label in (("evaluation", gettext("绩效自评")), ("documents", gettext("公开文件"))):
        tabs.append(Tab(reverse(f"counter-centre-{name}", args=[book.pk]), label, here == name))
    inner = next((slugs for _, slugs in GROUPS if here in slugs), ())
    return {
        "book": book,
        "tabs": tabs,
        "inner": [Tab(_sheet(book, slug), SLUGS[slug], slug == here) for slug in inner] if len(inner) > 1 else [],
        "may_write": by.role in WRITERS and book.status == YearBook.Status.OPEN,
    }


def _sheet(book: YearBook, slug: str) -> str:
    return reverse("counter-centre-sheet", args=[book.pk, slug])

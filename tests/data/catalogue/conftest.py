"""Two stewards of the city, one of another city, and a few resources."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from jinbao.data.catalogue import actions
from jinbao.data.catalogue.description import Description, Item
from jinbao.data.catalogue.models import Resource
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
from tests.conftest import CITY, EMPLOYER, OTHER_CITY, make_actor

NOW = datetime(2026, 3, 20, 2, 0, tzinfo=UTC)
ITEMS = (
    Item("证件号码", english="id_number", length="18", key=True, required=True, sensitivity="敏感个人信息"),
    Item("姓名", english="name", length="50", required=True, sensitivity="个人信息"),
    Item("缴费基数", type="N", english="base_fen", about="单位为分"),
    Item("险种", english="scheme", codes={"110": "企业职工基本养老保险"}, length="3"),
)
CONTRIBUTIONS = Description(
    region=CITY,
    name="企业职工基本养老保险缴费明细",
    provider="演示市人力资源和社会保障局",
    category="317001",
    summary="参保人每月的缴费基数和缴费金额。",
    format="自描述/Parquet",
    share_type="2",
    share_terms="用于本部门法定职责，逐次申请",
    open_type="否",
    update_cycle="每月",
    grade="4",
    items=ITEMS,
)


@pytest.fixture
def steward(db: None) -> Actor:
    """数据管理 of the city, who describes."""
    return make_actor("shuju", "孙数据", Role.STEWARD, region=CITY)


@pytest.fixture
def second_steward(db: None) -> Actor:
    """Another 数据管理 of the city, who publishes."""
    return make_actor("shuju2", "马数据", Role.STEWARD, region=CITY)


@pytest.fixture
def other_steward(db: None) -> Actor:
    """数据管理 of another city: must see nothing of ours."""
    return make_actor("shuju3", "外市数据", Role.STEWARD, region=OTHER_CITY)


@pytest.fixture
def partner(db: None) -> Actor:
    """An agency that works with us: sees what is published."""
    return make_actor("hezuo", "合作单位", Role.PARTNER, subject=EMPLOYER)


Make = Callable[..., Resource]


@pytest.fixture
def make(steward: Actor) -> Make:
    """Register a resource like CONTRIBUTIONS with some parts changed."""

    def registered(**parts: Any) -> Resource:
        return actions.register(steward, replace(CONTRIBUTIONS, **parts), now=NOW)

    return registered

"""After an arrival: the profile reveals nobody, a change of columns is recorded; declared datasets are resources."""

from __future__ import annotations

import json
from io import BytesIO

import pytest

from jinbao.data import intake
from jinbao.data.catalogue import queries
from jinbao.data.catalogue.checks import CHECKS
from jinbao.data.catalogue.declared import sync
from jinbao.data.catalogue.models import Resource
from jinbao.data.catalogue.observing import observe, schema_diff
from jinbao.data.datasets import all_datasets
from jinbao.data.supply import tables
from jinbao.kernel.errors import NotAllowed, NotFound
from jinbao.trust.actors import Actor
from tests.conftest import CITY, EMPLOYER, LI_SI, ZHANG_SAN
from tests.data.catalogue.conftest import NOW

DATASET = "contribution_declaration"
HEAD = "证件号码,姓名,费款所属期,缴费工资,单位统一社会信用代码"


def arrive(text: str) -> None:
    by = Actor.system()
    batch = intake.receive(by, BytesIO(text.encode()), "一.csv", DATASET, sender=EMPLOYER, region=CITY, now=NOW)
    intake.accept(by, batch, partial=True, now=NOW)
    tables.refresh([DATASET])


@pytest.fixture
def declared(steward: Actor) -> None:
    sync(steward, CITY, now=NOW)


@pytest.mark.usefixtures("declared")
def test_declared_datasets_are_resources_and_a_second_sync_changes_nothing(steward: Actor) -> None:
    assert Resource.objects.count() == len(all_datasets())
    resource = Resource.objects.get(dataset=DATASET)
    assert resource.grade == "4"
    assert "证件号码" in [field.name for field in queries.fields_of(resource)]
    again = sync(steward, CITY, now=NOW)
    assert (again.made, again.changed, again.unchanged) == ([], [], len(all_datasets()))


@pytest.mark.usefixtures("declared")
def test_a_profile_counts_and_reveals_nobody(steward: Actor) -> None:
    arrive(f"{HEAD}\n{ZHANG_SAN},张三,2026-02,8000,{EMPLOYER}\n{LI_SI},李四,2026-02,7000.5,{EMPLOYER}\n")
    seen = observe(steward, DATASET, now=NOW)
    assert seen.rows == 2
    by_name = {column["name"]: column for column in seen.columns}
    assert by_name["id_number"]["filled"] == 2
    assert by_name["id_number"]["examples"] == ["990***********1014", "990***********2026"]
    assert (by_name["id_number"]["least"], by_name["id_number"]["top"]) == ("", [])
    text = json.dumps(seen.columns, ensure_ascii=False)
    for secret in (ZHANG_SAN, LI_SI, "张三", "李四"):
        assert secret not in text


@pytest.mark.usefixtures("declared")
def test_the_same_table_is_looked_at_once_and_a_new_file_again(steward: Actor) -> None:
    arrive(f"{HEAD}\n{ZHANG_SAN},张三,2026-02,8000,{EMPLOYER}\n")
    first = observe(steward, DATASET, now=NOW)
    assert observe(steward, DATASET, now=NOW) == first
    assert not first.changes.exists()
    arrive(f"身份证号码,姓名,费款所属期,缴费工资,单位统一社会信用代码\n{LI_SI},李四,2026-02,7000,{EMPLOYER}\n")
    second = observe(steward, DATASET, now=NOW)
    assert second.rows == 2
    assert [(c.column, c.kind, c.before, c.after) for c in second.changes.all()] == [
        ("id_number", "head", "证件号码", "身份证号码")
    ]


def test_columns_that_come_go_and_change_are_told_apart() -> None:
    def column(name: str, kind: str = "VARCHAR", heading: str | None = None) -> dict[str, str | None]:
        return {"name": name, "type": kind, "heading": heading}

    before = [column("a"), column("b", heading="乙"), column("c", "BIGINT")]
    after = [column("a"), column("b", heading=""), column("c", "VARCHAR"), column("d")]
    assert [(c["column"], c["kind"].value) for c in schema_diff(before, after)] == [
        ("b", "lost"),
        ("c", "type"),
        ("d", "new"),
    ]
    assert schema_diff(None, after) == []


@pytest.mark.usefixtures("declared")
def test_what_is_not_there_is_said(steward: Actor, other_steward: Actor, partner: Actor) -> None:
    with pytest.raises(NotFound, match="不在资源目录中"):
        observe(steward, "nothing", now=NOW)
    with pytest.raises(NotFound, match="还没有数据到达"):
        observe(steward, DATASET, now=NOW)
    for actor in (other_steward, partner):
        with pytest.raises(NotAllowed):
            observe(actor, DATASET, now=NOW)


@pytest.mark.usefixtures("declared")
def test_the_invariants_hold() -> None:
    assert [row for check in CHECKS for row in check.rows()] == []

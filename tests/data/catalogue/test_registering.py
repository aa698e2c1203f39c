"""Register, change, publish, withdraw: who may, what is kept, what the public sees."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jinbao.data.catalogue import actions, queries
from jinbao.data.catalogue.description import Item
from jinbao.data.catalogue.models import Resource, Version
from jinbao.kernel.errors import Conflict, FormatError, NotAllowed, NotFound
from jinbao.trust.actors import Actor
from jinbao.trust.append_only import AppendOnlyViolation
from tests.data.catalogue.conftest import CONTRIBUTIONS, ITEMS, NOW, Make


def test_it_works(make: Make, steward: Actor) -> None:
    resource = make()
    assert resource.code == "317001/1"
    assert str(queries.fields_of(resource)[0]) == "证件号码（id_number）"
    assert queries.see(steward, "317001/1").status == Resource.Status.DRAFT
    assert queries.versions(steward, resource)[0].changes == ["登记，4 个信息项"]


def test_the_next_code_of_a_category_is_free_and_a_given_one_is_kept(make: Make) -> None:
    assert make(name="甲", code="317001/7").code == "317001/7"
    assert make(name="乙").code == "317001/8"
    assert make(name="丙", category="20300112").code == "20300112/1"


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"name": ""}, "信息资源名称：必须填写"),
        ({"category": "917001"}, "类（1 位）项（2 位）目（3 位）"),
        ({"code": "3170/1"}, "信息资源代码：“3170/1”应为"),
        ({"share_type": "4"}, "共享类型：“4”不在代码表中"),
        ({"format": "数据库/access"}, "信息资源格式"),
        ({"update_cycle": "每小时"}, "更新周期"),
        ({"items": (Item("甲"), Item("甲"))}, "信息项“甲”信息项：名称重复"),
        ({"items": (Item("甲", type="X"),)}, "信息项“甲”"),
        ({"name": "长" * 201}, "最多 200 个"),
    ],
)
def test_a_wrong_description_is_refused_and_says_which_part(make: Make, parts: dict[str, object], said: str) -> None:
    with pytest.raises(FormatError, match=said.replace("（", ".").replace("）", ".")):
        make(**parts)
    assert not Resource.objects.exists()


def test_a_name_is_unique_inside_a_provider(make: Make) -> None:
    make()
    with pytest.raises(Conflict, match="已有同名的资源"):
        make()
    assert make(provider="演示市民政局").pk


def test_a_change_makes_a_version_that_says_what_differs(make: Make, steward: Actor) -> None:
    resource = make()
    items = (ITEMS[0], ITEMS[2], replace(ITEMS[1], length="100"), Item("缴费月份", english="month"))
    again = replace(CONTRIBUTIONS, summary="新的摘要", items=items)
    resource = actions.change(steward, resource, again, version=1, now=NOW)
    assert resource.version == 2
    assert queries.versions(steward, resource)[0].changes == [
        "信息资源摘要：“参保人每月的缴费基数和缴费金额。” → “新的摘要”",
        "删除信息项“险种”",
        "信息项“姓名”长度：“50” → “100”",
        "新增信息项“缴费月份”（字符）",
        "调整了信息项的顺序",
    ]
    assert [field.name for field in queries.fields_of(resource)] == ["证件号码", "缴费基数", "姓名", "缴费月份"]


def test_a_change_that_changes_nothing_makes_no_version(make: Make, steward: Actor) -> None:
    resource = actions.change(steward, make(), CONTRIBUTIONS, version=1, now=NOW)
    assert resource.version == 1
    assert Version.objects.count() == 1


def test_nobody_overwrites_a_change_that_he_has_not_seen(make: Make, steward: Actor, second_steward: Actor) -> None:
    resource = make()
    actions.change(steward, resource, replace(CONTRIBUTIONS, summary="甲"), version=1, now=NOW)
    with pytest.raises(Conflict, match="已有人改动"):
        actions.change(second_steward, resource, replace(CONTRIBUTIONS, summary="乙"), version=1, now=NOW)


def test_whoever_described_it_does_not_publish_it(make: Make, steward: Actor, reviewer: Actor) -> None:
    resource = make()
    with pytest.raises(NotAllowed, match="已经办理过前面的环节"):
        actions.publish(steward, resource, version=1, now=NOW)
    assert actions.publish(reviewer, resource, version=1, now=NOW).status == Resource.Status.PUBLISHED
    assert queries.published(resource.code)[1].name == CONTRIBUTIONS.name


def test_what_is_missing_is_named_before_publishing(make: Make, second_steward: Actor) -> None:
    resource = make(summary="", share_terms="", grade="2")
    with pytest.raises(FormatError) as refused:
        actions.publish(second_steward, resource, version=1, now=NOW)
    assert "信息资源摘要：发布前必须填写" in refused.value.message
    assert "共享条件：有条件共享的，须写明共享条件" in refused.value.message
    assert "分级至少为 4 级" in refused.value.message


def test_not_sharing_needs_a_legal_basis(make: Make, second_steward: Actor) -> None:
    resource = make(share_type="3", share_terms="")
    with pytest.raises(FormatError, match="政策依据"):
        actions.publish(second_steward, resource, version=1, now=NOW)


def test_the_public_sees_the_published_version_until_the_next_is_published(
    make: Make, steward: Actor, second_steward: Actor
) -> None:
    resource = actions.publish(second_steward, make(), version=1, now=NOW)
    renamed = replace(CONTRIBUTIONS, code=resource.code, name="企业养老缴费记录")
    resource = actions.change(steward, resource, renamed, version=2, now=NOW)
    assert resource.status == Resource.Status.DRAFT
    assert queries.published(resource.code)[1].name == CONTRIBUTIONS.name
    assert [hit.name for hit in queries.search("养老").hits] == [CONTRIBUTIONS.name]
    assert [hit.name for hit in queries.search("养老", steward).hits] == ["企业养老缴费记录"]
    actions.publish(second_steward, resource, version=3, now=NOW)
    assert [hit.name for hit in queries.search("养老").hits] == ["企业养老缴费记录"]


def test_what_is_withdrawn_is_gone_for_the_public_and_its_history_stays(
    make: Make, steward: Actor, second_steward: Actor
) -> None:
    resource = actions.publish(second_steward, make(), version=1, now=NOW)
    with pytest.raises(FormatError, match="须写明原因"):
        actions.withdraw(steward, resource, " ", version=2, now=NOW)
    resource = actions.withdraw(steward, resource, "并入新目录", version=2, now=NOW)
    with pytest.raises(NotFound):
        queries.published(resource.code)
    assert queries.search("养老").total == 0
    assert [version.act for version in queries.versions(steward, resource)] == ["withdraw", "publish", "register"]
    assert make().code == "317001/2"


def test_a_version_is_never_altered(make: Make, steward: Actor) -> None:
    version = queries.versions(steward, make())[0]
    version.by = "somebody"
    with pytest.raises(AppendOnlyViolation):
        version.save()


def test_a_steward_of_another_city_neither_writes_nor_sees(make: Make, other_steward: Actor) -> None:
    resource = make()
    with pytest.raises(NotAllowed):
        actions.register(other_steward, CONTRIBUTIONS, now=NOW)
    with pytest.raises(NotAllowed):
        actions.change(other_steward, resource, CONTRIBUTIONS, version=1, now=NOW)
    with pytest.raises(NotAllowed):
        actions.withdraw(other_steward, resource, "没有理由", version=1, now=NOW)
    with pytest.raises(NotFound):
        queries.see(other_steward, resource.code)
    assert not queries.resources(other_steward).exists()


def test_a_partner_and_the_public_see_only_what_is_published(
    make: Make, partner: Actor, wang_wu: Actor, second_steward: Actor
) -> None:
    resource = make()
    for actor in (partner, wang_wu, None):
        assert queries.search("养老", actor).total == 0
    with pytest.raises(NotAllowed):
        actions.register(partner, CONTRIBUTIONS, now=NOW)
    actions.publish(second_steward, resource, version=1, now=NOW)
    for actor in (partner, wang_wu, None):
        assert queries.search("养老", actor).total == 1
    with pytest.raises(NotFound):
        queries.see(partner, resource.code)


def test_the_clerk_reads_and_does_not_write(make: Make, clerk: Actor, other_clerk: Actor) -> None:
    resource = make()
    assert queries.see(clerk, resource.code) == resource
    with pytest.raises(NotAllowed):
        actions.change(clerk, resource, CONTRIBUTIONS, version=1, now=NOW)
    with pytest.raises(NotFound):
        queries.see(other_clerk, resource.code)

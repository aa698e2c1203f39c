"""Who sees what: in querysets by `scope`, one by one by `may_see`, and both agree."""

from __future__ import annotations

import pytest
from django.db import connection, models

from jinbao.kernel.errors import NotAllowed
from jinbao.kernel.regions import Region, RegionTree
from jinbao.trust.actors import (
    Actor,
    actor_of,
    may_see,
    may_see_region,
    require_other_person,
    require_region,
    require_sight,
)
from jinbao.trust.models import Grant, Role, User
from jinbao.trust.scope import scope, within
from tests.conftest import CITY, DISTRICT, EMPLOYER, LI_SI, OTHER_CITY, OTHER_EMPLOYER, WANG_WU, ZHANG_SAN, make_actor

REGIONS = ["000000", "110000", "420000", "420100", "420106", "420381", "421381", "990100", "990101", "990177", "990200"]
UPPERS = ["000000", "420000", "420100", "420300", "510000", "990100", "990101", "990200", "123456", ""]


class Paper(models.Model):
    """Something that belongs to a region, a person and an employer."""

    region = models.CharField(max_length=6)
    id_number = models.CharField(max_length=18)
    uscc = models.CharField(max_length=18)

    class Meta:
        app_label = "trust"
        managed = False


@pytest.fixture
def papers(transactional_db: None) -> list[Paper]:
    """One paper for each region, and those of two persons in the city's district."""
    with connection.schema_editor() as editor:
        editor.create_model(Paper)
    own = [(DISTRICT, ZHANG_SAN, EMPLOYER), (DISTRICT, LI_SI, EMPLOYER)]
    others = [(region, WANG_WU, OTHER_EMPLOYER) for region in REGIONS]
    made = [Paper.objects.create(region=region, id_number=person, uscc=uscc) for region, person, uscc in own + others]
    yield made  # type: ignore[misc]  # pytest understands a fixture that yields
    with connection.schema_editor() as editor:
        editor.delete_model(Paper)


def seen(by: Actor) -> set[tuple[str, str]]:
    rows = scope(Paper.objects.all(), by, region_field="region", person_field="id_number", employer_field="uscc")
    return set(rows.values_list("region", "id_number"))


def test_everybody_sees_what_is_theirs_and_nothing_else(papers: list[Paper]) -> None:
    def actor(role: Role, region: str = "", subject: str = "") -> Actor:
        return make_actor(f"{role}{region}{subject}", role.label, role, region=region, subject=subject)

    city = {(DISTRICT, ZHANG_SAN), (DISTRICT, LI_SI)} | {(r, WANG_WU) for r in ("990100", "990101", "990177")}
    assert seen(actor(Role.INSURED, subject=ZHANG_SAN)) == {(DISTRICT, ZHANG_SAN)}
    assert not any(person == ZHANG_SAN for _, person in seen(actor(Role.INSURED, subject=WANG_WU)))
    assert seen(actor(Role.EMPLOYER, subject=EMPLOYER)) == {(DISTRICT, ZHANG_SAN), (DISTRICT, LI_SI)}
    for role in (Role.CLERK, Role.REVIEWER, Role.AUDITOR, Role.FINANCE):
        assert seen(actor(role, CITY)) == city
        assert seen(actor(role, OTHER_CITY)) == {("990200", WANG_WU)}
    assert seen(actor(Role.ADMIN, CITY)) == set()
    assert len(seen(Actor.system())) == len(REGIONS) + 2
    assert seen(Actor(1, "x", "x", Role.CLERK, region="")) == set()
    assert seen(Actor(1, "x", "x", Role.INSURED, subject="")) == set()


def test_the_queryset_and_the_single_answer_agree_for_every_region(papers: list[Paper]) -> None:
    for upper in UPPERS:
        by = Actor(1, "x", "x", Role.CLERK, region=upper)
        assert {region for region, _ in seen(by)} == {region for region in REGIONS if may_see(by, region=region)}, upper


def test_they_agree_in_a_tree_that_does_not_follow_the_digits(
    papers: list[Paper], monkeypatch: pytest.MonkeyPatch
) -> None:
    parents = {"420000": "000000", "510000": "000000", "420100": "510000", "420106": "420000", "421381": "990100"}
    listed = [Region("000000", "全国"), Region("990100", "演示市", "420000")]
    tree = RegionTree(listed + [Region(code, code, parent) for code, parent in parents.items()])
    monkeypatch.setattr(RegionTree, "read", lambda: tree)
    Paper.objects.create(region="420102", id_number=WANG_WU, uscc=EMPLOYER)
    everywhere = [*REGIONS, "420102"]
    for upper in UPPERS:
        by = Actor(1, "x", "x", Role.CLERK, region=upper)
        assert {region for region, _ in seen(by)} == {region for region in everywhere if may_see(by, region=region)}, (
            upper
        )
    assert may_see(Actor(1, "x", "x", Role.CLERK, region="510000"), region="420102")


def test_a_role_sees_nothing_of_a_table_that_has_no_field_for_it(
    papers: list[Paper], clerk: Actor, agent: Actor
) -> None:
    assert not scope(Paper.objects.all(), clerk, person_field="id_number").exists()
    assert not scope(Paper.objects.all(), agent, region_field="region", person_field="id_number").exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("upper", "lower"), [("420000", "990101"), ("990100", "990177"), ("420000", "420106")])
def test_a_region_covers_what_lies_below_it(upper: str, lower: str) -> None:
    assert may_see_region(Actor(1, "x", "x", Role.CLERK, region=upper), lower)
    assert not may_see_region(Actor(1, "x", "x", Role.CLERK, region=lower), upper)


def test_the_nation_is_no_condition_at_all() -> None:
    assert not within("region", "000000")


def test_require_raises_where_may_says_no(clerk: Actor, zhang_san: Actor, wang_wu: Actor) -> None:
    require_region(clerk, DISTRICT)
    require_sight(zhang_san, region=DISTRICT, person=ZHANG_SAN)
    for wrong in (lambda: require_region(clerk, OTHER_CITY), lambda: require_region(zhang_san, DISTRICT)):
        with pytest.raises(NotAllowed):
            wrong()
    with pytest.raises(NotAllowed, match="没有这项记录，或您无权查看"):
        require_sight(wang_wu, region=DISTRICT, person=ZHANG_SAN, employer=EMPLOYER)


def test_who_acted_earlier_does_not_act_again(clerk: Actor, reviewer: Actor) -> None:
    require_other_person(reviewer, [clerk.username, "danwei"])
    with pytest.raises(NotAllowed, match="陈经办"):
        require_other_person(clerk, clerk.username)
    with pytest.raises(NotAllowed):
        require_other_person(clerk, ["x", clerk.username])


def test_a_user_acts_under_one_grant_of_the_own(clerk: Actor, reviewer: Actor) -> None:
    user = User.objects.get(pk=clerk.user_id)
    assert actor_of(user) == clerk
    with pytest.raises(NotAllowed):
        actor_of(user, Grant.objects.get(user_id=reviewer.user_id))
    Grant.objects.create(user=user, role=Role.AUDITOR, region=CITY)
    with pytest.raises(NotAllowed, match="多个角色"):
        actor_of(user)
    user.is_active = False
    with pytest.raises(NotAllowed, match="停用"):
        actor_of(user)


def test_a_user_without_a_grant_is_nobody(db: None) -> None:
    with pytest.raises(NotAllowed, match="尚未授权"):
        actor_of(User.objects.create(username="x"))

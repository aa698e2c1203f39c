"""The steward's pages of linkage: the queue, the evidence, a person, splitting and undoing."""

from __future__ import annotations

import pytest
from django.test import Client

from jinbao.data.linkage import actions, queries
from jinbao.data.linkage.models import Change, Doubt, Proposal
from jinbao.data.linkage.numbers import person_no
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role, User
from tests.conftest import make_actor
from tests.data.linkage.conftest import NOW, deliver
from tests.data.linkage.test_people import CITY_ROWS, INSURED, PHONE, WANG, WORKERS, ZHANG
from tests.web.conftest import CITY

pytestmark = pytest.mark.django_db


@pytest.fixture
def steward(db: None) -> Actor:
    return make_actor("shuju", "何数据", Role.STEWARD, region=CITY)


@pytest.fixture
def page(steward: Actor) -> Client:
    """A browser of the steward, after a run that leaves one pair in doubt."""
    deliver("population", CITY_ROWS)
    deliver("medical_insurance", INSURED)
    deliver("employee_enrolment", [*WORKERS, ("e2", None, "张晓彤", "1", "1980-02-03", PHONE)])
    actions.run(steward, now=NOW)
    client = Client()
    client.force_login(User.objects.get(username="shuju"))
    return client


def test_the_evidence_is_shown_masked_and_the_next_pair_follows(page: Client, steward: Actor) -> None:
    doubt = queries.doubts(steward).get()
    assert "张晓彤" in page.get("/counter/data/linkage/doubts/").content.decode()
    shown = page.get(f"/counter/data/linkage/doubts/{doubt.pk}/").content.decode()
    assert "只有姓相同" in shown
    assert ZHANG not in shown
    assert PHONE not in shown
    answer = page.post(f"/counter/data/linkage/doubts/{doubt.pk}/decide/", {"verdict": "different", "reason": ""})
    assert answer.url == "/counter/data/linkage/doubts/"
    assert Doubt.objects.get().decision.verdict == "different"
    again = page.post(f"/counter/data/linkage/doubts/{doubt.pk}/decide/", {"verdict": "same"})
    assert again.status_code == 409


def test_a_person_is_found_split_and_put_back(page: Client, steward: Actor) -> None:
    serial = next(s for s in range(1, 6) if len(queries.rows_of(s)) == 3)
    number = person_no(serial)
    found = page.get("/counter/data/linkage/", {"number": number}, follow=True).content.decode()
    assert "张伟芳" in found
    assert ZHANG not in found
    address = f"/counter/data/linkage/people/{number}/"
    assert page.post(f"{address}split/", {"row": "medical_insurance/m1", "reason": ""}).status_code == 400
    page.post(f"{address}split/", {"row": "medical_insurance/m1", "reason": "冒用"})
    assert len(queries.rows_of(serial)) == 2
    assert "冒用" in page.get("/counter/data/linkage/").content.decode()
    page.post(f"/counter/data/linkage/changes/{Change.objects.get().pk}/undo/", {"reason": "查明为本人"})
    assert len(queries.rows_of(serial)) == 3
    assert "已撤销" in page.get(address).content.decode()


def test_a_mistyped_person_number_is_answered_with_advice(page: Client) -> None:
    answer = page.get("/counter/data/linkage/", {"number": "P000000012"})
    assert answer.status_code == 400
    assert "人员编号" in answer.content.decode()


def sign_in(username: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(username=username))
    return client


@pytest.fixture
def pensioner(page: Client, steward: Actor) -> str:
    """The address of 张伟芳, who receives a pension."""
    deliver("pension_in_payment", [("a1", ZHANG, "张伟芳", "1", "1980-02-03", None)])
    actions.run(steward, now=NOW)
    serial = next(s for s in range(1, 6) if len(queries.rows_of(s)) == 4)
    return f"/counter/data/linkage/people/{person_no(serial)}/"


def test_a_pensioner_is_split_by_two_persons_and_history_names_both(page: Client, pensioner: str) -> None:
    make_actor("fuhe", "林复核", Role.REVIEWER, region=CITY)
    assert "正在领取养老待遇" in page.get(pensioner).content.decode()
    answer = page.post(f"{pensioner}split/", {"row": "medical_insurance/m1", "reason": "冒用"})
    proposal = f"/counter/data/linkage/proposals/{Proposal.objects.get().pk}/"
    assert answer.url == proposal
    assert not Change.objects.exists()
    mine = page.get(proposal).content.decode()
    assert "这是您提出的" in mine
    assert "确认并办理" not in mine
    assert page.post(f"{proposal}confirm/").status_code == 403
    other = sign_in("fuhe")
    assert "冒用" in other.get("/counter/data/linkage/proposals/").content.decode()
    shown = other.get(proposal).content.decode()
    assert "有效号码相同" in shown, "the evidence of each comparison"
    assert "没有变化" in shown
    assert ZHANG not in shown
    assert other.post(f"{proposal}confirm/").status_code == 302
    assert "fuhe 确认" in page.get(pensioner).content.decode()


def test_a_stale_proposal_says_what_changed_and_cannot_be_confirmed(
    page: Client, pensioner: str, steward: Actor
) -> None:
    make_actor("fuhe", "林复核", Role.REVIEWER, region=CITY)
    page.post(f"{pensioner}split/", {"row": "medical_insurance/m1", "reason": "冒用"})
    proposal = f"/counter/data/linkage/proposals/{Proposal.objects.get().pk}/"
    deliver("medical_insurance", [("m1", ZHANG, "张伟方", "1", "1980-02-03", None), INSURED[1]])
    actions.run(steward, now=NOW)
    other = sign_in("fuhe")
    shown = other.get(proposal).content.decode()
    assert "m1的内容已变" in shown.replace(" ", "")
    assert "确认并办理" not in shown
    refused = other.post(f"{proposal}confirm/")
    assert refused.status_code == 409
    assert "提议之后有变化" in refused.content.decode()
    other.post(f"{proposal}reject/", {"reason": "已过时"})
    assert "已过时" in page.get(proposal).content.decode()


def test_one_person_said_of_a_pensioner_in_doubt_is_proposed(page: Client, pensioner: str, steward: Actor) -> None:
    doubt = queries.doubts(steward).get()
    address = f"/counter/data/linkage/doubts/{doubt.pk}/"
    assert "须两人办理" in page.get(address).content.decode()
    assert "裁定只说这两行" in page.get(address).content.decode()
    page.post(f"{address}decide/", {"verdict": "same", "reason": "看过材料"})
    proposal = f"/counter/data/linkage/proposals/{Proposal.objects.get().pk}/"
    assert "裁定只说这两行" in page.get(proposal).content.decode(), "whoever confirms must know how far it goes"
    assert "已提议合并" in page.get(address).content.decode()
    assert Proposal.objects.get().doubt == doubt


def test_pairs_are_chosen_gone_through_and_taken_back(page: Client, steward: Actor) -> None:
    born = ("1", "1980-11-03", "10033334444")
    others = [
        ("e2", None, "张晓彤", "1", "1980-02-03", PHONE),
        ("e3", None, "王国强", *born),
        ("e4", WANG, "王磊", *born),
    ]
    deliver("employee_enrolment", [*WORKERS, *others])
    actions.run(steward, now=NOW)
    first, *rest = queries.doubts(steward)
    listed = page.get("/counter/data/linkage/doubts/", {"level": "name:family"})
    assert "户籍人口" in listed.content.decode()
    assert f"共 {len(rest) + 1} 对" in listed.content.decode()
    none = page.get("/counter/data/linkage/doubts/", {"dataset": "prisoner"}).content.decode()
    assert "没有这样的对" in none
    address, query = f"/counter/data/linkage/doubts/{first.pk}/", "?level=name%3Afamily"
    assert f"/doubts/{rest[0].pk}/{query}" in page.get(address + query).content.decode(), "next, in the same list"
    answer = page.post(f"{address}decide/{query}", {"verdict": "different"})
    assert answer.url == f"/counter/data/linkage/doubts/{rest[0].pk}/{query}"
    assert str(first.pk) in page.get("/counter/data/linkage/doubts/", {"queue": "decided"}).content.decode()
    assert page.post(f"{address}reopen/", {"reason": ""}).status_code == 400
    page.post(f"{address}reopen/", {"reason": "按错了"})
    assert queries.doubts(steward).first() == first
    actions.run(steward, now=NOW)
    assert queries.doubts(steward).first() == first


def test_a_pair_above_the_threshold_says_why_it_was_not_joined(page: Client, steward: Actor) -> None:
    doubt = queries.doubts(steward).get()
    address = f"/counter/data/linkage/doubts/{doubt.pk}/"
    assert "没有自动归并" not in page.get(address).content.decode()
    Doubt.objects.filter(pk=doubt.pk).update(weight=517)
    assert "没有自动归并" in page.get(address).content.decode()


def test_enter_decides_nothing(page: Client, steward: Actor) -> None:
    """The first button of the form, which Enter would press, is one that cannot be pressed."""
    shown = page.get(f"/counter/data/linkage/doubts/{queries.doubts(steward).get().pk}/").content.decode()
    form = shown[shown.index("/decide/") :]
    assert form.index("<button") == form.index('<button type="submit" disabled hidden>')

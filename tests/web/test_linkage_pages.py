"""The steward's pages of linkage: the queue, the evidence, a person, splitting and undoing."""

from __future__ import annotations

import pytest
from django.test import Client

from jinbao.data.linkage import actions, queries
from jinbao.data.linkage.models import Change, Doubt
from jinbao.data.linkage.numbers import person_no
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role, User
from tests.conftest import make_actor
from tests.data.linkage.conftest import NOW, deliver
from tests.data.linkage.test_people import CITY_ROWS, INSURED, PHONE, WORKERS, ZHANG
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

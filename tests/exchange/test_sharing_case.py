"""A partner applies, an officer examines, another decides; the grant is what was applied for and no more."""

from __future__ import annotations

import pytest

from jinbao.cases import actions as cases
from jinbao.cases import queries
from jinbao.cases.forms import FormRefused
from jinbao.data.exchange import actions
from jinbao.data.exchange.models import Grant
from jinbao.kernel.errors import NotAllowed, NotFound
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
from tests.conftest import CITY, make_actor
from tests.exchange.conftest import COURT, FUND, NOW, RESOURCE, serve

FORM = {
    "partner_code": FUND, "resource": RESOURCE, "purpose": "核定缴存基数", "basis": "住房公积金管理条例第十六条",
    "fields": "id_number, name, wage_fen:plain", "rows": "month>=202601；id_number=990101196601151014",
    "use_mode": "api,match",
    "valid_from": "2026-03-20", "valid_to": "2026-12-31", "contact": "赵六", "phone": "13800001111",
}  # fmt: skip


@pytest.fixture
def fund(db: None) -> Actor:
    serve()
    steward = make_actor("shuju", "孙数据", Role.STEWARD, region=CITY)
    actions.register_partner(steward, FUND, "公积金中心", region=CITY, now=NOW)
    actions.register_partner(steward, COURT, "演示法院", region=CITY, now=NOW)
    return make_actor("hezuo", "赵六", Role.PARTNER, subject=FUND)


def test_an_approved_application_is_a_grant(fund: Actor, clerk: Actor, reviewer: Actor) -> None:
    case = cases.open_case(fund, "data_sharing", FORM, now=NOW)
    case = cases.accept(clerk, case, version=case.version, now=NOW)
    case = cases.examine(clerk, case, version=case.version, now=NOW)
    case = cases.approve(reviewer, case, version=case.version, now=NOW)
    grant = Grant.objects.get(number=case.result["number"])
    assert grant.fields == {"id_number": "masked", "name": "masked", "wage_fen": "plain"}
    assert grant.rows == [{"column": "month", "from": 202601}, {"column": "id_number", "in": ["990101196601151014"]}]
    assert (grant.case_number, grant.delivery, grant.granted_by) == (case.number, ["api", "match"], reviewer.username)


def test_a_refusal_needs_its_reason_and_grants_nothing(fund: Actor, clerk: Actor, reviewer: Actor) -> None:
    case = cases.open_case(fund, "data_sharing", FORM, now=NOW)
    case = cases.accept(clerk, case, version=case.version, now=NOW)
    case = cases.examine(clerk, case, version=case.version, now=NOW, refusal=True, remark="超出职责，政务数据共享条例")
    case = cases.refuse(reviewer, case, version=case.version, now=NOW, remark="超出职责")
    assert (case.state, Grant.objects.count()) == ("refused", 0)


@pytest.mark.parametrize(
    ("field", "value"),
    [("partner_code", COURT), ("resource", "no_such"), ("fields", "salary"), ("fields", "name:whole"),
     ("rows", "1=1 OR x"), ("rows", "month>=spring"), ("rows", "salary=1"), ("valid_to", "2020-01-01"),
     ("valid_to", "2036-01-01"), ("quota_per_day", "many"), ("rate_per_second", "0")],
)  # fmt: skip
def test_a_form_that_cannot_be_granted_is_told_at_its_field(fund: Actor, field: str, value: str) -> None:
    with pytest.raises(FormRefused) as refused:
        cases.open_case(fund, "data_sharing", FORM | {field: value}, now=NOW)
    assert set(refused.value.errors) <= {field, "quota_per_day"}
    assert refused.value.errors


def test_a_partner_sees_its_own_applications_and_nobody_elses(fund: Actor, clerk: Actor, zhang_san: Actor) -> None:
    case = cases.open_case(fund, "data_sharing", FORM, now=NOW)
    court = make_actor("fayuan", "钱七", Role.PARTNER, subject=COURT)
    agent = make_actor("danwei9", "人事", Role.EMPLOYER, subject=FUND)
    assert queries.case(fund, case.number) == case
    for other in (court, agent, zhang_san):
        with pytest.raises(NotFound):
            queries.case(other, case.number)
    with pytest.raises(NotAllowed):
        cases.open_case(zhang_san, "data_sharing", FORM, now=NOW)

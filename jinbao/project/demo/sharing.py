"""Two partner agencies: the housing fund was granted declarations for matching, the court's application waits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from jinbao.cases import actions as cases
from jinbao.data.exchange import actions as exchange
from jinbao.kernel.identifiers import Uscc
from jinbao.project.demo.moment import on
from jinbao.project.demo.tariff import REGION
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role

COURT = ("演示市中级人民法院", Uscc.make("11", REGION, "G0000002").number)


def begin(actors: Mapping[Role, Actor], fund_name: str, day: date) -> None:
    """Register both, let the fund apply a week ago and be granted, and let the court apply today at the window."""
    steward, agent = actors[Role.STEWARD], actors[Role.PARTNER]
    clerk, reviewer = actors[Role.CLERK], actors[Role.REVIEWER]
    with on(day - timedelta(days=7)) as now:
        for name, code in ((fund_name, agent.subject), COURT):
            exchange.register_partner(steward, code, name, region=REGION, now=now, contact="联系人")
        form = _form(agent.subject, "核定住房公积金缴存基数", "住房公积金管理条例第十六条", day, "api,match")
        case = cases.open_case(agent, "data_sharing", form, now=now)
    with on(day - timedelta(days=6)) as now:
        case = cases.accept(clerk, case, version=case.version, now=now)
        case = cases.examine(clerk, case, version=case.version, now=now, remark="用途与职责相符，字段最少")
    with on(day - timedelta(days=5)) as now:
        cases.approve(reviewer, case, version=case.version, now=now)
    with on(day) as now:
        form = _form(COURT[1], "执行案件被执行人缴费单位核查", "民事诉讼法关于协助执行的规定", day, "api")
        cases.open_case(clerk, "data_sharing", form, now=now)


def _form(code: str, purpose: str, basis: str, day: date, use_mode: str) -> dict[str, str]:
    return {
        "partner_code": code,
        "resource": "contribution_declaration",
        "purpose": purpose,
        "basis": basis,
        "fields": "id_number, name, month, wage_fen, employer_uscc",
        "use_mode": use_mode,
        "valid_from": str(day),
        "valid_to": str(day + timedelta(days=365)),
        "contact": "联系人",
        "phone": "13800001111",
    }

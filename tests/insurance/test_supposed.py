"""What somebody only supposes is never determined."""

from __future__ import annotations

from datetime import date

import pytest

from jinbao.insurance import law
from jinbao.insurance.benefits.compute import compute
from jinbao.kernel.months import Month
from jinbao.rules import Law, load_law
from jinbao.rules.errors import OnlySupposed
from jinbao.rules.overlay import parse_supposed, suppose

RETIRES, REGION = Month(2026, 5), "990100"
FACTS = {
    "出生年月": "1966-01",
    "退休类别": "男职工",
    "累计缴费月数": 482,
    "建账前缴费月数": 0,
    "平均缴费工资指数": "1",
    "个人账户储存额": "90000",
}


def under(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Let insurance ask a law in which something is supposed."""
    supposed: Law = suppose(load_law(), [parse_supposed(text)], on=date(2026, 5, 1), region=REGION)[0]
    monkeypatch.setattr(law, "law", lambda: supposed)


def test_an_amount_that_rests_on_an_assumption_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert compute(FACTS, RETIRES, REGION).monthly_fen > 0
    under(monkeypatch, "公布计发基数=99999")
    with pytest.raises(OnlySupposed, match="不能用于核定"):
        compute(FACTS, RETIRES, REGION)


def test_so_is_an_entitlement(monkeypatch: pytest.MonkeyPatch) -> None:
    under(monkeypatch, "最低缴费月数表[2026]=500")
    with pytest.raises(OnlySupposed):
        compute(FACTS, RETIRES, REGION)

"""The dashboard: the statement's balance, the registry's counts, each figure in a table too, and nobody's name."""

from __future__ import annotations

import json
import re

from django.test import Client

from jinbao.kernel.money import fen_to_yuan, format_fen
from jinbao.kernel.months import Month
from jinbao.ledger import actions as ledger
from jinbao.oversight import statements, statistics
from jinbao.trust.actors import Actor
from jinbao.web.screen.figures import dashboard
from tests.conftest import DISTRICT
from tests.web.conftest import NOW, TODAY, Town


def test_the_balance_is_that_of_the_statement(system: Actor, town: Town) -> None:
    for month, key in ((Month(2026, 1), "a"), (Month(2026, 2), "b")):
        ledger.post(
            "contribution_received",
            key=key,
            fund="110",
            region=DISTRICT,
            month=month,
            on=TODAY,
            amounts={"单位缴费": 128_000, "个人缴费": 64_000},
            source=("contributions.Receipt", "1"),
            now=NOW,
        )
    shown = dashboard("990100", "110", Month(2026, 3))
    statement = statements.monthly(Actor.system(), "990100", "110", Month(2026, 2))
    assert shown.balance_fen == statement.line("四、期末滚存结余").month_fen == 384_000
    assert [row.income_fen for row in shown.months] == [192_000, 192_000]


def test_charts_and_tables_say_the_same_to_the_fen(client: Client, system: Actor, town: Town) -> None:
    town.career()
    statistics.rebuild(system, Month(2025, 1), Month(2025, 12))
    html = client.get("/screen/").content.decode()
    found = re.search(r'<script id="series" type="application/json">(.*?)</script>', html)
    assert found is not None
    series = json.loads(found[1])
    assert series["months"][-1] == "2025-12"
    point = dashboard("990100", "110", Month(2026, 3)).points[-1]
    assert point.contributors == series["contributors"][-1] == 1
    assert fen_to_yuan(point.received_fen) / 10_000 == type(fen_to_yuan(1))(series["received"][-1])
    assert format_fen(point.received_fen) in html


def test_an_empty_city_says_so(client: Client, town: Town) -> None:
    assert "还没有统计数据" in client.get("/screen/").content.decode()


def test_the_dashboard_names_nobody(client: Client, system: Actor, town: Town) -> None:
    town.career()
    statistics.rebuild(system, Month(2025, 1), Month(2025, 12))
    html = client.get("/screen/").content.decode()
    assert "张三" not in html
    assert "演示机械厂" not in html


def test_an_unknown_fund_is_refused(client: Client) -> None:
    assert client.get("/screen/?fund=999").status_code == 404

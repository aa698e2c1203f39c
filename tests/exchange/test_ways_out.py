"""Every way by which data leaves, tried under every grant that does not allow it: a partner sees what was granted."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from jinbao.data.datasets import load_dataset
from jinbao.data.exchange import actions, directory, push, serving
from jinbao.data.exchange.models import Delivery, Key
from jinbao.kernel.errors import Conflict, FormatError
from jinbao.trust import clock
from jinbao.trust.actors import Actor
from tests.conftest import EMPLOYER, LI_SI, WANG_WU, ZHANG_SAN
from tests.exchange.conftest import ADDRESS, FIELDS, NOW, RESOURCE, Reply, World, caller, send, terms

ALL = ["api", "match", "file", "push"]
Way = Callable[..., Reply]


def _query(world: World, at: datetime) -> Reply:
    return world.hmac.post("query", {"key": {"id_number": ZHANG_SAN}}, at=at)


def _list(world: World, at: datetime) -> Reply:
    return world.hmac.get("list", "size=10", at=at)


def _match(world: World, at: datetime) -> Reply:
    return world.hmac.post("match", {"columns": ["id_number"], "lines": [ZHANG_SAN]}, at=at)


def _hashed(world: World, at: datetime) -> Reply:
    return world.hmac.post("match", {"columns": ["id_number"], "lines": ["0" * 64], "hashed": True}, at=at)


def _file(world: World, at: datetime) -> Reply:
    return world.hmac.post("file", {"format": "csv"}, at=at)


def _national(world: World, at: datetime, family: str = "gjzwfwpt") -> Reply:
    """Ask by a family's headers, with the secret of its key service."""
    from jinbao.data.exchange import signatures

    key = directory.held_key(Key.objects.get(key_id=world.national.key_id))
    secret = signatures.period_secret(key, int(at.timestamp() * 1000) // signatures.SECRET_MS)
    return world.national.national(world.grant.number, {"id_number": ZHANG_SAN}, family=family, secret=secret, at=at)


def _other_family(world: World, at: datetime) -> Reply:
    return _national(world, at, "gjgxjhpt")


WAYS: dict[str, Way] = {
    "query": _query, "list": _list, "match": _match, "hashed": _hashed, "file": _file,
    "gjzwfwpt": _national, "gjgxjhpt": _other_family,
}  # fmt: skip
every_way = pytest.mark.parametrize("way", list(WAYS))


def code_of(reply: Reply) -> str:
    """Return the refusal's code of either form of answer; empty for an answer that gives something."""
    said = reply.body
    return str(said["data"].get("code", "")) if "data" in said else str(said.get("code", ""))


@pytest.fixture
def open_world(world: World, reviewer: Actor) -> World:
    """Grant every way of delivery."""
    world.grant = actions.grant(reviewer, world.fund, terms(delivery=ALL), "办件2", now=NOW)
    return world


@every_way
def test_each_way_gives_something_while_it_is_granted(open_world: World, way: str) -> None:
    assert code_of(WAYS[way](open_world, NOW)) == ""


@every_way
def test_a_revoked_grant_gives_nothing_by_any_way(open_world: World, steward: Actor, way: str) -> None:
    actions.revoke(steward, open_world.grant, "到期前收回", now=NOW)
    assert code_of(WAYS[way](open_world, NOW)) == "not-granted"


@every_way
def test_an_expired_grant_gives_nothing_by_any_way(open_world: World, way: str) -> None:
    later = datetime(2026, 12, 31, 16, 0, tzinfo=NOW.tzinfo)
    with clock.stopped_at(later):
        assert code_of(WAYS[way](open_world, later)) == "not-granted"
    last = later - timedelta(minutes=1)
    with clock.stopped_at(last):
        assert code_of(WAYS[way](open_world, last)) == ""


@every_way
def test_a_stopped_partner_gets_nothing_by_any_way(open_world: World, steward: Actor, way: str) -> None:
    actions.set_active(steward, open_world.fund, active=False, why="核查")
    assert code_of(WAYS[way](open_world, NOW)) == "bad-signature"


@every_way
def test_a_used_up_quota_holds_for_every_way(open_world: World, steward: Actor, way: str) -> None:
    actions.set_quota(steward, open_world.grant, quota_per_day=3, rate_per_second=1000)
    assert code_of(open_world.sm2.post("match", {"columns": ["id_number"], "lines": ["x"] * 3})) == ""
    assert code_of(WAYS[way](open_world, NOW)) == "quota"


@every_way
@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_call_of_another_time_is_refused_by_every_way(open_world: World, way: str, minutes: int) -> None:
    assert code_of(WAYS[way](open_world, NOW + timedelta(minutes=minutes))) == "stale"


@every_way
def test_another_partners_key_gets_nothing_by_any_way(open_world: World, steward: Actor, way: str) -> None:
    court = open_world
    court.hmac = caller(steward, open_world.court, Key.Kind.HMAC)
    court.national = caller(steward, open_world.court, Key.Kind.NATIONAL)
    assert code_of(WAYS[way](court, NOW)) == "not-granted"


@every_way
def test_rows_outside_the_condition_leave_by_no_way(world: World, reviewer: Actor, way: str) -> None:
    only = terms(delivery=ALL, rows=[{"column": "id_number", "in": [WANG_WU]}])
    world.grant = actions.grant(reviewer, world.fund, only, "办件2", now=NOW)
    said = WAYS[way](world, NOW).body
    body = said.get("data", said)
    assert body.get("rows") in ([], None, 1) or [row["name"] for row in body["rows"]] == ["王*"]
    assert body.get("matched") in ([False], None)


@every_way
def test_what_is_not_shared_any_more_leaves_by_no_way(
    open_world: World, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(load_dataset(RESOURCE).__dict__, "sharing", "不予共享")
    directory.turn()
    assert code_of(WAYS[way](open_world, NOW)) == "not-granted"


def test_a_field_that_is_not_shared_any_more_is_left_out(open_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(load_dataset(RESOURCE).column("wage_fen").__dict__, "sharing", "不予共享")
    directory.turn()
    assert "wage_fen" not in _list(open_world, NOW).body["rows"][0]
    assert code_of(open_world.hmac.get("list", "fields=wage_fen")) == "field-not-granted"
    assert b"8000" not in send("GET", _file(open_world, NOW).body["link"], {}).content


def test_no_field_and_no_condition_of_it_is_granted_that_is_not_shared(
    world: World, reviewer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(load_dataset(RESOURCE).column("wage_fen").__dict__, "sharing", "不予共享")
    with pytest.raises(Conflict, match="不予共享"):
        actions.grant(reviewer, world.fund, terms(), "办件2", now=NOW)
    telling = terms(fields={"id_number": ""}, rows=[{"column": "wage_fen", "from": 700_000}])
    with pytest.raises(Conflict, match="不予共享"):
        actions.grant(reviewer, world.fund, telling, "办件2", now=NOW)
    directory.sandbox_grant.cache_clear()
    base = f"/api/exchange/sandbox/{RESOURCE}"
    assert code_of(world.sandbox.get("list", "fields=wage_fen", base=base)) == "field-not-granted"


def test_a_key_that_was_not_granted_tells_nothing_of_who_works_where(open_world: World) -> None:
    """The employer's code identifies rows too, but the partner was not granted it."""
    both = {"columns": ["id_number", "employer_uscc"], "lines": [[ZHANG_SAN, EMPLOYER]]}
    assert code_of(open_world.hmac.post("match", both)) == "field-not-granted"
    assert code_of(open_world.hmac.post("query", {"key": {"employer_uscc": EMPLOYER}})) == "field-not-granted"


def test_matching_is_granted_with_a_key_to_match_by(world: World, reviewer: Actor) -> None:
    with pytest.raises(FormatError, match="查询键"):
        actions.grant(reviewer, world.fund, terms(fields={"month": ""}, delivery=["match"]), "办件2", now=NOW)


def test_a_link_ends_with_the_last_day_of_the_grant(world: World, reviewer: Actor) -> None:
    actions.grant(reviewer, world.fund, terms(valid_to=date(2026, 3, 20)), "办件2", now=NOW)
    link = _file(world, NOW).body["link"]
    assert send("GET", link, {}).status == 200
    with clock.stopped_at(NOW + timedelta(hours=15)):
        assert code_of(send("GET", link, {})) == "not-granted"


def test_a_page_of_a_former_grant_cannot_be_turned_under_the_new_one(open_world: World, reviewer: Actor) -> None:
    after = open_world.hmac.get("list", "size=1").body["next"]
    actions.grant(reviewer, open_world.fund, terms(rows=[{"column": "id_number", "in": [LI_SI]}]), "办件3", now=NOW)
    assert code_of(open_world.hmac.get("list", f"size=1&after={after}")) == "wrong-request"


@pytest.mark.parametrize("operation", ["query", "match", "file"])
def test_an_altered_body_or_address_is_refused_and_a_replay_too(open_world: World, operation: str) -> None:
    bodies = {
        "query": {"key": {"id_number": ZHANG_SAN}}, "match": {"columns": ["id_number"], "lines": ["x"]}, "file": {},
    }  # fmt: skip
    body, path = json.dumps(bodies[operation]).encode(), f"{ADDRESS}/{operation}"
    for who in (open_world.hmac, open_world.sm2):
        headers = who.headers("POST", path, body)
        assert code_of(send("POST", path, headers, body + b" ")) == "bad-signature"
        assert code_of(send("POST", path.replace("data", "sandbox"), headers, body)) == "bad-signature"
        assert code_of(send("POST", path, headers, body, query="a=1")) == "bad-signature"
        assert send("POST", path, headers, body).status == 200
        assert code_of(send("POST", path, headers, body)) == "replayed"


@pytest.mark.parametrize("family", ["gjzwfwpt", "gjgxjhpt"])
def test_a_family_call_is_good_once_and_for_its_grant_only(open_world: World, family: str) -> None:
    assert code_of(_national(open_world, NOW, family)) == ""
    assert code_of(_national(open_world, NOW, family)) == "replayed"
    stolen = open_world.national.national("sandbox-" + RESOURCE, {"id_number": ZHANG_SAN}, family=family)
    assert code_of(stolen) in ("bad-signature", "not-granted")


def test_matching_only_gives_no_rows_by_a_familys_headers(world: World, reviewer: Actor) -> None:
    world.grant = actions.grant(reviewer, world.fund, terms(delivery=["match"]), "办件2", now=NOW)
    assert code_of(_national(world, NOW)) == "not-granted"


def test_what_one_has_tells_of_nobody_elses_grants(open_world: World, reviewer: Actor) -> None:
    actions.grant(reviewer, open_world.court, terms(fields={"id_number": ""}), "办件3", now=NOW)
    mine = open_world.hmac.get("", base="/api/exchange/me").body["grants"]
    theirs = open_world.other.get("", base="/api/exchange/me").body["grants"]
    assert [set(each["fields"]) for each in mine] == [set(FIELDS)]
    assert [set(each["fields"]) for each in theirs] == [{"id_number"}]
    assert open_world.grant.number not in json.dumps(theirs)


@pytest.fixture
def pushed(open_world: World, monkeypatch: pytest.MonkeyPatch) -> list[list[Any]]:
    """Take pushes in memory instead of over the wire."""
    monkeypatch.setattr(push, "PAGE", 1)
    open_world.fund.push_url = "https://partner.example/take"
    open_world.fund.save()
    taken: list[list[Any]] = []

    def take(_grant: Any, content: bytes, *_: Any) -> str:
        taken.append(json.loads(content)["rows"])
        return ""

    monkeypatch.setattr(push, "_send", take)
    return taken


def test_a_push_gives_what_was_granted(open_world: World, steward: Actor, pushed: list[list[Any]]) -> None:
    assert push.run(steward, now=NOW) == 1
    assert [row["name"] for page in pushed for row in page] == ["张*", "王*", "李*"] or len(pushed) == 3
    assert all(set(row) == set(FIELDS) for page in pushed for row in page)


def test_a_push_stops_at_the_page_at_which_the_grant_is_revoked(
    open_world: World, steward: Actor, pushed: list[list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def take_and_revoke(_grant: Any, content: bytes, *_: Any) -> str:
        pushed.append(json.loads(content)["rows"])
        actions.revoke(steward, open_world.grant, "中途收回", now=NOW)
        return ""

    monkeypatch.setattr(push, "_send", take_and_revoke)
    assert push.run(steward, now=NOW) == 0
    assert len(pushed) == 1


@pytest.mark.parametrize("how", ["revoked", "expired", "stopped"])
def test_a_push_of_a_grant_that_ended_sends_nothing(
    open_world: World, steward: Actor, pushed: list[list[Any]], how: str
) -> None:
    at = NOW
    if how == "revoked":
        actions.revoke(steward, open_world.grant, "收回", now=NOW)
    elif how == "stopped":
        actions.set_active(steward, open_world.fund, active=False, why="核查")
    else:
        at = datetime(2027, 1, 1, tzinfo=NOW.tzinfo)
    open_world.grant.refresh_from_db()
    push.push(steward, open_world.grant, now=at)
    assert pushed == []


def test_what_does_not_fit_the_days_quota_is_pushed_the_next_day(
    open_world: World, steward: Actor, pushed: list[list[Any]]
) -> None:
    actions.set_quota(steward, open_world.grant, quota_per_day=3, rate_per_second=1000)
    assert code_of(open_world.hmac.post("match", {"columns": ["id_number"], "lines": ["x"]})) == ""
    assert push.run(steward, now=NOW) == 0
    assert len(pushed) == 2, "one of three rows went to the match"
    row = Delivery.objects.get(kind="push")
    assert (row.state, row.attempts, row.rows, "额度" in row.said) == ("waiting", 0, 2, True)
    assert push.run(steward, now=NOW + timedelta(hours=1)) == 0
    assert push.run(steward, now=NOW + timedelta(days=1)) == 1
    assert len(pushed) == 3
    assert serving.table(RESOURCE, sandbox=False).count == 3


def test_a_table_larger_than_the_days_quota_arrives_over_several_days(
    open_world: World, steward: Actor, pushed: list[list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push, "PAGE", 1_000)
    actions.set_quota(steward, open_world.grant, quota_per_day=2, rate_per_second=1000)
    assert push.run(steward, now=NOW) == 0
    row = Delivery.objects.get(kind="push")
    assert (row.state, row.rows, "还有 1 行" in row.said) == ("waiting", 2, True)
    assert push.run(steward, now=NOW + timedelta(days=1)) == 1
    assert [len(page) for page in pushed] == [2, 1], "a page is no larger than a day allows"


def test_a_partner_who_is_away_for_some_days_still_gets_the_push(
    open_world: World, steward: Actor, pushed: list[list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as away:
        away.setattr(push, "_send", lambda *_: "对方答复 HTTP 503")
        at = NOW
        for _ in range(8):
            assert push.run(steward, now=at) == 0
            at = Delivery.objects.get(kind="push").next_at
    assert at > NOW + timedelta(days=2)
    assert push.run(steward, now=at) == 1
    assert len(pushed) == 3


def test_a_push_that_nobody_takes_for_more_than_a_week_is_given_up(
    steward: Actor, pushed: list[list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push, "_send", lambda *_: "对方答复 HTTP 503")
    at, row = NOW, None
    while row is None or row.state == "waiting":
        push.run(steward, now=at)
        row = Delivery.objects.get(kind="push")
        at = row.next_at or at
    assert (row.state, "503" in row.said) == ("failed", True)
    assert NOW + timedelta(days=7) < at < NOW + timedelta(days=8)
    assert (push.run(steward, now=at + timedelta(days=1)), pushed) == (0, [])

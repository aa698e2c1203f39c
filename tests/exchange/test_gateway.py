"""A granted partner gets what was granted, masked, signed and logged; everything else is tried and refused."""

from __future__ import annotations

import base64
import json
from datetime import date, timedelta
from typing import Any

import pytest

from jinbao.data.exchange import actions, journal, national, place
from jinbao.data.exchange.models import Grant, Key
from jinbao.trust import clock
from jinbao.trust.actors import Actor
from jinbao.trust.crypto import hmac_sm3, messages, public_of, sm2
from jinbao.trust.sm3 import sm3_hex
from tests.conftest import LI_SI, WANG_WU, ZHANG_SAN
from tests.exchange.conftest import ADDRESS, NOW, RESOURCE, Caller, World, caller, send, serve, terms

QUERY = {"key": {"id_number": ZHANG_SAN}}


def records() -> list[dict[str, object]]:
    """Read every line of every journal."""
    return [line for file in place.folder("journal").glob("*.jsonl") for line, _, _ in journal.read(file)]


@pytest.mark.parametrize("scheme", ["sm2", "hmac"])
def test_a_partner_looks_somebody_up_and_sees_personal_data_masked(world: World, scheme: str) -> None:
    reply = getattr(world, scheme).post("query", QUERY)
    assert reply.status == 200
    assert reply.body["rows"] == [
        {"id_number": "990***********1014", "name": "张*", "month": 202602, "wage_fen": 800_000}
    ]


def test_the_answer_is_signed_and_bound_to_its_call(world: World) -> None:
    for who in (world.sm2, world.hmac):
        reply = who.post("query", QUERY, nonce="n1" * 10)
        text = messages.answer_text(reply.headers[messages.REQUEST], "n1" * 10, 200, sm3_hex(reply.content))
        signature = base64.b64decode(reply.headers[messages.SIGNATURE])
        if who.private:
            assert sm2().verify(public_of(place.answer_key()), text, signature)
        else:
            assert signature == hmac_sm3(who.secret.encode(), text)
        assert reply.body["request_id"] == reply.headers[messages.REQUEST]


def test_every_call_is_in_the_journal_before_it_is_answered_and_tells_no_number(world: World) -> None:
    good = world.sm2.post("query", QUERY)
    bad = world.other.post("query", QUERY)
    one, two = records()
    assert (one["request_id"], one["status"], one["rows"], one["masked"]) == (good.body["request_id"], 200, 1, 2)
    assert (two["request_id"], two["code"], two["partner"]) == (bad.body["request_id"], "not-granted", world.court.code)
    assert ZHANG_SAN not in json.dumps(records())


def test_nothing_is_answered_when_the_log_cannot_be_written(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(journal, "append", full)
    reply = world.sm2.post("query", QUERY)
    assert (reply.status, reply.code) == (503, "log-unavailable")
    assert "张" not in reply.content.decode()


def test_pages_follow_one_another_and_hide_where_they_are(world: World) -> None:
    first = world.hmac.get("list", "size=2").body
    second = world.hmac.get("list", f"size=2&after={first['next']}").body
    assert [len(first["rows"]), len(second["rows"]), second["next"]] == [2, 1, ""]
    assert ZHANG_SAN not in bytes.fromhex(first["next"]).decode("latin1")


def test_matching_says_yes_or_no_and_nothing_else(world: World) -> None:
    lines = [ZHANG_SAN, "990101197001011234", LI_SI]
    plain = world.sm2.post("match", {"columns": ["id_number"], "lines": lines}).body
    hashed = [sm3_hex(line.encode()) for line in lines]
    by_hash = world.sm2.post("match", {"columns": ["id_number"], "lines": hashed, "hashed": True}).body
    assert plain["matched"] == by_hash["matched"] == [True, False, True]
    assert set(plain) == {"request_id", "matched", "version"}


def test_a_mask_cannot_be_asked_away_by_matching(world: World) -> None:
    reply = world.sm2.post("match", {"columns": ["id_number", "name"], "lines": [[ZHANG_SAN, "张三"]]})
    assert reply.code == "field-not-granted"
    assert world.sm2.post("match", {"columns": ["id_number", "wage_fen"], "lines": [[ZHANG_SAN, 1]]}).status == 200


WRONG = {
    "another field": ("query", QUERY | {"fields": ["scheme"]}, "field-not-granted"),
    "a field that does not exist": ("query", QUERY | {"fields": ["salary"]}, "field-not-granted"),
    "SQL as a field": ("query", QUERY | {"fields": ['name", "scheme']}, "field-not-granted"),
    "a field twice": ("query", QUERY | {"fields": ["name", "name"]}, "field-not-granted"),
    "another key": ("query", {"key": {"name": "张三"}}, "field-not-granted"),
    "SQL as a key": ("query", {"key": {"1=1 OR id_number": "x"}}, "field-not-granted"),
    "the hidden row key": ("query", {"key": {"_row": "x"}}, "field-not-granted"),
    "no key": ("query", {}, "wrong-request"),
    "an empty key": ("query", {"key": {}}, "wrong-request"),
    "a list as a value": ("query", {"key": {"id_number": [ZHANG_SAN]}}, "wrong-request"),
    "an object as a value": ("query", {"key": {"id_number": {"like": "%"}}}, "wrong-request"),
    "a parameter nobody knows": ("query", QUERY | {"where": "1=1"}, "wrong-request"),
    "too many keys": ("query", {"keys": [{"id_number": "x"}] * 101}, "too-many"),
    "too many lines": ("match", {"columns": ["id_number"], "lines": ["x"] * 5001}, "too-many"),
    "matching another field": ("match", {"columns": ["scheme"], "lines": ["x"]}, "field-not-granted"),
    "matching a hidden column": ("match", {"columns": ["id_number__sm3"], "lines": ["x"]}, "field-not-granted"),
    "a file of another field": ("file", {"fields": ["scheme"]}, "field-not-granted"),
    "a file of another format": ("file", {"format": "exe"}, "wrong-request"),
    "a list as a format": ("file", {"format": ["csv"]}, "wrong-request"),
    "an object as a format": ("file", {"format": {"csv": 1}}, "wrong-request"),
    "another operation": ("delete", {}, "no-such-call"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_was_not_granted_is_refused(world: World, what: str) -> None:
    operation, value, code = WRONG[what]
    reply = world.sm2.post(operation, value)
    assert reply.code == code
    assert "rows" not in reply.body


@pytest.mark.parametrize("query", ["size=0", "size=-1", "size=1e9", "size=99999999999", "size=1&size=2", "after=zz",
                                   "size=1;DROP TABLE served", "fields=name,scheme", "x=%ff", "offset=1"])  # fmt: skip
def test_a_list_refuses_what_it_does_not_know(world: World, query: str) -> None:
    reply = world.hmac.get("list", query)
    assert 400 <= reply.status < 404
    assert "rows" not in reply.body


@pytest.mark.parametrize("value", ["' OR '1'='1", "%", "*", f"{ZHANG_SAN}' --", "_" * 18, ""])
def test_sql_in_a_value_is_a_value(world: World, value: str) -> None:
    assert world.sm2.post("query", {"key": {"id_number": value}}).body["rows"] == []
    assert world.sm2.post("match", {"columns": ["id_number"], "lines": [value]}).body["matched"] == [False]


def test_another_partner_learns_nothing_of_what_exists(world: World) -> None:
    replies = [
        world.other.post("query", QUERY),
        world.other.post("query", QUERY, base="/api/exchange/data/no_such_thing"),
        world.other.post("query", QUERY, base="/api/exchange/data/..%2f"),
        world.other.get("list"),
    ]
    bodies = [{name: part for name, part in reply.body.items() if name != "request_id"} for reply in replies]
    assert bodies[0]["code"] == "not-granted"
    assert all(body == bodies[0] for body in bodies)


def test_rows_outside_the_condition_are_not_there(world: World, reviewer: Actor) -> None:
    only = [{"column": "id_number", "in": [ZHANG_SAN]}, {"column": "month", "from": 202601, "to": 202612}]
    actions.grant(reviewer, world.fund, terms(rows=only), "办件2", now=NOW)
    assert world.sm2.post("query", {"keys": [{"id_number": LI_SI}, {"id_number": WANG_WU}]}).body["rows"] == []
    assert world.sm2.post("match", {"columns": ["id_number"], "lines": [ZHANG_SAN, LI_SI]}).body["matched"] == [
        True,
        False,
    ]
    assert len(world.sm2.get("list").body["rows"]) == 1
    assert world.sm2.post("file", {}).body["rows"] == 1


def test_expired_not_yet_begun_and_revoked_grants_give_nothing(world: World, reviewer: Actor, steward: Actor) -> None:
    for since, until in ((date(2025, 1, 1), date(2026, 3, 19)), (date(2026, 3, 21), date(2026, 4, 1))):
        actions.grant(reviewer, world.fund, terms(valid_from=since, valid_to=until), "办件2", now=NOW)
        assert world.sm2.post("query", QUERY).code == "not-granted"
    grant = actions.grant(reviewer, world.fund, terms(valid_to=date(2026, 3, 20)), "办件3", now=NOW)
    assert world.sm2.post("query", QUERY).status == 200
    actions.revoke(steward, grant, "用途不符", now=NOW)
    assert world.sm2.post("query", QUERY).code == "not-granted"
    assert world.sm2.get("", base="/api/exchange/me").body["grants"] == []


def test_a_delivery_that_was_not_granted_is_refused(world: World, reviewer: Actor) -> None:
    actions.grant(reviewer, world.fund, terms(delivery=["match"]), "办件2", now=NOW)
    assert world.sm2.post("query", QUERY).code == "not-granted"
    assert world.sm2.get("list").code == "not-granted"
    assert world.sm2.post("file", {}).code == "not-granted"
    assert world.sm2.post("match", {"columns": ["id_number"], "lines": ["x"]}).status == 200


def test_a_stopped_partner_and_a_withdrawn_key_are_nobody(world: World, steward: Actor) -> None:
    key = Key.objects.get(key_id=world.hmac.key_id)
    actions.withdraw_key(steward, key, "泄露", now=NOW)
    assert world.hmac.post("query", QUERY).code == "bad-signature"
    actions.set_active(steward, world.fund, active=False, why="查处")
    assert world.sm2.post("query", QUERY).code == "bad-signature"


def test_a_new_key_and_the_former_one_are_both_good_for_a_while(world: World, steward: Actor) -> None:
    newer = caller(steward, world.fund, Key.Kind.HMAC)
    later = NOW + actions.OVERLAP
    assert world.hmac.post("query", QUERY).status == newer.post("query", QUERY).status == 200
    former = Key.objects.get(key_id=world.hmac.key_id)
    assert former.valid_until == later
    assert Key.objects.get(key_id=newer.key_id).valid_until is None


def test_a_call_is_good_once(world: World) -> None:
    path, body = f"{ADDRESS}/query", json.dumps(QUERY).encode()
    headers = world.sm2.headers("POST", path, body)
    assert send("POST", path, headers, body).status == 200
    assert send("POST", path, headers, body).code == "replayed"
    assert world.sm2.post("query", QUERY, nonce=headers[messages.NONCE]).code == "replayed"
    assert world.hmac.post("query", QUERY, nonce=headers[messages.NONCE]).status == 200  # another key's own words


def test_a_call_that_was_altered_on_its_way_is_refused(world: World) -> None:
    path, body = f"{ADDRESS}/query", json.dumps(QUERY).encode()
    signed = world.sm2.headers("POST", path, body)
    other = json.dumps({"key": {"id_number": LI_SI}}).encode()
    listed = world.sm2.headers("GET", f"{ADDRESS}/list", query="size=1&fields=name")
    tries = [
        send("POST", path, signed, other),
        send("POST", path, signed, body + b" "),
        send("POST", f"{ADDRESS}/match", signed, body),
        send("GET", path, signed, body),
        send("POST", path, signed, body, query="fields=name"),
        send("GET", f"{ADDRESS}/list", listed, query="fields=name&size=1"),
        send("POST", path, signed | {messages.TIME: str(int(signed[messages.TIME]) + 1)}, body),
        send("POST", path, signed | {messages.NONCE: "another"}, body),
        send("POST", path, signed | {messages.KEY: world.hmac.key_id}, body),
        send("POST", path, signed | {messages.KEY: "k0000000000000000"}, body),
        send("POST", path, signed | {messages.SIGNATURE: "AAAA"}, body),
        send("POST", path, signed | {messages.SIGNATURE: "不"}, body),
        send("POST", path, {name: part for name, part in signed.items() if name != messages.NONCE}, body),
        send("POST", path, {}, body),
    ]
    assert [reply.code for reply in tries] == ["bad-signature"] * 11 + ["not-signed"] * 3


@pytest.mark.parametrize("minutes", [-6, 6, -60 * 24 * 365])
def test_a_call_of_another_time_is_refused(world: World, minutes: int) -> None:
    assert world.sm2.post("query", QUERY, at=NOW + timedelta(minutes=minutes)).code == "stale"


def test_garbage_is_answered_and_logged_and_never_a_fault(world: World) -> None:
    path = f"{ADDRESS}/query"
    for body in (
        b"",
        b"[]",
        b"{",
        b"\xff",
        b'{"key": 1}',
        b'{"key": {}, "key": {}}',
        b"[" * 100_000,
        b"null",
        b"1e999",
    ):
        reply = send("POST", path, world.sm2.headers("POST", path, body), body)
        assert reply.code == "wrong-request", body[:20]
    big = b"x" * ((1 << 20) + 5)
    assert send("POST", path, world.sm2.headers("POST", path, big), big).code == "too-big"
    assert send("BREW", "/api/exchange/", {}).code == "not-signed"
    assert len(records()) == 11


def test_the_rate_and_the_quota_hold(world: World, steward: Actor) -> None:
    actions.set_quota(steward, world.grant, quota_per_day=100, rate_per_second=3)
    codes = [world.hmac.post("query", QUERY).code for _ in range(5)]
    assert codes == ["", "", "", "rate", "rate"]
    actions.set_quota(steward, world.grant, quota_per_day=10, rate_per_second=1000)
    with clock.stopped_at(NOW + timedelta(seconds=1)):
        assert world.hmac.post("match", {"columns": ["id_number"], "lines": ["x"] * 8}).code == "quota"
        assert world.hmac.post("match", {"columns": ["id_number"], "lines": ["x"] * 7}).status == 200
        assert world.hmac.post("query", QUERY).code == "quota"


@pytest.mark.parametrize("family", ["gjzwfwpt", "gjgxjhpt"])
def test_the_headers_of_the_national_platforms_work_with_the_secret_of_the_key_service(
    world: World, family: str
) -> None:
    who, sid = world.national, world.grant.number
    given = who.national("any", {}, family=family, path="/api/exchange/sysapi/secret").body
    assert given["code"] == "0"
    secret = _decrypt(who, given["data"]["secret"])
    reply = who.national(sid, {"id_number": ZHANG_SAN}, family=family, secret=secret)
    assert (reply.status, reply.body["code"]) == (200, "200")
    assert reply.body["data"]["rows"][0]["name"] == "张*"
    wrong = who.national("s_other", {"id_number": ZHANG_SAN}, family=family, secret=secret)
    assert (wrong.body["code"], wrong.body["data"]["code"]) == ("300", "not-granted")
    again = who.national(sid, {"id_number": LI_SI}, family=family, secret=secret)
    assert again.body["data"]["code"] == "replayed"


def _decrypt(who: Caller, text: str) -> str:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    decryptor = Cipher(algorithms.AES(national._aes_key(who.secret.encode())), modes.ECB()).decryptor()  # noqa: S305  # their scheme
    padded = decryptor.update(base64.b64decode(text)) + decryptor.finalize()
    return padded[: -padded[-1]].decode()


def test_the_scheme_of_the_national_platforms_as_published(world: World) -> None:
    assert national.encrypt(b"demo-appkey", b"demo-secret-0001") == "gfT/hZ/gsV4sN4sgZKjVUD4tPACvUbo8vmi7tm1Qdc0="


def test_a_key_of_one_scheme_does_not_open_the_other(world: World) -> None:
    sid = world.grant.number
    hmac_key_in_national = Caller(world.hmac.key_id, secret=world.hmac.secret)
    assert hmac_key_in_national.national(sid, {"id_number": ZHANG_SAN}).body["data"]["code"] == "bad-signature"
    national_key_in_ours = Caller(world.national.key_id, secret=world.national.secret)
    assert national_key_in_ours.post("query", QUERY).code == "bad-signature"
    both = world.sm2.headers("POST", f"{ADDRESS}/query", b"{}") | {"gjzwfwpt_rid": "x", "gjzwfwpt_sid": "s"}
    assert send("POST", f"{ADDRESS}/query", both, b"{}").code == "not-signed"


def test_the_sandbox_has_its_own_keys_and_generated_rows_only(world: World) -> None:
    base = f"/api/exchange/sandbox/{RESOURCE}"
    page = world.sandbox.get("list", "size=1000", base=base).body["rows"]
    assert len(page) == 200
    assert not {"张三", "李四"} & {row["name"] for row in page}
    serve()
    number = "990000196001010013"
    found = world.sandbox.post("query", {"key": {"id_number": number}}, base=base)
    assert (found.status, len(found.body["rows"])) == (200, 1)
    assert world.sandbox.post("query", QUERY, base=base).body["rows"] == []
    assert world.sandbox.post("query", QUERY).code == "no-such-call"
    assert world.sm2.post("query", QUERY, base=base).code == "no-such-call"
    assert world.sandbox.post("query", QUERY, base="/api/exchange/sandbox/nothing").code == "not-granted"


@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet"])
def test_a_file_is_fetched_by_its_link_until_it_ends_or_the_grant_does(world: World, steward: Actor, kind: str) -> None:
    body = world.sm2.post("file", {"format": kind}).body
    reply = send("GET", body["link"], {})
    assert (reply.status, sm3_hex(reply.content), body["rows"]) == (200, body["sm3"], 3)
    assert ZHANG_SAN.encode() not in reply.content
    assert send("GET", body["link"] + "x", {}).code == "not-granted"
    assert [line["rows"] for line in records()][1] == 3
    assert body["link"] not in json.dumps(records())
    actions.revoke(steward, world.grant, "到期前收回", now=NOW)
    assert send("GET", body["link"], {}).code == "not-granted"


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "９９０１",
        "990101660115101",
        "99010119660115101X",
        "\0",
        "\ud800",
        "x" * 5_000,
        1,
        1.5,
        True,
        None,
        [],
        {},
    ],
)
def test_a_strange_value_is_answered_refused_or_not_found_and_logged(world: World, value: Any) -> None:
    asked = world.hmac.post("query", {"key": {"id_number": value}})
    matched = world.hmac.post("match", {"columns": ["id_number"], "lines": [value]})
    for reply in (asked, matched):
        assert reply.status in (200, 400), reply.content
        assert "internal" not in reply.content.decode()
    assert len(records()) == 2
    if asked.status == 200:
        assert asked.body["rows"] == []
    if matched.status == 200:
        assert matched.body["matched"] == [False]


def test_a_partner_reads_the_terms_of_its_grants(world: World) -> None:
    (mine,) = world.sm2.get("", base="/api/exchange/me").body["grants"]
    grant = Grant.objects.get(number=mine["number"])
    for name in ("resource", "fields", "keys", "rows", "quota_per_day", "rate_per_second"):
        assert mine[name] == getattr(grant, name)
    assert (mine["valid_from"], mine["valid_to"], mine["used_today"]) == (
        str(grant.valid_from), str(grant.valid_to), 0,
    )  # fmt: skip

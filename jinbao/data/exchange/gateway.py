"""The gateway: one call in, one answer out; whoever calls is known, allowed, counted and written down first.

It knows nothing of Django's requests: `web.api.exchange` hands the parts over and sends the answer. The order is
signature, time, what is asked, used word, rate and quota, rows, mask, log, answer; nothing leaves before the log is on
the disk.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import connection

from jinbao.data.exchange import files, journal, national, operations, place, sandbox, signatures
from jinbao.data.exchange.call import BEIJING, Answer, Course, Received
from jinbao.data.exchange.directory import Directory, HeldGrant, HeldKey, directory, sandbox_grant
from jinbao.data.exchange.gate import WINDOW_MS, gate
from jinbao.data.exchange.operations import Asked, Told, Work
from jinbao.data.exchange.refusals import (
    BAD_SIGNATURE,
    BROKEN,
    NO_LOG,
    NO_SUCH_CALL,
    NOT_GRANTED,
    NOT_SIGNED,
    STALE,
    TOO_BIG,
    Refusal,
)
from jinbao.data.exchange.signatures import JINBAO
from jinbao.trust.canonical import instant
from jinbao.trust.crypto import messages
from jinbao.trust.sm3 import sm3_hex

log = logging.getLogger(__name__)
BASE = "/api/exchange/"
LARGEST_BODY, LONGEST_QUERY, LONGEST_PATH = 1 << 20, 500, 200

OPERATIONS: dict[tuple[str, str], Callable[[HeldGrant, Asked], Work]] = {
    ("POST", "query"): operations.query,
    ("GET", "list"): operations.listing,
    ("POST", "match"): operations.match,
    ("POST", "file"): files.order,
}


def answer(call: Received) -> Answer:
    """Answer one call of a partner; never raises for what a caller can send."""
    started = time.perf_counter_ns()
    course = Course(uuid.uuid4().hex)
    body_sm3 = sm3_hex(call.body)
    try:
        course.told = _run(call, course, body_sm3)
    except Refusal as refusal:
        course.refusal = refusal
    except Exception:
        log.exception("call %s failed", course.request_id)
        connection.close()
        course.refusal = BROKEN
    content = _content(course)
    answered_sm3 = sm3_hex(content)
    try:
        journal.append(_record(call, course, body_sm3, answered_sm3, started), call.now)
    except OSError:
        log.exception("call %s could not be logged", course.request_id)
        course.refusal, course.told = NO_LOG, None
        content = _content(course)
        answered_sm3 = sm3_hex(content)
    return _answer(course, content, answered_sm3)


def _run(call: Received, course: Course, body_sm3: str) -> Told:
    if len(call.body) > LARGEST_BODY or len(call.query) > LONGEST_QUERY or len(call.path) > LONGEST_PATH:
        raise TOO_BIG
    known = directory()
    asks_secret = call.path == BASE + national.SECRET
    signed = signatures.recognise(call.headers, call.method, call.path, call.query, body_sm3)
    if signed is None:
        raise NOT_SIGNED
    course.signed = signed
    key = known.keys.get(signed.key_id)
    if key is None or not key.holds(call.now_ms) or not signatures.is_good(signed, key, asks_secret=asks_secret):
        raise BAD_SIGNATURE
    course.key = key
    if abs(call.now_ms - signed.time_ms) > WINDOW_MS:
        raise STALE
    work, refusal = _understand(call, known, course)
    today = call.now.astimezone(BEIJING).date().isoformat()
    allowance = course.grant.allowance if course.grant and work else None
    refused = gate().admit(signed.word, call.now_ms, today, allowance, work.cost if work else 0)
    if refused or refusal or work is None:
        raise refused or refusal or BROKEN
    course.cost = work.cost
    return work.run()


def _understand(call: Received, known: Directory, course: Course) -> tuple[Work | None, Refusal | None]:
    """Find out what a call asks for and under which grant; what is wrong with it is told after the word is used up."""
    try:
        return _work(call, known, course), None
    except Refusal as refusal:
        return None, refusal


def _work(call: Received, known: Directory, course: Course) -> Work:
    signed, key = course.signed, course.key
    if signed is None or key is None:
        raise NOT_SIGNED
    if signed.family != JINBAO:
        return national.work(call.path.removeprefix(BASE), call, course, known)
    parts = call.path.removeprefix(BASE).split("/")
    if parts == ["me"] and call.method == "GET":
        return Work(0, lambda: _about(known, key, call))
    operation = OPERATIONS.get((call.method, parts[-1]))
    if len(parts) != 3 or operation is None or parts[0] != ("sandbox" if key.sandbox else "data"):
        raise NO_SUCH_CALL
    course.grant = grant_of(known, key, parts[1], call.now)
    values = operations.read_query(call.query) if call.method == "GET" else operations.read_body(call.body)
    return operation(course.grant, Asked(values, call.now))


def grant_of(known: Directory, key: HeldKey, resource: str, now: datetime) -> HeldGrant:
    """Return the grant under which a key may ask for a resource. Raises the one refusal for all that is not there."""
    if key.sandbox:
        found = sandbox_grant(resource, key.partner_pk)
        if found is not None:
            sandbox.prepare(resource)
    else:
        found = known.grants.get((key.partner_pk, resource))
    if found is None or not found.holds(now.astimezone(BEIJING).date()):
        raise NOT_GRANTED
    return found


def _about(known: Directory, key: HeldKey, call: Received) -> Told:
    """Tell a partner what it was granted and used today."""
    today = call.now.astimezone(BEIJING).date()
    grants = [grant for grant in known.grants.values() if grant.partner_pk == key.partner_pk and not key.sandbox]
    lines = [
        {
            "resource": grant.resource,
            "number": grant.number,
            "fields": grant.fields,
            "keys": list(grant.keys),
            "rows": list(grant.rows),
            "delivery": sorted(grant.delivery),
            "valid_from": str(grant.valid_from),
            "valid_to": str(grant.valid_to),
            "rate_per_second": grant.allowance.rate,
            "quota_per_day": grant.allowance.quota,
            "used_today": gate().used(grant.allowance.name, str(today))[0],
        }
        for grant in grants
        if grant.holds(today)
    ]
    return Told({"grants": lines})


def _content(course: Course) -> bytes:
    """Write the body of the answer."""
    if course.signed and course.signed.family in signatures.FAMILIES:
        return _json(national.shape(course.request_id, course.told, course.refusal))
    refusal = course.refusal
    if refusal:
        said = {"code": refusal.code, "message": refusal.message, "advice": refusal.advice}
        return _json({"request_id": course.request_id} | said)
    return _json({"request_id": course.request_id} | (course.told.body if course.told else {}))


def _json(value: dict[str, Any]) -> bytes:
    return journal.ENCODER.encode(value).encode()


def _record(call: Received, course: Course, body_sm3: str, answer_sm3: str, started: int) -> dict[str, Any]:
    """Write down a call; values of parameters are not in it, only their hash."""
    signed, told = course.signed, course.told
    return {
        "request_id": course.request_id,
        "at": instant(call.now),
        "partner": course.key.partner if course.key else "",
        "key_id": signed.key_id if signed else "",
        "grant": course.grant.number if course.grant else "",
        "family": course.family,
        "method": call.method[:8],
        "path": call.path[:LONGEST_PATH],
        "query": call.query[:LONGEST_QUERY],
        "time": signed.time if signed else "",
        "nonce": signed.nonce if signed else "",
        "body_sm3": body_sm3,
        "signature": signed.signature if signed else "",
        "status": course.refusal.status if course.refusal else 200,
        "code": course.refusal.code if course.refusal else "",
        "rows": told.rows if told else 0,
        "fields": told.fields if told else 0,
        "masked": told.masked if told else 0,
        "cost": course.cost,
        "micros": (time.perf_counter_ns() - started) // 1000,
        "answer_sm3": answer_sm3,
        "address": call.address[:45],
    }


def _answer(course: Course, content: bytes, content_sm3: str) -> Answer:
    """Add the signature by which the caller knows that the answer is ours and belongs to this call."""
    status = course.refusal.status if course.refusal else 200
    headers = {messages.REQUEST: course.request_id}
    if course.signed and course.family in signatures.FAMILIES:
        return Answer(200, content, headers)
    if course.key and course.signed:
        text = messages.answer_text(course.request_id, course.signed.nonce, status, content_sm3)
        headers[messages.SIGNATURE] = signatures.sign_answer(course.key, place.answer_key(), text)
    return Answer(status, content, headers)


def fetch(call: Received, token: str) -> tuple[Answer, Path | None]:
    """Answer a call for a file by its link: the file to send, or the refusal; the link itself is not written down."""
    started = time.perf_counter_ns()
    course, path, delivery = Course(uuid.uuid4().hex), None, None
    try:
        delivery, path = files.find(token, call.now)
    except Refusal as refusal:
        course.refusal = refusal
    content = _content(course)
    record = _record(call, course, sm3_hex(b""), delivery.sm3 if delivery else sm3_hex(content), started)
    record |= {"family": "link", "path": f"{BASE}files/{sm3_hex(token.encode())[:16]}"}
    if delivery:
        record["rows"] = delivery.rows
        if delivery.grant:
            record |= {"partner": delivery.grant.partner.code, "grant": delivery.grant.number}
    try:
        journal.append(record, call.now)
    except OSError:
        log.exception("call %s could not be logged", course.request_id)
        course.refusal, path = NO_LOG, None
        content = _content(course)
    return _answer(course, content, ""), path

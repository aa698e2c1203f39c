"""Push: the rows of a grant are sent to the partner's address as signed requests, until the partner takes them.

A push begins when the served table has another version than the last push. What was not taken is sent again, later
each time; after MOST_ATTEMPTS it is given up and the page says so.
"""

from __future__ import annotations

import base64
import http.client
import os
import uuid
from datetime import date, datetime, time, timedelta
from urllib.parse import urlsplit

from jinbao.data.exchange import directory, journal, place, serving
from jinbao.data.exchange.call import BEIJING
from jinbao.data.exchange.directory import HeldGrant
from jinbao.data.exchange.gate import gate
from jinbao.data.exchange.models import Delivery, Grant
from jinbao.data.exchange.operations import shown
from jinbao.data.exchange.refusals import Refusal
from jinbao.kernel.errors import FormatError
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor
from jinbao.trust.canonical import instant
from jinbao.trust.crypto import messages, sm2
from jinbao.trust.models import Role
from jinbao.trust.sm3 import sm3_hex

HTTP_HOSTS = "JINBAO_EXCHANGE_HTTP_HOSTS"
"""Environment: hosts (host or host:port) to which rows may go without TLS, such as inside a protected network."""
MOST_ATTEMPTS, FIRST_PAUSE, TIMEOUT_S, PAGE = 6, timedelta(minutes=1), 20, 1_000


def check_url(url: str) -> str:
    """Return an address that rows may be pushed to. Raises FormatError for any other."""
    parts = urlsplit(url.strip())
    allowed = [host for host in os.environ.get(HTTP_HOSTS, "").split(",") if host]
    plain = parts.scheme == "http" and (parts.netloc in allowed or parts.hostname in allowed)
    if not parts.hostname or parts.username or parts.fragment or not (parts.scheme == "https" or plain):
        raise FormatError(
            "推送地址不合要求", advice="请用 https 地址；内网主机确需 http 的，由系统管理员在配置中列出。"
        )
    return url.strip()


def run(by: Actor, *, now: datetime) -> int:
    """Push to every partner what is due; return how many pushes were taken."""
    due = [grant for grant in _pushed(now) if _is_due(grant, now)]
    return sum(push(by, grant, now=now).state == Delivery.State.DONE for grant in due)


def _pushed(now: datetime) -> list[Grant]:
    today = now.astimezone(BEIJING).date()
    live = Grant.objects.filter(revoked_at__isnull=True, partner__active=True).exclude(partner__push_url="")
    live = live.filter(valid_from__lte=today, valid_to__gte=today).select_related("partner")
    return [grant for grant in live if directory.PUSH in grant.delivery]


def _is_due(grant: Grant, now: datetime) -> bool:
    """Tell whether there is a new version, or an attempt that waits and may be made now."""
    try:
        version = serving.table(grant.resource, sandbox=False).version
    except Refusal:
        return False
    last = grant.deliveries.filter(kind="push", version=version).order_by("-pk").first()
    return last is None or (last.state == Delivery.State.WAITING and (last.next_at is None or last.next_at <= now))


def push(by: Actor, grant: Grant, *, now: datetime) -> Delivery:
    """Send all pages of a grant and write down how far it came; a page that is not taken ends the attempt.

    What is sent counts towards the day like what is asked for; beyond the quota the push waits for the next day. No
    transaction is open while the partner's side is waited for.
    """
    table = serving.table(grant.resource, sandbox=False)
    held = directory.hold(grant)
    if held is None or not _in_force(grant, now):
        return _kept(by, grant, table.version, 0, "授权已不能使用", now=now, given_up=True)
    allowed, bound = serving.condition_of(held)
    cost, day = table.count_of(allowed, bound), now.astimezone(BEIJING).date()
    word = f"push:{uuid.uuid4().hex}"
    if refused := gate().admit(word, int(now.timestamp() * 1000), day.isoformat(), held.allowance, cost):
        said = f"{refused.message}：待推送 {cost} 行，每日额度 {held.allowance.quota} 行"
        return _kept(by, grant, table.version, 0, said, now=now, until=day + timedelta(days=1))
    sent, said = _send_all(grant, held, table, now)
    return _kept(by, grant, table.version, sent, said, now=now)


def _in_force(grant: Grant, now: datetime) -> bool:
    """Look again whether the grant holds: somebody may have revoked it since."""
    found = Grant.objects.select_related("partner").filter(pk=grant.pk).first()
    return found is not None and found.in_force(now.astimezone(BEIJING).date())


@action("exchange.push", roles=(Role.STEWARD,))
def _kept(
    by: Actor,
    grant: Grant,
    version: str,
    sent: int,
    said: str,
    *,
    now: datetime,
    until: date | None = None,
    given_up: bool = False,
) -> Delivery:
    """Write down an attempt: taken, to be made again after a pause or on another day, or given up."""
    row = grant.deliveries.filter(kind="push", version=version).order_by("-pk").first()
    row = row or Delivery(grant=grant, kind="push", version=version, made_at=now, expires_at=now, rows=0)
    row.rows, row.said = sent, said[:200]
    row.state, row.next_at = Delivery.State.DONE, None
    if until is not None:
        row.state, row.next_at = Delivery.State.WAITING, datetime.combine(until, time.min, BEIJING)
    elif said:
        row.attempts += 1
        again = not given_up and row.attempts < MOST_ATTEMPTS
        row.state = Delivery.State.WAITING if again else Delivery.State.FAILED
        row.next_at = now + FIRST_PAUSE * 2 ** (row.attempts - 1) if again else None
    else:
        row.attempts += 1
    row.save()
    note(target=grant, rows=sent, state=row.state)
    return row


def _send_all(grant: Grant, held: HeldGrant, table: serving.Table, now: datetime) -> tuple[int, str]:
    allowed, bound = serving.condition_of(held)
    fields, sent = list(held.fields), 0
    for number, page in enumerate(table.pages(fields, allowed, bound, PAGE)):
        if not _in_force(grant, now):
            return sent, "授权已不能使用"
        body = {"resource": grant.resource, "grant": grant.number, "version": table.version, "page": number}
        content = journal.ENCODER.encode(body | {"rows": shown(held, fields, page)}).encode()
        if said := _send(grant, content, len(page), len(fields), now):
            return sent, said
        sent += len(page)
    return sent, ""


def _send(grant: Grant, content: bytes, rows: int, fields: int, now: datetime) -> str:
    """Send one page, written down beforehand; return what went wrong."""
    parts = urlsplit(check_url(grant.partner.push_url))
    query = f"?{parts.query}" if parts.query else ""
    stamp, nonce, digest = str(int(now.timestamp() * 1000)), uuid.uuid4().hex, sm3_hex(content)
    text = messages.call_text("POST", parts.path or "/", parts.query, "platform", stamp, nonce, digest)
    signature = base64.b64encode(sm2().sign(place.answer_key(), text)).decode()
    _log(grant, nonce, digest, rows, fields, now)
    values = ("platform", stamp, nonce, signature)
    names = (messages.KEY, messages.TIME, messages.NONCE, messages.SIGNATURE)
    headers = {"Content-Type": "application/json", **dict(zip(names, values, strict=True))}
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    link = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
    try:
        link.request("POST", f"{parts.path or '/'}{query}", content, headers)
        answer = link.getresponse()
        answer.read(1 << 16)
    except (OSError, http.client.HTTPException) as error:
        return f"连接失败：{error}"
    finally:
        link.close()
    return "" if 200 <= answer.status < 300 else f"对方答复 HTTP {answer.status}"


def _log(grant: Grant, nonce: str, digest: str, rows: int, fields: int, now: datetime) -> None:
    masked = sum(level == "masked" for level in grant.fields.values())
    empty = dict.fromkeys(("key_id", "query", "time", "signature", "code", "address"), "")
    journal.append(
        {
            "request_id": nonce,
            "at": instant(now),
            "partner": grant.partner.code,
            "grant": grant.number,
            "family": "push",
            "method": "POST",
            "path": grant.partner.push_url[:200],
            "nonce": nonce,
            "body_sm3": digest,
            "status": 200,
            "rows": rows,
            "fields": fields,
            "masked": masked,
            "cost": rows,
            "micros": 0,
            "answer_sm3": "",
            **empty,
        },
        now,
    )

"""Push: the rows of a grant are sent to the partner's address as signed requests, until the partner takes them.

A push begins when the served table has another version than the last push. What was not taken is sent again, later
each time, from the first page on that was not taken: a few times within the hour, then once a day for a week; then it
is given up until there is another version, and the grant's page says so.
A page has one request number however often it is sent: a partner whose answer was lost knows it again.
"""

from __future__ import annotations

import base64
import http.client
import ipaddress
import os
import re
import socket
import ssl
import threading
import time
import uuid
from contextlib import suppress
from datetime import date, datetime, timedelta
from datetime import time as day_time
from urllib.parse import urlsplit

from jinbao.data.exchange import directory, journal, place, serving
from jinbao.data.exchange.call import BEIJING
from jinbao.data.exchange.directory import HeldGrant
from jinbao.data.exchange.gate import gate
from jinbao.data.exchange.models import Delivery, Grant
from jinbao.data.exchange.operations import shown
from jinbao.data.exchange.refusals import QUOTA, Refusal
from jinbao.kernel.errors import FormatError
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor
from jinbao.trust.canonical import instant
from jinbao.trust.crypto import messages, sm2
from jinbao.trust.models import Role
from jinbao.trust.sm3 import sm3_hex

HTTP_HOSTS = "JINBAO_EXCHANGE_HTTP_HOSTS"
"""Environment: hosts (host or host:port) to which rows may go without TLS, such as inside a protected network."""
SOON, FIRST_PAUSE, MOST_ATTEMPTS = 6, timedelta(minutes=1), 13
"""Attempts at doubling pauses, and those after which it is given up; the ones between come once a day."""
PAGE = 1_000
TIMEOUT_S, MOST_S = 20, 60
"""How long the partner's side may say nothing, and how long a page may take altogether."""
NO_ANSWER = 504
"""What the log says of a page to which no answer came."""


def check_url(url: str) -> str:
    """Return an address that rows may be pushed to. Raises FormatError for any other."""
    url = url.strip()
    try:
        parts = urlsplit(url)
        port, host = parts.port, (parts.hostname or "").encode("idna").decode()
    except ValueError:  # also a name that cannot be written for the name service
        parts, port, host = urlsplit(""), None, ""
    may = (
        _is_listed(url)
        if parts.scheme == "http"
        else parts.scheme == "https" and (_is_listed(url) or not _is_here(host))
    )
    if (
        not _HOST.fullmatch(host)
        or not may
        or port == 0
        or parts.username
        or parts.fragment
        or not (url.isascii() and url.isprintable())
    ):
        raise FormatError(
            "推送地址不合要求",
            advice="请用对方的 https 地址，只含英文字符；内网主机确需 http 的，由系统管理员在配置中列出。",
        )
    return url


def _is_listed(url: str) -> bool:
    """Tell whether the administrator listed the host of an address."""
    allowed = [name for name in os.environ.get(HTTP_HOSTS, "").split(",") if name]
    return urlsplit(url).netloc in allowed or urlsplit(url).hostname in allowed


_HOST = re.compile(r"[A-Za-z0-9._:-]+")


def _is_here(host: str) -> bool:
    """Tell whether a host is this machine or what only this machine reaches, however it is written."""
    host = host.rstrip(".").lower()
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        try:
            address = ipaddress.ip_address(socket.inet_aton(host))  # 127.1, 0x7f000001, 2130706433
        except OSError:
            return host == "localhost" or host.endswith(".localhost")
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or (_last_four(address) if address in _NAT64 else address)
    return address.is_loopback or address.is_link_local or address.is_unspecified


_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def _last_four(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address:
    return ipaddress.IPv4Address(address.packed[-4:])


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
    """Send the pages of a grant and write down how far it came; a page that is not taken ends the attempt.

    Each page counts towards the day like what is asked for; what no longer fits the quota goes on the next day. No
    transaction is open while the partner's side is waited for.
    """
    table = serving.table(grant.resource, sandbox=False)
    held = directory.hold(grant)
    if held is None or not _in_force(grant, now):
        return _kept(by, grant, table.version, 0, "授权已不能使用", now=now, given_up=True)
    taken, day = _taken(grant, table.version), now.astimezone(BEIJING).date()
    word = f"push:{uuid.uuid4().hex}"
    refused = gate().admit(word, int(now.timestamp() * 1000), day.isoformat(), held.allowance, 0)
    if refused is not None:
        return _kept(by, grant, table.version, taken, refused.message, now=now)
    sent, said = _send_all(grant, held, table, taken, now)
    until = day + timedelta(days=1) if said.startswith(QUOTA.message) else None
    return _kept(by, grant, table.version, sent, said, now=now, until=until)


def _taken(grant: Grant, version: str) -> int:
    """Return how many rows the partner took in earlier attempts at this version; pages are always the same."""
    begun = grant.deliveries.filter(kind="push", version=version, state=Delivery.State.WAITING).order_by("-pk").first()
    return begun.rows if begun else 0


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
    older = grant.deliveries.filter(kind="push", state=Delivery.State.WAITING).exclude(version=version)
    older.update(state=Delivery.State.FAILED, next_at=None, said="已有新版本的数据，改推新版本")
    row.rows, row.said = sent, said[:200]
    row.state, row.next_at = Delivery.State.DONE, None
    if until is not None:
        row.state, row.next_at = Delivery.State.WAITING, datetime.combine(until, day_time.min, BEIJING)
    elif said:
        row.attempts += 1
        again = not given_up and row.attempts < MOST_ATTEMPTS
        pause = FIRST_PAUSE * 2 ** (row.attempts - 1) if row.attempts < SOON else timedelta(days=1)
        row.state = Delivery.State.WAITING if again else Delivery.State.FAILED
        row.next_at = now + pause if again else None
    else:
        row.attempts += 1
    row.save()
    note(target=grant, rows=sent, state=row.state)
    return row


def _send_all(grant: Grant, held: HeldGrant, table: serving.Table, taken: int, now: datetime) -> tuple[int, str]:
    allowed, bound = serving.condition_of(held)
    fields, sent, size = list(held.fields), taken, min(PAGE, held.allowance.quota)
    for number, page in enumerate(table.pages(fields, allowed, bound, size)):
        if number < taken // size:
            continue
        if not _in_force(grant, now):
            return sent, "授权已不能使用"
        if not gate().count(held.allowance, now.astimezone(BEIJING).date().isoformat(), len(page)):
            left = table.count_of(allowed, bound) - sent
            return sent, f"{QUOTA.message}：还有 {left} 行待推送，每日额度 {held.allowance.quota} 行"
        request = sm3_hex(f"{grant.number} {table.version} {number}".encode())[:32]
        body = {"request_id": request, "resource": grant.resource, "grant": grant.number, "version": table.version}
        content = journal.ENCODER.encode(body | {"page": number, "rows": shown(held, fields, page)}).encode()
        if said := _send(grant, content, request, len(page), now):
            return sent, said
        sent += len(page)
    return sent, ""


def _send(grant: Grant, content: bytes, request: str, rows: int, now: datetime) -> str:
    """Send one page, written down beforehand; return what went wrong, which is written down too."""
    try:
        url = check_url(grant.partner.push_url)
    except FormatError as error:  # the configuration is another than when it was set
        return error.message
    stamp = str(int(now.timestamp() * 1000))
    parts, nonce, digest = urlsplit(url), uuid.uuid4().hex, sm3_hex(content)
    text = messages.call_text("POST", parts.path or "/", parts.query, "platform", stamp, nonce, digest)
    signature = base64.b64encode(sm2().sign(place.answer_key(), text)).decode()
    named = dict(zip(_HEADERS, ("platform", stamp, nonce, signature, request), strict=True))
    _log(grant, nonce, digest, now, request_id=nonce, rows=rows, cost=rows)
    status, said = _post(url, content, {"Content-Type": "application/json", **named})
    if said:
        _log(grant, nonce, digest, now, request_id=uuid.uuid4().hex, status=status, code="not-taken")
    return said


_HEADERS = (messages.KEY, messages.TIME, messages.NONCE, messages.SIGNATURE, messages.REQUEST)


def _post(url: str, content: bytes, headers: dict[str, str]) -> tuple[int, str]:
    """Post a page, following no redirect; return the status of the answer and what went wrong."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    link, until = kind(parts.hostname or "", parts.port, timeout=TIMEOUT_S), time.monotonic() + MOST_S
    timer = threading.Timer(MOST_S, _cut, [link])
    timer.start()
    try:
        link.connect()
        if not _is_listed(url) and _is_here(str(link.sock.getpeername()[0])):
            return NO_ANSWER, "这个主机名指向本机，没有发送"
        link.request("POST", f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}", content, headers)
        answer = link.getresponse()
        answer.read(1 << 16)
        said = "" if 200 <= answer.status < 300 else f"对方答复 HTTP {answer.status}"
        status = answer.status
    except (OSError, http.client.HTTPException, ValueError) as error:
        status, said = NO_ANSWER, f"连接失败：{_why(error)}"
    finally:
        timer.cancel()
        link.close()
    is_cut = time.monotonic() >= until  # and half an answer looks like a whole one
    return (NO_ANSWER, f"{MOST_S} 秒内没有答复完") if is_cut else (status, said)


def _cut(link: http.client.HTTPConnection) -> None:
    """End a connection on which something is always about to come."""
    if link.sock is not None:
        with suppress(OSError):
            link.sock.shutdown(socket.SHUT_RDWR)


def _why(error: Exception) -> str:
    """Say in words what kept a page from arriving."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"对方的证书不可信（{error.verify_message}）"
    if isinstance(error, TimeoutError):
        return f"{TIMEOUT_S} 秒没有答复"
    if isinstance(error, socket.gaierror):
        return "找不到这个主机名"
    return "对方关闭了连接" if isinstance(error, ConnectionError | http.client.RemoteDisconnected) else str(error)


def _log(grant: Grant, nonce: str, digest: str, now: datetime, **told: str | int) -> None:
    empty = dict.fromkeys(("key_id", "query", "time", "signature", "code", "address", "answer_sm3"), "")
    levels = list(grant.fields.values())
    record = {
        "request_id": "",
        "at": instant(now),
        "partner": grant.partner.code,
        "grant": grant.number,
        "family": "push",
        "method": "POST",
        "path": grant.partner.push_url[:200],
        "nonce": nonce,
        "body_sm3": digest,
        "status": 200,
        "rows": 0,
        "fields": len(levels),
        "masked": levels.count("masked"),
        "cost": 0,
        "micros": 0,
    }
    journal.append(record | empty | told, now)

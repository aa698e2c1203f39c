"""The verbs of the exchange: partners, keys, grants. Whatever they change, every worker knows at its next call."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from jinbao.data.datasets import load_dataset
from jinbao.data.exchange import directory, place, queries, refresh
from jinbao.data.exchange.models import Delivery, Grant, Key, Partner
from jinbao.data.exchange.terms import Terms, draft, require
from jinbao.kernel.errors import Conflict, FormatError, NotAllowed
from jinbao.kernel.identifiers import Uscc
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor
from jinbao.trust.crypto import plain, seal
from jinbao.trust.models import Role

STEWARD = (Role.STEWARD,)
KEEPERS = (Role.STEWARD, Role.PARTNER)
OVERLAP = timedelta(days=7)
"""How long the former key is good after a new one is made."""
MOST_KEYS = 10


@action("exchange.register_partner", roles=STEWARD)
def register_partner(
    by: Actor, code: str, name: str, *, region: str, now: datetime, contact: str = "", phone: str = ""
) -> Partner:
    """Register a unit that may apply for data. Raises FormatError for a wrong code, Conflict for one that is there."""
    number = Uscc.parse(code).number
    if not by.stewards(region):
        raise NotAllowed(f"{by.name}不管理地区 {region} 的数据", advice="请由该地区的数据管理人员登记。")
    if not name.strip() or len(name) > 128:
        raise FormatError("合作单位名称为 1 至 128 个字", advice="请填写单位全称。")
    try:
        with transaction.atomic():
            made = Partner.objects.create(
                code=number, name=name.strip(), region=region, contact=contact[:64], phone=phone[:20], registered_at=now
            )
    except IntegrityError:
        raise Conflict(f"{number} 已经登记", advice="请在合作单位列表中查看。") from None
    directory.turn()
    return made


@action("exchange.set_active", roles=STEWARD)
def set_active(by: Actor, partner: Partner, *, active: bool, why: str) -> Partner:
    """Stop everything a partner may do at once, or let it go on."""
    found = _managed(by, partner)
    _why(why)
    found.active = active
    found.save(update_fields=["active"])
    directory.turn()
    note(target=found, active=active, why=why[:200])
    return found


@action("exchange.set_push_url", roles=STEWARD)
def set_push_url(by: Actor, partner: Partner, url: str) -> Partner:
    """Say where rows are pushed to: https, or http to a host that the deployment allows."""
    from jinbao.data.exchange.push import check_url

    found = _managed(by, partner)
    was = found.push_url
    found.push_url = check_url(url) if url else ""
    found.save(update_fields=["push_url"])
    if found.push_url != was:  # what another server took of a version, this one has never seen
        Delivery.objects.filter(grant__partner=found, kind="push", state=Delivery.State.WAITING).update(rows=0)
    note(target=found, url=found.push_url)
    return found


@action("exchange.add_public_key", roles=KEEPERS)
def add_public_key(by: Actor, partner: Partner, public: str, *, now: datetime, sandbox: bool = False) -> Key:
    """Keep the SM2 public key of a partner (04 ‖ x ‖ y in hexadecimal); the former one ends after the overlap.

    Raises FormatError for what is no point of the curve.
    """
    text = "".join(public.split()).lower().removeprefix("0x")
    try:
        plain.point_of(bytes.fromhex(text))
    except ValueError:
        raise FormatError("不是 SM2 公钥", advice="请填写 04 开头的 130 位十六进制公钥（未压缩）。") from None
    return _add(by, partner, Key(kind=Key.Kind.SM2, public=text, sandbox=sandbox, made_at=now))


@action("exchange.make_secret", roles=KEEPERS)
def _make_secret(by: Actor, partner: Partner, kind: str, secret: _Once, *, now: datetime, sandbox: bool) -> Key:
    """Make a secret for a partner and keep it sealed; the former one of its kind ends after the overlap."""
    if kind not in (Key.Kind.HMAC, Key.Kind.NATIONAL):
        raise FormatError("没有这种密钥", advice="可用：HMAC-SM3、国家平台报文头。")
    key = Key(key_id=_key_id(sandbox=sandbox), kind=kind, sandbox=sandbox, made_at=now)
    key.sealed = seal(place.sealing_key(), secret.text.encode(), key.key_id.encode()).hex()
    return _add(by, partner, key)


class _Once:
    """A secret on its way to whoever asked for it; the audit trail sees only that there is one."""

    def __init__(self) -> None:
        self.text = secrets.token_urlsafe(32)


def make_secret(by: Actor, partner: Partner, kind: str, *, now: datetime, sandbox: bool = False) -> tuple[Key, str]:
    """Make a secret and return it with its key: this is the only time it is shown."""
    secret = _Once()
    return _make_secret(by, partner, kind, secret, now=now, sandbox=sandbox), secret.text


def _key_id(*, sandbox: bool) -> str:
    return f"{'t' if sandbox else 'k'}{secrets.token_hex(8)}"


def _add(by: Actor, partner: Partner, key: Key) -> Key:
    """Add a key; the others of its kind end after the overlap."""
    key.partner = _held(by, partner)
    key.key_id = key.key_id or _key_id(sandbox=key.sandbox)
    mine = Key.objects.filter(partner=key.partner, withdrawn_at__isnull=True)
    alive = mine.exclude(valid_until__lte=key.made_at)
    if alive.count() >= MOST_KEYS:
        raise Conflict(f"有效的密钥已有 {MOST_KEYS} 个", advice="请先停用不再使用的密钥。")
    alive.filter(kind=key.kind, sandbox=key.sandbox, valid_until__isnull=True).update(valid_until=key.made_at + OVERLAP)
    key.save()
    directory.turn()
    note(target=key, kind=key.kind, sandbox=key.sandbox, partner=key.partner.code)
    return key


@action("exchange.withdraw_key", roles=KEEPERS)
def withdraw_key(by: Actor, unwanted: Key, why: str, *, now: datetime) -> Key:
    """Take a key out of use at once, with the reason."""
    _held(by, unwanted.partner)
    _why(why)
    Key.objects.filter(pk=unwanted.pk, withdrawn_at__isnull=True).update(withdrawn_at=now)
    directory.turn()
    unwanted.refresh_from_db()
    note(target=unwanted, why=why.strip()[:200])
    return unwanted


@action("exchange.grant", roles=(Role.REVIEWER,))
def grant(by: Actor, partner: Partner, terms: Terms, case_number: str, *, now: datetime) -> Grant:
    """Grant what an approved case decided; a grant that the partner has for the resource is replaced.

    Raises FormatError for terms that do not fit the dataset, Conflict for data that is not shared.
    """
    found = Partner.objects.select_for_update().get(pk=partner.pk)
    dataset = load_dataset(terms.resource)
    require(found, dataset, terms)
    former = Grant.objects.filter(partner=found, resource=terms.resource, revoked_at__isnull=True)
    former.update(revoked_at=now, revoked_by=by.username, revoked_why=f"由办件 {case_number} 的新授权替代"[:200])
    made = draft(found, dataset, terms)
    made.number = f"s_{found.region}{now:%Y%m%d}_{secrets.token_hex(4)}"
    made.case_number, made.granted_by, made.granted_at = case_number, by.username, now
    made.save()
    refresh.ensure(terms.resource)
    directory.turn()
    note(target=made, partner=found.code, resource=terms.resource, case=case_number)
    return made


@action("exchange.revoke", roles=(Role.STEWARD, Role.REVIEWER))
def revoke(by: Actor, row: Grant, why: str, *, now: datetime) -> Grant:
    """End a grant at once, with the reason."""
    if not queries.looks_after(by, row.partner):
        raise NotAllowed("没有这项授权，或您无权管理", advice="请由该地区的数据管理人员办理。")
    _why(why)
    changed = Grant.objects.filter(pk=row.pk, revoked_at__isnull=True).update(
        revoked_at=now, revoked_by=by.username, revoked_why=why.strip()[:200]
    )
    directory.turn()
    row.refresh_from_db()
    note(target=row, why=why.strip()[:200], already=not changed)
    return row


@action("exchange.set_quota", roles=STEWARD)
def set_quota(by: Actor, row: Grant, *, quota_per_day: int, rate_per_second: int) -> Grant:
    """Change how much may be asked under a grant."""
    _managed(by, row.partner)
    if not 0 < quota_per_day < 2**31 or not 0 < rate_per_second <= 10_000:
        raise FormatError("额度应为正整数，每秒不超过 10000 次", advice="请核对每日额度和每秒次数。")
    row.quota_per_day, row.rate_per_second = quota_per_day, rate_per_second
    row.save(update_fields=["quota_per_day", "rate_per_second"])
    directory.turn()
    note(target=row, quota=quota_per_day, rate=rate_per_second)
    return row


def _managed(by: Actor, partner: Partner) -> Partner:
    """Lock a partner that the actor manages."""
    if not queries.looks_after(by, partner):
        raise NotAllowed("没有这个合作单位，或您无权管理", advice="请由该地区的数据管理人员办理。")
    return Partner.objects.select_for_update().get(pk=partner.pk)


def _held(by: Actor, partner: Partner) -> Partner:
    """Lock a partner whose keys the actor keeps: its own agent, or the data steward."""
    own = by.role == Role.PARTNER and by.subject == partner.code
    if not own and not (by.role != Role.PARTNER and queries.looks_after(by, partner)):
        raise NotAllowed("没有这个合作单位，或您无权管理", advice="请由本单位或数据管理人员办理。")
    return Partner.objects.select_for_update().get(pk=partner.pk)


def _why(text: str) -> None:
    if not text.strip():
        raise FormatError("须写明原因", advice="请填写后重新提交。")

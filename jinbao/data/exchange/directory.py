"""Partners, keys and grants as the gateway needs them: read when the switch's token changes, else from memory.

The token is read at every call, so that a revocation is known to every worker with its next call.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from django.db import connection

from jinbao.data.datasets import Dataset, load_dataset
from jinbao.data.exchange import place
from jinbao.data.exchange.gate import Allowance
from jinbao.data.exchange.masks import MASKED, default_level, mask_of
from jinbao.data.exchange.models import Grant, Key, Switch
from jinbao.kernel.errors import DeclarationError, NotFound
from jinbao.trust.crypto import open_sealed

API, MATCH, FILE, PUSH = "api", "match", "file", "push"
DELIVERIES = {API: "接口查询", MATCH: "比对核验", FILE: "文件", PUSH: "推送"}
IDENTIFYING = frozenset({"公民身份号码", "证件号码", "统一社会信用代码"})
SANDBOX_QUOTA, SANDBOX_RATE = 20_000, 20


@dataclass(frozen=True, eq=False)
class HeldKey:
    """A key with its secret at hand."""

    key_id: str
    kind: str
    partner: str
    partner_pk: int
    sandbox: bool
    public: bytes
    secret: bytes
    valid_until_ms: int | None

    def holds(self, now_ms: int) -> bool:
        """Tell whether the key is good at a time."""
        return self.valid_until_ms is None or now_ms < self.valid_until_ms


@dataclass(frozen=True, eq=False)
class HeldGrant:
    """A grant in the form in which it is applied."""

    pk: int | None
    number: str
    partner_pk: int
    resource: str
    fields: dict[str, str]
    keys: tuple[str, ...]
    rows: tuple[dict[str, Any], ...]
    delivery: frozenset[str]
    valid_from: date
    valid_to: date
    allowance: Allowance
    masks: dict[str, Callable[[Any], Any]] = field(default_factory=dict)

    @property
    def sandbox(self) -> bool:
        """Whether it gives generated data only."""
        return self.pk is None

    def holds(self, day: date) -> bool:
        """Tell whether the grant is in force on a day."""
        return self.valid_from <= day <= self.valid_to


@dataclass(frozen=True)
class Directory:
    """Everything at one token."""

    token: str
    keys: dict[str, HeldKey]
    grants: dict[tuple[int, str], HeldGrant]
    by_number: dict[str, HeldGrant]


_held: Directory | None = None


def turn() -> None:
    """Tell every worker that partners, keys or grants have changed; within the transaction that changes them."""
    token = secrets.token_hex(16)
    if not Switch.objects.filter(pk=1).update(token=token):
        Switch.objects.create(token=token)


def directory() -> Directory:
    """Return the directory as of now."""
    global _held  # noqa: PLW0603  # one value for the process, replaced whole
    with connection.cursor() as cursor:
        cursor.execute("SELECT token FROM exchange_switch WHERE id = 1")
        row = cursor.fetchone()
    token = row[0] if row else ""
    if _held is None or _held.token != token or not token:
        _held = _read(token)
    return _held


def _read(token: str) -> Directory:
    keys = Key.objects.filter(withdrawn_at__isnull=True, partner__active=True).select_related("partner")
    grants = Grant.objects.filter(revoked_at__isnull=True, partner__active=True)
    held = [hold(grant) for grant in grants]
    known = [each for each in held if each is not None]
    return Directory(
        token,
        {key.key_id: held_key(key) for key in keys},
        {(each.partner_pk, each.resource): each for each in known},
        {each.number: each for each in known},
    )


def held_key(key: Key) -> HeldKey:
    """Open a key. Raises ValueError when the sealing key is another one."""
    sealed = bytes.fromhex(key.sealed)
    return HeldKey(
        key.key_id,
        key.kind,
        key.partner.code,
        key.partner_id,
        key.sandbox,
        bytes.fromhex(key.public),
        open_sealed(place.sealing_key(), sealed, key.key_id.encode()) if sealed else b"",
        int(key.valid_until.timestamp() * 1000) if key.valid_until else None,
    )


def hold(grant: Grant) -> HeldGrant | None:
    """Make a grant ready, without what has come to be 不予共享 since; None when nothing of it is left."""
    try:
        dataset = load_dataset(grant.resource)
    except (NotFound, DeclarationError):
        return None
    shared = {column.name for column in dataset.shared}
    fields = {name: level for name, level in grant.fields.items() if name in shared}
    if not fields or any(each["column"] not in shared for each in grant.rows):
        return None
    return HeldGrant(
        grant.pk,
        grant.number,
        grant.partner_id,
        grant.resource,
        fields,
        tuple(name for name in grant.keys if name in fields),
        tuple(grant.rows),
        frozenset(grant.delivery),
        grant.valid_from,
        grant.valid_to,
        Allowance(grant.number, grant.rate_per_second, grant.quota_per_day),
        masks_of(dataset, fields),
    )


def masks_of(dataset: Dataset, fields: dict[str, str]) -> dict[str, Callable[[Any], Any]]:
    """Return the masks of the fields that are given masked."""
    columns = {column.name: column for column in dataset.columns}
    return {name: mask_of(columns[name]) for name, level in fields.items() if level == MASKED and name in columns}


def keys_of(dataset: Dataset) -> tuple[str, ...]:
    """Return the columns by which rows of a dataset can be looked up: those that identify, else its key."""
    shared = {column.name for column in dataset.shared}
    named = tuple(column.name for column in dataset.shared if column.type in IDENTIFYING)
    return (
        named
        or tuple(name for name in dataset.key if name in shared)
        or tuple(column.name for column in dataset.shared[:1])
    )


@lru_cache(256)
def sandbox_grant(resource: str, partner_pk: int) -> HeldGrant | None:
    """Return what anybody with a key for the sandbox may do there; None where nothing can be granted."""
    try:
        dataset = load_dataset(resource)
    except (NotFound, DeclarationError):
        return None
    fields = {column.name: default_level(column) for column in dataset.shared}
    if not fields:
        return None
    return HeldGrant(
        None,
        f"sandbox-{resource}",
        partner_pk,
        resource,
        fields,
        keys_of(dataset),
        (),
        frozenset(DELIVERIES),
        date.min,
        date.max,
        Allowance(f"sandbox:{partner_pk}:{resource}", SANDBOX_RATE, SANDBOX_QUOTA),
        masks_of(dataset, fields),
    )

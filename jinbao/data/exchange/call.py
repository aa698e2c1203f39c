"""A call of the gateway from arrival to answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from jinbao.data.exchange.directory import HeldGrant, HeldKey
from jinbao.data.exchange.operations import Told
from jinbao.data.exchange.refusals import Refusal
from jinbao.data.exchange.signatures import Signed

BEIJING = timezone(timedelta(hours=8))


@dataclass(frozen=True)
class Received:
    """A call as it came; header names in lower case with hyphens."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    address: str
    now: datetime

    @property
    def now_ms(self) -> int:
        """The time of arrival in milliseconds since 1970."""
        return int(self.now.timestamp() * 1000)


@dataclass
class Answer:
    """What goes back."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Course:
    """What is known of a call so far: the log takes it from here, however far the call came."""

    request_id: str
    signed: Signed | None = None
    key: HeldKey | None = None
    grant: HeldGrant | None = None
    cost: int = 0
    told: Told | None = None
    refusal: Refusal | None = None

    @property
    def family(self) -> str:
        """The scheme by which the call was signed, empty for none."""
        return self.signed.family if self.signed else ""

"""Canonical JSON: one value, one sequence of bytes, in every process and database (after RFC 8785, without floats)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any

from django.db.models import Model

from jinbao.kernel.months import Month

_NOT_STORABLE = {0: "\ufffd"} | dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
"""NUL and lone surrogates: PostgreSQL refuses them, so both databases keep a replacement character."""


def canonical(value: Any) -> bytes:
    """Return the canonical bytes of a plain value: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def reference(model: Model) -> str:
    """Name a row so that it can be found again, such as "registry.Person:12"."""
    return f"{model._meta.label}:{model.pk}"


def plain(value: Any) -> Any:  # noqa: PLR0911  # one line a type reads better than a table of lambdas
    """Turn a value of the house into one that JSON holds exactly; raise TypeError for floats and unknown types."""
    if isinstance(value, Enum):
        return plain(value.value)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return value.translate(_NOT_STORABLE)
    if isinstance(value, Model):
        return reference(value)
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, Decimal | Month | date | PurePath):
        return str(value)
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = [plain(item) for item in value]
        return sorted(items, key=canonical) if isinstance(value, set | frozenset) else items
    raise TypeError(f"{type(value).__name__} has no exact JSON form: {value!r}")


def instant(at: datetime) -> str:
    """Write an instant in UTC with microseconds; raise ValueError for a time without a zone."""
    if at.tzinfo is None:
        raise ValueError(f"{at} has no time zone")
    return at.astimezone(UTC).isoformat(timespec="microseconds")

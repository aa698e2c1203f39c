"""Answers of actions as JSON, so that a repeated request gets the answer that the first one got."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db.models import Model

from jinbao.kernel.errors import NotFound
from jinbao.kernel.months import Month

_SIMPLE: dict[str, tuple[type, Callable[[str], Any]]] = {
    "datetime": (datetime, datetime.fromisoformat),
    "date": (date, date.fromisoformat),
    "decimal": (Decimal, Decimal),
    "month": (Month, Month.parse),
    "path": (Path, Path),
}


def encode(value: Any) -> Any:  # noqa: PLR0911  # one line a type
    """Turn an answer into JSON: rows become references, dataclasses and lists keep their shape.

    Raises TypeError for what cannot be told again later, such as an iterator.
    """
    if value is None or (isinstance(value, bool | int | str) and not isinstance(value, Enum)):
        return value
    if isinstance(value, Enum):
        return {"$": "enum", "class": _path_of(type(value)), "value": value.value}
    if isinstance(value, Model):
        return {"$": "row", "model": value._meta.label, "pk": value.pk}
    if isinstance(value, list | tuple):
        return _encode_items(value)
    if isinstance(value, dict):
        return {"$": "dict", "items": [[encode(key), encode(item)] for key, item in value.items()]}
    if is_dataclass(value) and not isinstance(value, type | Month):
        content = {field.name: encode(getattr(value, field.name)) for field in fields(value)}
        return {"$": "dataclass", "class": _path_of(type(value)), "fields": content}
    return _encode_simple(value)


def _encode_simple(value: Any) -> dict[str, str]:
    for name, (kind, _) in _SIMPLE.items():
        if isinstance(value, kind):
            return {"$": name, "value": value.isoformat() if isinstance(value, datetime) else str(value)}
    raise TypeError(f"an answer to a request with a key cannot be a {type(value).__name__}")


def _encode_items(items: list[Any] | tuple[Any, ...]) -> dict[str, Any]:
    shape = type(items).__name__ if type(items) in (list, tuple) else "tuple"
    models = {type(item) for item in items}
    if len(models) == 1 and issubclass(next(iter(models)), Model):
        return {"$": "rows", "as": shape, "model": items[0]._meta.label, "pks": [item.pk for item in items]}
    return {"$": shape, "items": [encode(item) for item in items]}


def decode(stored: Any) -> Any:
    """Turn stored JSON back into the answer; rows are read as they are now.

    Raises NotFound when a row of the answer no longer exists.
    """
    return _DECODERS[stored["$"]](stored) if isinstance(stored, dict) else stored


def _decode_rows(stored: dict[str, Any]) -> Any:
    model = apps.get_model(stored["model"])
    rows = model._base_manager.in_bulk(stored["pks"])
    gone = [pk for pk in stored["pks"] if pk not in rows]
    if gone:
        raise NotFound(
            f"{stored['model']} {gone[0]} 已不存在", advice="请求早先已办理，其结果后来被删除；请查看审计记录。"
        )
    found = [rows[pk] for pk in stored["pks"]]
    return found if stored["as"] == "list" else tuple(found)


def _decode_row(stored: dict[str, Any]) -> Any:
    return _decode_rows({"model": stored["model"], "pks": [stored["pk"]], "as": "list"})[0]


def _decode_dataclass(stored: dict[str, Any]) -> Any:
    return _class_at(stored["class"])(**{name: decode(item) for name, item in stored["fields"].items()})


def _reader(read: Callable[[str], Any]) -> Callable[[dict[str, Any]], Any]:
    return lambda stored: read(stored["value"])


_DECODERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "row": _decode_row,
    "rows": _decode_rows,
    "dataclass": _decode_dataclass,
    "enum": lambda stored: _class_at(stored["class"])(stored["value"]),
    "list": lambda stored: [decode(item) for item in stored["items"]],
    "tuple": lambda stored: tuple(decode(item) for item in stored["items"]),
    "dict": lambda stored: {decode(key): decode(item) for key, item in stored["items"]},
    **{name: _reader(read) for name, (_, read) in _SIMPLE.items()},
}


def _path_of(cls: type) -> str:
    return f"{cls.__module__}:{cls.__qualname__}"


def _class_at(path: str) -> type:
    """Return a class by its path; only classes of loaded modules, and only those that `encode` writes."""
    module, _, name = path.partition(":")
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    if not isinstance(found, type) or not (is_dataclass(found) or issubclass(found, Enum)):
        raise NotFound(f"早先的答复无法读取：没有 {path}", advice="程序已升级；请改用新的请求编号重新提交。")
    return found

"""Declared files: YAML into frozen dataclasses, every error with file:line.

    @dataclass(frozen=True)
    class Step:
        name: str
        days: int = 5

    @dataclass(frozen=True)
    class Service:
        title: str
        since: Month
        from_: date                          # a trailing underscore is dropped: the key is "from"
        steps: tuple[Step, ...] = ()
        fee: Decimal | None = None
        names: Mapping[str, str] = field(default_factory=dict)
        extra: Any = None                    # free-form part: located values, see jinbao.kernel.located
        at: Place = NOWHERE                  # never read: filled with the file and line of this mapping

    service = read_declared(path, Service)
    services = read_declared(path, tuple[Service, ...])          # a file that is a list
    by_name = read_declared(path, dict[str, Service])            # a file that is a mapping of free names

The declared type decides what a scalar means, so `code: 010203` is a text where the field is a `str` and an error where
it is an `int`. Understood types: str, int, bool, Decimal, date, Month, Path, Enum, Literal, dataclasses, tuple[X, ...],
Mapping[K, V], dict[K, V], X | None, X | Y (the first that fits), Any. An Enum is written by its value.

Unknown key, missing key, wrong type, duplicate key and empty value are DeclarationErrors. A `__post_init__` may raise
any JinbaoError without a place; the place is added here.

For free-form files use `read_yaml` and `place_of`, which are offered here too.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, Literal, NoReturn, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import yaml

from jinbao.kernel import located
from jinbao.kernel.errors import DeclarationError, JinbaoError, Place
from jinbao.kernel.located import LocatedDict, LocatedList, place_of, read_yaml
from jinbao.kernel.months import Month

__all__ = ["LocatedDict", "LocatedList", "place_of", "read_declared", "read_yaml"]

T = TypeVar("T")


def read_declared(path: Path, cls: type[T]) -> T:
    """Read a YAML file into a frozen dataclass, or a tuple or mapping of them (see the module's text).

    Raises DeclarationError with file:line.
    """
    node = located.compose(path)
    if node is None:
        raise DeclarationError("文件是空的", at=Place(str(path)))
    return cast("T", _Reader(str(path)).read(node, cls, "文件"))


class _Reader:
    """Reads the nodes of one file; `what` names the thing being read, for messages."""

    def __init__(self, file: str) -> None:
        self.file = file

    def fail(self, node: yaml.Node, message: str, advice: str = "") -> NoReturn:
        raise DeclarationError(message, at=located.node_place(node, self.file), advice=advice)

    def read(self, node: yaml.Node, kind: Any, what: str) -> Any:
        if kind is Any:
            return located.value_of(node, self.file)
        origin = get_origin(kind)
        if origin in (Union, types.UnionType):
            return self.read_union(node, get_args(kind), what)
        if located.is_null(node):
            self.fail(node, f"“{what}”没有值", advice="请填写，或删去这个可以省略的键。")
        if _is_declared(kind):
            return self.read_dataclass(node, cast("type", kind), what)
        if origin is tuple:
            return self.read_tuple(node, get_args(kind), what)
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return self.read_mapping(node, get_args(kind), what)
        if not isinstance(node, yaml.ScalarNode):
            self.fail(node, f"“{what}”应为一个值，实为{_shape(node)}")
        return self.read_scalar(node, kind, what)

    def read_union(self, node: yaml.Node, kinds: tuple[Any, ...], what: str) -> Any:
        if types.NoneType in kinds and located.is_null(node):
            return None
        candidates = [kind for kind in kinds if kind is not types.NoneType]
        fitting = [kind for kind in candidates if _fits(node, kind)] or candidates
        for kind in fitting[:-1]:
            with suppress(DeclarationError):
                return self.read(node, kind, what)
        return self.read(node, fitting[-1], what)

    def read_tuple(self, node: yaml.Node, kinds: tuple[Any, ...], what: str) -> tuple[Any, ...]:
        kind, *rest = kinds
        if rest != [...]:
            raise TypeError(f"read_declared understands tuple[X, ...] only, not {kinds!r} of {what!r}")
        if not isinstance(node, yaml.SequenceNode):
            self.fail(node, f"“{what}”应为列表，实为{_shape(node)}", advice="列表的每一项以“- ”开头。")
        return tuple(self.read(item, kind, f"{what}第 {n} 项") for n, item in enumerate(node.value, 1))

    def read_mapping(self, node: yaml.Node, kinds: tuple[Any, ...], what: str) -> dict[Any, Any]:
        key_kind, kind = kinds
        found: dict[Any, Any] = {}
        for key_node, value in self.pairs(node, what):
            key = self.read(key_node, key_kind, "键")
            if key in found:
                self.fail(key_node, f"键“{key_node.value}”重复", advice="请合并或删去其一。")
            found[key] = self.read(value, kind, key_node.value)
        return found

    def pairs(self, node: yaml.Node, what: str) -> list[tuple[yaml.ScalarNode, yaml.Node]]:
        if not isinstance(node, yaml.MappingNode):
            self.fail(node, f"“{what}”应为“键: 值”的组合，实为{_shape(node)}")
        return list(located.pairs_of(node, self.file))

    def read_dataclass(self, node: yaml.Node, cls: type, what: str) -> Any:
        known = _fields(cls)
        values: dict[str, Any] = {}
        for key, value in self.pairs(node, what):
            if key.value not in known:
                self.fail(key, f"“{what}”没有“{key.value}”这个键", advice=_similar(key.value, known))
            field, kind = known[key.value]
            values[field.name] = self.read(value, kind, key.value)
        missing = [key for key, (field, _) in known.items() if field.name not in values and _required(field)]
        if missing:
            self.fail(node, f"“{what}”缺少：{'、'.join(missing)}")
        return self.build(node, cls, values)

    def build(self, node: yaml.Node, cls: type, values: dict[str, Any]) -> Any:
        place = located.node_place(node, self.file)
        places = dict.fromkeys(_place_fields(cls), place)
        try:
            return cls(**values, **places)
        except JinbaoError as error:
            if error.at is not None:
                raise
            raise DeclarationError(error.message, at=place, advice=error.advice) from error

    def read_scalar(self, node: yaml.ScalarNode, kind: Any, what: str) -> Any:
        if get_origin(kind) is Literal:
            return self.read_choice(node, {str(choice): choice for choice in get_args(kind)}, what)
        if isinstance(kind, type) and issubclass(kind, Enum):
            return self.read_choice(node, {str(member.value): member for member in kind}, what)
        if kind not in _SCALARS:
            raise TypeError(f"read_declared does not understand the type {kind!r} of {what!r}")
        name, read = _SCALARS[kind]
        try:
            return read(node, self.file)
        except (ValueError, JinbaoError):
            self.fail(node, f"“{what}”应为{name}，实为“{node.value}”")

    def read_choice(self, node: yaml.ScalarNode, choices: Mapping[str, Any], what: str) -> Any:
        if node.value not in choices:
            self.fail(node, f"“{what}”不能是“{node.value}”", advice=f"只能是：{'、'.join(choices)}。")
        return choices[node.value]


def _of_type(kind: type) -> Callable[[yaml.ScalarNode, str], Any]:
    """Make a reader that accepts only scalars that look like `kind`."""

    def read(node: yaml.ScalarNode, file: str) -> Any:
        value = located.scalar_value(node, file)
        if type(value) is not kind:
            raise ValueError(node.value)
        return value

    return read


def _decimal(node: yaml.ScalarNode, file: str) -> Decimal:
    value = located.scalar_value(node, file)
    if type(value) not in (int, Decimal):
        raise ValueError(node.value)
    return Decimal(node.value)


_SCALARS: dict[Any, tuple[str, Callable[[yaml.ScalarNode, str], Any]]] = {
    str: ("文字", lambda node, _: node.value),
    int: ("整数", _of_type(int)),
    bool: (" true 或 false", _of_type(bool)),
    Decimal: ("数字", _decimal),
    date: ("日期（2026-01-31）", located.date_of),
    Month: ("年月（2026-01）", lambda node, _: Month.parse(node.value)),
    Path: ("路径", lambda node, _: Path(node.value)),
}


@cache
def _fields(cls: type) -> dict[str, tuple[Field[Any], Any]]:
    """The keys that may be written for a dataclass, with field and type."""
    hints = get_type_hints(cls)
    return {
        field.name.rstrip("_"): (field, hints[field.name])
        for field in fields(cls)
        if field.init and hints[field.name] is not Place
    }


@cache
def _place_fields(cls: type) -> tuple[str, ...]:
    hints = get_type_hints(cls)
    return tuple(field.name for field in fields(cls) if hints[field.name] is Place)


def _required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _similar(key: str, known: Mapping[str, Any]) -> str:
    close = get_close_matches(key, known, n=1)
    return f"是不是“{close[0]}”？" if close else f"可用的键：{'、'.join(known)}。"


def _is_declared(kind: Any) -> bool:
    """Tell whether a type is a dataclass of the file; Month is one too, but written as a scalar."""
    return kind not in _SCALARS and is_dataclass(kind)


def _fits(node: yaml.Node, kind: Any) -> bool:
    """Tell whether the shape of a node (mapping, list, scalar) is that of a type."""
    origin = get_origin(kind)
    if isinstance(node, yaml.SequenceNode):
        return origin is tuple
    is_mapping = _is_declared(kind) or (isinstance(origin, type) and issubclass(origin, Mapping))
    return is_mapping == isinstance(node, yaml.MappingNode) and origin is not tuple


def _shape(node: yaml.Node) -> str:
    if isinstance(node, yaml.ScalarNode):
        return f"“{node.value}”"
    return "列表" if isinstance(node, yaml.SequenceNode) else "“键: 值”的组合"

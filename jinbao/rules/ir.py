"""The intermediate form of a rule: small, typed, without loops; every reading of the law is made from it.

A rule body is one expression tree. `Choose` is both `if … return` and `a if c else b`; `Bind` is a local name. Months,
days and ages are integers inside (ordinal months, ordinal days, months of age), so that a column kernel and this
interpreter count alike. Every node knows its line, type, unit (None: not known) and whether its value is `exact`:
a quotient of fifty digits is not, and is settled before it is rounded or compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from decimal import Decimal
from enum import Enum
from typing import Any, Literal

Grain = Literal["人", "年", "月"]
FINENESS: dict[str, int] = {"人": 0, "年": 1, "月": 2}


class Type(Enum):
    """What a value is; the Chinese name is what the glossary and messages say."""

    NUMBER = "数"
    INTEGER = "整数"
    MONTH = "年月"
    DATE = "日期"
    AGE = "年龄"
    BOOL = "布尔"
    CHOICE = "选项"
    TABLE = "表"
    NEVER = "拒绝"


NUMERIC = (Type.NUMBER, Type.INTEGER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Base of every expression."""

    line: int = 0
    type: Type = Type.NUMBER
    unit: str | None = None
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Const(Node):
    """A literal or a named constant; `text` is how the rule writes it."""

    value: Decimal | int | bool | str
    text: str


@dataclass(frozen=True, slots=True)
class Input(Node):
    """The value of a rule, parameter or fact at the time of the row (or of the person) that is being computed."""

    name: str
    kind: str
    grain: Grain
    at: Grain
    optional: bool = False
    element: Type = Type.NUMBER


@dataclass(frozen=True, slots=True)
class AsOf(Node):
    """A parameter as of another year or month."""

    name: str
    by: Literal["年", "月"]
    when: Node
    element: Type = Type.NUMBER


@dataclass(frozen=True, slots=True)
class Local(Node):
    """A name bound in the same rule."""

    name: str


@dataclass(frozen=True, slots=True)
class Arith(Node):
    """+ - * / // % of two values."""

    op: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Negate(Node):
    """Minus."""

    item: Node


@dataclass(frozen=True, slots=True)
class ToNumber(Node):
    """A whole number used as a decimal number."""

    item: Node


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """== != < <= > >= of two values."""

    op: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """and / or of two or more conditions."""

    op: Literal["and", "or"]
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not(Node):
    """Negation of a condition."""

    item: Node


@dataclass(frozen=True, slots=True)
class Choose(Node):
    """One of two values by a condition; only the chosen one is evaluated."""

    test: Node
    then: Node
    other: Node


@dataclass(frozen=True, slots=True)
class Bind(Node):
    """A local name and what follows."""

    name: str
    value: Node
    body: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A scalar verb; `places` is the literal of the rounding verbs."""

    verb: str
    args: tuple[Node, ...]
    places: int | None = None


@dataclass(frozen=True, slots=True)
class Unfilled(Node):
    """Whether an optional fact is absent."""

    item: Input


@dataclass(frozen=True, slots=True)
class Refuse(Node):
    """The rule declines to compute."""

    reason: str


@dataclass(frozen=True, slots=True)
class Lift(Node):
    """A verb over all rows of a finer grain: those of the person, or of the year when `within` is 年."""

    verb: str
    over: Literal["年", "月"]
    within: Grain
    item: Node | None = None
    weight: Node | None = None
    where: Node | None = None


@dataclass(frozen=True, slots=True)
class AtRow(Node):
    """A value in the row of one year or month; `default` where there is no such row."""

    verb: str
    over: Literal["年", "月"]
    within: Grain
    item: Node
    key: Node
    default: Node | None = None


@dataclass(frozen=True, slots=True)
class Previous(Node):
    """The value of a yearly name in the year before; `initial` in the first year."""

    name: str
    kind: str
    initial: Node


def children(node: Node) -> Iterator[Node]:
    """Go through the direct parts of a node, in the order in which they are written."""
    for name in _field_names(type(node)):
        value: Any = getattr(node, name)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            yield from (item for item in value if isinstance(item, Node))


_WORD = re.compile(r"\w+")
_FIELD_NAMES: dict[type[Node], tuple[str, ...]] = {}


def _field_names(kind: type[Node]) -> tuple[str, ...]:
    """Name the fields that may hold nodes."""
    if kind not in _FIELD_NAMES:
        nodes = {"Node", *(known.__name__ for known in Node.__subclasses__())}
        _FIELD_NAMES[kind] = tuple(field.name for field in fields(kind) if nodes & set(_WORD.findall(str(field.type))))
    return _FIELD_NAMES[kind]


def walk(node: Node) -> Iterator[Node]:
    """Go through a node and everything below it."""
    yield node
    for child in children(node):
        yield from walk(child)


def names_read(body: Node, *, back: bool = True) -> tuple[str, ...]:
    """Name what a rule reads, in the order of reading; without `back`, not what it reads from the year before."""
    names = (_name_read(node, back=back) for node in walk(body))
    return tuple(dict.fromkeys(name for name in names if name))


def _name_read(node: Node, *, back: bool) -> str | None:
    match node:
        case Input(kind=kind):
            return None if kind == "行" else node.name
        case AsOf():
            return node.name
        case Previous():
            return node.name if back else None
    return None  # the fact of an Unfilled is an Input below it

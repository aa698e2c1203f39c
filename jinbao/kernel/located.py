"""Plain values read from YAML that still know the line they were written on.

`read_yaml(path)` returns `LocatedDict`, `LocatedList` and plain scalars. Both containers behave like dict and list;
`place_of(container)` is where the container starts and `place_of(container, key)` where a key (or item) is written:

    parameters = read_yaml(path)
    raise DeclarationError("没有来源", at=place_of(parameters["计发基数"]["values"], 0))

What a plain scalar means is decided by its look, and the look is narrower than YAML 1.1, whose surprises hurt here
(`on:` as a key would be True, 010203 an octal number, 0.60 a float):

    true, false -> bool · empty, null, ~ -> None · 12 -> int · 0.60 -> Decimal("0.60") · 2026-01-31 -> date
    everything else, and everything in quotes -> str: 2026-01, 010203, yes, on, 1e3, 12:30

Floats never appear. Duplicate keys, tags, merge keys (<<) and aliases that contain themselves are errors with their
line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import yaml

from jinbao.kernel.errors import DeclarationError, Place

_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}
_INT = re.compile(r"[+-]?(?:0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"[+-]?(?:0|[1-9][0-9]*)\.[0-9]+")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PLAIN_TAGS = {f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map")}


class LocatedDict(dict[Any, Any]):
    """A mapping that knows its own place and the place of each key."""

    def __init__(self, at: Place) -> None:
        super().__init__()
        self.at = at
        self.places: dict[Any, Place] = {}


class LocatedList(list[Any]):
    """A list that knows its own place and the place of each item."""

    def __init__(self, at: Place) -> None:
        super().__init__()
        self.at = at
        self.places: list[Place] = []


def place_of(container: LocatedDict | LocatedList, key: Any = None) -> Place:
    """Return where a container, or one of its keys or items, is written; the container's place for an unknown key."""
    if isinstance(container, LocatedDict):
        return container.places.get(key, container.at)
    if isinstance(key, int) and 0 <= key < len(container.places):
        return container.places[key]
    return container.at


def read_yaml(path: Path) -> Any:
    """Read a YAML file into located values (see the module's text).

    Returns None for an empty file. Raises DeclarationError with file:line for anything that is not plain YAML.
    """
    node = compose(path)
    return None if node is None else value_of(node, str(path))


class _Loader(yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader):  # type: ignore[misc]  # the base depends on whether libyaml is there
    """A safe loader that does not guess types from the look of scalars; `scalar_value` does."""

    yaml_implicit_resolvers: dict[str, Any] = {}


def compose(path: Path) -> yaml.Node | None:
    """Read a YAML file into its node tree, for readers that know the types they want."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        node: yaml.Node | None = yaml.compose(text, Loader=_Loader)
    except FileNotFoundError:
        raise DeclarationError("文件不存在", at=Place(str(path))) from None
    except UnicodeDecodeError:
        raise DeclarationError("文件不是 UTF-8 编码", at=Place(str(path)), advice="请另存为 UTF-8。") from None
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error, path) from None
    except yaml.YAMLError as error:
        raise DeclarationError(f"不是合法的 YAML：{error}", at=Place(str(path))) from None
    if node is not None:
        _refuse_loops(node, str(path), ())
    return node


def _syntax_error(error: yaml.MarkedYAMLError, path: Path) -> DeclarationError:
    mark = error.problem_mark or error.context_mark
    return DeclarationError(
        f"YAML 语法错误：{error.problem or error.context}",
        at=Place(str(path), mark.line + 1 if mark else None),
        advice="检查缩进、冒号后的空格和引号；不要用制表符缩进。",
    )


def _refuse_loops(node: yaml.Node, file: str, above: tuple[int, ...]) -> None:
    if isinstance(node, yaml.ScalarNode):
        return
    if id(node) in above:
        raise DeclarationError("引用（*）包含了自己", at=node_place(node, file))
    below = (*above, id(node))
    for child in node.value if isinstance(node, yaml.SequenceNode) else [part for pair in node.value for part in pair]:
        _refuse_loops(child, file, below)


def node_place(node: yaml.Node, file: str) -> Place:
    """Return where a node is written."""
    return Place(file, node.start_mark.line + 1)


def pairs_of(node: yaml.MappingNode, file: str) -> Iterator[tuple[yaml.ScalarNode, yaml.Node]]:
    """Go through key and value of a mapping; raise DeclarationError for duplicate, nested or merge keys."""
    seen: dict[str, int] = {}
    for key, value in node.value:
        at = node_place(key, file)
        if not isinstance(key, yaml.ScalarNode) or key.value == "<<":
            raise DeclarationError("键必须是简单的文字或数字", at=at, advice="合并键（<<）与复合键不受支持。")
        if key.value in seen:
            raise DeclarationError(_duplicate(key, seen[key.value]), at=at, advice="请合并或删去其一。")
        seen[key.value] = key.start_mark.line + 1
        yield key, value


def _duplicate(key: yaml.ScalarNode, line: int | None) -> str:
    return f"键“{key.value}”重复，第 {line} 行已有"


def value_of(node: yaml.Node, file: str) -> Any:
    """Turn a node into located values."""
    if node.tag not in _PLAIN_TAGS:
        raise DeclarationError(f"不支持标签 {node.tag}", at=node_place(node, file), advice="请写普通的值。")
    if isinstance(node, yaml.MappingNode):
        return _dict_of(node, file)
    if isinstance(node, yaml.SequenceNode):
        return _list_of(node, file)
    return scalar_value(cast("yaml.ScalarNode", node), file)


def _dict_of(node: yaml.MappingNode, file: str) -> LocatedDict:
    found = LocatedDict(node_place(node, file))
    for key_node, value_node in pairs_of(node, file):
        key = scalar_value(key_node, file)
        if key in found:
            line = found.places[key].line
            raise DeclarationError(_duplicate(key_node, line), at=node_place(key_node, file))
        found[key] = value_of(value_node, file)
        found.places[key] = node_place(key_node, file)
    return found


def _list_of(node: yaml.SequenceNode, file: str) -> LocatedList:
    found = LocatedList(node_place(node, file))
    for item in node.value:
        found.append(value_of(item, file))
        found.places.append(node_place(item, file))
    return found


def is_plain(node: yaml.Node) -> bool:
    """Tell whether a scalar is written without quotes and not as a block of text."""
    return isinstance(node, yaml.ScalarNode) and node.style in (None, "")


def is_null(node: yaml.Node) -> bool:
    """Tell whether a node is an empty value, null or ~."""
    return is_plain(node) and _WORDS.get(node.value, True) is None


def scalar_value(node: yaml.ScalarNode, file: str) -> str | int | bool | Decimal | date | None:
    """Decide by its look what a scalar means (see the module's text)."""
    text: str = node.value
    if not is_plain(node):
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return Decimal(text)
    return date_of(node, file) if _DATE.fullmatch(text) else text


def date_of(node: yaml.ScalarNode, file: str) -> date:
    """Read a scalar as a day written 2026-01-31."""
    try:
        return date.fromisoformat(node.value) if _DATE.fullmatch(node.value) else _no_date(node, file)
    except ValueError:
        return _no_date(node, file)


def _no_date(node: yaml.ScalarNode, file: str) -> date:
    raise DeclarationError(
        f"“{node.value}”不是日期", at=node_place(node, file), advice="请写成 2026-01-31 这样存在的日期。"
    )

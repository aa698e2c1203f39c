"""Facts and questions as JSON: decimal numbers are read as they are written, nothing is said twice."""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

from jinbao.kernel.errors import FormatError

MOST_DIGITS = 400
"""A number longer than this is no fact; reading it would only cost time."""
DEEPEST = 12
"""A question with a career is four levels deep."""


def read_json(text: str, what: str) -> Any:
    """Read JSON exactly. Raises FormatError that names `what` and the place, for twins, NaN and endless numbers too."""
    try:
        found = json.loads(
            text, parse_float=_number, parse_int=_whole, parse_constant=_no_number, object_pairs_hook=_no_twins
        )
        _check(found, what, DEEPEST)
    except json.JSONDecodeError as error:
        message = f"{what} 不是 JSON：第 {error.lineno} 行第 {error.colno} 列，{error.msg}"
        raise FormatError(message, advice='写成 {"出生年月": "1966-01", …}。') from None
    except RecursionError:
        raise _too_deep(what) from None
    return found


def _check(value: Any, what: str, deepest: int) -> None:
    """Refuse what no answer could repeat: nesting without end, and halves of characters."""
    if isinstance(value, str) and not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
        raise FormatError(f"{what} 中有不成字的编码", advice="用 UTF-8 写字，不要用半个代理字符。")
    if isinstance(value, dict | list):
        if not deepest:
            raise _too_deep(what)
        for part in [*value, *value.values()] if isinstance(value, dict) else value:
            _check(part, what, deepest - 1)


def _too_deep(what: str) -> FormatError:
    return FormatError(f"{what} 套得太深", advice='写成 {"出生年月": "1966-01", …}。')


def read_facts(file: str) -> dict[str, Any]:
    """Read facts from a file, or from standard input for "-". Raises FormatError."""
    path = "<stdin>" if file == "-" else file
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise FormatError(
            f"读不了事实文件 {path}：{_why(error)}", advice="给出一个 UTF-8 的 JSON 文件，或用 - 从标准输入读。"
        ) from None
    facts = read_json(text, f"事实文件 {path}")
    if not isinstance(facts, dict):
        raise FormatError(f"事实文件 {path} 应为 JSON 对象", advice='写成 {"出生年月": "1966-01", …}。')
    return facts


def _why(error: OSError | UnicodeDecodeError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "不是 UTF-8 文字"
    known = {FileNotFoundError: "没有这个文件", IsADirectoryError: "是一个目录", PermissionError: "没有读取权限"}
    return known.get(type(error), error.strerror or str(error))


def _number(text: str) -> Decimal:
    if len(text) > MOST_DIGITS:
        raise FormatError(f"数字 {text[:20]}… 太长")
    return Decimal(text)


def _whole(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise FormatError(f"数字 {text[:20]}… 太长")
    return int(text)


def _no_number(text: str) -> Any:
    raise FormatError(f"事实里不能有 {text}")


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise FormatError(f"事实“{name}”写了两次", advice="删去其一。")
        found[name] = value
    return found

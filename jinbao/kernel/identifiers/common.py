"""What all identifiers share: the error that names a part, remarks, explained parts, tidying."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from jinbao.kernel.errors import FormatError

PartName = Literal["length", "character", "structure", "birth", "check"]

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_REMOVED = {ord(char): None for char in " \t\r\n\u00a0\u3000\u200b\u2009\u202f\ufeff"}
_TIDY = _FULL_WIDTH | _REMOVED


class IdentifierError(FormatError):
    """A number is wrong; `part` says where: length, character, structure, birth or check.

    The code is "identifier-" and the part. The message never repeats the whole number, so that it may be logged.
    """

    def __init__(self, part: PartName, message: str, *, advice: str = "请对照证件原件核对。") -> None:
        super().__init__(message, advice=advice)
        self.part = part
        self.code = f"identifier-{part}"


@dataclass(frozen=True, slots=True)
class Remark:
    """Something unusual about a number that is valid all the same."""

    code: str
    message: str

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a number with its meaning, for explaining it to people."""

    name: str
    text: str
    meaning: str


def tidy(text: str, what: str) -> str:
    """Return a number in half-width capitals without spaces or a spreadsheet's leading apostrophe."""
    if not isinstance(text, str):
        raise IdentifierError(
            "character",
            f"{what}应为文字，实为 {type(text).__name__}",
            advice="数值单元格会丢失末几位，请把该列设为文本格式后重新填写。",
        )
    plain = text if text.isalnum() and text.isascii() else text.translate(_TIDY).lstrip("'‘’")
    return plain.upper()


def check_length(number: str, lengths: tuple[int, ...], what: str) -> None:
    """Raise IdentifierError unless the number has one of the lengths."""
    if not number:
        raise IdentifierError("length", f"{what}为空", advice="请填写。")
    if "E+" in number and "." in number:
        raise IdentifierError(
            "character", f"{what}被电子表格改成了科学计数法", advice="请把该列设为文本格式后重新填写。"
        )
    if len(number) not in lengths:
        expected = " 或 ".join(map(str, lengths))
        raise IdentifierError("length", f"{what}应为 {expected} 位，实为 {len(number)} 位")


def check_characters(number: str, allowed: str, what: str) -> None:
    """Raise IdentifierError naming the first character that is not allowed."""
    for position, char in enumerate(number, 1):
        if char not in allowed:
            hint = {"O": "数字 0", "I": "数字 1", "L": "数字 1", "Z": "数字 2", "S": "数字 5"}.get(char)
            advice = f"是不是把{hint} 写成了字母 {char}？" if hint else "请对照证件原件核对。"
            raise IdentifierError("character", f"{what}第 {position} 位不能是“{char}”", advice=advice)


def check_check(actual: str, expected: str, what: str, advice: str = "请对照证件原件核对每一位。") -> None:
    """Raise IdentifierError unless the check character is the expected one."""
    if actual != expected:
        raise IdentifierError("check", f"{what}的校验位不符：应为 {expected}，实为 {actual}", advice=advice)


def check_birth(yyyymmdd: str, today: date | None, what: str) -> date:
    """Read a date of birth; raise IdentifierError when it does not exist or lies after `today`."""
    year, month, day = yyyymmdd[:4], yyyymmdd[4:6], yyyymmdd[6:]
    try:
        birth = date(int(year), int(month), int(day))
    except ValueError:
        raise IdentifierError("birth", f"{what}中的出生日期 {year}-{month}-{day} 不存在") from None
    if today is not None and birth > today:
        raise IdentifierError("birth", f"{what}中的出生日期 {birth} 晚于今天（{today}）")
    return birth

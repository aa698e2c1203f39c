"""The words of a table line: names, numbers, damaged numbers, each with the cell it stands in."""

from __future__ import annotations

import re
from dataclasses import dataclass

from jinbao.centre.disclosure.model import Line
from jinbao.centre.disclosure.values import Number, half_width, join_numbers, tidy

_DAMAGED = re.compile(r"(\d[\d,]*(?:\.\d*)?)\s*[(\[{<_~.,·]+\s*")
_CODE_AND_NAME = re.compile(r"(\d{3}(?:\d{2}){0,2})([\u4e00-\u9fff].*)")
_DASHES = re.compile(r"[-—_–−~·.\s]+")
_HAN = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True)
class Token:
    """A name or a number of a table line; `column` is the cell's position, None in undivided lines."""

    text: str
    column: int | None
    number: Number | None = None
    state: str = ""
    prefix: str = ""

    @property
    def is_number(self) -> bool:
        """True for numbers, damaged ones included."""
        return self.number is not None or self.state == "damaged"

    @property
    def whole(self) -> int | None:
        """The value of a number printed without decimals and separators: a code or a line number."""
        return int(self.text) if self.number and self.text.isdecimal() else None


def tokens_of(line: Line) -> list[Token]:
    """Divide a line into names and numbers, in order; dashes and emptiness give nothing."""
    if line.cells is None:
        return _chunks(tidy(line.text), None)
    return [t for column, cell in enumerate(line.cells) if cell for t in _cell_tokens(cell, column)]


def _cell_tokens(cell: str, column: int) -> list[Token]:
    text = tidy(cell).strip()
    if not text or _DASHES.fullmatch(text):
        return []
    number = Number.parse(text)
    if number:
        return [Token(text, column, Number(number.value, number.places, cell))]
    damaged = _DAMAGED.fullmatch(text)
    if damaged:
        return [Token(cell, column, state="damaged", prefix=damaged[1].replace(",", ""))]
    tokens = _chunks(text, column)
    numbers = [t for t in tokens if t.number]
    if len(tokens) == len(numbers) == 2 and numbers[0].number and numbers[1].number and not numbers[0].text.isdecimal():
        first = numbers[0].number
        return [Token(cell, column, Number(first.value, first.places, cell), "doubled")]
    if not numbers and not _HAN.search(text):
        return [Token(text, column)] if any(c.isalnum() for c in text) else []
    return tokens


def _chunks(text: str, column: int | None) -> list[Token]:
    tokens: list[Token] = []
    for chunk in text.split():
        number = Number.parse(chunk)
        coded = _CODE_AND_NAME.fullmatch(chunk)
        damaged = _DAMAGED.fullmatch(chunk)
        if number:
            tokens.append(Token(chunk, column, number))
        elif coded:
            tokens += [Token(coded[1], column, Number.parse(coded[1])), Token(coded[2], column)]
        elif damaged and "." in damaged[1]:
            tokens.append(Token(chunk, column, state="damaged", prefix=damaged[1].replace(",", "")))
        elif not _DASHES.fullmatch(chunk):
            tokens.append(Token(chunk, column))
    return join_names(tokens)


def join_names(tokens: list[Token]) -> list[Token]:
    """Put names together that blanks had divided; numbers between them keep them apart."""
    joined: list[Token] = []
    for token in tokens:
        last = joined[-1] if joined else None
        if last and not last.is_number and not token.is_number and last.column == token.column:
            joined[-1] = Token(last.text + token.text, last.column)
        else:
            joined.append(token)
    return joined


def is_noisy(text: str) -> bool:
    """True for a line whose numbers show the blanks that character recognition leaves."""
    plain = half_width(text)
    return join_numbers(plain) != plain or "$" in text

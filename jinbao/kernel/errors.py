"""Errors that people can act on: what happened, where, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """Where in a file something was found; every part that is known is shown."""

    file: str = ""
    line: int | None = None
    sheet: str = ""
    column: str = ""

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        sheet = f" 工作表“{self.sheet}”" if self.sheet else ""
        column = f" 列“{self.column}”" if self.column else ""
        return f"{place}{sheet}{column}"


NOWHERE = Place()
"""The place of a value that was not read from a file."""


class JinbaoError(Exception):
    """Base of every expected error: a stable `code`, a message, a place, advice."""

    code = "error"

    def __init__(self, message: str, *, at: Place | None = None, advice: str = "") -> None:
        message = message.replace("\0", "␀")  # messages quote what came in, and PostgreSQL keeps no NUL in a text
        super().__init__(message)
        self.message = message
        self.at = at
        self.advice = advice

    def __str__(self) -> str:
        place = f"{self.at}: " if self.at and str(self.at) else ""
        advice = f"\n  怎么办：{self.advice}" if self.advice else ""
        return f"{place}{self.message} [{self.code}]{advice}"


class DeclarationError(JinbaoError):
    """A declared file (YAML under policy/) is wrong."""

    code = "declaration"


class FormatError(JinbaoError):
    """A value does not have the form it must have."""

    code = "format"


class Several(FormatError):
    """Several things are wrong at once; `errors` are all of them, each with its own place and advice."""

    code = "format"

    def __init__(self, errors: Sequence[JinbaoError]) -> None:
        told = "；".join(f"{error.at or ''}：{error.message}".strip("： ") for error in errors[:3])
        more = f"；还有 {len(errors) - 3} 处" if len(errors) > 3 else ""
        super().__init__(f"有 {len(errors)} 处需要改正：{told}{more}", advice="请全部改正后再提交。")
        self.errors = tuple(errors)

    def __str__(self) -> str:
        return "\n".join([f"有 {len(self.errors)} 处需要改正 [{self.code}]", *(str(error) for error in self.errors)])

    @staticmethod
    def raise_for(errors: Sequence[JinbaoError]) -> None:
        """Raise the one error, or all of them together; do nothing when there is none."""
        if errors:
            raise errors[0] if len(errors) == 1 else Several(errors)


class NotFound(JinbaoError):
    """Nothing is kept under that name or number."""

    code = "not-found"


class NotAllowed(JinbaoError):
    """The actor has no right to do or see this."""

    code = "not-allowed"


class Conflict(JinbaoError):
    """The state of the thing does not allow this, or somebody was faster."""

    code = "conflict"

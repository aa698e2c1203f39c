"""组织机构代码 (GB 11714-1997): 8 digits or capitals and a check character."""

from __future__ import annotations

from dataclasses import dataclass

from jinbao.kernel.identifiers.check_digits import ALPHANUMERIC, DIGITS, gb11714
from jinbao.kernel.identifiers.common import Part, check_characters, check_check, check_length, tidy

WHAT = "组织机构代码"


@dataclass(frozen=True, slots=True)
class OrgCode:
    """A valid organisation code."""

    number: str

    @staticmethod
    def parse(text: str) -> OrgCode:
        """Read a code, with or without the hyphen before its check character.

        Raises IdentifierError (length, character, check).
        """
        number = tidy(text, WHAT)
        if len(number) == 10 and number[8] == "-":
            number = number[:8] + number[9]
        return OrgCode(parse_nine(number, WHAT))

    def explain(self) -> tuple[Part, ...]:
        """Return the parts with their meaning."""
        return (
            Part("本体代码", self.number[:8], "登记顺序"),
            Part("校验码", self.number[8], "按 GB 11714 算出，相符"),
        )

    def __str__(self) -> str:
        return self.number


def parse_nine(number: str, what: str) -> str:
    """Check eight digits or capitals and their check character by GB 11714; `what` names the number in errors."""
    check_length(number, (9,), what)
    check_characters(number[:8], ALPHANUMERIC, what)
    check_characters(number[8], DIGITS + "X", f"{what}校验位")
    check_check(number[8], gb11714(number[:8]), what)
    return number


def check_character(body8: str) -> str:
    """Return the check character of eight digits or capitals."""
    check_length(body8, (8,), f"{WHAT}本体")
    check_characters(body8, ALPHANUMERIC, f"{WHAT}本体")
    return gb11714(body8)

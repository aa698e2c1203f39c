"""社保卡卡号: 8 digits or capitals and a check character, with the arithmetic of GB 11714."""

from __future__ import annotations

from dataclasses import dataclass

from jinbao.kernel.identifiers.common import Part, tidy
from jinbao.kernel.identifiers.org_code import check_character, parse_nine

__all__ = ["CardNumber", "check_character"]

WHAT = "社保卡卡号"


@dataclass(frozen=True, slots=True)
class CardNumber:
    """A valid card number."""

    number: str

    @staticmethod
    def parse(text: str) -> CardNumber:
        """Read a card number. Raises IdentifierError (length, character, check)."""
        return CardNumber(parse_nine(tidy(text, WHAT), WHAT))

    @staticmethod
    def make(body8: str) -> CardNumber:
        """Complete a card number from its first eight characters."""
        return CardNumber.parse(body8 + check_character(body8))

    def explain(self) -> tuple[Part, ...]:
        """Return the parts with their meaning."""
        return (
            Part("卡号本体", self.number[:8], "发卡顺序"),
            Part("校验位", self.number[8], "按 GB 11714 的算法算出，相符"),
        )

    def __str__(self) -> str:
        return self.number

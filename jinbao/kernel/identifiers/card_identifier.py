"""社保卡卡识别码: region of issue (6), the application's identifier D156000005, 16 hexadecimal characters."""

from __future__ import annotations

from dataclasses import dataclass

from jinbao.kernel.identifiers.check_digits import DIGITS
from jinbao.kernel.identifiers.common import IdentifierError, Part, check_characters, check_length, tidy

WHAT = "卡识别码"
APPLICATION = "D156000005"


@dataclass(frozen=True, slots=True)
class CardIdentifier:
    """A card identifier of valid form; it carries no check character."""

    number: str
    region6: str
    unique: str

    @staticmethod
    def parse(text: str) -> CardIdentifier:
        """Read a card identifier. Raises IdentifierError (length, character, structure)."""
        number = tidy(text, WHAT)
        check_length(number, (32,), WHAT)
        check_characters(number, DIGITS + "ABCDEF", WHAT)
        check_characters(number[:6], DIGITS, WHAT)
        if number[6:16] != APPLICATION:
            raise IdentifierError(
                "structure", f"{WHAT}第 7 至 16 位应为 {APPLICATION}（社保应用标识），实为 {number[6:16]}"
            )
        return CardIdentifier(number, number[:6], number[16:])

    def explain(self) -> tuple[Part, ...]:
        """Return the parts with their meaning."""
        return (
            Part("发卡地区", self.region6, "行政区划代码"),
            Part("应用标识", APPLICATION, "社会保障应用"),
            Part("唯一部分", self.unique, "芯片与发卡序列"),
        )

    def __str__(self) -> str:
        return self.number

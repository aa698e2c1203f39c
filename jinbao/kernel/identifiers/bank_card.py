"""银行卡号: 16 to 19 digits whose last is a Luhn check digit (ISO/IEC 7812-1, GB/T 15694).

Passbook accounts and accounts of organisations carry no such digit: ask for a bank card only where it is one.
"""

from __future__ import annotations

from dataclasses import dataclass

from jinbao.kernel.identifiers.check_digits import DIGITS, luhn
from jinbao.kernel.identifiers.common import Part, check_characters, check_check, check_length, tidy

__all__ = ["BankCard", "luhn"]

WHAT = "银行卡号"


@dataclass(frozen=True, slots=True)
class BankCard:
    """A valid bank card number."""

    number: str

    @staticmethod
    def parse(text: str) -> BankCard:
        """Read a card number, also written in groups of four. Raises IdentifierError (length, character, check)."""
        number = tidy(text, WHAT)
        check_length(number, (16, 17, 18, 19), WHAT)
        check_characters(number, DIGITS, WHAT)
        check_check(number[-1], luhn(number[:-1]), WHAT, "请对照银行卡核对每一位；存折号和对公账号不是银行卡号。")
        return BankCard(number)

    def explain(self) -> tuple[Part, ...]:
        """Return the parts with their meaning."""
        return (
            Part("发卡行标识", self.number[:6], "银联卡以 62 开头" if self.number.startswith("62") else "发卡机构"),
            Part("账户标识", self.number[6:-1], "发卡行自定"),
            Part("校验位", self.number[-1], "按 Luhn 算法算出，相符"),
        )

    def __str__(self) -> str:
        return self.number

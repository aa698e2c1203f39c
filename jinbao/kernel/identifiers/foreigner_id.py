"""外国人永久居留身份证号码: since 2023 18 characters beginning with 9, before that 3 letters and 12 digits.

18 characters: 9, place of application (2), nationality by ISO 3166 number (3), date of birth (8), sequence (3), check
(ISO 7064 MOD 11-2). The positions of place and nationality are well known, not read in the standard (confidence B).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from jinbao.kernel.identifiers.check_digits import DIGITS, mod11_2
from jinbao.kernel.identifiers.citizen_id import Sex, sex_of
from jinbao.kernel.identifiers.common import (
    IdentifierError,
    Part,
    check_birth,
    check_characters,
    check_check,
    check_length,
    tidy,
)

WHAT = "外国人永久居留身份证号码"
_OLD = re.compile(r"[A-Z]{3}[0-9]{12}")


@dataclass(frozen=True, slots=True)
class ForeignerId:
    """A valid number; the old form says only the nationality."""

    number: str
    nationality: str
    place: str = ""
    birth: date | None = None
    sex: Sex | None = None

    @staticmethod
    def parse(text: str, today: date | None = None) -> ForeignerId:
        """Read a number of either form. Raises IdentifierError (length, character, structure, birth, check)."""
        number = tidy(text, WHAT)
        check_length(number, (18, 15), WHAT)
        return _parse_old(number) if len(number) == 15 else _parse_new(number, today)

    def explain(self) -> tuple[Part, ...]:
        """Return the parts with their meaning."""
        if self.birth is None:
            return (Part("国籍", self.nationality, "ISO 3166 三位字母代码"), Part("编号", self.number[3:], "旧版编号"))
        return (
            Part("外国人标识", self.number[0], "固定为 9"),
            Part("受理地", self.place, "省级行政区划代码前两位"),
            Part("国籍", self.nationality, "ISO 3166 三位数字代码"),
            Part("出生日期码", self.number[6:14], str(self.birth)),
            Part("顺序码", self.number[14:17], f"{self.sex}性"),
            Part("校验码", self.number[17], "由前 17 位按 ISO 7064 MOD 11-2 算出，相符"),
        )

    def __str__(self) -> str:
        return self.number


def _parse_old(number: str) -> ForeignerId:
    if not _OLD.fullmatch(number):
        raise IdentifierError("structure", f"{WHAT}（旧版）应为 3 位字母加 12 位数字")
    return ForeignerId(number, nationality=number[:3])


def _parse_new(number: str, today: date | None) -> ForeignerId:
    check_characters(number[:17], DIGITS, WHAT)
    check_characters(number[17], DIGITS + "X", f"{WHAT}校验位")
    if number[0] != "9":
        raise IdentifierError("structure", f"{WHAT}应以 9 开头，实为 {number[0]}")
    birth = check_birth(number[6:14], today, WHAT)
    check_check(number[17], mod11_2(number[:17]), WHAT)
    return ForeignerId(number, number[3:6], number[1:3], birth, sex_of(number))

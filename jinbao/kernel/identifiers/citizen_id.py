"""公民身份号码 (GB 11643-1999): 6 area, 8 date of birth, 3 sequence (odd is male), 1 check; before 1999 15 digits.

Residence permits of Hong Kong, Macao and Taiwan residents (810000, 820000, 830000) have the same form. Area codes that
begin with 99 belong to demonstrations: no real number has one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from jinbao.kernel import gb2260
from jinbao.kernel.errors import FormatError
from jinbao.kernel.identifiers.check_digits import DIGITS, mod11_2
from jinbao.kernel.identifiers.common import (
    IdentifierError,
    Part,
    Remark,
    check_birth,
    check_characters,
    check_check,
    check_length,
    tidy,
)

Sex = Literal["男", "女"]

WHAT = "公民身份号码"
_SHAPE = re.compile(r"[0-9]{17}[0-9X]")
_RESIDENCE_PERMIT = {"810000": "香港", "820000": "澳门", "830000": "台湾"}
_UPGRADED = Remark("upgraded", "由 15 位旧号升为 18 位")


@dataclass(frozen=True, slots=True)
class CitizenId:
    """A valid number and what it says."""

    number18: str
    region6: str
    birth: date
    sex: Sex
    remarks: tuple[Remark, ...] = ()

    @staticmethod
    def parse(text: str, today: date | None = None) -> CitizenId:
        """Read 18 characters, or 15 digits that are upgraded with a remark.

        With `today`, later dates of birth are refused. An unknown area code is a remark.
        Raises IdentifierError whose part is length, character, birth or check.
        """
        number = tidy(text, WHAT)
        is_old = len(number) == 15
        if is_old:
            number = upgrade(number)
        _check_shape(number)
        birth = check_birth(number[6:14], today, WHAT)
        check_check(number[17], mod11_2(number[:17]), WHAT, _check_advice(number))
        remarks = ((_UPGRADED,) if is_old else ()) + _region_remarks(number[:6])
        return CitizenId(number, number[:6], birth, sex_of(number), remarks)

    @staticmethod
    def make(region6: str, birth: date, sequence: int) -> CitizenId:
        """Complete a number from its parts; the sequence is 0 to 999, odd for a male."""
        if not 0 <= sequence <= 999:
            raise FormatError(f"顺序码 {sequence} 应在 0 到 999 之间")
        body = f"{region6}{birth.year:04d}{birth.month:02d}{birth.day:02d}{sequence:03d}"
        return CitizenId.parse(body + check_character(body))

    @property
    def is_demonstration(self) -> bool:
        """Whether the number belongs to a generated person."""
        return gb2260.is_demonstration(self.region6)

    @property
    def document(self) -> str:
        """The document that carries the number."""
        return "港澳台居民居住证" if self.region6 in _RESIDENCE_PERMIT else "居民身份证"

    def explain(self) -> tuple[Part, ...]:
        """Return the parts with their meaning."""
        number = self.number18
        return (
            Part("地址码", self.region6, _area_meaning(self.region6)),
            Part("出生日期码", number[6:14], f"{self.birth.year}年{self.birth.month}月{self.birth.day}日"),
            Part("顺序码", number[14:17], f"末位{number[16]}为{'奇' if self.sex == '男' else '偶'}数，{self.sex}性"),
            Part("校验码", number[17], "由前 17 位按 ISO 7064 MOD 11-2 算出，相符"),
        )

    def __str__(self) -> str:
        return self.number18


def check_character(body17: str) -> str:
    """Return the 18th character of 17 digits. Raises IdentifierError for anything but 17 digits."""
    check_length(body17, (17,), f"{WHAT}本体")
    check_characters(body17, DIGITS, f"{WHAT}本体")
    return mod11_2(body17)


def upgrade(number15: str) -> str:
    """Turn a 15-digit number into 18: the century 19 after the area, and the check character.

    Raises IdentifierError for anything but 15 digits. Whether the date exists is for `CitizenId.parse` to say.
    """
    number = tidy(number15, WHAT)
    check_length(number, (15,), f"{WHAT}（旧号）")
    check_characters(number, DIGITS, f"{WHAT}（旧号）")
    body = f"{number[:6]}19{number[6:]}"
    return body + mod11_2(body)


def sex_of(number18: str) -> Sex:
    """Return the sex that the 17th digit says."""
    return "男" if int(number18[16]) % 2 else "女"


def _check_shape(number: str) -> None:
    if _SHAPE.fullmatch(number):
        return
    check_length(number, (18, 15), WHAT)
    check_characters(number[:17], DIGITS, WHAT)
    raise IdentifierError("character", f"{WHAT}第 18 位不能是“{number[17]}”", advice="末位只能是数字或 X。")


def _check_advice(number: str) -> str:
    if number.endswith("000"):
        return "末三位是 000，可能被电子表格当作数值截断，请把该列设为文本格式后按证件重新填写。"
    return "请对照证件原件核对每一位。"


def _region_remarks(region: str) -> tuple[Remark, ...]:
    if region in _RESIDENCE_PERMIT or _is_listed(region):
        return ()
    hint = "；外国人永久居留身份证也以 9 开头" if region[0] == "9" else ""
    return (Remark("region", f"地址码 {region} 未见于历年行政区划代码（GB/T 2260）{hint}，请核对"),)


def _area_meaning(region: str) -> str:
    if region in _RESIDENCE_PERMIT:
        return _RESIDENCE_PERMIT[region]
    return "".join(gb2260.path_of(region)) if _is_listed(region) else "未见于历年行政区划代码"


def _is_listed(region: str) -> bool:
    return gb2260.is_known(region) and region != gb2260.NATION

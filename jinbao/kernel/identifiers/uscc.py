"""统一社会信用代码 (GB 32100-2015): authority (1), category (1), region (6), organisation code (9), check (1)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from jinbao.kernel import gb2260
from jinbao.kernel.identifiers.check_digits import DIGITS, USCC_ALPHABET, gb11714, mod31
from jinbao.kernel.identifiers.common import Part, Remark, check_characters, check_check, check_length, tidy

WHAT = "统一社会信用代码"
_SHAPE = re.compile(f"[{USCC_ALPHABET}]{{2}}[0-9]{{6}}[{USCC_ALPHABET}]{{10}}")
_NATIONAL = "100000"  # registered with an authority of the state
_CATEGORIES = {
    "11": "机关",
    "12": "事业单位",
    "13": "编办直接管理机构编制的群众团体",
    "19": "机构编制其他",
    "21": "外交其他",
    "31": "司法行政：律师执业机构",
    "41": "文化其他",
    "51": "社会团体",
    "52": "民办非企业单位",
    "53": "基金会",
    "59": "民政其他",
    "61": "宗教活动场所",
    "71": "基层工会",
    "91": "企业",
    "92": "个体工商户",
    "93": "农民专业合作社",
    "A1": "军队事业单位",
    "N1": "农村集体经济组织",
    "Y1": "其他",
}


@dataclass(frozen=True, slots=True)
class Uscc:
    """A valid code and what it says."""

    number: str
    category: str
    region6: str
    org_code: str
    remarks: tuple[Remark, ...] = ()

    @staticmethod
    def parse(text: str) -> Uscc:
        """Read a code.

        An unknown category or region, and an inner organisation code whose own check fails, are remarks.
        Raises IdentifierError (length, character, check).
        """
        number = tidy(text, WHAT)
        if not _SHAPE.fullmatch(number):
            check_length(number, (18,), WHAT)
            check_characters(number, USCC_ALPHABET, WHAT)
            check_characters(number[2:8], DIGITS, f"{WHAT}登记管理机关行政区划")
        check_check(number[17], mod31(number[:17]), WHAT)
        return Uscc(number, number[:2], number[2:8], number[8:17], _remarks(number))

    @staticmethod
    def make(category: str, region6: str, body8: str) -> Uscc:
        """Complete a code from its category, its region and the first eight characters of its organisation code."""
        check_length(body8, (8,), "组织机构代码本体")
        check_characters(body8, USCC_ALPHABET, "组织机构代码本体")
        body = f"{category}{region6}{body8}{gb11714(body8)}"
        return Uscc.parse(body + check_character(body))

    @property
    def is_demonstration(self) -> bool:
        """Whether the code belongs to a generated organisation."""
        return gb2260.is_demonstration(self.region6)

    def explain(self) -> tuple[Part, ...]:
        """Return the parts with their meaning."""
        return (
            Part("登记管理部门与机构类别", self.category, _CATEGORIES.get(self.category, "未知类别")),
            Part("登记管理机关行政区划", self.region6, _region_meaning(self.region6)),
            Part("主体标识码", self.org_code, "组织机构代码（GB 11714）"),
            Part("校验码", self.number[17], "由前 17 位按 GB 32100 算出，相符"),
        )

    def __str__(self) -> str:
        return self.number


def check_character(body17: str) -> str:
    """Return the 18th character of the first 17. Raises IdentifierError for other lengths and characters."""
    check_length(body17, (17,), f"{WHAT}本体")
    check_characters(body17, USCC_ALPHABET, f"{WHAT}本体")
    return mod31(body17)


def _remarks(number: str) -> tuple[Remark, ...]:
    category, region, org_code = number[:2], number[2:8], number[8:17]
    found = []
    if category not in _CATEGORIES:
        found.append(Remark("category", f"登记管理部门与机构类别“{category}”不在已知的类别中，请核对"))
    if not _is_known_region(region):
        found.append(Remark("region", f"登记地 {region} 未见于历年行政区划代码（GB/T 2260），请核对"))
    if gb11714(org_code[:8]) != org_code[8]:
        found.append(Remark("org-code", "主体标识码自身的校验位不符（GB 11714），请核对登记证书"))
    return tuple(found)


def _is_known_region(region: str) -> bool:
    return region == _NATIONAL or (gb2260.is_known(region) and region != gb2260.NATION)


def _region_meaning(region: str) -> str:
    if region == _NATIONAL:
        return "国家"
    return "".join(gb2260.path_of(region)) if _is_known_region(region) else "未见于历年行政区划代码"

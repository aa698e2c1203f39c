"""What one cell says: text of a file into a value of a column's type, and back into text.

These readings are the definition. `columns.py` recognises the usual spellings of whole columns at once and leaves
everything else to the functions here, so both always agree.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pyarrow as pa

from jinbao.data.datasets import Column
from jinbao.kernel import gb2260
from jinbao.kernel.errors import FormatError
from jinbao.kernel.identifiers import CitizenId, Uscc
from jinbao.kernel.money import fen_to_yuan, yuan_to_fen
from jinbao.kernel.months import Month

Parse = Callable[[str], Any]

_DATE = re.compile(
    r"(?P<y>[0-9]{4})(?:(?P<s>[-/.])(?P<m>[0-9]{1,2})(?P=s)(?P<d>[0-9]{1,2})|年(?P<m2>[0-9]{1,2})月(?P<d2>[0-9]{1,2})日"
    r"|(?P<m3>[0-9]{2})(?P<d3>[0-9]{2}))(?:[ T]0?0:00(?::00)?(?:\.0+)?)?"
)
_SERIAL = re.compile(r"[1-9][0-9]{4}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ufffd]")
_HAN = "\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff\ue000-\uf8ff"  # with the private area for rare names
_NAME = re.compile(rf"[{_HAN}A-Za-z\u00c0-\u024f·'’ .,-]+")
_BETWEEN_HAN = re.compile(rf"(?<=[{_HAN}])\s+(?=[{_HAN}])")
_DOTS = str.maketrans("•‧∙⋅･・．●", "········")
_PHONE = re.compile(r"\+?[0-9][0-9-]{5,18}[0-9]")
_ACCOUNT = re.compile(r"[0-9]{6,32}")
_INTEGER = re.compile(r"-?(?:[0-9]{1,18}|[0-9]{1,3}(?:,[0-9]{3}){1,5})")
_EXCEL_EPOCH = date(1899, 12, 30)


@dataclass(frozen=True)
class ValueType:
    """How a type is kept in the lake, read from one text, and shown as text."""

    arrow: pa.DataType
    parse: Callable[[Column, date], Parse]
    """Make the reader for a column; the day bounds dates of birth. It raises FormatError."""
    show: Callable[[Any], str] = str


def shown(kind: str, value: Any) -> str:
    """Write a value of a column type as text of a file; None is empty."""
    return "" if value is None else TYPES[kind].show(value)


def _narrow(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def _text(text: str) -> str:
    if found := _CONTROL.search(text):
        what = "换行" if found[0] in "\r\n" else "乱码" if found[0] == "\ufffd" else "控制字符"
        raise FormatError(f"内容里有{what}", advice="请检查引号是否成对、单元格内是否换行。")
    return text.strip()


def _name(text: str) -> str:
    name = _BETWEEN_HAN.sub("", _text(text).translate(_DOTS).replace("\u3000", " "))
    if not _NAME.fullmatch(name):
        wrong = next((char for char in name if not _NAME.fullmatch(char)), name)
        raise FormatError(f"姓名里不能有“{wrong}”", advice="请只填写证件上的姓名。")
    return name


def _integer(text: str) -> int:
    plain = _narrow(text)
    if not _INTEGER.fullmatch(plain):
        raise FormatError(f"“{_short(text)}”不是整数")
    return int(plain.replace(",", ""))


def _month(text: str) -> int:
    plain = _narrow(text)
    _refuse_serial(plain, "年月", "2026-01")
    if found := _DATE.fullmatch(plain):
        day = _day_of(found, text)
        if day.day != 1 or len(plain) == 8:
            raise FormatError(f"“{_short(text)}”是日期，此处应为年月", advice="请写成 2026-01、202601 或 2026年1月。")
        return Month.of(day).yyyymm
    return Month.parse(plain).yyyymm


def _date(text: str) -> date:
    plain = _narrow(text)
    _refuse_serial(plain, "日期", "2026-01-31")
    found = _DATE.fullmatch(plain)
    if not found:
        raise FormatError(f"“{_short(text)}”不是日期", advice="请写成 2026-01-31、20260131 或 2026年1月31日。")
    return _day_of(found, text)


def _day_of(found: re.Match[str], text: str) -> date:
    month, day = found["m"] or found["m2"] or found["m3"], found["d"] or found["d2"] or found["d3"]
    try:
        return date(int(found["y"]), int(month), int(day))
    except ValueError:
        raise FormatError(f"没有“{_short(text)}”这一天") from None


def _refuse_serial(plain: str, what: str, example: str) -> None:
    """Name the trap: a spreadsheet's date without a date format is a number of days, and a wage looks just like it."""
    if _SERIAL.fullmatch(plain):
        day = _EXCEL_EPOCH + timedelta(days=int(plain))
        raise FormatError(
            f"“{plain}”是数字，不是{what}；若为 Excel 日期的序号，则是 {day}",
            advice=f"请把该列设为日期格式，或以文本写成 {example}。",
        )


def _citizen_id(text: str, today: date) -> str:
    return CitizenId.parse(text, today).number18


def _number_as_written(text: str) -> str:
    """Keep a number as another unit wrote it: of full width or with blanks it is still the same number."""
    plain = re.sub(r"[\s'’]", "", _narrow(_text(text))).upper()
    if "E+" in plain:
        raise FormatError(f"“{_short(text)}”是科学计数法，号码已经丢失数位", advice="请把该列设为文本格式后重新导出。")
    if not re.fullmatch(r"[0-9A-Z*()-]{1,32}", plain):
        raise FormatError("证件号码里有数字和字母以外的字符", advice="请按证件填写；没有号码的留空。")
    return plain


def _account(text: str) -> str:
    plain = _narrow(text).replace(" ", "").replace("-", "").lstrip("'")
    if not _ACCOUNT.fullmatch(plain):
        raise FormatError("银行账号应为 6 至 32 位数字", advice="请把该列设为文本格式后按存折或银行卡填写。")
    return plain


def _phone(text: str) -> str:
    plain = re.sub(r"[\s()]", "", _narrow(text)).replace("—", "-")
    if not _PHONE.fullmatch(plain):
        raise FormatError("电话号码应为 7 至 20 位数字", advice="例如 13800000000 或 027-80000000。")
    return plain


def _region(text: str) -> str:
    plain = _narrow(text)
    if not re.fullmatch(r"[0-9]{6}", plain) or not gb2260.is_known(plain):
        raise FormatError(f"“{_short(text)}”不是行政区划代码", advice="请填写 GB/T 2260 的六位数字。")
    return plain


def _code(column: Column) -> Parse:
    meanings = {_narrow(meaning): code for code, meaning in column.codes.items()}
    padded = {code.lstrip("0") or "0": code for code in column.codes}

    def parse(text: str) -> str:
        plain = _narrow(text)
        code = plain if plain in column.codes else meanings.get(plain) or padded.get(plain)
        if code is None:
            choices = "、".join(
                f"{code} {meaning}" if code != meaning else code for code, meaning in column.codes.items()
            )
            raise FormatError(f"“{_short(text)}”不在“{column.label}”的代码表中", advice=f"可填：{choices}。")
        return code

    return parse


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}…"


def _always(parse: Parse) -> Callable[[Column, date], Parse]:
    return lambda _column, _today: parse


TYPES: dict[str, ValueType] = {
    "文本": ValueType(pa.string(), _always(_text)),
    "姓名": ValueType(pa.string(), _always(_name)),
    "金额": ValueType(pa.int64(), _always(yuan_to_fen), lambda fen: str(fen_to_yuan(fen))),
    "整数": ValueType(pa.int64(), _always(_integer)),
    "年月": ValueType(pa.int32(), _always(_month), lambda yyyymm: str(Month.from_yyyymm(yyyymm))),
    "日期": ValueType(pa.date32(), _always(_date)),
    "代码": ValueType(pa.string(), lambda column, _: _code(column)),
    "公民身份号码": ValueType(pa.string(), lambda _, today: lambda text: _citizen_id(text, today)),
    "证件号码": ValueType(pa.string(), _always(_number_as_written)),
    "统一社会信用代码": ValueType(pa.string(), _always(lambda text: Uscc.parse(text).number)),
    "银行账号": ValueType(pa.string(), _always(_account)),
    "电话": ValueType(pa.string(), _always(_phone)),
    "行政区划": ValueType(pa.string(), _always(_region)),
}

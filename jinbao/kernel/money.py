"""Money: whole fen in storage, `Decimal` yuan in rules, and no float anywhere.

A float cannot hold 0.10 yuan, so every function here refuses floats. Rounding has a name: law texts say which one they
mean, and a caller picks it by name (`half_up`, `half_even`, `up`, `down`) instead of relying on a default.
"""

from __future__ import annotations

import re
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Context, Decimal, Inexact, InvalidOperation
from typing import TypeAlias

from jinbao.kernel.errors import FormatError

Fen: TypeAlias = int
"""An amount in whole fen."""

Yuan: TypeAlias = Decimal
"""An amount in yuan, exact."""

LARGEST_FEN: Fen = 2**63 - 1
"""What a database column of fen can hold."""

# Wide enough for any product of two amounts; the caller's own decimal context never takes part.
_WIDE = Context(prec=60, traps=[InvalidOperation])
_EXACT = Context(prec=60, traps=[InvalidOperation, Inexact])
_ONE_FEN = Decimal("0.01")

_TO_PLAIN = str.maketrans("０１２３４５６７８９，．－−–＋￥　\u00a0\u2009\u202f", "0123456789,.---+¥    ")
_PLAIN = re.compile(r"[+-]?[0-9]{1,20}(?:\.[0-9]{1,20})?")
_AMOUNT = re.compile(
    r"(?P<sign>[+-]?) *¥? *"
    r"(?P<whole>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,3}(?: [0-9]{3})+|[0-9]{1,20})?"
    r"(?P<part>\.[0-9]{1,20})?"
    r" *(?:元整?|圆整?)?"
)


def parse_amount(text: str) -> Yuan:
    """Read an amount in yuan as people write it.

    Understands thousand separators (comma or space, in groups of three), full-width digits and signs, spaces around,
    a leading ¥ and a trailing 元. Keeps every decimal place that is written.

    Raises FormatError for anything else, including scientific notation left behind by a spreadsheet.
    """
    if not isinstance(text, str):
        raise FormatError(f"金额应为文字，实为 {type(text).__name__}：{text!r}", advice="请传入文字形式的金额。")
    if _PLAIN.fullmatch(text):
        return Decimal(text)
    plain = text.translate(_TO_PLAIN).strip()
    match = _AMOUNT.fullmatch(plain)
    if match is None or not (match["whole"] or match["part"]):
        raise FormatError(f"“{_shown(text)}”不是金额", advice=_advice(plain))
    whole = (match["whole"] or "0").replace(",", "").replace(" ", "")
    return Decimal(f"{match['sign']}{whole}{match['part'] or ''}")


def _shown(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}…"


def _advice(plain: str) -> str:
    """Guess from the wrong text what went wrong."""
    if not plain:
        return "此处不能为空；没有金额请填 0。"
    if re.fullmatch(r"[+-]?[0-9.]+[eE][+-]?[0-9]+", plain):
        return "这是电子表格的科学计数法，请把单元格格式改为数值（两位小数）后重新保存。"
    if "万" in plain or "亿" in plain:
        return "请以元为单位填写，不用“万”“亿”。"
    if re.search(r"[0-9][, ]", plain):
        return "千分位分隔符每三位一个，例如 1,234.56。"
    return "请以元为单位填写数字，例如 1234.56 或 1,234.56 元。"


def yuan_to_fen(value: Decimal | str | int) -> Fen:
    """Convert yuan to fen exactly.

    Raises FormatError when the value is a float or no number, is not a whole number of fen, or is too large to store.
    """
    yuan = parse_amount(value) if isinstance(value, str) else _decimal(value)
    try:
        fen = int(yuan.quantize(_ONE_FEN, context=_EXACT).scaleb(2, context=_EXACT))
    except Inexact:
        raise FormatError(f"{value} 元不是整分", advice="请先按规定的舍入方法取到分。") from None
    except InvalidOperation:
        raise FormatError(f"{value} 不能作为金额") from None
    return _storable(fen)


def fen_to_yuan(fen: Fen) -> Yuan:
    """Convert fen to yuan with two decimal places."""
    return Decimal(_whole(fen)).scaleb(-2, context=_WIDE)


def format_fen(fen: Fen) -> str:
    """Show fen as yuan for people: 123456 becomes "1,234.56"."""
    yuan, rest = divmod(abs(_whole(fen)), 100)
    return f"{'-' if fen < 0 else ''}{yuan:,}.{rest:02d}"


def half_up(value: Decimal | int, places: int = 0) -> Decimal:
    """Round to `places` decimals, halves away from zero (四舍五入)."""
    return _rounded(value, places, ROUND_HALF_UP)


def half_even(value: Decimal | int, places: int = 0) -> Decimal:
    """Round to `places` decimals, halves to the even neighbour (四舍六入五成双)."""
    return _rounded(value, places, ROUND_HALF_EVEN)


def up(value: Decimal | int, places: int = 0) -> Decimal:
    """Round to `places` decimals, away from zero (见分进角, 不足一元进为一元)."""
    return _rounded(value, places, ROUND_UP)


def down(value: Decimal | int, places: int = 0) -> Decimal:
    """Round to `places` decimals, towards zero (舍去)."""
    return _rounded(value, places, ROUND_DOWN)


def fen_half_up(yuan: Decimal | int) -> Fen:
    """Round yuan to fen, halves away from zero, and return whole fen."""
    return _storable(int(half_up(yuan, 2).scaleb(2, context=_WIDE)))


def _rounded(value: Decimal | int, places: int, rounding: str) -> Decimal:
    unit = Decimal(1).scaleb(-places, context=_WIDE)
    try:
        rounded = _decimal(value).quantize(unit, rounding=rounding, context=_WIDE)
    except InvalidOperation:
        raise FormatError(f"{value} 不能舍入到 {places} 位小数") from None
    return rounded if places >= 0 else rounded.quantize(Decimal(1), context=_WIDE)


def _decimal(value: Decimal | int) -> Decimal:
    """Accept Decimal and int; refuse float (inexact), bool (not a number) and the rest."""
    if isinstance(value, float):
        raise FormatError(
            f"金额不能用浮点数：{value!r}", advice='请用 Decimal("0.10") 或文字 "0.10"，浮点数存不下一分钱。'
        )
    if isinstance(value, bool) or not isinstance(value, Decimal | int):
        raise FormatError(f"金额应为 Decimal 或整数，实为 {type(value).__name__}：{value!r}")
    if isinstance(value, Decimal) and not value.is_finite():
        raise FormatError(f"{value} 不是金额")
    return Decimal(value)


def _whole(fen: Fen) -> Fen:
    if isinstance(fen, bool) or not isinstance(fen, int):
        raise FormatError(f"分应为整数，实为 {type(fen).__name__}：{fen!r}", advice="元换算为分请用 yuan_to_fen。")
    return fen


def _storable(fen: Fen) -> Fen:
    if abs(fen) > LARGEST_FEN:
        raise FormatError(f"金额 {format_fen(fen)} 元过大", advice="请检查是否把编号当成了金额。")
    return fen

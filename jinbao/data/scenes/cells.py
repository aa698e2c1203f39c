"""One cell of a result as text, masked as its column and the reader demand."""

from __future__ import annotations

from typing import Any

from jinbao.data.scenes.declared import Column
from jinbao.kernel.money import format_fen
from jinbao.trust import masking

MASKS = {"id_number": masking.mask_id, "name": masking.mask_name}


def text_of(column: Column, value: Any, *, whole: bool = False) -> str:
    """Return a value as it is shown; identity numbers and names masked unless `whole`."""
    if value is None:
        return ""
    if column.codes:
        return column.codes.get(str(value), str(value))
    if column.type == "金额":
        return format_fen(value)
    if column.type == "年月":
        return f"{value // 100}-{value % 100:02d}"
    mask = MASKS.get(column.name) if column.sensitivity and not whole else None
    return mask(str(value)) if mask else str(value)

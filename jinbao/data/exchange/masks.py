"""How a field is given: as it is, or masked by what it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jinbao.data.datasets import Column
from jinbao.trust.masking import mask_account, mask_id, mask_name, mask_phone

PLAIN, MASKED = "plain", "masked"
LEVELS = {PLAIN: "原值", MASKED: "脱敏"}
HIDDEN = "***"
PERSONAL = frozenset({"个人信息", "敏感个人信息"})

_BY_TYPE: dict[str, Callable[[str], str]] = {
    "姓名": mask_name,
    "公民身份号码": mask_id,
    "证件号码": mask_id,
    "电话": mask_phone,
    "银行账号": mask_account,
    "日期": lambda text: text[:4],
    "年月": lambda text: text[:4],
    "统一社会信用代码": lambda text: text,
}
"""A birth date shows its year; the code of a unit is public."""


def default_level(column: Column) -> str:
    """Return the level of a field about which an application says nothing: personal data is masked."""
    return MASKED if column.sensitivity in PERSONAL else PLAIN


def mask_of(column: Column) -> Callable[[Any], Any]:
    """Return what masks a field's values; amounts, codes and texts are hidden whole."""
    mask = _BY_TYPE.get(column.type)
    if mask is None:
        return lambda value: None if value is None else HIDDEN
    return lambda value: None if value is None else mask(str(value))

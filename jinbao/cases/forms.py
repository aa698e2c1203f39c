"""Forms of service items: what applicants send, read by the declaration, with an error at each wrong field.

A form is kept as JSON by field name: texts as they are, months as 2026-03, days as 2026-03-20, money as whole fen, yes
or no as true or false, an uploaded file as the number of its batch. Fields that are empty are not kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from jinbao.cases.services import FormField, Service
from jinbao.data.datasets import Column
from jinbao.data.values import TYPES
from jinbao.kernel.errors import FormatError, JinbaoError
from jinbao.kernel.identifiers import BankCard
from jinbao.kernel.money import format_fen
from jinbao.kernel.months import Month
from jinbao.trust.masking import mask_account, mask_id, mask_phone

Form = dict[str, Any]
Read = Callable[[FormField, str, date], Any]

MATERIALS = "materials"
"""The name under which errors about documents are told."""
_LONGEST = {"姓名": 64, "电话": 20}
"""What the registry's columns hold of these."""
_ANY_COLUMN = Column("x", "x", "文本")
_YES_NO = {"": False, "否": False, "false": False, "0": False, "off": False}
_YES_NO |= {"是": True, "true": True, "1": True, "on": True}


class FormRefused(FormatError):
    """A form is wrong; `errors` says at each field what is wrong and what to do."""

    code = "form"

    def __init__(self, service: Service, errors: Mapping[str, str]) -> None:
        labels = {field.name: field.label for field in service.fields} | {MATERIALS: "材料"}
        told = "；".join(f"{labels.get(name, name)}：{why}" for name, why in errors.items())
        super().__init__(f"“{service.name}”有 {len(errors)} 处需要改正：{told}", advice="请改正后重新提交。")
        self.errors = dict(errors)


@dataclass(frozen=True)
class Shown:
    """One line of a form for reading."""

    name: str
    label: str
    text: str
    masked: bool
    """True when part of it is hidden."""


def read_form(service: Service, sent: Mapping[str, Any], today: date) -> tuple[Form, dict[str, str]]:
    """Read what an applicant sent: the form as it is kept, and for each wrong field what is wrong and what to do.

    Unknown fields are not read. `today` bounds dates of birth in identity numbers.
    """
    form: Form = {}
    errors: dict[str, str] = {}
    for field in service.fields:
        raw = sent.get(field.name)
        text = field.default if raw is None else str(raw).strip()
        if not text:
            continue
        try:
            form[field.name] = _READERS[field.type](field, text, today)
        except FormatError as error:
            errors[field.name] = told(error)
    for field in service.fields:
        if field.name not in form and field.name not in errors and is_required(field, form):
            errors[field.name] = f"请填写“{field.label}”。"
    return form, errors


def told(error: JinbaoError) -> str:
    """Put message and advice of an error into one line for a field."""
    message = error.message.rstrip("。")
    return f"{message}。{error.advice}" if error.advice else f"{message}。"


def is_required(field: FormField, form: Mapping[str, Any]) -> bool:
    """Tell whether a field must be filled in, given the rest of the form."""
    if field.required or (field.required_without and not form.get(field.required_without)):
        return True
    conditions = field.required_when.items()
    return bool(conditions) and all(str(form.get(name, "")) in values for name, values in conditions)


def shown(service: Service, form: Mapping[str, Any], *, whole: bool) -> list[Shown]:
    """Return the lines of a kept form; without `whole`, identity numbers, accounts and phones are masked."""
    lines = []
    for field in service.fields:
        if field.name in form:
            text = show_value(field, form[field.name])
            mask = None if whole else _MASKS.get(field.type)
            lines.append(Shown(field.name, field.label, mask(text) if mask else text, mask is not None))
    return lines


def show_value(field: FormField, value: Any) -> str:
    """Write a kept value for people."""
    if field.type == "金额":
        return f"{format_fen(value)} 元"
    if field.type == "选项":
        return field.choices.get(value, str(value))
    if field.type == "是否":
        return "是" if value else "否"
    return f"批次 {value}" if field.type == "批次" else str(value)


def _by_column(kind: str, keep: Callable[[Any], Any] = lambda value: value) -> Read:
    """Read like a cell of a file of that type, so that forms and files agree."""

    def read(field: FormField, text: str, today: date) -> Any:
        value = keep(TYPES[kind].parse(_ANY_COLUMN, today)(text))
        most = min(field.max_length, _LONGEST.get(kind, field.max_length))
        if isinstance(value, str) and len(value) > most:
            raise FormatError(f"有 {len(value)} 个字，最多 {most} 个", advice="请缩短。")
        return value

    return read


def _choice(field: FormField, text: str, today: date) -> str:
    if text not in field.choices:
        raise FormatError(f"“{text[:40]}”不在选项中", advice=f"可选：{'、'.join(field.choices.values())}。")
    return text


def _yes_no(field: FormField, text: str, today: date) -> bool:
    if text.lower() not in _YES_NO:
        raise FormatError(f"“{text[:40]}”不是“是”或“否”")
    return _YES_NO[text.lower()]


def _money(field: FormField, text: str, today: date) -> int:
    fen = int(TYPES["金额"].parse(_ANY_COLUMN, today)(text))
    if fen < 0:
        raise FormatError("金额不能为负数", advice="请核对。")
    return fen


def _bank_card(field: FormField, text: str, today: date) -> str:
    return BankCard.parse(text).number


def _batch(field: FormField, text: str, today: date) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise FormatError("没有选择文件", advice="请先上传文件并通过校验。")
    return int(text)


_READERS: dict[str, Read] = {
    "文本": _by_column("文本"),
    "姓名": _by_column("姓名"),
    "公民身份号码": _by_column("公民身份号码"),
    "统一社会信用代码": _by_column("统一社会信用代码"),
    "银行卡号": _bank_card,
    "年月": _by_column("年月", lambda yyyymm: str(Month.from_yyyymm(yyyymm))),
    "日期": _by_column("日期", str),
    "金额": _money,
    "电话": _by_column("电话"),
    "行政区划": _by_column("行政区划"),
    "选项": _choice,
    "是否": _yes_no,
    "批次": _batch,
}

_MASKS: dict[str, Callable[[str], str]] = {"公民身份号码": mask_id, "银行卡号": mask_account, "电话": mask_phone}

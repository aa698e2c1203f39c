"""The glossary: every name that a rule, parameter or fact may have, with meaning, type and unit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, TypeAlias

from jinbao.kernel.declared import read_declared
from jinbao.kernel.errors import NOWHERE, DeclarationError, FormatError, Place
from jinbao.rules.errors import UnknownName, WrongFact, did_you_mean
from jinbao.rules.ir import Grain, Type
from jinbao.rules.values import read_value, with_unit

Scalar: TypeAlias = bool | int | Decimal | date | str

_FLAVOURS = {"金额": Type.NUMBER, "比例": Type.NUMBER, "文字": Type.CHOICE}
ROW_KEYS: dict[str, Grain] = {"年月": "月", "年度": "年"}
"""The keys of career rows; the engine provides them as names."""


@dataclass(frozen=True)
class Term:
    """One name of the glossary, as declared; `default` counts where a fact is not given."""

    meaning: str
    kind: Literal["事实", "规则", "参数"]
    type: Literal["数", "金额", "比例", "整数", "年月", "日期", "年龄", "布尔", "选项", "文字", "表"] = "数"
    unit: str | None = None
    grain: Grain = "人"
    default: Scalar | None = None
    optional: bool = False
    choices: tuple[str, ...] = ()
    min: Scalar | None = None
    max: Scalar | None = None
    source: str = ""
    example: str = ""
    note: str = ""
    at: Place = NOWHERE

    def __post_init__(self) -> None:
        if self.optional and (self.kind != "事实" or self.default is not None or self.grain != "人"):
            raise DeclarationError("optional 只用于没有 default 的人级事实")
        if self.choices and self.inner is not Type.CHOICE:
            raise DeclarationError(f"choices 只用于类型“选项”，这里是“{self.type}”")
        for bound in (self.default, self.min, self.max):
            if bound is not None:
                self.read(bound)

    @property
    def inner(self) -> Type:
        """The type that the engine computes with."""
        return _FLAVOURS.get(self.type) or Type(self.type)

    @property
    def shown_unit(self) -> str | None:
        """The unit for people; a ratio is shown in per cent."""
        return "%" if self.type == "比例" else self.unit

    def read(self, value: Any) -> Any:
        """Turn a declared value into the inner value. Raises DeclarationError."""
        try:
            return read_value(self.inner, value)
        except FormatError as error:
            raise DeclarationError(error.message, advice=error.advice) from error

    def show(self, value: Any) -> str:
        """Write an inner value with its unit."""
        return with_unit(self.inner, value, self.shown_unit)


class Glossary(Mapping[str, Term]):
    """All terms by name."""

    def __init__(self, terms: Mapping[str, Term]) -> None:
        self._terms = dict(terms)
        for name, term in self._terms.items():
            if not name.isidentifier():
                raise DeclarationError(f"“{name}”不能作名字", at=term.at, advice="只用汉字、字母、数字，不以数字开头。")
            if name in ROW_KEYS:
                raise DeclarationError(f"“{name}”是履历行的键，由引擎提供", at=term.at, advice="请从 glossary 中删去。")
        self._defaults = {name: term.read(term.default) for name, term in terms.items() if term.default is not None}
        self._bounds = {name: _bounds(term) for name, term in terms.items() if (term.min, term.max) != (None, None)}

    @staticmethod
    def read_file(path: Path) -> Glossary:
        """Read glossary.yaml. Raises DeclarationError with file:line."""
        return Glossary(read_declared(path, dict[str, Term]))

    def __getitem__(self, name: str) -> Term:
        try:
            return self._terms[name]
        except KeyError:
            raise UnknownName(f"没有“{name}”这个名字", advice=self.advice(name)) from None

    def __contains__(self, name: object) -> bool:
        return name in self._terms

    def __iter__(self) -> Iterator[str]:
        return iter(self._terms)

    def __len__(self) -> int:
        return len(self._terms)

    def advice(self, name: str) -> str:
        """Say what to do about an unknown name."""
        return did_you_mean(name, self._terms) or "名字须列入 policy/glossary.yaml；jinbao law list 列出全部规则。"

    def default(self, name: str) -> Any:
        """Return the inner default of a fact, or None."""
        return self._defaults.get(name)

    def read_fact(self, name: str, value: Any, where: str = "") -> Any:
        """Turn a given value into the inner value.

        Raises UnknownName, or WrongFact that says what the fact means and what it may be.
        """
        term = self[name]
        if value is None and term.optional:
            return None
        try:
            inner = read_value(term.inner, value)
        except FormatError as error:
            raise WrongFact(f"{where}“{name}”（{term.meaning}）：{error.message}", advice=error.advice) from error
        self._check(name, term, inner, where)
        return inner

    def _check(self, name: str, term: Term, inner: Any, where: str) -> None:
        if term.choices and inner not in term.choices:
            advice = f"{did_you_mean(inner, term.choices)}只能是：{'、'.join(term.choices)}。"
            raise WrongFact(f"{where}“{name}”（{term.meaning}）不能是“{inner}”", advice=advice)
        if name in self._bounds:
            low, high = self._bounds[name]
            if (low is not None and inner < low) or (high is not None and inner > high):
                message = f"{where}“{name}”（{term.meaning}）为 {term.show(inner)}，{_limits(term, low, high)}"
                raise WrongFact(message, advice="请核对数值和单位。")


def _limits(term: Term, low: Any, high: Any) -> str:
    if low is not None and high is not None:
        return f"应在 {term.show(low)} 至 {term.show(high)} 之间"
    return f"不得小于 {term.show(low)}" if high is None else f"不得大于 {term.show(high)}"


def _bounds(term: Term) -> tuple[Any, Any]:
    low, high = (None if bound is None else term.read(bound) for bound in (term.min, term.max))
    return low, high


def plain_unit(unit: str | None) -> str | None:
    """Spell a unit one way, so that 个月 and 月 are the same."""
    return unit.removeprefix("个") or None if unit else None

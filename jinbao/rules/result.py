"""What an evaluation answers: the value, how it came about, and how sure it is."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any, TypeAlias

from jinbao.kernel.errors import FormatError
from jinbao.kernel.money import fen_half_up
from jinbao.kernel.months import Month
from jinbao.rules.errors import OnlySupposed
from jinbao.rules.values import Age, number_text

Value: TypeAlias = Decimal | int | Month | date | Age | bool | str | None


@dataclass(frozen=True)
class Step:
    """One step of an explanation. `formula` has the numbers put in, `rule` is the same with names."""

    name: str
    value: str
    unit: str
    formula: str
    cites: tuple[str, ...]
    confidence: str
    kind: str
    """规则, 参数, 事实, 给定 (a rule or parameter given as a fact), 缺省 (the default of a fact)."""
    symbolic: str = ""
    because: tuple[str, ...] = ()
    note: str = ""
    provisional: bool = False
    depth: int = 0
    children: tuple[Step, ...] = ()
    shown: str = ""
    """Value and unit as one says them."""

    @property
    def text(self) -> str:
        """Value and unit as one says them."""
        return self.shown or self.value

    def as_json(self) -> dict[str, Any]:
        """Return the step without its children."""
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "formula": self.formula,
            "cites": list(self.cites),
            "kind": self.kind,
            "depth": self.depth,
            "confidence": self.confidence,
            "text": self.text,
            "because": list(self.because),
            "note": self.note,
        }


@dataclass(frozen=True)
class Given:
    """The facts of one evaluation; its results share them and their hash."""

    facts: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def hash(self) -> str:
        """Hash of the facts."""
        return facts_hash(self.facts)


@dataclass(frozen=True)
class Result:
    """The answer to one question put to the law."""

    rule: str
    value: Value
    unit: str
    on: date
    region: str
    confidence: str
    provisional: tuple[str, ...] = ()
    """Parameters that stand in for values not yet published, one sentence each."""
    reasons: tuple[str, ...] = ()
    """Why the answer is no, and what is missing by how much; only when explained."""
    tree: Step | None = None
    assumed: tuple[str, ...] = ()
    """What was only supposed and entered this answer, one sentence each; empty for the law in force."""
    version: str = ""
    """Hash of the rules and parameters that can enter this answer."""
    given: Given = field(default_factory=Given, repr=False, compare=False)

    @property
    def facts(self) -> Mapping[str, Any]:
        """The facts that the answer was made from."""
        return self.given.facts

    def require_law(self) -> Result:
        """Return the answer if it rests on the law in force alone. Raises OnlySupposed."""
        if self.assumed:
            message = f"“{self.rule}”的结果含假设，不能用于核定：{'；'.join(self.assumed)}"
            raise OnlySupposed(message, advice="用现行规定重新计算。")
        return self

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every step once, inputs before what is made of them; empty unless explained."""
        return tuple(_flat(self.tree)) if self.tree else ()

    @property
    def unused(self) -> tuple[str, ...]:
        """Facts that were given and did not enter, rows of a career aside; empty unless explained."""
        if self.tree is None:
            return ()
        entered = {step.name for step in self.steps}
        return tuple(name for name, value in self.facts.items() if name not in entered and not isinstance(value, list))

    @property
    def facts_hash(self) -> str:
        """Hash of the facts that the answer was made from."""
        return self.given.hash

    @property
    def fen(self) -> int:
        """The value in whole fen. Raises FormatError when it is not a number."""
        if isinstance(self.value, Decimal | int) and not isinstance(self.value, bool | Age):
            return fen_half_up(self.value)
        raise FormatError(f"“{self.rule}”的值 {self.text} 不是金额")

    @property
    def text(self) -> str:
        """The value as one writes it in a document, without unit."""
        return value_text(self.value)

    @property
    def said(self) -> str:
        """The exact value with its unit as one says it: 4个月 (not 4月, which is April), 2480.97元/月."""
        return self.text + {"月": "个月"}.get(self.unit, self.unit)

    def as_json(self) -> dict[str, Any]:
        """Return the answer of `jinbao law eval --json`; numbers are strings."""
        return {
            "rule": self.rule,
            "value": None if self.value is None else value_json(self.value),
            "unit": self.unit,
            "on": str(self.on),
            "region": self.region,
            "confidence": self.confidence,
            "steps": [step.as_json() for step in self.steps],
            "reasons": list(self.reasons),
            "provisional": list(self.provisional),
            "version": self.version,
            "facts_hash": self.facts_hash,
            **({"assumed": list(self.assumed)} if self.assumed else {}),
        }

    @property
    def json_text(self) -> str:
        """The answer as `jinbao law eval --json` and POST /api/law/eval write it, to the byte."""
        return json.dumps(self.as_json(), ensure_ascii=False, indent=1) + "\n"


def _flat(root: Step) -> Iterator[Step]:
    seen: set[str] = set()

    def visit(step: Step) -> Iterator[Step]:
        for child in step.children:
            yield from visit(child)
        if step.name not in seen:
            seen.add(step.name)
            yield step

    return visit(root)


def value_text(value: Value) -> str:
    """Write an outer value as text."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Decimal) or type(value) is int:
        return number_text(value)
    return "" if value is None else str(value)


def value_json(value: Value) -> str | bool:
    """Write an outer value for JSON: truth values as they are, everything else as text."""
    return value if isinstance(value, bool) else value_text(value)


def facts_hash(facts: Mapping[str, Any]) -> str:
    """Return a SHA-256 over the facts in canonical form: 8880, "8880.00" and Decimal("8880") are the same fact."""
    text = json.dumps(_canonical(facts), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")


@lru_cache(maxsize=65536)
def _canonical_text(value: str) -> str:
    return format(Decimal(value).normalize(), "f") if _NUMBER.fullmatch(value) else value


def _canonical(value: Any) -> Any:
    if isinstance(value, str):
        return _canonical_text(value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, Decimal) or type(value) is int:
        return format(Decimal(value).normalize(), "f")
    if isinstance(value, dict | Mapping):
        return {str(key): _canonical(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [_canonical(item) for item in value]
    return str(value)

"""What a rule may know of a name while it is read: kind, type, unit, grain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from jinbao.rules.glossary import ROW_KEYS, Glossary, plain_unit
from jinbao.rules.ir import Grain, Type
from jinbao.rules.parameters import Parameter


@dataclass(frozen=True)
class Name:
    """A name as rules see it; `kind` is 事实, 规则, 参数 or 行 (the keys of career rows)."""

    name: str
    kind: str
    type: Type
    unit: str | None
    grain: Grain
    optional: bool = False
    choices: tuple[str, ...] = ()
    element: Type = Type.NUMBER


_ROW_NAMES = {
    "年月": Name("年月", "行", Type.MONTH, None, "月"),
    "年度": Name("年度", "行", Type.INTEGER, "年", "年"),
}


def known_names(glossary: Glossary, parameters: Mapping[str, Parameter]) -> dict[str, Name]:
    """Describe every name of the glossary; a parameter with a key is a table of its declared type."""
    names = {name: _ROW_NAMES[name] for name in ROW_KEYS}
    for name, term in glossary.items():
        element = Type.NUMBER if term.inner is Type.TABLE else term.inner
        is_table = name in parameters and parameters[name].key is not None
        names[name] = Name(
            name=name,
            kind=term.kind,
            type=Type.TABLE if is_table else term.inner,
            unit=plain_unit(term.unit),
            grain=term.grain,
            optional=term.optional,
            choices=term.choices,
            element=element,
        )
    return names

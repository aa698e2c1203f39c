"""The scenes of `policy/scenes`: each a folder with `scene.yaml` (the question) and `query.sql` (the answer)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Literal

from jinbao.data.scenes.dialect import checked
from jinbao.kernel.declared import read_declared
from jinbao.kernel.errors import NOWHERE, DeclarationError, FormatError, NotFound, Place
from jinbao.kernel.months import Month
from jinbao.kernel.regions import policy_folder
from jinbao.trust.models import Role

ParameterType = Literal["整数", "日期", "文本"]
ColumnType = Literal["文本", "整数", "金额", "日期", "年月"]
Sensitivity = Literal["", "个人信息", "敏感个人信息"]
Kind = Literal["线索", "画像", "指标", "档案"]
Schedule = Literal["每日", "每周", "每月", "不定期"]
NO_BASIS = "无依据，仅供参考"
PERIOD = {"每日": timedelta(days=1), "每周": timedelta(weeks=1), "每月": timedelta(days=30)}
TODAY = "今天"
LONGEST = 64
"""Characters of a text parameter."""


@dataclass(frozen=True)
class Parameter:
    """A value that whoever asks may change, within its range."""

    name: str
    label: str
    type: ParameterType
    default: str
    least: int | None = None
    most: int | None = None
    unit: str = ""
    at: Place = NOWHERE

    def __post_init__(self) -> None:
        if self.type == "整数" and (self.least is None or self.most is None):
            raise DeclarationError(f"整数参数“{self.name}”没有范围", advice="请写 least 和 most。")

    def value(self, text: str | None, today: date) -> int | date | str:
        """Read what somebody typed, by default the declared value; raise FormatError with the range."""
        said = (text or "").strip() or self.default
        if self.type == "日期":
            return _day(self.label, today if said == TODAY else said)
        if self.type == "文本":
            if len(said) > LONGEST or not said.isprintable():
                raise FormatError(f"“{self.label}”过长或含有不可见字符", advice=f"最多 {LONGEST} 个字符。")
            return said
        least, most = self.least or 0, self.most or 0
        if not re.fullmatch(r"\d{1,9}", said) or not least <= int(said) <= most:
            raise FormatError(
                f"“{self.label}”应为 {least} 至 {most} 的整数，实为“{said[:20]}”", advice="请改正后再运行。"
            )
        return int(said)


def _day(label: str, said: date | str) -> date:
    try:
        return said if isinstance(said, date) else date.fromisoformat(said)
    except ValueError:
        raise FormatError(f"“{label}”应为日期，实为“{str(said)[:20]}”", advice="写成 2026-01-31。") from None


@dataclass(frozen=True)
class Column:
    """One column of the result: what it means and how it is guarded."""

    name: str
    label: str
    type: ColumnType = "文本"
    sensitivity: Sensitivity = ""
    codes: Mapping[str, str] | None = None
    at: Place = NOWHERE


@dataclass(frozen=True)
class Chart:
    """A picture of the result: `by` counts rows by a column; `x` and `y` (and `of`) draw a value over time."""

    title: str
    by: str = ""
    x: str = ""
    y: str = ""
    of: str = ""
    """One line for each value of this column."""


@dataclass(frozen=True)
class FollowUp:
    """The case that a clue opens, and when a settled clue is to be looked at anew."""

    item: str
    """A clue item of `policy/services`; what it is like is the business of the room that opens the cases."""
    evidence: tuple[str, ...]
    """The columns that make the clue: one that was settled as untrue comes up again only when they change."""
    hand_over: Literal["人工", "自动"] = "人工"
    """Whether somebody chooses what is handed over, or the schedule hands over whatever is new."""
    stands_days: int | None = None
    """After how many days a settled clue that is still found comes up again; empty: not as long as it is found."""
    at: Place = NOWHERE

    def __post_init__(self) -> None:
        if self.stands_days is not None and self.stands_days < 1:
            raise DeclarationError("stands_days 至少为 1", advice="不需要定期重新核查的，不写这一项。")


@dataclass(frozen=True)
class _Declared:
    title: str
    question: str
    basis: str
    kind: Kind
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    who: tuple[Role, ...]
    then: str
    """What follows from a row of the result."""
    schedule: Schedule
    parameters: tuple[Parameter, ...] = ()
    chart: Chart | None = None
    case: FollowUp | None = None
    at: Place = NOWHERE


@dataclass(frozen=True)
class Scene:
    """A question to the lake: what is asked, why it may be, with what parameters, and the checked SQL."""

    name: str
    declared: _Declared
    sql: str
    tables: tuple[str, ...]
    query: Path
    """The file of the SQL."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.declared, name)

    def column(self, name: str) -> Column | None:
        """Return a column of the result, or nothing."""
        return next((column for column in self.declared.columns if column.name == name), None)

    @property
    def is_clue(self) -> bool:
        """Whether each row is something that somebody has to follow up."""
        return self.declared.case is not None

    @property
    def period(self) -> timedelta | None:
        """How old a result may become; None where it is only asked by hand."""
        return PERIOD.get(self.declared.schedule)

    def values(self, said: Mapping[str, str], today: date) -> dict[str, int | date | str]:
        """Read the parameters that somebody typed; raise FormatError for an unknown name or a value out of range."""
        known = {parameter.name: parameter for parameter in self.declared.parameters}
        if unknown := sorted(set(said) - set(known)):
            raise FormatError(f"没有参数“{unknown[0][:20]}”", advice=f"可用的参数：{'、'.join(known) or '无'}。")
        return {name: parameter.value(said.get(name), today) for name, parameter in known.items()}


@dataclass(frozen=True)
class Fault:
    """A scene that cannot be read: it is out until it is mended, and stops no other."""

    name: str
    error: DeclarationError

    @property
    def place(self) -> str:
        """File and line, from the policy's folder on."""
        return str(self.error.at or "").removeprefix(f"{policy_folder().parent}/")


def scenes() -> tuple[Scene, ...]:
    """Return every declared scene that can be read, in the order of their names; `faults` are the others."""
    return _declared()[0]


def faults() -> tuple[Fault, ...]:
    """Return the scenes that cannot be read, each with what is wrong, its file and line."""
    return _declared()[1]


def scene(name: str) -> Scene:
    """Return one scene; raise NotFound, and DeclarationError with file:line for one that cannot be read."""
    for one in scenes():
        if one.name == name:
            return one
    for fault in faults():
        if fault.name == name:
            raise DeclarationError(fault.error.message, at=fault.error.at, advice=fault.error.advice)
    raise NotFound(f"没有场景“{name[:40]}”", advice=f"现有场景：{'、'.join(one.name for one in scenes())}。")


def _declared() -> tuple[tuple[Scene, ...], tuple[Fault, ...]]:
    files = sorted(policy_folder().glob("scenes/*/*"))
    return _read(policy_folder(), tuple((path, path.stat().st_mtime_ns) for path in files if path.is_file()))


@cache
def _read(policy: Path, files: tuple[tuple[Path, int], ...]) -> tuple[tuple[Scene, ...], tuple[Fault, ...]]:
    read: list[Scene] = []
    wrong: list[Fault] = []
    for folder in sorted({path.parent for path, _ in files}):
        try:
            read.append(_scene(folder / "scene.yaml"))
        except DeclarationError as error:
            wrong.append(Fault(folder.name, error))
    return tuple(read), tuple(wrong)


def _scene(path: Path) -> Scene:
    declared = read_declared(path, _Declared)
    query = path.with_name("query.sql")
    if not query.is_file():
        raise DeclarationError("缺少 query.sql", at=Place(str(path.parent)))
    names = [column.name for column in declared.columns]
    for wanted in (*declared.key, *_of_chart(declared.chart), *(declared.case.evidence if declared.case else ())):
        if wanted not in names:
            raise DeclarationError(f"列“{wanted}”没有声明", at=declared.at, advice=f"已声明：{'、'.join(names)}。")
    _check_case(declared, names)
    for parameter in declared.parameters:
        parameter.value(None, Month(2000, 1).first_day)
    text = _text(query)
    tables = checked(text, query, columns=names, parameters={one.name for one in declared.parameters}, key=declared.key)
    return Scene(path.parent.name, declared, text, tables, query)


def _text(query: Path) -> str:
    try:
        return query.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise DeclarationError("不是 UTF-8 文本", at=Place(str(query), line), advice="请以 UTF-8 编码另存。") from None


def _check_case(declared: _Declared, names: list[str]) -> None:
    """Refuse clues without the case that follows them, and cases about nobody."""
    if declared.case is None:
        if declared.kind == "线索":
            raise DeclarationError("线索场景没有写 case", at=declared.at, advice="写明由哪个核查事项承办：case.item。")
        return
    if "name" not in names or not {"id_number", "uscc"} & set(names):
        raise DeclarationError(
            "开办件的场景须有列 name，以及 id_number 或 uscc", at=declared.case.at, advice="办件要写明针对谁。"
        )


def _of_chart(chart: Chart | None) -> list[str]:
    return [name for name in (chart.by, chart.x, chart.y, chart.of) if name] if chart else []

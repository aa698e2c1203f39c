"""What is asked: a benefit, two laws (each with day, region and assumptions), a horizon, a threshold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinbao.kernel.declared import read_declared
from jinbao.kernel.errors import NOWHERE, DeclarationError, FormatError, NotFound, Place
from jinbao.kernel.months import Month
from jinbao.rules.law import Law
from jinbao.rules.layer import Supposition, supposed_law
from jinbao.rules.whatif import wishes_of

MOST_MONTHS = 240


@dataclass(frozen=True)
class Benefit:
    """A monthly benefit that can be simulated, by the rules that decide it (`policy/simulations.yaml`)."""

    slug: str
    title: str
    amount: str
    entitled: str
    start: str
    income: str
    without_answer: Mapping[str, str] = field(default_factory=dict)
    """Why somebody gets no result, in words for the report, by the rule that refuses."""
    at: Place = NOWHERE

    @property
    def rules(self) -> tuple[str, str, str, str]:
        """The rules in the order in which results hold them."""
        return self.amount, self.entitled, self.start, self.income


def benefits(law: Law) -> dict[str, Benefit]:
    """Return the declared benefits by slug. Raises DeclarationError for rules that the law does not have."""
    path = law.book.folder / "simulations.yaml"
    return _read(law, path, path.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _read(law: Law, path: Path, _modified: int) -> dict[str, Benefit]:
    found = read_declared(path, tuple[Benefit, ...])
    for each in found:
        unknown = [name for name in (*each.rules, *each.without_answer) if name not in law.rules]
        if unknown:
            message = f"“{each.slug}”用到的规则不存在：{'、'.join(unknown)}"
            raise DeclarationError(message, at=each.at, advice="jinbao law list 列出全部规则。")
    return {each.slug: each for each in found}


def benefit_of(law: Law, slug: str) -> Benefit:
    """Return one benefit. Raises NotFound."""
    known = benefits(law)
    if slug not in known:
        raise NotFound(f"没有“{slug}”这项模拟", advice=f"可以模拟：{'、'.join(known)}。")
    return known[slug]


@dataclass(frozen=True)
class Side:
    """One of the two laws: the one in force on a day in a region, and what is supposed to be otherwise in it."""

    on: date
    region: str
    wishes: tuple[str, ...] = ()
    """Assumptions as texts, `名=值`."""
    overlay: str = ""
    """The path of an overlay file, or of a folder to be laid over the policy folder."""

    def law(self, law: Law) -> tuple[Law, tuple[Supposition, ...]]:
        """Return the law of this side. Raises WrongAssumption and DeclarationError with file:line."""
        law.book.regions.lineage(self.region)
        overlay = Path(self.overlay) if self.overlay else None
        return supposed_law(law, overlay, wishes_of(self.wishes), on=self.on, region=self.region)


@dataclass(frozen=True)
class Question:
    """Everything that decides a simulation, as plain values that can be kept in a file."""

    benefit: str
    before: Side
    after: Side
    months: int = 60
    """The horizon, from the month of the day of `after`."""
    threshold_fen: int = 100
    """From what change of the monthly average on somebody counts as gaining or losing."""
    only_new: bool = False
    """Leave out whom both laws pay already before the horizon begins."""
    where: str = ""
    """SQL over the facts of a person."""

    def __post_init__(self) -> None:
        if not 1 <= self.months <= MOST_MONTHS:
            raise FormatError(f"期间应为 1 至 {MOST_MONTHS} 个月，实为 {self.months}", advice="例如 60 个月。")
        if not 1 <= self.threshold_fen <= 10_000_000:
            raise FormatError("增减的门槛应在 0.01 元至 100,000 元之间", advice="例如每月 1 元。")

    @property
    def first(self) -> Month:
        """The first month of the horizon."""
        return Month.of(self.after.on)

    @property
    def last(self) -> Month:
        """The last month of the horizon."""
        return self.first + (self.months - 1)

    def as_json(self) -> dict[str, Any]:
        """Return the question for a file."""
        found = asdict(self)
        for name in ("before", "after"):
            found[name] |= {"on": str(found[name]["on"]), "wishes": list(found[name]["wishes"])}
        return found


def question_of(data: Mapping[str, Any]) -> Question:
    """Read a question that was kept in a file."""
    sides = {name: _side_of(data[name]) for name in ("before", "after")}
    return Question(**{**data, **sides})


def _side_of(data: Mapping[str, Any]) -> Side:
    return Side(**{**data, "on": date.fromisoformat(data["on"]), "wishes": tuple(data["wishes"])})

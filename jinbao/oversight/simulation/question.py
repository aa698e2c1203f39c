"""What is asked: a benefit, two laws (each with day, region and assumptions), a horizon, a threshold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinbao.kernel.declared import read_declared
from jinbao.kernel.errors import NOWHERE, DeclarationError, FormatError, NotFound, Place
from jinbao.kernel.months import Month
from jinbao.oversight.simulation.yearly import grown, own_starts, read_yearly
from jinbao.rules.law import Law
from jinbao.rules.layer import SupposedRule, Supposition, supposed_law
from jinbao.rules.overlay import Assumption, read_overlay, suppose
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
    yearly: tuple[str, ...] = ()
    """What is supposed of the years to come, a rate a year each, as texts (`yearly.py`)."""

    def law(self, law: Law, last: Month) -> tuple[Law, tuple[Supposition, ...]]:
        """Return the law of this side up to a month. Raises WrongAssumption and DeclarationError with file:line."""
        law.book.regions.lineage(self.region)
        overlay = Path(self.overlay) if self.overlay else None
        found, said = supposed_law(law, overlay, wishes_of(self.wishes), on=self.on, region=self.region)
        growing = grown(found, read_yearly(self.yearly), on=self.on, region=self.region, last=last)
        if not growing:
            return found, said
        found, more = suppose(found, growing, on=self.on, region=self.region)
        return found, (*said, *more)

    def changes(self, law: Law, said: Iterable[Supposition]) -> set[Month]:
        """Return the months from which on something else holds: those with a day that somebody wrote.

        Of growing parameters also the values that the law itself has.
        """
        dated = [wish for wish in wishes_of(self.wishes) if wish.start]
        names = {each.name for each in dated}
        overlay = Path(self.overlay) if self.overlay else None
        if overlay and not overlay.is_dir():
            names |= {wish.name for wish in read_overlay(overlay) if wish.start}
        growing = set(read_yearly(self.yearly).growing)
        names |= growing
        found = {_month_from(day) for day in own_starts(law, growing, self.region)}
        for each in said:
            if isinstance(each, SupposedRule) or each.name in names or (overlay and overlay.is_dir()):
                end = each.end + timedelta(days=isinstance(each, Assumption)) if each.end else None
                found |= {_month_from(day) for day in (each.start, end) if day}
        return found


def _month_from(day: date) -> Month:
    """Return the first month that begins on a day or later."""
    return Month.of(day) if day.day == 1 else Month.of(day) + 1


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
            side = found[name]
            side |= {"on": str(side["on"]), "wishes": list(side["wishes"]), "yearly": list(side["yearly"])}
        return found


def sides_of(question: Question) -> list[tuple[str, Side]]:
    """Return both sides with their names."""
    return [("before", question.before), ("after", question.after)]


def question_of(data: Mapping[str, Any]) -> Question:
    """Read a question that was kept in a file."""
    sides = {name: _side_of(data[name]) for name in ("before", "after")}
    return Question(**{**data, **sides})


def _side_of(data: Mapping[str, Any]) -> Side:
    texts = {name: tuple(data.get(name, ())) for name in ("wishes", "yearly")}
    return Side(**{**data, **texts, "on": date.fromisoformat(data["on"])})

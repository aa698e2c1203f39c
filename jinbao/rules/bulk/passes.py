"""One walk through a career: its sections, what the walk fills, and which yearly values go on to the next year.

Nearly every set of rules needs one. Where what a row computes rests on a total over all rows, the total is computed in
a pass of its own before.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from jinbao.rules.bulk.pieces import Cuts
from jinbao.rules.bulk.value import Value
from jinbao.rules.bulk.writer import Block
from jinbao.rules.ir import Grain


@dataclass
class Walk:
    """One walk through the stretches of a year: what is done for each piece, and what for each of its months."""

    pieces: Block
    each: Block
    start: list[str] = field(default_factory=list)
    end: list[str] = field(default_factory=list)
    cuts: Cuts = field(default_factory=Cuts)
    cut_codes: dict[str, None] = field(default_factory=dict)

    @staticmethod
    def below(year_pre: Block) -> Walk:
        """Return an empty walk below the section of the year."""
        pieces = Block("月", year_pre)
        return Walk(pieces, Block("月", pieces))


class Pass:
    """The sections of one pass in the order in which they run: pre; each year: year_pre, walk, year_post; post."""

    def __init__(self, serial: int = 0) -> None:
        self.pre, self.post = Block("人"), Block("人")
        self.post.outer = self.pre
        self.year_pre = Block("年", self.pre)
        self.year_post = Block("年", self.year_pre)
        self.walk = Walk.below(self.year_pre)
        self.start: list[str] = []
        self.end: list[str] = []
        self.walks_alone = False
        self.lifted: dict[tuple[int, Grain], Value] = {}
        self.picked: dict[int, tuple[Value, str]] = {}
        self.elsewhere: dict[int, str] = {}
        """The variable that says that a month to be picked is not of this year."""
        self.states: dict[str, str] = {}
        """The variable that holds the value of the year before, by name."""
        self.initial: dict[str, str] = {}
        self._mark = f"{serial}_" if serial else ""

    def state(self, name: str, initial: str) -> str:
        """Return the variable that holds a yearly value of the year before."""
        code = self.states.setdefault(name, f"last{self._mark}{len(self.states)}")
        self.initial[code] = initial
        return code

    @property
    def reads_rows(self) -> bool:
        """Whether anything is computed from rows."""
        return bool(self.lifted or self.picked or self.states)

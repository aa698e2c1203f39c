"""What makes two rows one person, read from policy/linkage.yaml: comparisons with weights, blocks, thresholds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from jinbao.data.datasets import load_dataset
from jinbao.kernel.declared import read_declared
from jinbao.kernel.errors import NOWHERE, DeclarationError, Place
from jinbao.kernel.regions import policy_folder


def hundredths(bits: float | Decimal) -> int:
    """Return bits as whole hundredths: weights are integers, so that every engine adds them up alike."""
    return round(float(bits) * 100)


@dataclass(frozen=True)
class Thresholds:
    """What links, what people review, and what is too frequent to say anything; in bits."""

    link: Decimal
    review: Decimal
    margin: Decimal
    rare_bits: Decimal
    stop_phone: int
    at: Place = NOWHERE

    def __post_init__(self) -> None:
        if self.review >= self.link:
            raise DeclarationError("review 应低于 link：介于两者之间的才交人审核")


@dataclass(frozen=True)
class Level:
    """One outcome of a comparison; the first level whose condition holds counts."""

    name: str
    title: str
    when: str
    m: Decimal
    about: str
    u: Decimal | None = None
    bits: str = ""
    """Instead of u: the column that says how rare the value is."""
    per_person: bool = False
    at: Place = NOWHERE

    def __post_init__(self) -> None:
        if (self.u is None) == (not self.bits):
            raise DeclarationError(f"“{self.title}”应有 u 或 bits（且只有其一）")
        if not 0 < self.m <= 1 or (self.u is not None and not 0 < self.u <= 1):
            raise DeclarationError(f"“{self.title}”的 m、u 应大于 0，不大于 1")

    def weight(self, persons: int) -> int:
        """Return the weight in hundredths of bits (without that of a rare value) among so many people."""
        scale = persons if self.per_person else 1
        return hundredths(math.log2(float(self.m) / float(self.u or 1) * scale))


@dataclass(frozen=True)
class Comparison:
    """One field of two rows, compared."""

    name: str
    title: str
    levels: tuple[Level, ...]
    at: Place = NOWHERE

    def __post_init__(self) -> None:
        if not self.levels or self.levels[-1].when != "TRUE":
            raise DeclarationError(f"“{self.title}”的最后一级应是 when: TRUE，否则会有比不出结果的一对")


@dataclass(frozen=True)
class Block:
    """A condition under which two rows become a candidate pair."""

    name: str
    title: str
    on: str
    about: str
    at: Place = NOWHERE


@dataclass(frozen=True)
class Ocr:
    """Letters that a scanner reads for digits, in step with the digits."""

    letters: str
    digits: str
    at: Place = NOWHERE

    def __post_init__(self) -> None:
        if len(self.letters) != len(self.digits):
            raise DeclarationError("letters 与 digits 应一一对应")


@dataclass(frozen=True)
class Stake:
    """A table whose rows show that a benefit hangs on a person; such people are joined or parted by two persons."""

    dataset: str
    title: str
    about: str
    when: str = "TRUE"
    """A condition on the columns of the table."""
    at: Place = NOWHERE

    def __post_init__(self) -> None:
        load_dataset(self.dataset)


@dataclass(frozen=True)
class Policy:
    """The whole declaration."""

    thresholds: Thresholds
    comparisons: tuple[Comparison, ...]
    blocks: tuple[Block, ...]
    name_dots: str
    shape_alike: tuple[str, ...]
    ocr: Ocr
    trust: tuple[str, ...] = ()
    stakes: tuple[Stake, ...] = ()
    at: Place = NOWHERE

    def __post_init__(self) -> None:
        every = "".join(self.shape_alike)
        twice = sorted({character for character in every if every.count(character) > 1})
        if twice:
            raise DeclarationError(f"形近字只能属于一组：{'、'.join(twice)}")

    def comparison(self, name: str) -> Comparison:
        """Return a comparison by name."""
        return next(one for one in self.comparisons if one.name == name)


def policy() -> Policy:
    """Return the declaration as it stands; a mistake is a DeclarationError with file:line."""
    file = policy_folder() / "linkage.yaml"
    return _read(str(file), file.stat().st_mtime_ns)


@cache
def _read(file: str, _changed: int) -> Policy:
    from pathlib import Path

    return read_declared(Path(file), Policy)

"""How registers spoil an identity: what clerks mistype, scanners misread, old systems kept and exports lose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from jinbao.project.demo.names import Text, homophone
from jinbao.project.demo.units.world import Ints, World

ALIKE = dict(
    zip(
        "陈杨侯王千林明佳宇思梅海江天未士日人晴刘贾傅博",
        "阵扬候玉干杯朋住字恩悔悔汪夫末土曰入睛剑贸傳搏",
        strict=True,
    )
)
"""Same shape, other character: what a scanner reads and a tired eye accepts."""
Spoil = Callable[[np.random.Generator, str], str]


def fifteen(rng: np.random.Generator, number: str) -> str:
    """Write the number of the first generation; who was born from 2000 on never had one."""
    return number[:6] + number[8:17] if number[6:8] == "19" else number


def wrong_check(rng: np.random.Generator, number: str) -> str:
    """Mistype the check character."""
    return number[:17] + "0123456789X"[("0123456789X".index(number[17]) + 1 + int(rng.integers(9))) % 11]


def wrong_digit(rng: np.random.Generator, number: str) -> str:
    """Mistype one digit of the sequence or the day."""
    at = int(rng.integers(12, 17))
    return number[:at] + str((int(number[at]) + 1 + int(rng.integers(8))) % 10) + number[at + 1 :]


def turned(rng: np.random.Generator, number: str) -> str:
    """Turn two neighbouring digits around."""
    at = int(rng.integers(6, 16))
    return number[:at] + number[at + 1] + number[at] + number[at + 2 :]


def missing(rng: np.random.Generator, number: str) -> str:
    """Leave the number out."""
    return ""


def alike(rng: np.random.Generator, name: str) -> str:
    """Write a character of the same shape; of a name with a dot, lose the dot."""
    if "·" in name:
        return name.replace("·", "")
    for at, character in enumerate(name):
        if character in ALIKE:
            return name[:at] + ALIKE[character] + name[at + 1 :]
    return name


def sounds(rng: np.random.Generator, name: str) -> str:
    """Write the name as it sounds."""
    return homophone(name)


OF_NUMBERS: tuple[tuple[Spoil, float], ...] = (
    (fifteen, 0.012), (wrong_check, 0.004), (wrong_digit, 0.004), (turned, 0.003), (missing, 0.015),
)  # fmt: skip
OF_NAMES: tuple[tuple[Spoil, float], ...] = ((sounds, 0.010), (alike, 0.008))
OLD_NAME, SWAPPED_BIRTHDAY = 0.5, 0.010
"""Of those who changed their name how many still stand under the old one; of birthdays how many have month and day
the wrong way round."""


@dataclass(frozen=True)
class Identity:
    """The identity columns of some rows, as a register has them."""

    id_number: Text
    name: Text
    sex: Text
    born_on: Text


def identities(rng: np.random.Generator, world: World, at: Ints, care: float = 1.0) -> Identity:
    """Write the identities of people (by place); `care` scales how often a register is wrong, 0 never."""
    number, name = world.id_number[at].copy(), world.name[at].copy()
    _spoil(rng, number, OF_NUMBERS, care)
    old = (world.former[at] != "") & (rng.random(len(at)) < OLD_NAME * min(care, 1.0))
    name[old] = world.former[at][old]
    _spoil(rng, name, OF_NAMES, care)
    born = world.born[at].astype(str).astype(object)
    for row in np.flatnonzero(rng.random(len(at)) < SWAPPED_BIRTHDAY * care):
        year, month, day = born[row].split("-")
        born[row] = f"{year}-{day}-{month}" if int(day) <= 12 else born[row]
    return Identity(number, name, world.sex[at].copy(), born)


def _spoil(rng: np.random.Generator, texts: Text, kinds: tuple[tuple[Spoil, float], ...], care: float) -> None:
    drawn, reached = rng.random(len(texts)), 0.0
    for spoil, rate in kinds:
        hit = (drawn >= reached) & (drawn < reached + rate * care)
        reached += rate * care
        for row in np.flatnonzero(hit):
            texts[row] = spoil(rng, texts[row])

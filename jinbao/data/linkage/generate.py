"""Hard labelled sets: generated people in several sources, with declared faults and the truth kept.

Nobody here exists: identity numbers begin with 99. `dense` puts everybody into eight areas, so that area and date of
birth say little and neighbours' numbers differ in one digit; `spread` uses three thousand areas.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from jinbao.data.linkage.invent import invent_names, misname, rename
from jinbao.kernel.identifiers.check_digits import MOD11_2_WEIGHTS

Mode = Literal["spread", "dense"]
Text = NDArray[Any]
Ints = NDArray[np.int64]

_WEIGHTS = np.array(MOD11_2_WEIGHTS)
_CHECK = np.array(list("10X98765432"))
_TODAY = np.datetime64("2025-11-01")
_OCR = {"0": "O", "1": "l", "8": "B", "5": "S"}
_SOURCES = 17


@dataclass(frozen=True)
class Faults:
    """How often each fault happens to a row; every rate is a probability per row unless it says otherwise."""

    number_missing: float = 0.08
    number_15: float = 0.05
    digit_wrong: float = 0.03
    digits_swapped: float = 0.01
    ocr: float = 0.01
    number_dressed: float = 0.03
    """Spaces, lower-case x, full-width digits."""
    number_of_kin: float = 0.002
    """The valid number of another member of the family."""
    name_sound: float = 0.015
    name_shape: float = 0.01
    name_character: float = 0.005
    name_dressed: float = 0.01
    name_old: float = 0.01
    birth_missing: float = 0.10
    birth_swapped: float = 0.01
    birth_digit: float = 0.01
    birth_default: float = 0.005
    sex_missing: float = 0.10
    sex_wrong: float = 0.005
    phone_missing: float = 0.20
    phone_changed: float = 0.10
    phone_digit: float = 0.01
    twins: float = 0.01
    """Per person."""
    same_name_father: float = 0.004
    """Per person."""
    family_phone: float = 0.12
    """Per person: the phone of somebody else in the family."""
    number_changed: float = 0.0005
    """Per person: two valid numbers, with a record of the change."""


@dataclass(frozen=True)
class LabelledSet:
    """Rows as sources deliver them, who each row really is, and the recorded changes of numbers."""

    rows: pa.Table
    """dataset, _row, number, name, sex, birth, phone"""
    truth: pa.Table
    """dataset, _row, truth"""
    changes: pa.Table
    """old_number, new_number"""


@dataclass
class _People:
    number: Text
    name: Text
    male: NDArray[np.bool_]
    birth: NDArray[np.datetime64]
    phone: Text
    kin: Ints
    """Another member of the family, or oneself."""


def generate(persons: int, mode: Mode = "spread", *, seed: int = 1, faults: Faults | None = None) -> LabelledSet:
    """Make a labelled set of so many people in up to four of 17 sources each; the same seed makes the same rows."""
    rng = np.random.default_rng(seed)
    rates = faults or Faults()
    people = _people(rng, persons, mode, rates)
    changed = np.flatnonzero(rng.random(persons) < rates.number_changed)
    earlier = people.number.copy()
    earlier[changed] = _renumbered(rng, people.number[changed])
    times = rng.choice([1, 2, 3, 4], size=persons, p=[0.35, 0.35, 0.2, 0.1])
    who = np.repeat(np.arange(persons), times)
    source = (np.repeat(rng.integers(_SOURCES, size=persons), times) + _nth(times) * 5) % _SOURCES
    number = np.where(rng.random(len(who)) < 0.5, earlier[who], people.number[who])
    columns = _faulty(rng, people, who, number, rates)
    order = rng.permutation(len(who))
    dataset = np.array([f"source_{n:02d}" for n in range(_SOURCES)])[source]
    key = np.arange(len(who)).astype(str)
    rows = pa.table({"dataset": dataset[order], "_row": key, **{n: c[order] for n, c in columns.items()}})
    blank = [pc.if_else(pc.equal(rows[name], ""), None, rows[name]) for name in columns]
    rows = pa.table([rows["dataset"], rows["_row"], *blank], names=["dataset", "_row", *columns])
    truth = pa.table({"dataset": dataset[order], "_row": key, "truth": who[order]})
    changes = pa.table({"old_number": earlier[changed].astype(str), "new_number": people.number[changed].astype(str)})
    return LabelledSet(rows, truth, changes)


def _people(rng: np.random.Generator, count: int, mode: Mode, rates: Faults) -> _People:
    """Draw people; twins and sons with their father's name stand beside their relative."""
    names = invent_names(rng, count)
    male = rng.random(count) < 0.5
    birth = _TODAY - np.timedelta64(1, "D") * (100 * 365.25 * rng.beta(1.6, 2.2, size=count)).astype(int)
    areas = {"spread": 3000, "dense": 8}[mode]
    shares = 1 / np.arange(4, areas + 4)
    area = 990101 + rng.choice(areas, size=count, p=shares / shares.sum())
    phone = _phones(rng, count)
    kin = np.arange(count)
    if count > 1:
        second = np.flatnonzero(rng.random(count - 1) < rates.twins) + 1
        birth[second], area[second], kin[second] = birth[second - 1], area[second - 1], second - 1
        names[second] = _sibling(rng, names[second - 1], names[second])
        son = np.flatnonzero(rng.random(count - 1) < rates.same_name_father) + 1
        years = rng.integers(20, 36, size=len(son)) * 365 * np.timedelta64(1, "D")
        birth[son] = np.minimum(birth[son - 1] + years, _TODAY)
        area[son], names[son], male[son], kin[son] = area[son - 1], names[son - 1], True, son - 1
        male[son - 1] = True
        shared = np.flatnonzero(rng.random(count - 1) < rates.family_phone) + 1
        shared = np.union1d(shared, second)
        phone[shared], kin[shared] = phone[shared - 1], shared - 1
    return _People(_numbers(rng, area, birth, male), names.astype(object), male, birth, phone, kin)


def _sibling(rng: np.random.Generator, first: Text, own: Text) -> Text:
    """Give the second twin the surname of the first, and often the first character of its given name."""
    share = rng.random(len(first)) < 0.5
    pairs = zip(first, own, share, strict=True)
    return np.array([a[:2] + b[-1] if s and len(a) == 3 and a[2] != b[-1] else a[0] + b[1:] for a, b, s in pairs])


def _numbers(rng: np.random.Generator, area: Ints, birth: NDArray[np.datetime64], male: NDArray[np.bool_]) -> Text:
    """Complete identity numbers; nobody shares one."""
    day = birth.astype("datetime64[D]").astype(object)
    days = np.array([d.year * 10000 + d.month * 100 + d.day for d in day], dtype=np.int64)
    stem = (area.astype(np.int64) * 100_000_000 + days) * 1000
    body = stem + rng.integers(500, size=len(area)) * 2 + male
    while True:
        _, first = np.unique(body, return_index=True)
        again = np.setdiff1d(np.arange(len(body)), first)
        if not len(again):
            return _checked(body)
        body[again] = stem[again] + rng.integers(500, size=len(again)) * 2 + male[again]


def _checked(body: Ints) -> Text:
    total = np.zeros(len(body), dtype=np.int64)
    rest = body.copy()
    for weight in _WEIGHTS[::-1]:
        total += rest % 10 * weight
        rest //= 10
    return np.char.add(body.astype(str), _CHECK[total % 11]).astype(object)


def _renumbered(rng: np.random.Generator, numbers: Text) -> Text:
    """Return other valid numbers in the hundred areas that hold nobody: what was issued before the correction."""
    bodies = np.array([int("9990" + str(number)[4:17]) for number in numbers], dtype=np.int64)
    return _checked(bodies)


def _phones(rng: np.random.Generator, count: int) -> Text:
    """Draw mobile numbers of a range that no operator has (begins with 100)."""
    return (10_000_000_000 + rng.integers(10**8, size=count)).astype(str).astype(object)


def _nth(times: Ints) -> Ints:
    """Return 0, 1, … within each person."""
    return np.arange(times.sum()) - np.repeat(np.cumsum(times) - times, times)


def _faulty(rng: np.random.Generator, people: _People, who: Ints, number: Text, rates: Faults) -> dict[str, Text]:
    count = len(who)

    def hit(rate: float) -> Ints:
        return np.flatnonzero(rng.random(count) < rate)

    name = people.name[who].copy()
    misname(rng, name, hit(rates.name_sound), "sound")
    misname(rng, name, hit(rates.name_shape), "shape")
    misname(rng, name, hit(rates.name_character), "character")
    misname(rng, name, hit(rates.name_dressed), "dress")
    for row in np.flatnonzero(np.char.find(name.astype(str), "·") >= 0):
        name[row] = name[row].replace("·", "·•．.‧ "[rng.integers(6)])
    old = hit(rates.name_old)
    name[old] = rename(name[old], who[old])
    number = _spoil_numbers(rng, number.copy(), people.number[people.kin[who]], hit, rates)
    birth = np.datetime_as_string(people.birth[who].astype("datetime64[D]")).astype(object)
    _spoil_births(rng, birth, hit, rates)
    sex = np.where(people.male[who], "1", "2").astype(object)
    wrong = hit(rates.sex_wrong)
    sex[wrong] = np.where(sex[wrong] == "1", "2", "1")
    sex[hit(rates.sex_missing)] = ""
    phone = people.phone[who].copy()
    changed = hit(rates.phone_changed)
    phone[changed] = _phones(rng, len(changed))
    for row in hit(rates.phone_digit):
        phone[row] = _other_digit(rng, phone[row], 3, 11)
    phone[hit(rates.phone_missing)] = ""
    return {"number": number, "name": name, "sex": sex, "birth": birth, "phone": phone}


def _spoil_numbers(rng: np.random.Generator, number: Text, kin: Text, hit: Any, rates: Faults) -> Text:
    for row in hit(rates.number_of_kin):
        number[row] = kin[row]
    for row in hit(rates.number_15):
        if number[row][6:8] == "19":
            number[row] = number[row][:6] + number[row][8:17]
    for row in hit(rates.digit_wrong):
        number[row] = _other_digit(rng, number[row], 0, min(17, len(number[row])))
    for row in hit(rates.digits_swapped):
        at = int(rng.integers(6, len(number[row]) - 2))
        number[row] = number[row][:at] + number[row][at + 1] + number[row][at] + number[row][at + 2 :]
    for row in hit(rates.ocr):
        places = [n for n, digit in enumerate(number[row]) if digit in _OCR]
        if places:
            place = places[int(rng.integers(len(places)))]
            number[row] = number[row][:place] + _OCR[number[row][place]] + number[row][place + 1 :]
    for row in hit(rates.number_dressed):
        text = number[row]
        wide = "".join(chr(ord(c) + 0xFEE0) for c in text)
        number[row] = (text.lower(), f" {text} ", f"{text[:6]} {text[6:]}", wide)[rng.integers(4)]
    number[hit(rates.number_missing)] = ""
    return number


def _spoil_births(rng: np.random.Generator, birth: Text, hit: Any, rates: Faults) -> None:
    for row in hit(rates.birth_swapped):
        year, month, day = birth[row].split("-")
        if int(day) <= 12:
            birth[row] = f"{year}-{day}-{month}"
    for row in hit(rates.birth_digit):
        year, month, day = birth[row].split("-")
        birth[row] = f"{int(year) + int(rng.choice([-10, -1, 1]))}-{month}-{min(int(day), 28):02d}"
    for row in hit(rates.birth_default):
        birth[row] = birth[row][:4] + "-01-01"
    birth[hit(rates.birth_missing)] = ""


def _other_digit(rng: np.random.Generator, text: str, low: int, high: int) -> str:
    """Write another digit in one place."""
    at = int(rng.integers(low, high))
    if not text[at].isdigit():
        return text
    return text[:at] + str((int(text[at]) + int(rng.integers(1, 10))) % 10) + text[at + 1 :]

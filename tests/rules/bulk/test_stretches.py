"""Stretches in memory: whose career is in order is found a batch at a time, and says the same as going one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jinbao.rules.bulk.assembly import BROKEN, EXACT
from jinbao.rules.bulk.inputs import MAX_BASE, Column
from jinbao.rules.bulk.stretches import checked
from jinbao.rules.ir import Type

Stretch = tuple[int, int, int]
BASE = Column("缴费基数", Type.NUMBER, 100, 1, MAX_BASE, monthly=True)


def look(careers: list[list[Stretch]], skip: int = 0) -> tuple[list[int], list[int]]:
    """Return the ordinals and what is said of each person, of all persons after the first `skip`."""
    flat = [stretch for career in careers for stretch in career]
    ends = np.cumsum([0, *(len(career) for career in careers)]).astype(np.int32)[skip:]
    status = np.zeros(len(careers) - skip, np.uint8)
    starts, lengths, bases = (np.array([row[at] for row in flat], kind)
                              for at, kind in ((0, np.int32), (1, np.int16), (2, np.int32)))  # fmt: skip
    found = checked(status, ends, starts, lengths, [bases], [BASE])
    return [int(month) for month in found], [int(said) for said in status]


def one_by_one(career: list[Stretch]) -> int:
    """Say the same of one person, as plainly as it can be said."""
    free, too_much = 0, False
    for month, length, base in career:
        year, number = divmod(month, 100)
        if not (1 <= number <= 12 and 0 <= year < 10_000 and length > 0 and base > 0):
            return BROKEN
        if year * 12 + number - 1 < free:
            return BROKEN
        free = year * 12 + number - 1 + length
        too_much |= base > MAX_BASE
    return EXACT if too_much else 0


def test_it_works() -> None:
    assert look([[(199201, 12, 300_00), (199301, 6, 320_00)], [(201012, 1, 500_00)]]) == (
        [23904, 23916, 24131], [0, 0],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("career", "why"),
    [
        ([(199301, 6, 1), (199201, 6, 1)], "out of order"),
        ([(199201, 6, 1), (199206, 6, 1)], "overlap by a month"),
        ([(199201, 6, 1), (199201, 6, 1)], "twice"),
        ([(199213, 6, 1)], "no thirteenth month"),
        ([(199200, 6, 1)], "no month nought"),
        ([(-199201, 6, 1)], "no year before the first"),
        ([(199201, 0, 1)], "no months"),
        ([(199201, -3, 1)], "fewer than no months"),
        ([(199201, 6, 0)], "an amount of nothing"),
        ([(199201, 6, -5)], "less than nothing"),
    ],
)
def test_a_career_that_cannot_be_is_broken_and_its_neighbours_are_not(career: list[Stretch], why: str) -> None:
    good = [(199201, 12, 1)]
    assert look([good, career, good])[1] == [0, BROKEN, 0], why


def test_who_earns_more_than_a_kernel_holds_is_computed_exactly() -> None:
    assert look([[(199201, 12, MAX_BASE)], [(199201, 12, MAX_BASE + 1)]])[1] == [0, EXACT]


def test_a_broken_career_stays_broken_whatever_its_amounts() -> None:
    assert look([[(199201, 12, MAX_BASE + 1), (199201, 1, 1)]])[1] == [BROKEN]


def test_people_without_careers_among_others_and_at_the_ends_disturb_nobody() -> None:
    late, early = [(202001, 12, 1)], [(199201, 12, 1)]
    assert look([[], late, [], [], early, []])[1] == [0] * 6
    assert look([[], late])[1] == [0, 0]
    assert look([[], []]) == ([], [0, 0])
    assert look([]) == ([], [])


MONTHS = st.one_of(
    st.integers(199201, 199212), st.integers(200001, 200012), st.integers(199200, 199214), st.just(-199201)
)
CAREERS = st.lists(
    st.lists(st.tuples(MONTHS, st.sampled_from([1, 2, 3, 12, 0, -1]), st.sampled_from([1, 300_00, 0, MAX_BASE + 1])),
             max_size=4),
    max_size=6,
)  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(CAREERS, st.integers(0, 3))
def test_a_batch_at_a_time_says_what_going_one_by_one_says(careers: list[list[Stretch]], skip: int) -> None:
    """`skip` is a batch cut out of a larger one, as a filter makes it; what lies before it may be anything."""
    skip = min(skip, len(careers))
    assert look(careers, skip)[1] == [one_by_one(career) for career in careers[skip:]]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(1850 * 12, 2150 * 12), min_size=1, max_size=40))
def test_a_month_and_its_ordinal_are_one_thing(ordinals: list[int]) -> None:
    career = [(month // 12 * 100 + month % 12 + 1, 1, 1) for month in ordinals]
    assert look([[stretch] for stretch in career])[0] == ordinals

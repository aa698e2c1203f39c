"""A plain pattern answered as GLOB says what the regular expression says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jinbao.data.scoring.pattern import as_glob, matches
from jinbao.kernel import duck

CLASSES = ("[0-9]", "[A-Z]", "[0-9X]", "[a-fA-F0-9]", "[AB]", "[5]")
piece = st.tuples(st.sampled_from([*CLASSES, "T", "0", "x"]), st.sampled_from(["", "{1}", "{2}", "{6}", "{0}"]))
patterns = st.lists(piece, min_size=1, max_size=4).map(lambda pieces: "".join(a + b for a, b in pieces))
texts = st.text("0123456789ABXTabx-]*?\\\n金·é", max_size=12)


@pytest.fixture(scope="module")
def asks() -> Iterator[Any]:
    """Answer a condition on a text by DuckDB."""
    with duck.connect(threads=1, folders=[]) as connection:
        yield lambda condition, text: connection.execute(f"SELECT {condition} FROM (SELECT ? AS t)", [text]).fetchone()


@settings(max_examples=400)
@given(pattern=patterns, text=texts)
def test_glob_and_regular_expression_agree(asks: Any, pattern: str, text: str) -> None:
    regular = f"regexp_full_match(t, {duck.literal(pattern)})"
    assert asks(matches("t", pattern), text) == asks(regular, text)


@settings(max_examples=200)
@given(pattern=patterns, data=st.data())
def test_a_text_made_from_the_pattern_is_accepted(asks: Any, pattern: str, data: st.DataObject) -> None:
    text = data.draw(st.from_regex(pattern, fullmatch=True))
    assert asks(matches("t", pattern), text) == (True,)


@pytest.mark.parametrize(
    ("pattern", "glob"),
    [
        ("T[0-9]{2}", "T[0-9][0-9]"),
        ("[0-4]", "[0-4]"),
        ("[A-Z]{2}[0-9]{10}", "[A-Z]" * 2 + "[0-9]" * 10),
        ("[0-9]{17}[0-9X]", None),
        ("", None),
        ("[^0-9]", None),
        ("[0-9]+", None),
        ("a|b", None),
        (".{3}", None),
        ("\\d{3}", None),
        ("[金]", None),
        ("[0-9]{1,2}", None),
        ("[0-9]{99}", None),
        ("[0-9]{00}A", None),
        ("[]0]", None),
        ("[z-]", None),
        ("a*", None),
    ],
)
def test_only_plain_patterns_become_globs(pattern: str, glob: str | None) -> None:
    assert as_glob(pattern) == glob

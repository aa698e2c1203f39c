"""Answers kept for a repeated request come back equal, and never as something else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jinbao.kernel.errors import NotFound
from jinbao.kernel.months import Month
from jinbao.trust.answers import decode, encode
from jinbao.trust.canonical import canonical, plain, reference
from jinbao.trust.models import Role, User


@dataclass(frozen=True)
class Report:
    path: Path
    total: Decimal
    parts: tuple[Any, ...] = ()


def there_and_back(value: Any) -> Any:
    return decode(json.loads(json.dumps(encode(value))))


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        "文字",
        Decimal("1.10"),
        Month(2026, 1),
        date(2026, 1, 31),
        datetime(2026, 1, 31, 9, 30, 0, 5, tzinfo=UTC),
        Path("lake/批次"),
        Role.CLERK,
        [],
        (1, "a", None),
        {"a": [1, {"$": "row"}], 2: Month(2026, 1)},
        Report(Path("x"), Decimal("0.01"), (Month(2026, 1), Report(Path("y"), Decimal(0)))),
    ],
)
def test_a_value_comes_back_as_it_was(value: Any) -> None:
    again = there_and_back(value)
    assert again == value
    assert type(again) is type(value)


leaves = st.none() | st.booleans() | st.integers() | st.text() | st.dates() | st.decimals(allow_nan=False)


@given(st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20))
def test_any_shape_comes_back(value: Any) -> None:
    assert there_and_back(value) == value


@pytest.mark.django_db
def test_rows_come_back_in_their_order_and_as_they_are_now() -> None:
    users = [User.objects.create(username=name) for name in "cab"]
    stored = encode((users, tuple(users), users[1]))
    User.objects.filter(username="a").update(name="新名")
    listed, tupled, one = decode(stored)
    assert (listed, tupled, one) == (users, tuple(users), users[1])
    assert one.name == "新名"


@pytest.mark.django_db
def test_a_row_that_is_gone_is_said_to_be_gone() -> None:
    user = User.objects.create(username="a")
    stored = encode([user])
    user.delete()
    with pytest.raises(NotFound, match=r"trust\.User"):
        decode(stored)


@pytest.mark.parametrize("value", [iter([1]), 1.5, object(), User])
def test_what_cannot_be_told_again_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        encode(value)


@pytest.mark.parametrize("path", ["os:system", "nowhere:X", "jinbao.trust.models:User", "builtins:print"])
def test_only_dataclasses_and_enums_are_made_from_what_is_stored(path: str) -> None:
    with pytest.raises(NotFound):
        decode({"$": "dataclass", "class": path, "fields": {}})


def test_canonical_json_has_one_form() -> None:
    assert canonical({"b": 1, "a": ["é", None, True]}) == '{"a":["é",null,true],"b":1}'.encode()
    assert canonical(plain({"b", "a"})) == b'["a","b"]'


@given(st.dictionaries(st.text(), leaves))
def test_the_order_of_keys_does_not_matter(value: dict[str, Any]) -> None:
    turned = dict(reversed(value.items()))
    assert canonical(plain(value)) == canonical(plain(turned))


@given(st.text())
def test_any_text_can_be_stored_by_both_databases(text: str) -> None:
    stored = plain(text + "\ud800\x00")
    assert "\x00" not in stored
    assert stored.encode().decode() == stored


@pytest.mark.parametrize("value", [0.1, [0.1], {"a": 0.1}, b"x", object()])
def test_floats_and_bytes_have_no_exact_form(value: Any) -> None:
    with pytest.raises(TypeError):
        plain(value)


def test_a_row_is_named_by_model_and_key() -> None:
    assert reference(User(pk=12)) == plain(User(pk=12)) == "trust.User:12"

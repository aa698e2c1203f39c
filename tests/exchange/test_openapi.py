"""Whatever JSON a partner sends, it gets an answer that the OpenAPI document describes, never a fault of ours."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jinbao.data.exchange import openapi
from jinbao.data.exchange.refusals import ALL
from tests.conftest import ZHANG_SAN
from tests.exchange.conftest import World

NAMES = ("key", "keys", "fields", "columns", "lines", "hashed", "format", "size", "id_number", "month")
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.sampled_from([ZHANG_SAN, *NAMES])
VALUES = st.recursive(
    LEAVES | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=8,
)
BODIES = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4)


def described(operation: str) -> set[int]:
    """Return the statuses that the document has for an operation."""
    (found,) = (path for path in openapi.schema()["paths"] if path.endswith(f"/{operation}"))
    (method,) = openapi.schema()["paths"][found].values()
    return {int(status) for status in method["responses"]}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(operation=st.sampled_from(["query", "match", "file"]), body=BODIES | VALUES)
def test_no_json_breaks_a_call(world: World, operation: str, body: Any) -> None:
    reply = world.hmac.post(operation, body)
    assert reply.status in described(operation) - {500, 503}


def test_every_refusal_is_described_under_its_status_and_no_other() -> None:
    for operation in ("query", "list", "match", "file", "me"):
        assert described(operation) == {200, *(refusal.status for refusal in ALL)}


def test_what_is_described_is_what_is_given(world: World) -> None:
    reply = world.hmac.post("query", {"key": {"id_number": ZHANG_SAN}}).body
    shape = openapi.schema()["paths"]["/api/exchange/data/{resource}/query"]["post"]["responses"]["200"]
    assert set(reply) == set(shape["content"]["application/json"]["schema"]["required"])

"""Free-form YAML becomes plain values that remember their lines, without YAML's surprises."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jinbao.kernel.declared import LocatedDict, LocatedList, place_of, read_yaml
from jinbao.kernel.errors import DeclarationError

PARAMETERS = """\
# 计发基数
计发基数:
  unit: 元/月
  values:
    - {from: 2023-01-01, value: 8880.50, source: 表}
    - from: 2024-01-01
      value: 9022
      on: yes
计发月数表:
  table: {40: 233, 41: 230}
"""


def read(tmp_path: Path, text: str) -> Any:
    path = tmp_path / "parameters.yaml"
    path.write_text(text, encoding="utf-8")
    return read_yaml(path)


def test_it_works(tmp_path: Path) -> None:
    parameters = read(tmp_path, PARAMETERS)
    assert parameters == {
        "计发基数": {
            "unit": "元/月",
            "values": [
                {"from": date(2023, 1, 1), "value": Decimal("8880.50"), "source": "表"},
                {"from": date(2024, 1, 1), "value": 9022, "on": "yes"},
            ],
        },
        "计发月数表": {"table": {40: 233, 41: 230}},
    }


def test_every_key_and_item_knows_its_line(tmp_path: Path) -> None:
    parameters = read(tmp_path, PARAMETERS)
    values = parameters["计发基数"]["values"]
    assert isinstance(parameters, LocatedDict)
    assert isinstance(values, LocatedList)
    assert place_of(parameters, "计发基数").line == 2
    assert place_of(values, 1).line == 6
    assert place_of(values[1], "value").line == 7
    assert place_of(values[1]).line == 6
    assert place_of(parameters, "计发月数表").file.endswith("parameters.yaml")


def test_an_unknown_key_is_where_its_container_is(tmp_path: Path) -> None:
    parameters = read(tmp_path, PARAMETERS)
    assert place_of(parameters["计发基数"], "source").line == 3
    assert place_of(parameters["计发基数"]["values"], 99).line == 5


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("12", 12),
        ("-12", -12),
        ("0", 0),
        ("0.60", Decimal("0.60")),
        ("-0.5", Decimal("-0.5")),
        ("2026-01-31", date(2026, 1, 31)),
        ("2026-01", "2026-01"),
        ("010203", "010203"),
        ("420000", 420000),
        ("'420000'", "420000"),
        ("yes", "yes"),
        ("on", "on"),
        ("12:30:45", "12:30:45"),
        ("1e3", "1e3"),
        (".inf", ".inf"),
        ("1_000", "1_000"),
        ("0x1F", "0x1F"),
        ("8%", "8%"),
    ],
)
def test_a_scalar_is_what_it_looks_like(tmp_path: Path, text: str, value: Any) -> None:
    found = read(tmp_path, f"value: {text}\n")["value"]
    assert (found, type(found)) == (value, type(value))


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9))
def test_a_written_decimal_is_read_exactly(tmp_path_factory: pytest.TempPathFactory, value: Decimal) -> None:
    found = read(tmp_path_factory.getbasetemp(), f"value: {value:f}\n")["value"]
    assert str(found) == f"{value:f}"


def test_the_key_on_stays_on(tmp_path: Path) -> None:
    assert list(read(tmp_path, "on: 2026-01-01\nno: 1\n")) == ["on", "no"]


def test_an_alias_stands_for_the_same_values(tmp_path: Path) -> None:
    assert read(tmp_path, "a: &x {rate: 0.16}\nb: *x\n")["b"] == {"rate": Decimal("0.16")}


def test_an_impossible_day_is_an_error_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match=r"parameters.yaml:2: “2026-02-30”不是日期"):
        read(tmp_path, "a: 1\nb: 2026-02-30\n")


def test_an_empty_file_holds_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, "# nothing\n") is None

"""What scenes find is what the generator knows to be true, on DuckDB and, where it is installed, on Spark."""

from __future__ import annotations

import pytest

from jinbao.data.scenes import engines
from jinbao.data.scenes.declared import Scene, scene, scenes
from tests import spark
from tests.data.scenes.conftest import TODAY, City


def found(one: Scene) -> set[str]:
    """Return whom a scene names, but for rows that it marks as perhaps another record of the same person."""
    table = engines.on_duckdb(one, one.values({}, TODAY))
    key = "uscc" if "uscc" in table.column_names else "id_number"
    return {row[key] for row in table.to_pylist() if row.get("doubt", "0") == "0"}


@pytest.mark.parametrize("name", [one.name for one in scenes() if one.kind == "线索"])
def test_a_clue_scene_finds_exactly_whom_the_truth_names(name: str, city: City) -> None:
    one = scene(name)
    assert found(one) == city.must[one.title]


def test_the_profile_speaks_of_registered_unemployed_only(city: City) -> None:
    said = found(scene("hardship_profile"))
    assert said
    assert said <= city.must["失业登记人员"]


class TestSpark:
    pytestmark = spark.NEEDED

    @pytest.mark.parametrize("name", [one.name for one in scenes()])
    def test_spark_gives_the_same_rows(self, name: str, city: City) -> None:
        one = scene(name)
        values = one.values({}, TODAY)
        here, there = engines.on_duckdb(one, values), engines.on_spark(one, values, spark.session())
        assert engines.digest(here) == engines.digest(there)

    def test_where_nobody_was_linked_yet_the_number_stands_for_the_person_on_spark_too(
        self, city: City, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(engines.tables, "subjects", list)
        one = scene("double_benefits")
        values = one.values({}, TODAY)
        here, there = engines.on_duckdb(one, values), engines.on_spark(one, values, spark.session())
        assert here.num_rows
        assert engines.digest(here) == engines.digest(there)

"""What scenes find is what the generator knows to be true."""

from __future__ import annotations

import pytest

from jinbao.data.scenes import engines
from jinbao.data.scenes.declared import Scene, scene, scenes
from tests.data.scenes.conftest import TODAY, City


def found(one: Scene, *, sure: bool = True) -> set[str]:
    table = engines.on_duckdb(one, one.values({}, TODAY))
    key = "uscc" if "uscc" in table.column_names else "id_number"
    return {row[key] for row in table.to_pylist() if not sure or row.get("doubt", "0") == "0"}


@pytest.mark.parametrize("name", [one.name for one in scenes() if one.is_clue])
def test_a_clue_scene_finds_whom_the_truth_names(name: str, city: City) -> None:
    one = scene(name)
    said, true = found(one), city.must[one.title]
    print(one.title, len(true), len(said & true), sorted(said - true), sorted(true - said))
    assert said
    assert len(said & true) / len(said) >= 0.99, "precision"
    assert len(said & true) / len(true) >= 0.95, "recall: some of the dead are in no register at all"


def test_the_profile_speaks_of_registered_unemployed_only(city: City) -> None:
    said = found(scene("hardship_profile"))
    assert said
    assert said <= city.must["失业登记人员"]

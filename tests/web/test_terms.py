"""What policy/ writes for stewards has English: a page is in one language, names of people and places apart."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext, override

from jinbao.data.datasets import all_datasets
from jinbao.data.linkage.declared import policy
from jinbao.data.scenes.declared import scenes
from jinbao.data.scoring.derive import rules_of
from jinbao.data.units import units


def of_scenes() -> Iterator[str]:
    for scene in scenes():
        yield from (scene.title, scene.question, scene.then, scene.kind)
        yield from (part for one in scene.parameters for part in (one.label, one.unit))
        for column in scene.columns:
            yield column.label
            yield from (column.codes or {}).values()
        if scene.chart:
            yield scene.chart.title


def of_linkage() -> Iterator[str]:
    yield from (part for one in policy().comparisons for part in (one.title, *_levels(one)))
    yield from (part for one in policy().blocks for part in (one.title, one.about))
    yield from (part for one in policy().stakes for part in (one.title, one.about))


def _levels(comparison: object) -> Iterator[str]:
    for level in comparison.levels:  # type: ignore[attr-defined]  # a comparison of the policy
        yield from (level.title, level.about)


def lacking(terms: Iterator[str]) -> list[str]:
    """Return the terms that stay Chinese on an English page."""
    with override("en"):
        return sorted({text for text in terms if not text.isascii() and text != "—" and gettext(text) == text})


def test_every_scene_is_told_in_english() -> None:
    assert lacking(of_scenes()) == []


def test_the_reasons_of_linkage_are_told_in_english() -> None:
    assert lacking(of_linkage()) == []


def test_datasets_columns_and_units_have_english_names() -> None:
    named = [(one.title, *(column.label for column in one.columns)) for one in all_datasets()]
    assert lacking(text for names in named for text in names) == []
    assert lacking(text for unit in units() for text in (unit.name, unit.short)) == []


def test_the_rules_that_follow_from_columns_are_told_in_english() -> None:
    names = [rule.name for one in all_datasets() for rule in rules_of(one)]
    assert lacking(part for name in names if "：" in name for part in name.split("：")) == []

"""Every mistake in samples/bad is refused when the law is loaded, with the message that is kept beside it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from jinbao.kernel.errors import DeclarationError
from jinbao.rules import Law
from tests.rules.conftest import SAMPLES

MISTAKES = sorted([*SAMPLES.glob("bad/*.py"), *SAMPLES.glob("bad/*.yaml")])
HOME = {".py": "law/pension/bad/rules.py", ".yaml": "law/pension/bad/parameters.420000.yaml"}


def message_of(sample: Path, law_with: Callable[..., Law], tmp_path: Path) -> str:
    """Load the good law with one bad file and return what is said, with paths from the policy folder."""
    with pytest.raises(DeclarationError) as caught:
        law_with({HOME[sample.suffix]: sample.read_text(encoding="utf-8")})
    return str(caught.value).replace(f"{tmp_path}/policy/", "")


def test_there_are_mistakes_to_refuse() -> None:
    assert len(MISTAKES) > 60


@pytest.mark.parametrize("sample", MISTAKES, ids=lambda sample: sample.name)
def test_a_mistake_is_refused_with_place_and_advice(
    sample: Path, law_with: Callable[..., Law], tmp_path: Path
) -> None:  # fmt: skip
    expected = sample.with_suffix(f"{sample.suffix}.txt").read_text(encoding="utf-8").rstrip("\n")
    assert message_of(sample, law_with, tmp_path) == expected


@pytest.mark.parametrize("sample", MISTAKES, ids=lambda sample: sample.name)
def test_every_message_names_a_line(sample: Path) -> None:
    expected = sample.with_suffix(f"{sample.suffix}.txt").read_text(encoding="utf-8")
    assert expected.startswith(("law/", "glossary.yaml")), "the place comes first"
    assert ".py:" in expected or ".yaml:" in expected

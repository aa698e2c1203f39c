"""The documents tell the truth: links lead somewhere, commands and make targets exist, the front pages agree."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click
import pytest

from bench import sizing
from jinbao.project.cli import cli

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")
COMMAND = re.compile(r"(?:^|`|\s)(?:\.venv/bin/)?jinbao ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)*)", re.MULTILINE)
TARGET = re.compile(r"`?make ([a-z-]+)")


def ids(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def anchors(path: Path) -> set[str]:
    """Return the anchors of a document's headings, as web pages of repositories make them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def code_of(text: str) -> str:
    """Return what a document shows as code: where commands are meant and not spoken of."""
    blocks = re.findall(r"```.*?```|^    .+$", text, re.MULTILINE | re.DOTALL)
    return "\n".join(blocks + re.findall(r"`[^`\n]+`", text))


def known(words: list[str]) -> bool:
    """Tell whether the words begin with a command; what follows a command that has no subcommands are its arguments."""
    group: click.Command | None = cli
    for word in words:
        if not isinstance(group, click.Group):
            return True
        group = group.get_command(click.Context(group), word)
        if group is None:
            return False
    return True


@pytest.mark.parametrize("path", DOCUMENTS, ids=ids)
def test_every_link_leads_somewhere(path: Path) -> None:
    for link in LINK.findall(path.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        assert target.exists(), f"{ids(path)}: {link}"
        assert not anchor or target.suffix != ".md" or anchor in anchors(target), f"{ids(path)}: {link}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=ids)
def test_every_command_that_is_shown_exists(path: Path) -> None:
    for words in COMMAND.findall(code_of(path.read_text(encoding="utf-8"))):
        assert known(words.split()), f"{ids(path)}: jinbao {words}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=ids)
def test_every_make_target_that_is_shown_exists(path: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(TARGET.findall(code_of(path.read_text(encoding="utf-8")))) <= targets


def test_every_command_says_what_it_does() -> None:
    context = click.Context(cli)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        assert command.help or command.short_help, name


def test_every_room_is_on_the_map() -> None:
    there = (ROOT / "docs" / "map.md").read_text(encoding="utf-8")
    rooms = [path.name for path in (ROOT / "jinbao").iterdir() if path.is_dir() and (path / "__init__.py").exists()]
    declared = [path.name for path in (ROOT / "policy").iterdir()]
    assert [name for name in rooms if f"`{name}" not in there] == []
    assert [name for name in declared if f"`{name}" not in there] == []


def test_both_front_pages_show_the_same_pictures_and_commands() -> None:
    english, chinese = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh-CN.md"))
    pictures = re.compile(r"\((docs/images/[^)]+)\)")
    assert set(pictures.findall(english)) == set(pictures.findall(chinese))
    assert set(TARGET.findall(code_of(english))) == set(TARGET.findall(code_of(chinese)))


def test_the_figures_of_fifteen_terabytes_are_the_measured_ones_and_what_follows_from_them() -> None:
    found = json.loads((ROOT / "bench/throughput.json").read_text(encoding="utf-8"))
    assert found["per_core"] == sizing.per_core(found)
    assert found["cluster"] == {reading: sizing.cluster(found, reading) for reading in sizing.READINGS}
    assert sizing.tables(found) in (ROOT / "docs/operations.md").read_text(encoding="utf-8")


def test_a_figure_that_was_not_measured_is_left_out_and_nothing_is_derived_from_it() -> None:
    found = {"cores": 2, "load_before": 0.1, "load_after": 0.1, "linkage": None, "sizes": None}
    found |= {"per_core": sizing.per_core(found)}
    found |= {"cluster": {reading: sizing.cluster(found, reading) for reading in sizing.READINGS}}
    assert found["per_core"] == {}
    assert found["cluster"] == {"delivered": {}, "standard": {}}
    assert "linkage" not in sizing.tables(found).split("| assumed")[0]

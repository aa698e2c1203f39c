"""Regions inherit along the declared tree; mistakes in the file are named with their line."""

from __future__ import annotations

from pathlib import Path

import pytest

from jinbao.kernel.errors import DeclarationError, NotFound
from jinbao.kernel.regions import RegionTree, name_of, policy_folder


@pytest.fixture(scope="module")
def tree() -> RegionTree:
    return RegionTree.read()


def test_it_works(tree: RegionTree) -> None:
    assert tree.lineage("420100") == ("420100", "420000", "000000")
    assert tree.name("420100") == "武汉市"


def test_the_demonstration_city_lives_under_hubei(tree: RegionTree) -> None:
    assert tree.lineage("990100") == ("990100", "420000", "000000")
    assert tree.parent("990100") == "420000"
    assert "990100" in tree.children("420000")


def test_the_nation_has_no_parent(tree: RegionTree) -> None:
    assert tree.parent("000000") is None
    assert tree.lineage("000000") == ("000000",)
    assert len(tree.children("000000")) == 31


@pytest.mark.parametrize(
    ("code", "lineage"),
    [
        ("420106", ("420106", "420100", "420000", "000000")),
        ("429004", ("429004", "420000", "000000")),
        ("440103", ("440103", "440000", "000000")),
        ("440100", ("440100", "440000", "000000")),
        ("510104", ("510104", "510100", "510000", "000000")),
        ("990101", ("990101", "990100", "420000", "000000")),
    ],
)
def test_a_division_that_is_not_listed_belongs_to_the_nearest_listed_one(
    tree: RegionTree, code: str, lineage: tuple[str, ...]
) -> None:
    assert tree.lineage(code) == lineage
    assert tree.parent(code) == lineage[1]


def test_containing_goes_down_only(tree: RegionTree) -> None:
    assert tree.contains("420000", "990100")
    assert tree.contains("420100", "420106")
    assert tree.contains("420100", "420100")
    assert tree.contains("000000", "510100")
    assert not tree.contains("420100", "420000")
    assert not tree.contains("510000", "990100")


@pytest.mark.parametrize("code", ["", "4201", "429999", "hubei", "999900"])
def test_a_region_that_does_not_exist_is_not_found(tree: RegionTree, code: str) -> None:
    with pytest.raises(NotFound, match="没有代码"):
        tree.lineage(code)


def test_the_names_of_the_file_are_those_of_the_standard(tree: RegionTree) -> None:
    real = [code for code in tree.codes if not code.startswith("99")]
    assert len(real) > 40
    for code in real:
        assert tree.name(code) == name_of(code)


def test_the_tree_of_the_policy_folder_is_read_once() -> None:
    assert RegionTree.read() is RegionTree.read(policy_folder() / "regions.yaml")


def test_an_overlay_can_bring_its_own_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "regions.yaml").write_text("- {code: 000000, name: 全国}\n", encoding="utf-8")
    monkeypatch.setenv("JINBAO_POLICY", str(tmp_path))
    assert RegionTree.read().codes == ("000000",)


@pytest.mark.parametrize(
    ("lines", "line", "message"),
    [
        ("- {code: 420100, name: 武汉市, parent: 420000}", 2, "上级 420000 不在本文件中"),
        (
            "- {code: 420000, name: 湖北省, parent: 420100}\n- {code: 420100, name: 武汉市, parent: 420000}",
            2,
            "绕成了圈：420000 → 420100 → 420000",
        ),
        ("- {code: 420000, name: 湖北省, parent: 420000}", 2, "绕成了圈"),
        ("- {code: 000000, name: 全国}", 2, "重复"),
        ("- {code: 420000, name: 湖北省}", 2, "应有上级"),
        ("- {code: 429999, name: 某市, parent: 000000}", 2, "不在行政区划代码"),
        ("- {code: 42, name: 湖北省, parent: 000000}", 2, "应为六位数字"),
        ("- {code: 420000, nmae: 湖北省, parent: 000000}", 2, "没有“nmae”这个键"),
    ],
)
def test_a_mistake_in_the_tree_is_named_with_its_line(tmp_path: Path, lines: str, line: int, message: str) -> None:
    path = tmp_path / "regions.yaml"
    path.write_text(f"- {{code: 000000, name: 全国}}\n{lines}\n", encoding="utf-8")
    with pytest.raises(DeclarationError, match=message) as caught:
        RegionTree.read(path)
    assert caught.value.at is not None
    assert (caught.value.at.file, caught.value.at.line) == (str(path), line)


def test_a_tree_without_the_nation_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "regions.yaml"
    path.write_text("- {code: 420000, name: 湖北省, parent: 000000}\n", encoding="utf-8")
    with pytest.raises(DeclarationError, match="缺少全国"):
        RegionTree.read(path)

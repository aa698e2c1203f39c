"""The region tree along which parameters are inherited: city → province → nation.

The tree is declared in policy/regions.yaml. Each region names its parent; inheritance is a decision, not a property of
the digits, which is how the demonstration city 990100 comes to live under Hubei's parameters. A division that the file
does not list (a county, a city without values of its own) belongs to the nearest listed region above it by its code, so
420106 武昌区 inherits from 420100 武汉市.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinbao.kernel.declared import read_declared
from jinbao.kernel.errors import NOWHERE, DeclarationError, NotFound, Place
from jinbao.kernel.gb2260 import NATION, is_known, name_of, path_of

__all__ = ["NATION", "Region", "RegionTree", "name_of", "path_of", "policy_folder"]


@dataclass(frozen=True)
class Region:
    """A region of the tree; only the nation has no parent."""

    code: str
    name: str
    parent: str | None = None
    at: Place = NOWHERE

    def __post_init__(self) -> None:
        if len(self.code) != 6 or not self.code.isdecimal():
            raise DeclarationError(f"地区代码“{self.code}”应为六位数字")
        if not is_known(self.code):
            raise DeclarationError(f"地区代码 {self.code} 不在行政区划代码（GB/T 2260）中")
        if (self.parent is None) != (self.code == NATION):
            raise DeclarationError(f"地区 {self.code} {self.name}应有上级；只有全国（{NATION}）没有")


class RegionTree:
    """The declared regions; every lineage ends in the nation."""

    def __init__(self, regions: Iterable[Region]) -> None:
        self._regions: dict[str, Region] = {}
        for region in regions:
            self._add(region)
        if NATION not in self._regions:
            raise DeclarationError(f"地区树缺少全国（{NATION}）")
        self._lineages = {code: self._walk(code) for code in self._regions}

    @staticmethod
    def read(path: Path | None = None) -> RegionTree:
        """Read a tree from a file, by default regions.yaml of the policy folder; the same file is read once.

        Raises DeclarationError with file:line for unknown codes, duplicates, orphans and cycles.
        """
        return _read((path or policy_folder() / "regions.yaml").resolve())

    @property
    def codes(self) -> tuple[str, ...]:
        """The listed codes in the order of the file."""
        return tuple(self._regions)

    def name(self, code: str) -> str:
        """Return the name in the file, or the one in GB/T 2260 for a division that is not listed."""
        region = self._regions.get(code)
        return region.name if region else name_of(code)

    def parent(self, code: str) -> str | None:
        """Return the parent; None for the nation. Raises NotFound for a code that does not exist."""
        lineage = self.lineage(code)
        return lineage[1] if len(lineage) > 1 else None

    def children(self, code: str) -> tuple[str, ...]:
        """Return the listed regions whose parent this is."""
        return tuple(region.code for region in self._regions.values() if region.parent == code)

    def lineage(self, code: str) -> tuple[str, ...]:
        """Return the region itself, its parent and so on up to "000000": the order in which parameters are sought.

        Raises NotFound for a code that does not exist.
        """
        known = self._lineages.get(code)
        return known or (code, *self._lineages[self._nearest(code)])

    def contains(self, outer: str, inner: str) -> bool:
        """Tell whether `inner` is `outer` or lies in it. Raises NotFound for a code that does not exist."""
        return outer in self.lineage(inner)

    def _add(self, region: Region) -> None:
        twin = self._regions.get(region.code)
        if twin:
            raise DeclarationError(f"地区 {region.code} 重复，{twin.at} 已有", at=region.at, advice="请删去其一。")
        self._regions[region.code] = region

    def _walk(self, code: str) -> tuple[str, ...]:
        lineage: list[str] = []
        upper: str | None = code
        while upper is not None:
            region = self._regions[upper]
            if upper in lineage:
                circle = " → ".join([*lineage[lineage.index(upper) :], upper])
                raise DeclarationError(f"地区的上级绕成了圈：{circle}", at=region.at, advice="请改正其中一个上级。")
            if region.parent is not None and region.parent not in self._regions:
                message = f"地区 {region.code} {region.name}的上级 {region.parent} 不在本文件中"
                raise DeclarationError(message, at=region.at, advice="请补上该上级，或改正代码。")
            lineage.append(upper)
            upper = region.parent
        return tuple(lineage)

    def _nearest(self, code: str) -> str:
        """Return the nearest listed region above a division that is not listed."""
        if len(code) == 6 and is_known(code):
            for upper in (f"{code[:4]}00", f"{code[:2]}0000"):
                if upper in self._regions:
                    return upper
        raise NotFound(f"没有代码为“{code}”的地区", advice="请核对六位代码，或在 policy/regions.yaml 中声明该地区。")


@cache
def _read(path: Path) -> RegionTree:
    return RegionTree(read_declared(path, tuple[Region, ...]))


def policy_folder() -> Path:
    """Return the folder of declared policy: JINBAO_POLICY where it is set, else policy/ beside the package."""
    return Path(os.environ.get("JINBAO_POLICY") or Path(__file__).parents[2] / "policy")

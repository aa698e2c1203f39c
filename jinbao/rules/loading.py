"""Load the law from a policy folder: read, check, lower. Every error has file and line."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from jinbao.kernel.regions import NATION, RegionTree
from jinbao.rules.errors import RuleError
from jinbao.rules.glossary import Glossary, plain_unit
from jinbao.rules.graph import check_conflicts, check_cycles
from jinbao.rules.ir import Previous, walk
from jinbao.rules.lawbook import Lawbook, Rule
from jinbao.rules.lawtext import LawTexts
from jinbao.rules.lower import lower
from jinbao.rules.names import Name, known_names
from jinbao.rules.parameters import Parameter, read_parameters
from jinbao.rules.source import RuleSource, read_rules
from jinbao.rules.verbs import ALL_VERBS, CONSTANTS


def load_lawbook(policy: Path) -> Lawbook:
    """Read glossary, regions, parameters and rules of a policy folder.

    Raises DeclarationError, RuleError or LawConflict with file:line.
    """
    law = policy / "law"
    if not law.is_dir():
        raise RuleError(f"没有法规文件夹 {law}", advice="用 JINBAO_POLICY 指明 policy 文件夹，或在项目根目录运行。")
    glossary = Glossary.read_file(policy / "glossary.yaml")
    _check_reserved(glossary)
    regions = RegionTree.read(policy / "regions.yaml")
    parameters = read_parameters(regional(law, "parameters", ".yaml", regions), glossary)
    names = known_names(glossary, parameters)
    rules = read_all_rules(law, regions, glossary, names, LawTexts(law))
    recurrent = check_all(glossary, regions, rules, parameters)
    return Lawbook(policy, glossary, regions, parameters, rules, content_hash(policy), recurrent)


def check_all(
    glossary: Glossary, regions: RegionTree, rules: Mapping[str, tuple[Rule, ...]], parameters: Mapping[str, Parameter]
) -> frozenset[str]:
    """Check what only shows when everything is read, and return the yearly rules that look back.

    Raises RuleError and LawConflict with file:line.
    """
    _check_complete(glossary, rules, parameters)
    check_conflicts(rules)
    check_cycles(rules, regions)
    return frozenset(name for name, known in rules.items() if any(_looks_back(rule) for rule in known))


def law_files(policy: Path) -> Iterator[Path]:
    """Go through the files that decide what the law says, in a fixed order."""
    yield policy / "glossary.yaml"
    yield policy / "regions.yaml"
    law = policy / "law"
    for pattern in ("parameters*.yaml", "rules*.py", "law.md"):
        yield from sorted(path for path in law.rglob(pattern) if path.is_file())


@dataclass(frozen=True)
class Snapshot:
    """A policy folder at one moment: its version and the state of its files and folders."""

    version: str
    paths: tuple[Path, ...]
    state: tuple[tuple[int, int], ...]

    @staticmethod
    def take(policy: Path) -> Snapshot:
        """Read the folder as it is now."""
        law = policy / "law"
        paths = (*law_files(policy), law, *(path for path in sorted(law.rglob("*")) if path.is_dir()))
        return Snapshot(content_hash(policy), paths, _state(paths))

    def is_current(self) -> bool:
        """Tell whether no file was changed, added or removed since."""
        return _state(self.paths) == self.state


def _state(paths: Iterable[Path]) -> tuple[tuple[int, int], ...]:
    found = []
    for path in paths:
        try:
            status = path.stat()
        except OSError:
            found.append((0, 0))
        else:
            found.append((status.st_mtime_ns, status.st_size))
    return tuple(found)


def content_hash(policy: Path) -> str:
    """Return the version of the law: a hash of every file that decides it."""
    digest = hashlib.sha256()
    for path in law_files(policy):
        content = path.read_bytes() if path.exists() else b""
        digest.update(f"{path.relative_to(policy).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def regional(law: Path, stem: str, suffix: str, regions: RegionTree) -> dict[Path, str]:
    """Map files such as parameters.yaml and parameters.420000.yaml to their region."""
    found: dict[Path, str] = {}
    for path in sorted(law.rglob(f"{stem}*{suffix}")):
        middle = path.name.removeprefix(stem).removesuffix(suffix).strip(".")
        region = middle or NATION
        if region not in regions.codes:
            raise RuleError(f"{path} 的地区 {region} 不在 regions.yaml 中", advice="改文件名，或声明该地区。")
        found[path] = region
    return found


def _check_reserved(glossary: Glossary) -> None:
    for name in (*ALL_VERBS, *CONSTANTS):
        if name in glossary:
            raise RuleError(f"“{name}”是引擎的动词或常量，不能作术语", at=glossary[name].at, advice="换一个名字。")


def read_all_rules(
    law: Path, regions: RegionTree, glossary: Glossary, names: Mapping[str, Name], texts: LawTexts
) -> dict[str, tuple[Rule, ...]]:
    """Read every rules file below a folder into rules by name. Raises RuleError with file:line."""
    found: dict[str, list[Rule]] = {}
    for path in regional(law, "rules", ".py", regions):
        provision = path.parent.relative_to(law).as_posix()
        for source in read_rules(path):
            _check_declared(source, glossary, regions)
            cites = tuple(texts.cite(cite, provision, source.at) for cite in source.cites)
            found.setdefault(source.name, []).append(Rule(source, lower(source, names, glossary), cites, provision))
    return {name: tuple(rules) for name, rules in found.items()}


def _check_declared(source: RuleSource, glossary: Glossary, regions: RegionTree) -> None:
    name = source.name
    if name not in glossary:
        raise RuleError(f"规则“{name}”不在 glossary.yaml 中", at=source.at, advice=glossary.advice(name))
    term = glossary[name]
    if term.kind != "规则":
        raise RuleError(f"“{name}”在 glossary 中是{term.kind}，不是规则", at=source.at, advice=f"见 {term.at}。")
    if source.region not in regions.codes:
        raise RuleError(f"规则“{name}”的地区 {source.region} 不在 regions.yaml 中", at=source.at)
    if source.unit is not None and plain_unit(source.unit) != plain_unit(term.unit):
        message = f"规则“{name}”的单位是“{source.unit}”，glossary 中是“{term.unit or '无'}”"
        raise RuleError(message, at=source.at, advice=f"两处写成一样，见 {term.at}。")
    if source.grain != term.grain:
        message = f"规则“{name}”是{source.grain}级的，glossary 中是{term.grain}级"
        raise RuleError(message, at=source.at, advice=f"两处写成一样，见 {term.at}。")
    if source.since and source.until and source.until <= source.since:
        raise RuleError(f"规则“{name}”的 until 不晚于 since", at=source.at, advice="until 不含当日。")


def _check_complete(glossary: Glossary, rules: Iterable[str], parameters: Mapping[str, Parameter]) -> None:
    """Every name that the glossary calls a rule or a parameter has at least one definition."""
    for name, term in glossary.items():
        defined = {"规则": name in rules, "参数": name in parameters, "事实": True}[term.kind]
        if not defined:
            advice = "补上定义，或把 kind 改为 事实。"
            raise RuleError(f"glossary 说“{name}”是{term.kind}，policy/law 中没有它的定义", at=term.at, advice=advice)


def _looks_back(rule: Rule) -> bool:
    return any(isinstance(node, Previous) for node in walk(rule.body))

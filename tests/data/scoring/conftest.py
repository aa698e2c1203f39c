"""A dataset of 公安 and one of 卫健 in small tables, judged by rules written for the test."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from jinbao.data.datasets import Dataset, load_dataset
from jinbao.data.scoring.compile import Setting
from jinbao.data.scoring.derive import rules_of
from jinbao.data.scoring.engine import Counted, judge
from jinbao.data.supply import layers
from jinbao.data.supply.standard import typed_columns
from jinbao.kernel import duck, regions

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
PEOPLE = """
title: 人口
about: 试
owner: 公安
basis: 试
sharing: 有条件共享
delivery: full
key: [record_no]
period: as_of
cycle: 每月
columns:
  - {name: record_no, label: 户籍编号, type: 文本, required: true}
  - {name: id_number, label: 证件号码, type: 证件号码}
  - {name: name, label: 姓名, type: 姓名, required: true}
  - {name: sex, label: 性别, type: 代码, codes: {"1": 男, "2": 女}}
  - {name: born_on, label: 出生日期, type: 日期}
  - {name: employer, label: 单位, type: 统一社会信用代码}
  - {name: as_of, label: 数据月份, type: 年月, required: true}
"""
DEATHS = """
title: 死亡
about: 试
owner: 卫健
basis: 试
sharing: 有条件共享
delivery: incremental
key: [cert_no]
columns:
  - {name: cert_no, label: 编号, type: 文本, required: true}
  - {name: id_number, label: 证件号码, type: 证件号码}
  - {name: name, label: 姓名, type: 姓名}
"""
Row = tuple[Any, ...]
Put = Callable[[str, list[Row]], None]
Judge = Callable[[str], dict[str, Counted]]


@pytest.fixture
def policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A policy folder in which only `people` and `deaths` are declared."""
    folder, original = tmp_path / "policy", regions.policy_folder()
    folder.mkdir()
    for name in ("regions.yaml", "units.yaml"):
        shutil.copy(original / name, folder)
    shutil.copytree(original / "quality", folder / "quality")
    for name, text in (("people", PEOPLE), ("deaths", DEATHS)):
        (folder / "datasets" / name).mkdir(parents=True)
        (folder / "datasets" / name / "dataset.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("JINBAO_POLICY", str(folder))
    return folder


@pytest.fixture
def declare(policy: Path) -> Callable[[str, str], None]:
    """Write the scoring.yaml of a dataset."""

    def run(name: str, text: str) -> None:
        (policy / "datasets" / name / "scoring.yaml").write_text(text, encoding="utf-8")

    return run


@pytest.fixture
def put(policy: Path) -> Put:
    """Replace the standard table of a dataset; the values come in the order of its columns."""

    def run(name: str, rows: list[Row]) -> None:
        dataset = load_dataset(name)
        with duck.connect() as connection:
            _fill(connection, dataset, rows)
            with layers.locked("standard", name):
                layers.publish("standard", name, connection, "SELECT * FROM filled")

    return run


def _fill(connection: Any, dataset: Dataset, rows: list[Row]) -> None:
    columns = typed_columns(dataset)
    connection.execute(f"CREATE TABLE filled ({', '.join(f'{name} {kind}' for name, kind in columns)})")
    for line, row in enumerate(rows, 2):
        marks = ", ".join("?" * len(columns))
        connection.execute(f"INSERT INTO filled VALUES ({marks})", [*row, 1, line, str(row[0])])


@pytest.fixture
def judged(policy: Path, tmp_path: Path) -> Judge:
    """Judge a dataset without the books, by every rule about rows."""
    from jinbao.data.supply import tables

    def run(name: str) -> dict[str, Counted]:
        dataset = load_dataset(name)
        rules = [rule for rule in rules_of(dataset) if rule.kind not in ("gate", "accessible")]
        empty = frozenset(rule.table for rule in rules if rule.table and not tables.rows(rule.table))
        setting = Setting(dataset, NOW.date(), None, None, empty)
        with duck.connect() as connection:
            tables.attach(connection)
            found = judge(connection, rules, setting, tmp_path / "failing" / "a.parquet")
        return {one.rule.name: one for one in found}

    return run

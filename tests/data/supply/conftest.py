"""A small dataset of a unit's, and deliveries of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from jinbao.data import intake
from jinbao.data.models import Batch
from jinbao.data.supply import actions, tables
from jinbao.kernel import duck, regions
from jinbao.trust.actors import Actor
from tests.conftest import CITY

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
POLICE = "11990100G00000023K"
VISITS = """
title: 就诊
about: 试
owner: 卫健
basis: 试
sharing: 有条件共享
delivery: {delivery}
key: [visit_no]
period: month
columns:
  - {{name: visit_no, label: 流水号, type: 文本, required: true}}
  - {{name: id_number, label: 证件号码, type: 证件号码}}
  - {{name: name, label: 姓名, type: 姓名}}
  - {{name: month, label: 年月, type: 年月, required: true}}
  - {{name: cost_fen, label: 费用, type: 金额}}
"""
HEADING = "流水号,证件号码,姓名,年月,费用"
Deliver = Callable[..., Batch]


@pytest.fixture
def policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A policy folder in which `visits` (incremental) and `snapshot` (full) are declared too."""
    folder = tmp_path / "policy"
    original = regions.policy_folder()
    folder.mkdir()
    for name in ("regions.yaml", "units.yaml"):
        shutil.copy(original / name, folder)
    for name, delivery in (("visits", "incremental"), ("snapshot", "full")):
        (folder / "datasets" / name).mkdir(parents=True)
        (folder / "datasets" / name / "dataset.yaml").write_text(VISITS.format(delivery=delivery), encoding="utf-8")
    monkeypatch.setenv("JINBAO_POLICY", str(folder))
    return folder


@pytest.fixture
def deliver(policy: Path, tmp_path: Path, db: None, django_capture_on_commit_callbacks: Any) -> Deliver:
    """Hand in rows of a dataset and accept them."""
    count = iter(range(1000))

    def run(rows: Sequence[str], dataset: str = "visits", sender: str = POLICE, **how: Any) -> Batch:
        at = NOW + timedelta(minutes=next(count))
        file = tmp_path / "sent.csv"
        file.write_text("\n".join((HEADING, *rows)) + "\n", encoding="utf-8")
        by = Actor.system()
        batch = intake.receive(by, file, file.name, dataset, sender=sender, region=CITY, now=at, **how)
        with django_capture_on_commit_callbacks(execute=True):
            return actions.accept(by, batch, now=at)

    return run


def ask(sql: str) -> list[tuple[Any, ...]]:
    """Ask the lake as others do."""
    with duck.connect(folders=tables.folders()) as connection:
        tables.attach(connection)
        found: list[tuple[Any, ...]] = connection.execute(sql).fetchall()
        return found

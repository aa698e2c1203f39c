"""Every declared dataset: its good rows pass, each of its bad rows is rejected for the reason it was made for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from jinbao.data import datasets, intake
from jinbao.data.datasets import all_datasets, load_dataset
from jinbao.data.units import unit, units
from jinbao.kernel.declared import read_declared
from jinbao.kernel.errors import DeclarationError, NotFound
from jinbao.kernel.regions import policy_folder
from tests.data.conftest import Receive

NAMES = [dataset.name for dataset in all_datasets()]


@dataclass(frozen=True)
class Expected:
    line: int
    reason: str
    column: str = ""


def test_the_datasets_of_the_spine_and_the_monthly_career_are_declared() -> None:
    assert set(NAMES) >= {
        "bank_receipt",
        "career_month",
        "contribution_correction",
        "contribution_declaration",
        "contribution_payment",
        "employee_enrolment",
        "employer_enrolment",
    }


def test_every_dataset_has_a_provider_that_is_declared() -> None:
    assert {unit(load_dataset(name).owner).short for name in NAMES} == {one.short for one in units()}


def test_what_units_supply_says_how_it_is_delivered_and_how_often() -> None:
    supplied = [dataset for dataset in all_datasets() if dataset.supplied]
    assert len(supplied) >= 30
    assert all(dataset.key and dataset.cycle for dataset in supplied)


@pytest.mark.parametrize("name", NAMES)
def test_every_good_row_passes(name: str, receive: Receive) -> None:
    batch = receive(policy_folder() / "datasets" / name / "good.csv", dataset=name)
    assert (batch.received, batch.rejected) == (batch.accepted, 0)
    assert batch.accepted >= 2


@pytest.mark.parametrize("name", NAMES)
def test_every_bad_row_is_rejected_for_its_reason(name: str, receive: Receive) -> None:
    folder = policy_folder() / "datasets" / name
    batch = receive(folder / "bad.csv", dataset=name)
    expected = read_declared(folder / "bad.expected.yaml", tuple[Expected, ...])
    found = {row.line: row.reasons for row in intake.rejected_rows(batch)}
    assert batch.accepted == 0
    assert [one.line for one in expected] == sorted(found)
    for one in expected:
        assert [(reason.label, one.reason in reason.reason) for reason in found[one.line]] == [(one.column, True)], one


@pytest.mark.parametrize("name", NAMES)
def test_every_rejecting_rule_of_a_dataset_is_broken_by_a_bad_row(name: str, receive: Receive) -> None:
    batch = receive(policy_folder() / "datasets" / name / "bad.csv", dataset=name)
    failed = {rule["name"] for rule in batch.rules if rule["failed"]}
    only_for_employers = {rule.name for rule in load_dataset(name).rules if rule.kind == "sender"}
    declared = {rule.name for rule in load_dataset(name).rules if rule.severity == "错误"}
    assert declared - only_for_employers <= failed


def test_an_unknown_dataset_is_answered_with_the_known_ones() -> None:
    with pytest.raises(NotFound, match="contribution_declaration（缴费申报）"):
        load_dataset("nonsense")


def test_a_path_is_no_dataset() -> None:
    with pytest.raises(NotFound):
        load_dataset("../law")


GOOD = """
title: 试
about: 试
owner: 试
basis: 试
sharing: 不予共享
columns:
  - {name: number, label: 号码, type: 文本, required: true}
"""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD + "  - {name: wage, label: 工资, type: 金额}", "_fen"),
        (GOOD + "  - {name: kind, label: 类别, type: 代码}", "代码表"),
        (GOOD + "  - {name: other, label: 号码, type: 文本}", "“号码”同时指"),
        (GOOD.replace("required: true", "required: false"), "必填列"),
        (GOOD.replace("type: 文本", "type: 文字"), "不能是“文字”"),
    ],
)
def test_a_wrong_declaration_is_an_error_with_its_line(
    text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets, "policy_folder", lambda: tmp_path)
    folder = tmp_path / "datasets" / "trial"
    folder.mkdir(parents=True)
    (folder / "dataset.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(DeclarationError, match=message) as caught:
        load_dataset("trial")
    assert caught.value.at is not None
    assert caught.value.at.line


def test_a_rule_about_an_unknown_column_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "policy_folder", lambda: tmp_path)
    folder = tmp_path / "datasets" / "trial"
    folder.mkdir(parents=True)
    (folder / "dataset.yaml").write_text(GOOD, encoding="utf-8")
    (folder / "quality.yaml").write_text("- {name: 一号一行, kind: unique, columns: [nummer]}", encoding="utf-8")
    with pytest.raises(DeclarationError, match="不存在的列：nummer"):
        load_dataset("trial")

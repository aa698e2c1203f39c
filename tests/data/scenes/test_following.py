"""Runs, their differences, clues handed over and settled, who may, and what a parameter can never do."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from jinbao.data.lake import lake
from jinbao.data.scenes import actions, engines, person_file, queries
from jinbao.data.scenes.checks import CHECKS
from jinbao.data.scenes.declared import faults, scene, scenes
from jinbao.data.scenes.dialect import checked
from jinbao.data.scenes.models import Finding, Run
from jinbao.kernel.errors import Conflict, DeclarationError, FormatError, JinbaoError, NotAllowed
from jinbao.kernel.regions import policy_folder
from jinbao.trust.actors import Actor
from jinbao.trust.models import AuditEvent
from tests.data.scenes.conftest import NOW, City

DEAD = "paid_after_death"
LATER = NOW + timedelta(days=2)


def lose_half_of(dataset: str) -> None:
    """Deliver a table again with every second row."""
    (path,) = (lake() / "standard" / dataset).glob("*.parquet")
    table = pq.read_table(path)
    path.unlink()
    pq.write_table(table.take(list(range(0, table.num_rows, 2))), path.with_name("2.parquet"))


def test_a_run_says_what_is_new_and_what_is_gone(city: City, steward: Actor) -> None:
    first = actions.run(steward, DEAD, now=NOW)
    assert (first.new, first.gone, first.stayed) == (first.rows, 0, 0)
    again = actions.run(steward, DEAD, now=NOW)
    assert (again.new, again.gone, again.stayed, again.digest) == (0, 0, first.rows, first.digest)
    lose_half_of("pension_in_payment")
    fewer = actions.run(steward, DEAD, now=LATER)
    assert fewer.gone == first.rows - fewer.rows
    assert Finding.objects.filter(gone=True).count() == fewer.gone
    assert [row for check in CHECKS for row in check.rows()] == []


def test_a_scheduled_scene_runs_again_only_when_its_tables_changed(city: City) -> None:
    by = Actor.system()
    done = list(actions.run_each(by, actions.due(NOW), now=NOW))
    assert len(done) == len([one for one in scenes() if one.period])
    assert actions.due(LATER) == []
    lose_half_of("cremation")
    assert {one.name for one in actions.due(LATER)} == {DEAD, "silent_authentication"}


def test_a_clue_is_settled_by_the_case_that_has_it_only(
    city: City, steward: Actor, reviewer: Actor, clerk: Actor
) -> None:
    run = actions.run(steward, DEAD, now=NOW)
    one, other = queries.waiting(steward, run)[:2]
    for by in (clerk, reviewer):
        with pytest.raises(NotAllowed):
            actions.hand_over(by, {one.pk: "A"}, now=NOW)
    actions.hand_over(steward, {one.pk: "A", other.pk: "B"}, now=NOW)
    with pytest.raises(Conflict):
        actions.hand_over(steward, {one.pk: "C"}, now=NOW)
    with pytest.raises(Conflict):
        actions.settle(reviewer, one, "B", "true", "家属证实", now=NOW)
    with pytest.raises(NotAllowed):
        actions.settle(clerk, one, "A", "true", "家属证实", now=NOW)
    assert actions.settle(reviewer, one, "A", "true", "家属证实", now=NOW).state == Finding.State.SETTLED
    assert actions.take_back(steward, other, "B").state == Finding.State.NEW
    assert one not in queries.waiting(steward, run)


def test_another_value_is_a_trial_that_makes_no_clues(city: City, steward: Actor, clerk: Actor) -> None:
    trial = actions.run(steward, DEAD, {"on": "2026-06-30"}, now=NOW)
    asked = actions.run(clerk, DEAD, now=NOW)
    assert not trial.standing
    assert not asked.standing
    assert not Finding.objects.exists()
    with pytest.raises(JinbaoError, match="没有这次运行"):
        queries.run_of(clerk, DEAD, trial.pk)


def test_an_officer_sees_the_rows_of_the_own_region_only(city: City, steward: Actor, district_clerk: Actor) -> None:
    run = actions.run(steward, "silent_authentication", now=NOW)
    seen = queries.shown(district_clerk, run)
    assert {row["region"] for row in seen} <= {district_clerk.region}
    assert len(queries.shown(steward, run)) == run.rows
    with pytest.raises(NotAllowed):
        queries.readable(district_clerk, "fund_watch")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (DEAD, {"on": "2026-01-01' OR '1'='1"}),
        ("uninsured_workers", {"months": "1; DROP TABLE person"}),
        ("uninsured_workers", {"months": "13"}),
        (DEAD, {"other": "1"}),
    ],
)
def test_a_value_out_of_form_or_range_is_refused(name: str, said: dict[str, str], city: City, steward: Actor) -> None:
    with pytest.raises(FormatError):
        actions.run(steward, name, said, now=NOW)
    assert not Run.objects.exists()


def test_a_text_parameter_is_one_literal_whatever_it_contains(city: City) -> None:
    for text in ("x' OR 1=1 --", "'; DROP VIEW person; --", "\\' UNION SELECT 1,2,3 --"):
        assert engines.on_duckdb(scene("one_person"), {"person_no": text}).num_rows == 0


def broken(folder: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, file: str = "query.sql") -> Path:
    """Give a policy in which one file of a scene is changed."""
    shutil.copytree(policy_folder(), folder / "policy")
    path = folder / "policy" / "scenes" / DEAD / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    monkeypatch.setenv("JINBAO_POLICY", str(folder / "policy"))
    return path


def test_sql_that_the_engine_refuses_is_named_with_its_line_and_stops_no_other_scene(
    city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = broken(tmp_path, monkeypatch, "sum(y.amount_fen)", "sum(y.amount_fenn)")
    asked = [scene(DEAD), scene("paid_in_prison")]
    wrong, right = (made for _, made in actions.run_each(Actor.system(), asked, now=NOW))
    assert isinstance(wrong, DeclarationError)
    assert wrong.at is not None
    assert (wrong.at.file, wrong.at.line) == (str(path), 28)
    assert isinstance(right, Run)


@pytest.mark.parametrize(
    ("file", "old", "new", "what"),
    [
        ("scene.yaml", "item: clue_death, ", "", "item"),
        ("scene.yaml", "evidence: [cremation_on", "evidence: [cremated_on", "cremated_on"),
        ("scene.yaml", "hand_over: 自动", "hand_over: 随便", "随便"),
        ("scene.yaml", "case: {", "# case: {", "没有写 case"),
        ("scene.yaml", "hand_over: 自动", "stands_days: 0", "至少为 1"),
        ("query.sql", "FROM cremation", "FROM cremations", "没有表"),
    ],
)
def test_a_scene_that_is_declared_wrongly_is_named_with_its_line(  # a table of mistakes
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, old: str, new: str, what: str
) -> None:
    path = broken(tmp_path, monkeypatch, old, new, file)
    with pytest.raises(DeclarationError, match=what) as error:
        scene(DEAD)
    assert error.value.at is not None
    assert error.value.at.file == str(path)
    assert error.value.at.line


def test_a_scene_that_cannot_be_read_is_out_and_no_other(
    city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = {one.name for one in scenes()}
    broken(tmp_path, monkeypatch, "title:", "titel:", "scene.yaml")
    assert {one.name for one in scenes()} == everything - {DEAD}
    (fault,) = faults()
    assert (fault.name, fault.place) == (DEAD, "policy/scenes/paid_after_death/scene.yaml:1")
    assert isinstance(actions.run(Actor.system(), "paid_in_prison", now=NOW), Run)
    (said,) = (row for check in CHECKS if check.name == "scenes.readable" for row in check.rows())
    assert "scene.yaml:1" in str(said)


def test_a_folder_without_a_scene_is_out_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = broken(tmp_path, monkeypatch, "title:", "title:", "scene.yaml")
    path.unlink()
    assert [fault.name for fault in faults()] == [DEAD]


def test_sql_in_another_encoding_is_named_with_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = broken(tmp_path, monkeypatch, "-- 在", "-- 在")
    path.write_bytes(path.read_text(encoding="utf-8").encode("gb18030"))
    with pytest.raises(DeclarationError, match="UTF-8") as error:
        scene(DEAD)
    assert error.value.at is not None
    assert (error.value.at.file, error.value.at.line) == (str(path), 1)


def test_every_scene_answers_from_an_empty_lake(db: None) -> None:
    asked = [one for one in scenes() if one.kind != "档案"]
    told = {one.name: made for one, made in actions.run_each(Actor.system(), asked, now=NOW)}
    assert {name: made for name, made in told.items() if not isinstance(made, Run) or made.rows} == {}


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("SELECT a\nFROM nowhere ORDER BY a", "没有表"),
        ("SELECT a\nFROM read_csv('/etc/passwd') ORDER BY a", "不能"),
        ("SELECT document AS a FROM contribution_correction", "ORDER BY"),
        ("SELECT wage_fen / 2 AS a FROM contribution_correction ORDER BY a", "除法"),
        ("SELECT getenv('HOME') AS a FROM contribution_correction ORDER BY a", "函数"),
        ("DROP TABLE person", "SELECT"),
        ("SELECT 1 AS a ORDER BY a; SELECT 2", "SELECT"),
        ("SELECT $b AS a ORDER BY a", "参数"),
        ("SELECT a\nFROM (", "读不懂"),
    ],
)
def test_sql_outside_of_the_dialect_is_refused_with_its_file(sql: str, what: str) -> None:
    with pytest.raises(DeclarationError, match=what) as error:
        checked(sql, Path("query.sql"), columns=["a"], parameters=[], key=["a"])
    assert error.value.at is not None
    assert error.value.at.file == "query.sql"


def test_a_persons_file_has_every_units_rows_and_is_recorded(
    city: City, clerk: Actor, district_clerk: Actor, steward: Actor
) -> None:
    number = sorted(city.must["死亡冒领"])[0]
    found = person_file.person_file(clerk, number, "核查死亡线索", now=NOW)
    assert found.rows >= 3
    assert number not in repr(found)
    event = AuditEvent.objects.filter(action="scenes.person_file").latest("pk")
    assert event.detail["purpose"] == "核查死亡线索"
    with pytest.raises(FormatError):
        person_file.person_file(clerk, number, " ", now=NOW)

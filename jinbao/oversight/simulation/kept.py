"""Simulations asked for at the counter: who, when, with what inputs; one folder each below var/simulations."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from jinbao.kernel.errors import NotAllowed, NotFound
from jinbao.oversight.simulation import job
from jinbao.oversight.simulation.compute import prepare
from jinbao.oversight.simulation.question import Question, question_of
from jinbao.oversight.simulation.results import RESULTS
from jinbao.rules.bulk.lake import describe, write_in_one_step
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role

ROLES = (Role.REVIEWER, Role.AUDITOR, Role.FINANCE, Role.STEWARD)
_NUMBER = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{6}")
_GRACE = timedelta(seconds=30)
"""How long a process may take until it holds its lock."""


def lake() -> Path:
    """Return the lake whose careers are simulated."""
    return Path(settings.VAR) / "lake"


def folder() -> Path:
    """Return where simulations are kept."""
    return Path(settings.VAR) / "simulations"


@dataclass(frozen=True)
class Simulation:
    """One simulation that was asked for."""

    number: str
    title: str
    by: str
    username: str
    at: datetime
    question: Question
    input_persons: int
    path: Path

    @property
    def is_done(self) -> bool:
        """Whether there is a result."""
        return (self.path / RESULTS).exists()

    @cached_property
    def results(self) -> dict[str, Any] | None:
        """What results.json holds, once it is there."""
        file = self.path / RESULTS
        found: dict[str, Any] | None = json.loads(file.read_text(encoding="utf-8")) if file.exists() else None
        return found

    @cached_property
    def error(self) -> dict[str, str] | None:
        """Why it failed."""
        found: dict[str, str] | None = _read(self.path / job.ERROR)
        return found

    @property
    def persons_done(self) -> int:
        """How many people are computed."""
        return int((_read(self.path / job.PROGRESS) or {}).get("persons", 0))

    def state(self, now: datetime) -> str:
        """Say how it stands: done, failed, running, or broken off."""
        if self.is_done:
            return "done"
        if self.error:
            return "failed"
        started = datetime.fromtimestamp((self.path / job.LOG).stat().st_mtime, tz=now.tzinfo) if self._log else None
        fresh = started is not None and abs(now - started) < _GRACE
        return "running" if fresh or job.is_working(self.path) else "broken"

    @property
    def _log(self) -> bool:
        return (self.path / job.LOG).exists()


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


@action("oversight.simulate", roles=ROLES)
def ask(by: Actor, question: Question, title: str, *, now: datetime, key: str | None = None) -> str:
    """Keep a question and begin to compute it in the background; return its number.

    Raises NotAllowed outside of the actor's region, and before anything is kept what `prepare` raises.
    """
    _require(by, question)
    prepare(question, lake())
    digest = hashlib.sha256(json.dumps([question.as_json(), by.username, str(now)]).encode()).hexdigest()
    number = f"{now:%Y%m%d-%H%M%S}-{digest[:6]}"
    request = {
        "title": title, "by": by.name, "username": by.username, "at": now.isoformat(), "question": question.as_json(),
        "persons": int(describe(lake()).get("persons", 0)),
    }  # fmt: skip
    text = json.dumps(request, ensure_ascii=False, indent=1) + "\n"
    write_in_one_step(folder() / number / job.REQUEST, text.encode())
    note(target=f"政策模拟 {number}", title=title, question=question.as_json())
    transaction.on_commit(lambda: job.start(folder() / number, lake(), Path(settings.VAR)))
    return number


@action("oversight.resume_simulation", roles=ROLES)
def resume(by: Actor, simulation: Simulation, *, now: datetime) -> None:
    """Go on with a simulation that broke off; what is computed stays."""
    _require(by, simulation.question)
    note(target=f"政策模拟 {simulation.number}", state=simulation.state(now))
    if simulation.state(now) in ("broken", "failed"):
        transaction.on_commit(lambda: job.start(simulation.path, lake(), Path(settings.VAR)))


def _may(by: Actor, question: Question) -> bool:
    region = question.after.region
    return by.role in ROLES and (by.covers(region) or by.stewards(region))


def _require(by: Actor, question: Question) -> None:
    if not _may(by, question):
        raise NotAllowed(f"{by.name}无权模拟地区 {question.after.region}", advice="请选择本人负责的地区。")


def simulations(by: Actor) -> list[Simulation]:
    """List the simulations of the actor's region, the newest first."""
    numbers = sorted((path.name for path in folder().glob("*") if _NUMBER.fullmatch(path.name)), reverse=True)
    found = (_simulation(number) for number in numbers)
    return [each for each in found if each is not None and _may(by, each.question)]


def simulation(by: Actor, number: str) -> Simulation:
    """Return one simulation. Raises NotFound, also for one of another region."""
    found = _simulation(number) if _NUMBER.fullmatch(number) else None
    if found is None or not _may(by, found.question):
        raise NotFound(f"没有政策模拟 {number[:40]}", advice="请从列表中选择。")
    return found


def _simulation(number: str) -> Simulation | None:
    path = folder() / number
    data = _read(path / job.REQUEST)
    if data is None:
        return None
    at = datetime.fromisoformat(data["at"])
    question = question_of(data["question"])
    return Simulation(number, data["title"], data["by"], data["username"], at, question, data["persons"], path)

"""`jinbao data load demo`: the units of the demonstration city deliver, and every room of the platform does its work.

`STEPS` is the whole story in order; a room adds its step here.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings

from jinbao.cases import actions as cases
from jinbao.data import intake
from jinbao.data.catalogue import actions as publishing
from jinbao.data.catalogue import declared as catalogue
from jinbao.data.catalogue import queries
from jinbao.data.catalogue.models import Resource
from jinbao.data.catalogue.observing import observe
from jinbao.data.linkage import actions as linkage
from jinbao.data.models import Batch
from jinbao.data.scenes import actions as scene_actions
from jinbao.data.scenes.declared import scenes
from jinbao.data.scoring import actions as scoring
from jinbao.data.scoring.models import RuleResult, Score, Ticket
from jinbao.data.scoring.queries import score_of, shown
from jinbao.data.supply import actions, tables
from jinbao.kernel.errors import FormatError, NotAllowed, NotFound
from jinbao.kernel.months import Month
from jinbao.project.demo.builder import require_possible
from jinbao.project.demo.tariff import REGION
from jinbao.project.demo.units import deliveries
from jinbao.project.demo.units.deliveries import Delivered
from jinbao.trust.actors import Actor, actor_of
from jinbao.trust.models import Grant, Role

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Stage:
    """What every step is given: who acts, when, which city and month; `tell` says what is being done just now."""

    by: Actor
    now: datetime
    region: str
    month: Month
    seed: int
    folder: Path
    tell: Tell


@dataclass(frozen=True)
class Step:
    """One step: its name, and what it does; it returns a sentence about what it did."""

    name: str
    run: Callable[[Stage], str]


@dataclass(frozen=True)
class Done:
    """What a step did and how long it took."""

    name: str
    said: str
    seconds: float


def deliver(stage: Stage) -> str:
    """Write every unit's files, take each in through the gate and accept its good rows."""
    stage.folder.mkdir(parents=True, exist_ok=True)
    batches: dict[Path, Batch] = {}
    for file in deliveries.write(stage.folder, stage.month, stage.region, stage.seed):
        stage.tell(file.path.name)
        batches[file.path] = _take_in(stage, file, batches.get(file.corrects) if file.corrects else None)
    received, accepted = (sum(getattr(batch, name) for batch in batches.values()) for name in ("received", "accepted"))
    senders = len({batch.sender for batch in batches.values()})
    came = f"{senders} 家单位 {len(batches)} 个文件，收到 {received:,} 行"
    return f"{came}，接收 {accepted:,} 行，退回 {received - accepted:,} 行"


def layer(stage: Stage) -> str:
    """Bring the standard tables of our own business files up to date too."""
    tables.refresh()
    found = tables.datasets()
    return f"标准层 {len(found)} 张表，{sum(tables.rows(name) for name in found):,} 行"


def describe(stage: Stage) -> str:
    """Enter every declared dataset in the catalogue and profile what has arrived."""
    kept = catalogue.sync(stage.by, stage.region, now=stage.now)
    arrived = tables.datasets()
    for name in arrived:
        stage.tell(name)
        observe(stage.by, name, now=stage.now)
    return f"目录新增 {len(kept.made)} 项资源，剖析 {len(arrived)} 张表"


def publish(stage: Stage) -> str:
    """Let the steward of the city look over what the declarations describe and publish what is complete."""
    grant = Grant.objects.filter(role=Role.STEWARD, region=stage.region).select_related("user").order_by("pk").first()
    steward, done = (actor_of(grant.user, grant) if grant else stage.by), 0
    for resource in queries.resources(steward).filter(status=Resource.Status.DRAFT) if grant else ():
        with suppress(FormatError, NotAllowed):  # incomplete, or described by the same person: it stays a draft
            publishing.publish(steward, resource, version=resource.version, now=stage.now)
            done += 1
    return f"公众可以查到 {done} 项新发布的资源"


def score(stage: Stage) -> str:
    """Judge every dataset by its rules."""
    done = scoring.run_all(stage.by, now=stage.now, tell=lambda run: stage.tell(run.dataset))
    failed = RuleResult.objects.filter(run__in=[run.pk for run in done], failed__gt=0).count()
    total = score_of(stage.by, Score.Kind.REGION, stage.region)
    points = shown(total.points) if total else "无"
    opened = Ticket.objects.filter(closed_at__isnull=True).count()
    return f"检查 {len(done)} 个数据集，总分 {points}，{failed} 条规则不符，未关闭问题单 {opened} 张"


def link(stage: Stage) -> str:
    """Find out which rows of all sources are one person."""
    made = linkage.run(stage.by, now=stage.now)
    return f"{made.rows:,} 行归并为 {made.people:,} 人"


def answer(stage: Stage) -> str:
    """Answer every scene from the tables as they are now."""
    clues = 0
    asked = [one for one in scenes() if one.kind != "档案"]
    for one in asked:
        stage.tell(one.title)
        made = scene_actions.run(stage.by, one.name, now=stage.now)
        clues += made.rows if one.is_clue else 0
    return f"{len(asked)} 个场景，线索 {clues:,} 条"


def follow_up(stage: Stage) -> str:
    """Hand over the clues of scenes that declare it, so that officers find them among their cases."""
    told = [(scene.title, count) for scene, count in cases.hand_over_new(stage.by, now=stage.now)]
    return "自动交办：" + "、".join(f"{title} {count} 件" for title, count in told)


STEPS: list[Step] = [
    Step("各单位供数", deliver),
    Step("标准层", layer),
    Step("目录与剖析", describe),
    Step("目录发布", publish),
    Step("数据质量", score),
    Step("一人一档归并", link),
    Step("应用场景", answer),
    Step("线索成为办件", follow_up),
]
"""In the order in which data passes the rooms: supply, catalogue, scoring, linkage, exchange, scenes, cases."""


def stage_of(now: datetime, *, seed: int, tell: Tell) -> Stage:
    """Look at the demonstration city that stands here; raise NotFound where there is none."""
    require_possible()
    marker = Path(settings.VAR) / "demo.json"
    if not marker.exists():
        raise NotFound("还没有演示市", advice="先运行 jinbao demo，再运行 jinbao data load demo。")
    month = Month.parse(json.loads(marker.read_text(encoding="utf-8"))["until"])
    by = Actor.system("演示市供数", region=REGION)
    return Stage(by, now, REGION, month, seed, Path(settings.VAR) / "inbox" / "units", tell)


def run(stage: Stage) -> Iterator[Done]:
    """Run every step and say after each what it did."""
    for step in STEPS:
        started = time.monotonic()
        said = step.run(stage)
        yield Done(step.name, said, time.monotonic() - started)


def _take_in(stage: Stage, file: Delivered, corrects: Batch | None) -> Batch:
    batch = intake.receive(
        stage.by, file.path, file.path.name, file.dataset,
        sender=file.sender, region=stage.region, now=stage.now, corrects=corrects,
    )  # fmt: skip
    if batch.status == Batch.Status.CHECKED and batch.accepted:
        batch = actions.accept(stage.by, batch, now=stage.now)
    return batch

"""`jinbao data pull · watch · sources · export`: fetch deliveries from declared sources, once or for ever."""

from __future__ import annotations

import json
import sys
import time
from datetime import datetime
from typing import Any

import click

from jinbao.kernel.errors import Conflict
from jinbao.project.cli import setup_django

FAILED = 1


@click.command("pull")
@click.argument("names", nargs=-1, metavar="[来源]...")
@click.option("--due", is_flag=True, help="只取到了时间的；给 cron 或 systemd 定时器用。")
@click.option("--json", "as_json", is_flag=True, help="给程序用的结果。")
def pull(names: tuple[str, ...], due: bool, as_json: bool) -> None:
    """从声明的来源取数，一次。不写名字取全部；同一来源同时只有一个进程在取。

    退出码：0 都取到（或没有新数据），1 有失败的。
    """
    setup_django()
    from django.utils import timezone

    runs = _pull(names, timezone.now(), due=due)
    if as_json:
        click.echo(json.dumps([_as_json(run) for run in runs], ensure_ascii=False, indent=1))
    else:
        click.echo("\n".join(map(_said, runs)) or "没有到时间的来源。")
    sys.exit(FAILED if any(run.status == "failed" for run in runs) else 0)


@click.command("watch")
@click.option("--seconds", default=30, show_default=True, type=click.IntRange(1), help="多久看一次。")
def watch(seconds: int) -> None:
    """一直看着：到时间的来源就取。用 Ctrl+C 停止，随时可以停。"""
    setup_django()
    from django.db import close_old_connections
    from django.utils import timezone

    click.echo(f"每 {seconds} 秒看一次；按 Ctrl+C 停止。")
    while True:
        try:
            close_old_connections()
            for run in _pull((), timezone.now(), due=True):
                click.echo(_said(run))
            time.sleep(seconds)
        except KeyboardInterrupt:
            click.echo("停了。")
            return


@click.command("sources")
def sources() -> None:
    """列出声明的来源：方式、数据集、时间、最近一次结果。"""
    setup_django()
    from django.utils import timezone

    from jinbao.data.supply import arrivals
    from jinbao.trust.actors import Actor

    for state in arrivals.sources(Actor.system(), timezone.now()):
        one, last = state.source, state.last
        after = f"{last.get_status_display()} {timezone.localtime(last.started_at):%m-%d %H:%M}" if last else "没有取过"
        stopped = "" if one.enabled else "（停用）"
        click.echo(f"{one.name}  {one.title}{stopped}  {one.kind} → {one.dataset.name}  {one.schedule}  {after}")


@click.command("export")
@click.argument("names", nargs=-1, metavar="[数据集]...")
@click.option("--month", required=True, help="账册截至哪个月（YYYY-MM）。")
@click.option("--region", default="990100", show_default=True, help="地区的六位代码。")
def export(names: tuple[str, ...], month: str, region: str) -> None:
    """把账册导出为平台的数据集（参保人员、缴费、在发待遇……），经同一道关口入湖。"""
    setup_django()
    from pathlib import Path

    from django.conf import settings
    from django.utils import timezone

    from jinbao.data import intake
    from jinbao.data.supply import actions
    from jinbao.data.units import unit
    from jinbao.kernel.months import Month
    from jinbao.project import exports
    from jinbao.trust.actors import Actor

    by, now, ours = Actor.system("账册导出", region=region), timezone.now(), unit("人社").code
    for name in names or exports.EXPORTS:
        path = exports.write(name, Path(settings.VAR) / "inbox" / "books", Month.parse(month), region)
        batch = intake.receive(by, path, path.name, name, sender=ours, region=region, now=now)
        if batch.status == batch.Status.CHECKED:
            batch = actions.accept(by, batch, now=now)
        click.echo(f"{name}：批次 {batch.pk}，接收 {batch.accepted:,} 行，退回 {batch.rejected:,} 行")


def _pull(names: tuple[str, ...], now: datetime, *, due: bool) -> list[Any]:
    """Ask the sources one after the other; one that is being asked already is left alone when nobody named it."""
    from jinbao.data.supply import pulls
    from jinbao.data.supply.sources import all_sources, source
    from jinbao.trust.actors import Actor

    wanted = [source(name) for name in names] or [one for one in all_sources() if one.enabled]
    runs = []
    for one in wanted:
        if due and not pulls.is_due(one, now):
            continue
        try:
            runs += pulls.pull(Actor.system("定时取数", region=one.unit.region), one, now=now)
        except Conflict:
            if names:
                raise
    return runs


def _said(run: Any) -> str:
    what = f"{run.source}{f' {run.file_name}' if run.file_name else ''}：{run.get_status_display()}"
    if run.status == "failed":
        return f"{what}　{run.error}"
    if run.batch is None:
        return what
    batch = run.batch
    passed = f"通过 {batch.accepted:,}，退回 {batch.rejected:,}"
    return f"{what} {run.rows:,} 行，批次 {batch.pk} {batch.get_status_display()}（{passed}）"


def _as_json(run: Any) -> dict[str, Any]:
    return {
        "source": run.source,
        "file": run.file_name,
        "status": run.status,
        "rows": run.rows,
        "batch": run.batch_id,
        "watermark": run.watermark,
        "error": run.error,
    }


COMMANDS = (pull, watch, sources, export)

"""`jinbao statistics`: count the figures of the statistics pages anew when rows were added or changed."""

from __future__ import annotations

import os
import time
from datetime import date

import click

from jinbao.project.cli import setup_django


@click.command()
@click.option("--every", type=click.IntRange(1), metavar="分钟", help="每隔这么多分钟看一次，直到被停止。")
def command(every: int | None) -> None:
    """重算统计数：有新的或更正的明细时，逐月逐地区重新计数；没有变化则什么也不做。"""
    setup_django()
    if every is None:
        cells = _refresh()
        click.echo(f"已重算 {cells:,} 个地区险种月份。" if cells else "明细没有变化，统计数已是最新。")
        return
    parent = os.getppid()
    seconds = 0
    while os.getppid() == parent:  # whoever started this is still there
        if seconds % (every * 60) == 0:
            _refresh_quietly()
        time.sleep(1)
        seconds += 1


def _refresh() -> int:
    from django.utils import timezone

    from jinbao.kernel.months import Month
    from jinbao.oversight import statistics
    from jinbao.trust.actors import Actor

    today: date = timezone.localdate()
    return statistics.refresh(Actor.system("统计"), Month.of(today))


def _refresh_quietly() -> None:
    """Count; books that are away or being rebuilt for a moment are tried again at the next turn."""
    from django.db import DatabaseError, close_old_connections

    try:
        _refresh()
    except DatabaseError as error:
        click.echo(f"统计数这一次没有重算：{error}", err=True)
    finally:
        close_old_connections()

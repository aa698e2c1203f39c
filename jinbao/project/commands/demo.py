"""`jinbao demo`: build, or throw away, the demonstration city."""

from __future__ import annotations

from datetime import datetime

import click

from jinbao.project.cli import setup_django


@click.command()
@click.option(
    "--persons", type=click.IntRange(200), default=20_000, show_default=True, help="人数；单位数按 25 人一家。"
)
@click.option("--seed", default=20260901, show_default=True, help="同一种子、同一截止日得到同一座城市。")
@click.option("--until", default="", help="数据到哪个月为止（YYYY-MM）；不填则为上一个完整的月份。")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="待办截至哪一天（YYYY-MM-DD）；不填则为今天。")
@click.option("--reset", is_flag=True, help="先清除已有的演示市。")
@click.option("--reset-only", is_flag=True, help="只清除，不重建。")
def command(persons: int, seed: int, until: str, as_of: datetime | None, reset: bool, reset_only: bool) -> None:
    """建立演示市（990100）：人员、单位、履历，并让最近几个月走完整条流程。"""
    setup_django()
    from django.core.management import call_command
    from django.utils import timezone

    from jinbao.kernel.months import Month
    from jinbao.project.demo import builder
    from jinbao.project.demo.city import plan_for

    builder.require_possible()
    day = as_of.date() if as_of else None
    given = {"until": Month.parse(until) if until else None, "as_of": day}
    if reset or reset_only:
        builder.reset()
        click.echo("已清除演示市。")
    if reset_only:
        return
    call_command("migrate", interactive=False, verbosity=0)
    if builder.exists():
        click.echo("演示市已经建好；要重建请加 --reset。")
        return
    plan = plan_for(timezone.localdate(), persons=persons, employers=max(persons // 25, 4), seed=seed, **given)
    builder.build(plan)

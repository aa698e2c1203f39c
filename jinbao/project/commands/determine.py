"""`jinbao determine`: determine the pension of everybody who reaches the statutory month."""

from __future__ import annotations

import json

import click

from jinbao.project.cli import setup_django


@click.command()
@click.option("--month", required=True, help="退休年月，如 2026-03。")
@click.option("--region", default="990100", show_default=True, help="地区代码，含其下级。")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON，供程序使用。")
def command(month: str, region: str, as_json: bool) -> None:
    """核定当月达到法定退休年龄的人员的基本养老金（预核定；发放须经办件审核）。"""
    setup_django()
    from django.utils import timezone
    from tqdm import tqdm

    from jinbao.insurance.benefits.actions import determine_all
    from jinbao.kernel.months import Month
    from jinbao.trust.actors import Actor

    with tqdm(unit="人", disable=as_json or None, leave=False) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        when = Month.parse(month)
        run = determine_all(Actor.system(), when, region=region, now=timezone.now(), progress=show)
    summary = {
        "month": str(run.month),
        "region": run.region,
        "benefit": run.benefit,
        "candidates": run.candidates,
        "eligible": run.eligible,
        "not_eligible": run.not_eligible,
        "problems": run.problems,
    }
    if as_json:
        click.echo(json.dumps(summary, ensure_ascii=False))
        return
    click.echo(f"{run.month} 退休 {run.candidates} 人：符合条件 {run.eligible} 人，不符合 {run.not_eligible} 人。")
    for problem in run.problems:
        click.echo(f"  参保人 {problem['person']} 未能核定：{problem['message']}")
    click.echo("结果在待遇核定列表中；发放须经办件审核。")

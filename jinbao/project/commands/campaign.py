"""`jinbao campaign`: recalculation campaigns from the command line: list, dry run, report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from jinbao.project.cli import setup_django


@click.group(help="重算批次：列出、试算、报告。新建、报批、批准、执行和撤销在柜台由两人办理。")
def command() -> None:
    """Group the subcommands."""


@command.command("list", help="列出重算批次。")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON，供程序使用。")
def list_campaigns(as_json: bool) -> None:
    """Print every campaign with its state and sums."""
    setup_django()
    from jinbao.insurance.benefits.campaigns import queries
    from jinbao.trust.actors import Actor

    rows = [_about(one) for one in queries.campaigns(Actor.system())]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        click.echo(f"{row['id']:>5}  {row['status']}  {row['title']}（{row['basis']}）{row['persons']:,} 人")
    if not rows:
        click.echo("还没有重算批次；在柜台“重算批次”中新建。")


@command.command("dry-run", help="试算一个批次；中断以后再运行，从停下的地方接着做。")
@click.argument("number", type=int)
@click.option("--json", "as_json", is_flag=True, help="输出 JSON，供程序使用。")
def try_campaign(number: int, as_json: bool) -> None:
    """Try a campaign and print what came out."""
    setup_django()
    from django.utils import timezone
    from tqdm import tqdm

    from jinbao.insurance.benefits.campaigns import actions, queries, report
    from jinbao.trust.actors import Actor

    by = Actor.system()
    with tqdm(unit="人", disable=as_json or None, leave=False) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        campaign = actions.dry_run(by, queries.campaign(by, number), now=timezone.now(), progress=show)
    if as_json:
        click.echo(json.dumps(_about(campaign) | {"figures": campaign.figures}, ensure_ascii=False))
        return
    for name, text in report.sums(campaign):
        click.echo(f"{name}　{text}")
    if campaign.figures["sample"]["different"]:
        click.echo("抽查不一致：差一分也不能报批，请在柜台查看这些人。")


@command.command("report", help="写出一个批次的报告：.xlsx 为 Excel（含逐人），.pdf 为打印件。")
@click.argument("number", type=int)
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
def write_report(number: int, out: Path) -> None:
    """Write the report of a campaign."""
    setup_django()
    from jinbao.insurance.benefits.campaigns import queries, report
    from jinbao.trust.actors import Actor

    if out.suffix not in (".xlsx", ".pdf"):
        raise click.UsageError("文件名须以 .xlsx 或 .pdf 结尾")
    by = Actor.system()
    campaign = queries.campaign(by, number)
    out.write_bytes(report.workbook(by, campaign) if out.suffix == ".xlsx" else report.sheet(campaign))
    click.echo(f"已写出：{out}")


def _about(campaign: Any) -> dict[str, Any]:
    names = ("title", "reason", "basis", "region", "law_version", "input_hash", "result_hash")
    about = {name: getattr(campaign, name) for name in names}
    persons = campaign.figures.get("persons", 0)
    return {
        "id": campaign.pk,
        "status": campaign.get_status_display(),
        "persons": persons,
        "on": str(campaign.on),
    } | about

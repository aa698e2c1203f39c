"""`jinbao data score · bulletin`: how good the data is, and the monthly notice about it."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from jinbao.project.cli import setup_django


@click.command("score")
@click.argument("dataset", required=False)
@click.option("--engine", type=click.Choice(["local", "spark"]), default="local", show_default=True)
@click.option("--master", default="local[2]", show_default=True, help="Spark 集群地址（--engine spark）。")
@click.option("--json", "as_json", is_flag=True, help="给程序用的结果。")
def score(dataset: str | None, engine: str, master: str, as_json: bool) -> None:
    """检查数据集并评分；不写数据集则检查全部，并催办到期的问题单。"""
    setup_django()
    from tqdm import tqdm

    from jinbao.data.datasets import load_dataset
    from jinbao.data.scoring import actions
    from jinbao.data.scoring.models import Run
    from jinbao.kernel import spark
    from jinbao.trust import clock
    from jinbao.trust.actors import Actor

    by, now, silent = Actor.system(), clock.now(), True if as_json else None
    if dataset:
        load_dataset(dataset)
    with spark.connect(master, "jinbao data score") if engine == "spark" else nullcontext() as session:
        if dataset:
            done: list[Run] = [actions.run(by, dataset, now=now, session=session)]
        else:
            wanted = len(actions.scored_datasets())
            with tqdm(total=wanted, desc="质量评分", unit="个", leave=False, disable=silent) as bar:
                done = actions.run_all(by, now=now, session=session, tell=lambda _: bar.update())
            actions.remind(by, now=now)
    said = [_said(run) for run in done]
    if as_json:
        click.echo(json.dumps(said, ensure_ascii=False, indent=1))
        return
    for one in sorted(said, key=lambda one: one["points"] or "0"):
        counts = f"规则 {one['rules']}：通过 {one['passed']}，未通过 {one['failed']}，未检查 {one['unchecked']}"
        click.echo(f"{one['points'] or '未评分':>7}  {one['dataset']:<26}{one['rows']:>12,} 行  {counts}")


def _said(run: Any) -> dict[str, Any]:
    from jinbao.data.scoring.queries import shown

    outcomes = list(run.results.values_list("outcome", flat=True))
    return {
        "run": run.pk,
        "dataset": run.dataset,
        "rows": run.rows,
        "points": shown(run.points),
        "dimensions": {name: shown(points) for name, points in run.dimensions.items()},
        "rules": len(outcomes),
        "passed": outcomes.count("通过"),
        "failed": outcomes.count("未通过"),
        "unchecked": outcomes.count("未检查"),
    }


@click.command("bulletin")
@click.option("--month", help="月份，如 2026-11；不写为本月。")
@click.option("--region", default="990100", show_default=True, help="哪个地区的通报。")
@click.option("--form", type=click.Choice(["docx", "pdf"]), default="docx", show_default=True)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="写到哪里；不写则写到当前目录。")
def bulletin(month: str | None, region: str, form: str, output: Path | None) -> None:
    """生成数据质量通报。"""
    setup_django()
    from django.utils.timezone import localtime

    from jinbao.data.scoring import bulletin as notices
    from jinbao.kernel.months import Month
    from jinbao.trust import clock
    from jinbao.trust.actors import Actor

    today = localtime(clock.now()).date()
    wanted = Month.parse(month) if month else Month.of(today)
    said = notices.content(Actor.system(region=region), wanted, today=today)
    path = output or Path(f"数据质量通报-{wanted}.{form}")
    path.write_bytes(notices.written(said, form))
    click.echo(f"{said.title}：{path}")


COMMANDS = (score, bulletin)

"""`jinbao data scenes`: which scenes there are, and their answers brought up to date."""

from __future__ import annotations

import json
from typing import Any

import click

from jinbao.project.cli import setup_django


@click.group("scenes")
def group() -> None:
    """应用场景：列出、运行。"""


@group.command("list")
@click.option("--json", "as_json", is_flag=True, help="给程序用的结果。")
def list_(as_json: bool) -> None:
    """列出场景和最近一次运行。"""
    setup_django()
    from jinbao.data.scenes import queries
    from jinbao.trust.actors import Actor

    rows = [
        {
            "name": one.scene.name, "title": one.scene.title, "kind": one.scene.kind, "schedule": one.scene.schedule,
            "run": one.run.pk if one.run else None, "at": one.run.at.isoformat() if one.run else None,
            "rows": one.run.rows if one.run else None, "new": one.new, "handed": one.handed, "settled": one.settled,
        }
        for one in queries.overview(Actor.system())
    ]  # fmt: skip
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        last = f"{row['at'][:16]}，{row['rows']} 行，待分派 {row['new']}" if row["at"] else "还没有运行"
        click.echo(f"{row['name']:<24}{row['kind']}  {row['title']}：{last}")


@group.command("run")
@click.argument("name", required=False)
@click.option("--due", is_flag=True, help="运行到期而且数据有变化的场景。")
@click.option("--json", "as_json", is_flag=True, help="给程序用的结果。")
def run(name: str | None, due: bool, as_json: bool) -> None:
    """运行一个场景；不写名称则运行全部，--due 只运行到期的。"""
    setup_django()
    from tqdm import tqdm

    from jinbao.data.scenes import actions
    from jinbao.data.scenes.declared import scene, scenes
    from jinbao.trust import clock
    from jinbao.trust.actors import Actor

    if name and due:
        raise click.UsageError("NAME 和 --due 只能选一个")
    by, now = Actor.system(), clock.now()
    if due:
        runs = actions.run_due(by, now=now)
    else:
        wanted = [name] if name else [one.name for one in scenes() if one.kind != "档案"]
        runs = (actions.run(by, one, now=now) for one in wanted)
    made: list[dict[str, Any]] = []
    for one in tqdm(runs, desc="运行场景", unit="个", leave=False, disable=True if as_json else None):
        counts = {"rows": one.rows, "new": one.new, "gone": one.gone, "stayed": one.stayed}
        made.append({"scene": one.scene, "run": one.pk, **counts, "ms": one.milliseconds, "digest": one.digest})
        if not as_json:
            told = f"{one.rows} 行，新增 {one.new}，消失 {one.gone}（{one.milliseconds / 1000:.1f} 秒）"
            tqdm.write(f"{scene(one.scene).title}：{told}")
    if as_json:
        click.echo(json.dumps(made, ensure_ascii=False))
    elif not made:
        click.echo("没有到期的场景。")


COMMANDS = (group,)

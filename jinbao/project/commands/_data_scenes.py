"""`jinbao data scenes`: which scenes there are, their answers brought up to date, their clues handed over as cases."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from jinbao.kernel.errors import JinbaoError
from jinbao.project.cli import setup_django

if TYPE_CHECKING:
    from jinbao.data.scenes.declared import Fault, Scene
    from jinbao.data.scenes.models import Run


@click.group("scenes")
def group() -> None:
    """应用场景：列出、运行、交办线索。"""


@group.command("list")
@click.option("--json", "as_json", is_flag=True, help="给程序用的结果。")
def list_(as_json: bool) -> None:
    """列出场景和最近一次运行。"""
    setup_django()
    from jinbao.data.scenes import queries
    from jinbao.data.scenes.declared import faults
    from jinbao.trust.actors import Actor

    for fault in faults():
        click.echo(f"{fault.name} 停用：{fault.place}：{fault.error.message}", err=True)
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
        last = f"{row['at'][:16]}，{row['rows']} 行，待交办 {row['new']}" if row["at"] else "还没有运行"
        click.echo(f"{row['name']:<24}{row['kind']}  {row['title']}：{last}")


@group.command("run")
@click.argument("name", required=False)
@click.option("--due", is_flag=True, help="运行到期而且数据有变化的场景。")
@click.option("--json", "as_json", is_flag=True, help="给程序用的结果。")
def run(name: str | None, due: bool, as_json: bool) -> None:
    """运行一个场景；不写名称则运行全部，--due 只运行到期的，并交办声明为自动交办的线索。"""
    setup_django()
    from tqdm import tqdm

    from jinbao.cases import actions as cases
    from jinbao.data.scenes import actions
    from jinbao.data.scenes.declared import faults, scene, scenes
    from jinbao.trust import clock
    from jinbao.trust.actors import Actor

    if name and due:
        raise click.UsageError("NAME 和 --due 只能选一个")
    by, now = Actor.system(), clock.now()
    wanted = actions.due(now) if due else [scene(name)] if name else [one for one in scenes() if one.kind != "档案"]
    told = [] if name else [_out(fault) for fault in faults()]
    for one in [] if as_json else told:
        click.echo(one["said"], err=True)
    runs = actions.run_each(by, wanted, now=now)
    for asked, made in tqdm(runs, total=len(wanted), desc="运行场景", unit="个", leave=False, disable=as_json or None):
        told.append(_told(asked, made))
        if not as_json:
            tqdm.write(told[-1]["said"])
    for asked, opened in cases.hand_over_new(by, now=now) if due else ():
        if opened:
            told.append({"scene": asked.name, "opened": opened, "said": f"{asked.title}：自动交办 {opened} 条线索。"})
            if isinstance(opened, JinbaoError):
                told[-1] |= {"opened": 0, "error": str(opened), "said": f"{asked.title}：{opened}"}
            if not as_json:
                click.echo(told[-1]["said"])
    if as_json:
        click.echo(json.dumps([{key: one[key] for key in one if key != "said"} for one in told], ensure_ascii=False))
    elif not told:
        click.echo("没有到期的场景。")
    if any("error" in one for one in told):
        raise SystemExit(1)


def _out(fault: Fault) -> dict[str, Any]:
    """Say that a scene cannot be read, for programs and in a sentence."""
    said = f"{fault.place}：{fault.error.message}"
    return {"scene": fault.name, "error": said, "said": f"{fault.name} 停用：{said}"}


def _told(scene: Scene, made: Run | JinbaoError) -> dict[str, Any]:
    """Say what came of a scene, for programs and in a sentence."""
    if isinstance(made, JinbaoError):
        return {"scene": scene.name, "error": str(made), "said": f"{scene.title}：{made}"}
    counts = {"rows": made.rows, "new": made.new, "gone": made.gone, "stayed": made.stayed}
    took = f"{made.milliseconds / 1000:.1f} 秒"
    said = f"{scene.title}：{made.rows} 行，新增 {made.new}，消失 {made.gone}（{took}）"
    return {
        "scene": scene.name, "run": made.pk, **counts, "ms": made.milliseconds, "digest": made.digest, "said": said,
    }  # fmt: skip


@group.command("hand-over")
@click.argument("name")
@click.option("--officer", default="", help="交给谁（用户名）；不写则进入所属地区的待办。")
@click.option("--json", "as_json", is_flag=True, help="给程序用的结果。")
def hand_over(name: str, officer: str, as_json: bool) -> None:
    """交办一个场景全部待交办的线索，每条一个办件；中断后再次运行，从没有交办的继续。"""
    setup_django()
    from tqdm import tqdm

    from jinbao.cases import actions as cases
    from jinbao.cases.clues import waiting_in
    from jinbao.data.scenes.declared import scene
    from jinbao.trust import clock
    from jinbao.trust.actors import Actor

    by, opened, asked = Actor.system(), 0, scene(name)
    with tqdm(total=waiting_in(by, name), desc="交办", unit="条", leave=False, disable=as_json or None) as bar:
        for made in cases.hand_over_all(by, name, now=clock.now(), officer=officer):
            opened += len(made)
            bar.update(len(made))
    if as_json:
        click.echo(json.dumps({"scene": name, "opened": opened}, ensure_ascii=False))
    else:
        click.echo(
            f"{asked.title}：交办 {opened} 条线索，每条一个办件。" if opened else f"{asked.title}：没有待交办的线索。"
        )


COMMANDS = (group,)

"""`jinbao data link · person`: who is one person."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from jinbao.project.cli import setup_django


@click.group("link", invoke_without_command=True)
@click.option("--full", is_flag=True, help="全部重新归并；不写则只处理变化的行。")
@click.option("--estimate", is_flag=True, help="重新统计姓名的常见程度，再全部归并。")
@click.option("--json", "as_json", is_flag=True, help="给程序用的结果。")
@click.pass_context
def link(context: click.Context, full: bool, estimate: bool, as_json: bool) -> None:
    """把各单位的行归并成人：一人一号。"""
    setup_django()
    if context.invoked_subcommand:
        return
    from jinbao.data.linkage import actions
    from jinbao.trust import clock
    from jinbao.trust.actors import Actor

    made = actions.run(Actor.system(), now=clock.now(), full=full, estimate=estimate)
    figures: dict[str, Any] = made.figures
    if as_json:
        click.echo(json.dumps({"run": made.pk, **figures}, ensure_ascii=False))
        return
    pairs = figures["pairs"].get("together", 0)
    click.echo(
        f"{made}{'（全部）' if made.full else '（增量）'}：{made.rows:,} 行，其中变化 {made.changed:,} 行；"
        f"候选对 {pairs:,}；{made.people:,} 人；待审核 {figures['review']:,} 对。"
    )


@link.command("evaluate")
@click.option(
    "--truth",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Parquet 或 CSV：dataset、_row、truth。",
)
@click.option("--json", "as_json", is_flag=True, help="给程序用的结果。")
def evaluate(truth: Path, as_json: bool) -> None:
    """用有真值的样本衡量最近一次归并的查准率和查全率。"""
    setup_django()
    from jinbao.data.linkage.evaluate import evaluate_latest

    found = evaluate_latest(truth)
    if as_json:
        said = {"precision": found.precision, "recall": found.recall, "f1": found.f1, "true_pairs": found.true_pairs}
        click.echo(json.dumps(said))
        return
    click.echo(f"查准率 {found.precision:.4f}，查全率 {found.recall:.4f}，F1 {found.f1:.4f}")


@link.command("proposals")
@click.option("--json", "as_json", is_flag=True, help="给程序用的结果。")
def proposals(as_json: bool) -> None:
    """列出待另一人确认的合并、拆分、撤销和号码变更；在经办柜台确认或退回。"""
    setup_django()
    from jinbao.data.linkage import queries
    from jinbao.data.linkage.numbers import person_no
    from jinbao.data.linkage.proposals import changed_since
    from jinbao.trust.actors import Actor

    waiting = queries.proposals(Actor.system()).filter(state="waiting")
    found: list[dict[str, Any]] = [
        {
            "proposal": one.pk,
            "kind": one.get_kind_display(),
            "persons": [person_no(serial) for serial in one.serials],
            "stakes": one.stakes,
            "by": one.by,
            "at": one.at.isoformat(),
            "reason": one.reason,
            "changed": changed_since(one),
        }
        for one in waiting
    ]
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for one in found:
        stale = f"；已过时：{'；'.join(one['changed'][:3])}" if one["changed"] else ""
        people = "、".join(one["persons"])
        click.echo(f"{one['proposal']} {one['kind']} {people}  {one['by']} {one['at'][:10]}：{one['reason']}")
        click.echo(f"  {'；'.join(one['stakes'])}{stale}")
    click.echo(f"待确认 {len(found)} 项。")


@click.command("person")
@click.argument("number")
@click.option("--json", "as_json", is_flag=True, help="给程序用的结果。")
def person(number: str, as_json: bool) -> None:
    """显示一个人员编号：最佳值、各行和历史。号码脱敏。"""
    setup_django()
    from jinbao.data.linkage import queries
    from jinbao.data.linkage.numbers import serial_of
    from jinbao.trust.actors import Actor
    from jinbao.trust.masking import mask_id, mask_name

    found = queries.person(Actor.system(), serial_of(number))
    rows = [{"dataset": r["dataset"], "row": r["_row"], "link": r["link"], "weight": float(r["weight"]) if r["weight"] is not None else None} for r in found.rows]  # fmt: skip  # noqa: E501  # one mapping
    history: list[dict[str, Any]] = [
        {"change": c.pk, "kind": c.kind, "at": c.at.isoformat(), "reason": c.reason} for c in found.history
    ]
    best = found.best
    shown = {
        "person_no": found.person_no,
        "id_number": mask_id(best["id_number"] or ""),
        "name": mask_name(best["name"] or ""),
    }
    if as_json:
        click.echo(json.dumps({**shown, "rows": rows, "history": history}, ensure_ascii=False))
        return
    click.echo(f"{found.person_no}  {shown['name']}  {shown['id_number'] or '（没有有效号码）'}")
    for row in rows:
        weight = "" if row["weight"] is None else f" {row['weight']:.2f}"
        click.echo(f"  {row['dataset']:<28}{row['row']:<24}{row['link']}{weight}")
    for each in history:
        click.echo(f"  {each['at'][:10]} {each['kind']} {each['reason']}")


COMMANDS = (link, person)

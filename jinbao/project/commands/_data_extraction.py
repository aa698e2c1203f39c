"""`jinbao data extract list · show · trace`: requests for data, and from which of them a file comes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from jinbao.project.cli import setup_django


@click.group("extract")
def extract() -> None:
    """数据提取：申请的清单和现状，追查外泄文件的来源。"""
    setup_django()


@extract.command("list")
@click.option("--state", default="", help="asked、submitted、approved、delivered、revoked、declined、withdrawn。")
@click.option("--year", default="", help="四位年份。")
@click.option("--words", default="", help="编号、用途、接收人或 SQL 中的词。")
@click.option("--json", "as_json", is_flag=True, help="给程序用的结果。")
def listing(state: str, year: str, words: str, as_json: bool) -> None:
    """列出申请，新的在前。"""
    from jinbao.data.extraction import queries
    from jinbao.trust.actors import Actor

    found = [_line(one) for one in queries.requests(Actor.system(), state=state, year=year, words=words)]
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for one in found:
        click.echo(f"{one['number']}  {one['state']}  应交付 {one['due']}  {one['recipient']}  {one['purpose'][:40]}")
    click.echo(f"共 {len(found)} 份。")


def _line(one: Any) -> dict[str, str]:
    return {
        "number": one.number,
        "state": one.get_state_display(),
        "purpose": one.purpose,
        "recipient": one.recipient,
        "asked_by": one.asked_by,
        "due": one.due.isoformat(),
    }


@extract.command("show")
@click.argument("number")
@click.option("--json", "as_json", is_flag=True, help="给程序用的结果。")
def show(number: str, as_json: bool) -> None:
    """显示一份申请：要什么、送审的 SQL、交付的文件和下载次数。"""
    from jinbao.data.extraction import queries
    from jinbao.trust.actors import Actor

    found = queries.request(Actor.system(), number)
    files = [
        {"code": one.code, "form": one.form, "rows": one.rows, "sm3": one.sm3, "fetched": one.downloads.count(),
         "expires": one.expires_at.isoformat(), "revoked": one.revoked_at is not None}
        for one in queries.deliveries(found)
    ]  # fmt: skip
    said: dict[str, Any] = _line(found) | {"basis": found.basis, "level": found.level, "masks": found.masks}
    said |= {"sql": found.draft.sql if found.draft else "", "files": files}
    if as_json:
        click.echo(json.dumps(said, ensure_ascii=False))
        return
    click.echo("\n".join(f"{name}: {value}" for name, value in said.items() if name != "files"))
    for one in files:
        click.echo(f"  {one['code']}.{one['form']}  {one['rows']:,} 行  已下载 {one['fetched']} 次")


@extract.command("trace")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="给程序用的结果。")
def trace(file: Path, as_json: bool) -> None:
    """说出一个文件来自哪次交付：看得见的标记和行序里的暗记都查。"""
    from jinbao.data.extraction import tracing

    found = [
        {"delivery": one.delivery.code, "request": one.delivery.request.number, "recipient": one.delivery.recipient,
         "asked_by": one.delivery.request.asked_by, "mark": one.by, "column": one.column, "pairs": one.pairs,
         "in_order": one.in_order}
        for one in tracing.trace(file)
    ]  # fmt: skip
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for one in found:
        why = (
            "文件上的标记"
            if one["mark"] == "visible"
            else f"行序暗记：{one['column']}，{one['in_order']}/{one['pairs']} 对相邻行合序"
        )
        click.echo(f"{one['delivery']}  接收：{one['recipient']}  申请人：{one['asked_by']}  （{why}）")
    if not found:
        click.echo("没有找到标记：不是本平台交付的文件，或行太少、已重新排序且去掉了标记。")


COMMANDS = (extract,)

"""`jinbao data catalogue … · lineage`: the resources there are, in and out, and where a column comes from."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jinbao.project.cli import setup_django

if TYPE_CHECKING:
    from jinbao.data.catalogue.importing import Imported
    from jinbao.trust.actors import Actor

REGION = "990100"
_REGION = click.option("--region", default=REGION, show_default=True, help="目录所属地区的六位代码。")
_JSON = click.option("--json", "as_json", is_flag=True, help="给程序用的结果。")
_FORMS = ("xlsx", "tables", "turtle", "rdfxml", "jsonld")


def _system(region: str) -> Actor:
    setup_django()
    from jinbao.trust.actors import Actor

    return Actor.system(region=region)


@click.group("catalogue")
def catalogue() -> None:
    """资源目录：随数据集声明更新、导入、导出、检索、探查。"""


@catalogue.command("sync")
@_REGION
@_JSON
def sync(region: str, as_json: bool) -> None:
    """把 policy/datasets 声明的数据集登记为资源；声明改了的，资源随之更新。"""
    by = _system(region)
    from jinbao.data.catalogue.declared import sync as follow
    from jinbao.trust import clock

    kept = follow(by, region, now=clock.now())
    found = {"made": [str(one) for one in kept.made], "changed": [str(one) for one in kept.changed]}
    if as_json:
        _print(found | {"unchanged": kept.unchanged})
        return
    for title, rows in (("新增", kept.made), ("更新", kept.changed)):
        for row in rows:
            click.echo(f"{title}  {row}")
    click.echo(f"新增 {len(kept.made)}，更新 {len(kept.changed)}，未变 {kept.unchanged}。新增和更新的须由另一人发布。")


@catalogue.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@_REGION
@click.option("--dry-run", is_flag=True, help="只说会发生什么，不写入。")
@_JSON
def import_(file: Path, region: str, dry_run: bool, as_json: bool) -> None:
    """从 Excel 批量导入资源和信息项；有误的行逐一列出，其余的导入。有误时退出码为 1。"""
    by = _system(region)
    from jinbao.data.catalogue.importing import import_workbook, preview
    from jinbao.trust import clock

    done = (
        preview(by, file, file.name, region)
        if dry_run
        else import_workbook(by, file, file.name, region, now=clock.now())
    )
    if as_json:
        _print(asdict(done))
    else:
        _show(done)
    if done.bad_rows:
        raise SystemExit(1)


def _show(done: Imported) -> None:
    for problem in done.problems:
        click.echo(str(problem), err=True)
    would = "将" if done.dry else "已"
    click.echo(
        f"{would}新增资源 {done.made}，更新 {done.changed}，未变 {done.unchanged}；"
        f"信息项 {done.items:,} 行，有误 {done.bad_rows:,} 行{'（未写入）' if done.dry else ''}。"
    )


@catalogue.command("template")
@click.option("--out", type=click.Path(path_type=Path), default=Path("资源目录模板.xlsx"), show_default=True)
def template(out: Path) -> None:
    """写出导入用的 Excel 模板。"""
    setup_django()
    from jinbao.data.catalogue.sheets import template as made

    out.write_bytes(made())
    click.echo(f"模板已写到 {out}")


@catalogue.command("export")
@click.option(
    "--form", type=click.Choice(_FORMS), default="xlsx", show_default=True, help="格式；tables 是目录交换表。"
)
@click.option("--out", type=click.Path(path_type=Path), help="写到哪里；默认按格式取名。")
@click.option("--base", default="https://localhost/see/data/", show_default=True, help="DCAT 中地址的开头。")
@click.option("--items", is_flag=True, help="DCAT 中也写信息项。")
@_REGION
def export(form: str, out: Path | None, base: str, items: bool, region: str) -> None:
    """导出全部资源：Excel（可再导入）、目录交换表、DCAT（Turtle、RDF/XML、JSON-LD）。"""
    by = _system(region)
    from jinbao.data.catalogue.exporting import FORMS
    from jinbao.data.catalogue.exporting import export as written
    from jinbao.trust import clock

    target = out or Path(FORMS[form])
    target.write_bytes(written(by, form, base=base, now=clock.now(), items=items))
    click.echo(f"已写到 {target}")


@catalogue.command("search")
@click.argument("text", nargs=-1)
@click.option("--limit", type=click.IntRange(1, 500), default=20, show_default=True)
@_REGION
@_JSON
def search(text: tuple[str, ...], limit: int, region: str, as_json: bool) -> None:
    """按中文词、拼音首字母或英文列名检索资源。"""
    by = _system(region)
    from jinbao.data.catalogue.queries import search as find

    found = find(" ".join(text), by, size=limit)
    if as_json:
        _print({"total": found.total, "hits": [asdict(hit) for hit in found.hits], "facets": found.facets})
        return
    for hit in found.hits:
        click.echo(f"{hit.code:<16}{hit.name}（{hit.provider}，{hit.item_count} 项）")
        if hit.items:
            click.echo(f"{'':16}信息项：{'、'.join(hit.items)}")
    click.echo(f"共 {found.total} 项")


@catalogue.command("observe")
@click.argument("datasets", nargs=-1)
@_REGION
def observe(datasets: tuple[str, ...], region: str) -> None:
    """探查数据集的标准表，记录列的变化；不写数据集则探查全部有数据的。"""
    by = _system(region)
    from jinbao.data.catalogue.observing import observe as look
    from jinbao.data.supply import tables
    from jinbao.trust import clock

    tables.refresh()
    for name in datasets or tables.datasets():
        seen = look(by, name, now=clock.now())
        changes = "；".join(str(change) for change in seen.changes.all())
        click.echo(f"{name}：{seen.rows:,} 行，{len(seen.columns)} 列{f'；{changes}' if changes else ''}")


@click.command("lineage")
@click.argument("column", required=False, metavar="[表.列]")
@click.option("--up", "direction", flag_value="up", default=True, help="从哪里来（默认）。")
@click.option("--down", "direction", flag_value="down", help="用到哪里去。")
@_JSON
def lineage(column: str | None, direction: str, as_json: bool) -> None:
    """列的血缘，读自实际运行的接收映射和 SQL；不写列名则列出各作业和未能追溯的地方。"""
    setup_django()
    from jinbao.data.catalogue.lineage import lineage as read

    found = read()
    if column is None:
        _show_jobs(found, as_json)
        return
    start = found.find(column)
    edges = found.walk(start, up=direction == "up")
    if as_json:
        _print([{"source": str(e.source), "target": str(e.target), "job": e.job, "how": e.how} for e in edges])
        return
    for edge in edges:
        click.echo(f"{edge.source} → {edge.target}  [{edge.how}，{edge.job}]")
    if not edges:
        click.echo(f"{start} 没有{'上游' if direction == 'up' else '下游'}。")


def _show_jobs(found: Any, as_json: bool) -> None:
    if as_json:
        _print(
            [
                {
                    "job": job.name,
                    "title": job.title,
                    "file": job.file,
                    "edges": len(job.edges),
                    "unresolved": job.unresolved,
                }
                for job in found.jobs
            ]
        )
        return
    for job in found.jobs:
        click.echo(f"{job.name:<44}{len(job.edges):>5} 条  {job.title}")
    for job, what in found.unresolved:
        click.echo(f"未能追溯  {job.name}：{what}")


def _print(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=1))


COMMANDS = (catalogue, lineage)

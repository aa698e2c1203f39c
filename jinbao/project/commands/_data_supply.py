"""`jinbao data tables · rebuild · units`: the tables of the lake and who supplies them."""

from __future__ import annotations

import json

import click

from jinbao.project.cli import setup_django


@click.command("tables")
@click.option("--json", "as_json", is_flag=True, help="给程序用的结果。")
def show_tables(as_json: bool) -> None:
    """列出数据湖的标准层和主题层的表：行数、版本、供数单位。"""
    setup_django()
    from jinbao.data.datasets import all_datasets
    from jinbao.data.supply import tables

    tables.refresh()
    found = [
        {"name": one.name, "title": one.title, "owner": one.owner, "rows": tables.rows(one.name),
         "version": tables.version(one.name)}
        for one in all_datasets()
    ]  # fmt: skip
    found += [
        {"name": name, "title": "主题表", "owner": "", "rows": None, "version": tables.version(name)}
        for name in tables.subjects()
    ]
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    for one in found:
        rows = "" if one["rows"] is None else f"{one['rows']:,}"
        click.echo(
            f"{one['name']:<28}{rows:>12}  {one['version'] or '（还没有到货）':<18}  {one['title']} {one['owner']}"
        )


@click.command("rebuild")
@click.argument("dataset")
def rebuild(dataset: str) -> None:
    """从落地层重建一个数据集的标准表。"""
    setup_django()
    from jinbao.data.supply import tables

    made = tables.rebuild(dataset)
    click.echo(
        f"{dataset}：已重建，{made.rows:,} 行，来自 {len(made.made_from)} 个批次。"
        if made
        else f"{dataset}：没有已接收的批次。"
    )


@click.command("units")
@click.option("--json", "as_json", is_flag=True, help="给程序用的结果。")
def show_units(as_json: bool) -> None:
    """列出供数单位和各自的数据集。"""
    setup_django()
    from jinbao.data.datasets import all_datasets
    from jinbao.data.units import unit, units

    theirs: dict[str, list[str]] = {}
    for one in all_datasets():
        theirs.setdefault(unit(one.owner).code, []).append(one.name)
    found = [{"code": u.code, "name": u.name, "short": u.short, "datasets": theirs.get(u.code, [])} for u in units()]
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))
        return
    for each in found:
        click.echo(f"{each['code']}  {each['name']}：{'、'.join(each['datasets']) or '（没有数据集）'}")


COMMANDS = (show_tables, rebuild, show_units)

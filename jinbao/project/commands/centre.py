"""`jinbao centre`: a unit's year from figures to published documents."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jinbao.project.cli import setup_django

if TYPE_CHECKING:
    from jinbao.centre.models import YearBook

_PATH = click.Path(path_type=Path)
_unit = click.option("--unit", "code", help="单位编码；只有一个单位时可不写。")
_form = click.option("--form", type=click.Choice(["决算", "预算"]), default="决算", show_default=True, help="类型。")


@click.group()
def command() -> None:
    """中心工作：导入年度数据、查看还缺什么、生成公开文件。"""


@command.command("import")
@click.argument("file", type=_PATH)
@click.option("--unit", "code", help="单位编码；新单位与 --region 一起写。")
@click.option("--region", default="990100", show_default=True, help="新单位所在地区代码。")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
def take_in(file: Path, code: str | None, region: str, as_json: bool) -> None:
    """导入一份数据表（jinbao disclosure template 的格式）；单位和年度还没有的，先登记、打开。"""
    setup_django()
    from django.utils import timezone

    from jinbao.centre import actions
    from jinbao.centre.workbook import read_figures
    from jinbao.kernel.errors import FormatError, NotFound, Place
    from jinbao.trust.actors import Actor

    if not file.is_file():
        raise NotFound("没有这个数据表", at=Place(str(file)), advice="用 jinbao disclosure template 得到模板。")
    content, by, now = file.read_bytes(), Actor.system(), timezone.now()
    about, _ = read_figures(content, file.name)
    year = about.get("年度", "")
    if not year.isdecimal():
        raise FormatError("没有填“年度”", at=Place(file.name, sheet="单位"), advice="请填四位数字，例如 2025。")
    unit = _unit_of(code, about.get("单位名称", ""), region)
    form = about.get("类型") or "决算"
    book = unit.books.filter(year=int(year), form=form).first() or actions.open_book(by, unit, int(year), form, now=now)
    done = actions.import_workbook(by, book, content, file.name, now=now)
    if as_json:
        click.echo(json.dumps({"book": book.pk, "unit": unit.code, **vars(done)}, ensure_ascii=False))
    else:
        click.echo(
            f"{book}：新增 {done.new} 行，更正 {done.changed} 行，相同 {done.same} 行，文件中没有而保留 {done.kept} 行"
        )
        for doubt in done.doubts:
            click.echo(f"  请核对  {doubt}")
        _show_gaps(book)


def _unit_of(code: str | None, name: str, region: str) -> Any:
    from jinbao.centre import actions
    from jinbao.centre.models import Unit
    from jinbao.kernel.errors import FormatError
    from jinbao.trust.actors import Actor

    found = Unit.objects.filter(code=code).first() if code else None
    if found:
        return found
    same = list(Unit.objects.filter(name=name)[:2]) if not code else []
    if len(same) == 1:
        return same[0]
    if not code:
        raise FormatError(f"还没有登记单位“{name}”", advice="请用 --unit 写明单位编码（和 --region 地区）。")
    return actions.register_unit(Actor.system(), code, name, region)


def _books(code: str | None, year: int | None, form: str | None) -> list[YearBook]:
    from jinbao.centre import queries
    from jinbao.trust.actors import Actor

    rows = queries.books(Actor.system())
    for name, value in (("unit__code", code), ("year", year), ("form", form)):
        rows = rows.filter(**{name: value}) if value else rows
    return list(rows)


def _show_gaps(book: YearBook) -> None:
    from jinbao.centre.gaps import gaps

    found = gaps(book)
    for gap in found:
        click.echo(f"  {'还缺' if gap.needed else '可补'}  [{gap.sheet}] {gap.text}")
    if not any(gap.needed for gap in found):
        click.echo("  已经填齐，可以提交复核、生成公开文件。")


@command.command()
@_unit
@click.option("--year", type=int, help="只看这一年。")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
def status(code: str | None, year: int | None, as_json: bool) -> None:
    """列出各年度的状态和还缺什么。"""
    setup_django()
    from jinbao.centre.gaps import gaps

    books = _books(code, year, None)
    if as_json:
        listed = [
            {
                "unit": b.unit.code,
                "name": b.unit.name,
                "year": b.year,
                "form": b.form,
                "status": b.status,
                "gaps": [{"sheet": g.sheet, "text": g.text, "needed": g.needed} for g in gaps(b)],
            }
            for b in books
        ]
        click.echo(json.dumps(listed, ensure_ascii=False, indent=2))
        return
    for book in books:
        click.echo(f"{book}  {book.get_status_display()}")
        _show_gaps(book)
    if not books:
        click.echo("还没有打开任何年度。用 jinbao centre import 数据表.xlsx --unit 编码 开始。")


@command.command()
@click.option("--year", type=int, required=True, help="年度。")
@_form
@_unit
@click.option("--out", type=_PATH, required=True, help="公开文件写到哪个文件夹。")
def produce(year: int, form: str, code: str | None, out: Path) -> None:
    """由保存的数据生成公开文件，并逐一检查；没有通过检查的不写出。"""
    setup_django()
    from django.utils import timezone

    from jinbao.centre import actions
    from jinbao.centre.queries import folder
    from jinbao.kernel.errors import Conflict, NotFound
    from jinbao.trust.actors import Actor

    books = _books(code, year, form)
    if not books:
        raise NotFound(f"没有 {year} 年度{form}", advice="用 jinbao centre status 查看已打开的年度。")
    if len(books) > 1:
        raise Conflict(f"有 {len(books)} 个单位的 {year} 年度{form}", advice="请用 --unit 写明单位编码。")
    out.mkdir(parents=True, exist_ok=True)
    for document in actions.produce(Actor.system(), books[0], now=timezone.now()):
        shutil.copyfile(folder(document) / document.name, out / document.name)
        found = "，".join(f"{k} {v}" for k, v in document.counts.items() if v) or "没有发现问题"
        click.echo(f"{out / document.name}  核对 {document.checked} 处关系，{found}")
    if books[0].status != books[0].Status.APPROVED:
        click.echo("这一年度尚未复核，以上是草稿。", err=True)
        sys.stderr.flush()

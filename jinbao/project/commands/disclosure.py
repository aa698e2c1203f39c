"""`jinbao disclosure`: check published budgets and final accounts, and produce them from figures."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from jinbao.centre.disclosure import Report

_PATH = click.Path(path_type=Path)


@click.group()
def command() -> None:
    """预决算公开：检查已公开的文件，由数据生成公开文件。"""


@command.command()
@click.argument("files", nargs=-1, required=True, type=_PATH)
@click.option("--json", "as_json", is_flag=True, help="输出 JSON；多个文件时为数组。")
@click.option("--report", type=_PATH, help="写出报告：.html、.xlsx 或 .pdf。")
@click.option("--strict", is_flag=True, help="有严重或一般问题时退出码为 1。")
def check(files: tuple[Path, ...], as_json: bool, report: Path | None, strict: bool) -> None:
    """检查一个或多个公开文件。读不了的文件说明原因，退出码为 2。"""
    from jinbao.centre.disclosure import write_report

    reports, refused = _check_each(files)
    if report:
        write_report(reports, report)
    if as_json:
        found = [*(r.as_json() for r in reports), *refused]
        click.echo(json.dumps(found if len(files) > 1 else found[0], ensure_ascii=False, indent=2))
    else:
        for result in reports:
            _show(result)
        if report:
            click.echo(f"报告已写到 {report}")
    for one in refused:
        click.echo(one["error"]["message"], err=True)
    if refused:
        sys.exit(2)
    if strict and any(r.counts["high"] or r.counts["medium"] for r in reports):
        sys.exit(1)


def _check_each(files: tuple[Path, ...]) -> tuple[list[Report], list[dict[str, Any]]]:
    """Check files one by one; a refused file does not keep the others from being checked."""
    from jinbao.centre.disclosure import check as check_file
    from jinbao.kernel.errors import JinbaoError

    reports: list[Report] = []
    refused: list[dict[str, Any]] = []
    for path in files:
        try:
            reports.append(check_file(path))
        except JinbaoError as error:
            refused.append(
                {"file": path.name, "error": {"code": error.code, "message": str(error), "advice": error.advice}}
            )
    return reports, refused


def _show(report: Report) -> None:
    from jinbao.centre.disclosure import KIND_NAMES, SEVERITY_NAMES

    document = report.document
    counts = "，".join(f"{SEVERITY_NAMES[s]} {n}" for s, n in report.counts.items())
    click.echo(f"{document.name}：{document.organisation} {document.year or ''} 年度{document.form}")
    click.echo(
        f"  读到 {len(document.tables)} 张表、{len(document.facts)} 个文中数字、"
        f"{len(document.sheets)} 张绩效表；核对 {report.checked} 处关系；{counts}"
    )
    for f in report.findings:
        page = f"第 {f.spot.page} 页 " if f.spot.page else ""
        click.echo(
            f"  [{SEVERITY_NAMES[f.severity]}·{KIND_NAMES.get(f.kind, f.kind)}] "
            f"{page}第 {f.spot.line} 行 {f.table} {f.cell}"
        )
        said = "；".join(t for t in (f.relation, f.formula) if t)
        click.echo(f"      {said}")
        click.echo(f"      印：{f.printed or '—'}  算：{f.recomputed or '—'}  {f.cause}  {f.suggestion}".rstrip())


@command.command()
@click.argument("folder", type=_PATH)
@click.option("--out", type=_PATH, help="写出排名与问题清单的 CSV 文件夹。")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
@click.option("--workers", type=int, help="同时检查几个文件；默认用全部处理器。")
def batch(folder: Path, out: Path | None, as_json: bool, workers: int | None) -> None:
    """检查一个文件夹里的全部文件：排名、问题清单、同一单位跨年比较。"""
    from tqdm import tqdm

    from jinbao.centre.disclosure.batch import check_all, documents_in, over_years, ranking

    paths = documents_in(folder)
    with tqdm(total=len(paths), unit="个", file=sys.stderr, disable=None) as bar:
        outcomes = ranking(check_all(paths, lambda _: bar.update(), workers))
    lines, findings = over_years([o.report for o in outcomes if o.report])
    if out:
        _write_tables(out, outcomes, lines, findings)
    if as_json:
        years = [
            {"organisation": x.organisation, "name": x.name, "values": {y: str(v) for y, v in x.values.items()}}
            for x in lines
        ]
        ranked = [
            {"file": str(o.path), "score": o.score, "refused": o.refused, "counts": o.report.counts if o.report else {}}
            for o in outcomes
        ]
        click.echo(
            json.dumps(
                {"ranking": ranked, "years": years, "between_years": [f.as_json() for f in findings]},
                ensure_ascii=False,
                indent=2,
            )
        )
        return
    for place, outcome in enumerate(outcomes, 1):
        counts = outcome.report.counts if outcome.report else None
        said = (
            f"严重 {counts['high']} 一般 {counts['medium']} 轻微 {counts['low']}"
            if counts
            else f"不能检查：{outcome.refused.splitlines()[0]}"
        )
        click.echo(f"{place:4}  {outcome.score:5}  {outcome.path.name}  {said}")
    if out:
        click.echo(f"清单已写到 {out}/")


def _write_tables(out: Path, outcomes: list[Any], lines: list[Any], findings: list[Any]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    with (out / "排名.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["名次", "文件", "单位", "年度", "分数", "严重", "一般", "轻微", "尾差", "无法核实", "不能检查的原因"]
        )
        for place, o in enumerate(outcomes, 1):
            about = [o.report.document.organisation, o.report.document.year] if o.report else ["", ""]
            counts = list(o.report.counts.values()) if o.report else [""] * 5
            writer.writerow([place, o.path, *about, o.score, *counts, o.refused])
    with (out / "问题清单.csv").open("w", encoding="utf-8-sig", newline="") as file:
        rows = [{"file": str(o.path), **f.as_json()} for o in outcomes if o.report for f in o.report.findings]
        rows += [{"file": "跨年比较", **f.as_json()} for f in findings]
        table = csv.DictWriter(file, list(rows[0]) if rows else ["file"])
        table.writeheader()
        table.writerows(rows)
    with (out / "跨年比较.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        years = sorted({y for x in lines for y in x.values})
        writer.writerow(["单位", "项目", *years])
        writer.writerows([[x.organisation, x.name, *[x.values.get(y, "") for y in years]] for x in lines])


@command.command()
@click.option("--out", type=_PATH, default=Path("预决算公开数据.xlsx"), show_default=True, help="模板写到哪里。")
@click.option("--sample", type=int, metavar="编号", help="填入一个虚构单位的数据，供试用。")
@click.option("--form", type=click.Choice(["决算", "预算"]), default="决算", show_default=True, help="虚构数据的类别。")
def template(out: Path, sample: int | None, form: str) -> None:
    """写出填报数据的 Excel 模板。"""
    from jinbao.centre.disclosure import produce as making
    from jinbao.centre.disclosure.produce.sample import figures

    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(making.template() if sample is None else making.write_workbook(figures(sample, form=form)))
    click.echo(f"模板已写到 {out}；金额以元填写，填好后运行 jinbao disclosure produce {out} --out 文件夹")


@command.command()
@click.argument("figures", type=_PATH)
@click.option("--out", type=_PATH, required=True, help="公开文件写到哪个文件夹。")
def produce(figures: Path, out: Path) -> None:
    """由数据表生成公开文件：Word、PDF、Excel、网页，并逐一检查；另写监控表和下年绩效目标。"""
    from jinbao.centre.disclosure import check as check_file
    from jinbao.centre.disclosure import produce as making
    from jinbao.centre.disclosure.standards import standard
    from jinbao.kernel.errors import NotFound, Place

    if not figures.is_file():
        raise NotFound("没有这个数据表", at=Place(str(figures)), advice="用 jinbao disclosure template 得到模板。")
    paper, accounts = making.paper_of(figures.read_bytes(), figures.name)
    written = making.write_all(paper, out, paper.title)
    for path in written:
        counts = check_file(path).counts
        said = "检查通过，没有发现问题" if not any(counts.values()) else f"检查有发现：{counts}"
        click.echo(f"{path}  {said}")
    if accounts.projects:
        extra = making.write_all(
            making.monitoring_paper(accounts, standard()), out, f"{accounts.name}{accounts.year}年度绩效运行监控表"
        )
        if not accounts.is_budget:
            path = out / f"{accounts.year + 1}年度绩效目标数据.xlsx"
            path.write_bytes(making.write_workbook(making.next_year(accounts, standard())))
            extra.append(path)
        click.echo("\n".join(str(p) for p in extra))

"""`jinbao bulk`: compute rules for everybody in a lake of careers."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import click


@click.command(help="对湖中每个人计算若干条人级规则（几条用逗号隔开），例如 基本养老金,个人账户储存额。")
@click.argument("rules")
@click.option(
    "--lake", required=True, type=click.Path(path_type=Path, file_okay=False), help="湖的目录，其下有 careers/。"
)
@click.option("--on", "on_text", required=True, help="计算日，YYYY-MM-DD 或 YYYY-MM。")
@click.option("--region", required=True, help="六位地区代码。")
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="结果目录。")
@click.option("--where", default="", help="只算符合条件的人：SQL 条件，例如 \"退休类别\" = '男职工'。")
@click.option("--resume", is_flag=True, help="已经算好且依据未变的桶不再算。")
@click.option("--engine", type=click.Choice(["local", "spark"]), default="local", show_default=True)
@click.option("--master", default="local[2]", show_default=True, help="Spark 集群地址（--engine spark）。")
@click.option("--threads", default=2, show_default=True, type=click.IntRange(min=1), help="本机线程数。")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
def command(
    rules: str, lake: Path, on_text: str, region: str, out: Path, where: str, resume: bool, engine: str, master: str,
    threads: int, as_json: bool,
) -> None:  # fmt: skip
    """Run and say what was computed."""
    from tqdm import tqdm

    from jinbao.rules import parse_day
    from jinbao.rules.bulk.lake import describe
    from jinbao.rules.bulk.run import Part, make_job, run
    from jinbao.rules.bulk.spark import run_on_spark

    names = tuple(name.strip() for name in rules.replace("，", ",").split(",") if name.strip())
    job = make_job(names, region=region, on=parse_day(on_text), lake=lake, out=out, where=where)
    began = time.monotonic()
    total = None if where else describe(lake).get("persons")
    with tqdm(total=total, unit="人", unit_scale=True, disable=True if as_json else None) as bar:

        def progress(part: Part) -> None:
            bar.update(part.persons)

        if engine == "spark":
            about = run_on_spark(job, master, resume=resume, progress=progress)
        else:
            about = run(job, resume=resume, threads=threads, progress=progress)
    click.echo(json.dumps(about, ensure_ascii=False) if as_json else _told(about, time.monotonic() - began, out))


def _told(about: dict[str, Any], seconds: float, out: Path) -> str:
    rate = about["persons"] / max(seconds, 0.001)
    lines = [
        f"{about['persons']:,} 人，{seconds:.1f} 秒（每秒 {rate:,.0f} 人）；逐人复算 {about['exact']:,} 人，"  # noqa: ISC004  # one statement
        f"不能给出结果 {about['unanswered']:,} 人",
        *(f"  {name} 合计 {total}" for name, total in about["totals"].items()),
        f"规则版本 {about['rule_version']}　参数 {about['parameter_hash'][:12]}　输入 {about['input_hash'][:12]}",
        f"结果在 {out}（Parquet，每桶一个文件）；run.json 记下依据",
    ]
    return "\n".join(lines)

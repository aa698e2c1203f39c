"""`jinbao careers`: make, convert and put right the careers of the lake."""

from __future__ import annotations

import time
from pathlib import Path

import click


@click.group(help="湖中的履历：生成、由逐月文件转换、整理。")
def command() -> None:
    """Group the subcommands."""


@command.command("generate", help="生成不存在的人的履历（证件号码以 99 开头），供测量和演示。")
@click.option("--persons", required=True, type=click.IntRange(min=1), help="人数。")
@click.option("--out", "out", required=True, type=click.Path(path_type=Path, file_okay=False), help="湖的目录。")
@click.option("--seed", default=1, show_default=True, help="随机种子；种子相同，文件逐字节相同。")
@click.option("--until", default="2025-11", show_default=True, help="履历到哪个月为止。")
@click.option("--processes", default=2, show_default=True, type=click.IntRange(min=1))
def generate_careers(persons: int, out: Path, seed: int, until: str, processes: int) -> None:
    """Write bucket files and say how many months they hold."""
    from tqdm import tqdm

    from jinbao.kernel.months import Month
    from jinbao.rules.bulk.generate import Plan, generate
    from jinbao.rules.bulk.wages import average_wages

    last = Month.parse(until)
    began = time.monotonic()
    plan = Plan(persons, seed, last.ordinal, average_wages(last.year))
    with tqdm(total=persons, unit="人", unit_scale=True, disable=None) as bar:

        def progress(done: int) -> None:
            bar.update(done)

        stretches, months = generate(plan, out, processes=processes, progress=progress)
    click.echo(
        f"{persons:,} 人，{months:,} 个月，{stretches:,} 段，{plan.buckets} 个桶，{time.monotonic() - began:.1f} 秒：{out}"  # noqa: E501  # reads better whole
    )


@command.command("convert", help="把逐月文件（一行一个人月）转成湖中的桶。")
@click.option(
    "--months", required=True, type=click.Path(exists=True, path_type=Path), help="证件号码、年月、缴费基数（元）。"
)
@click.option("--persons", required=True, type=click.Path(exists=True, path_type=Path), help="每人一行的人员文件。")
@click.option("--out", "out", required=True, type=click.Path(path_type=Path, file_okay=False), help="湖的目录。")
def convert_careers(months: Path, persons: Path, out: Path) -> None:
    """Write bucket files and say what was found."""
    from tqdm import tqdm

    from jinbao.rules.bulk.convert import convert

    with tqdm(unit="人", unit_scale=True, disable=None, leave=False) as bar:

        def show(written: int) -> None:
            bar.update(written)

        done = convert(months, persons, out, progress=show)
    click.echo(
        f"{done.persons:,} 人，{done.months:,} 个月；重复而相同的 {done.repeated:,} 行只计一次，没有缴费的 {done.without_rows:,} 人：{out}"  # noqa: E501  # reads better whole
    )


@command.command("from-books", help="由账簿写出履历；再次运行只改写有人变动的桶。")
@click.option("--lake", required=True, type=click.Path(path_type=Path, file_okay=False), help="湖的目录。")
@click.option("--anew", is_flag=True, help="全部重写。")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON，供程序使用。")
def careers_from_books(lake: Path, anew: bool, as_json: bool) -> None:
    """Bring the lake up to the books and say how much was rewritten."""
    import json
    from dataclasses import asdict

    from tqdm import tqdm

    from jinbao.project.cli import setup_django

    setup_django()
    from jinbao.insurance.contributions.actions import write_careers
    from jinbao.trust.actors import Actor

    began = time.monotonic()
    with tqdm(unit="人", unit_scale=True, disable=as_json or None, leave=False) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        done = write_careers(Actor.system(), lake, anew=anew, progress=show)
    if as_json:
        click.echo(json.dumps(asdict(done), ensure_ascii=False))
        return
    what = "全部写出" if done.anew else f"变动 {done.changed:,} 人，移出 {done.gone:,} 人"
    click.echo(
        f"{done.persons:,} 人，{what}；改写 {done.rewritten} 个桶（共 {done.buckets} 个），{time.monotonic() - began:.1f} 秒：{lake}"  # noqa: E501  # reads better whole
    )


@command.command("repair", help="整理桶：各归各桶，排序，去掉完全相同的重复；有矛盾的拒绝。")
@click.option("--lake", required=True, type=click.Path(path_type=Path, file_okay=False))
def repair_careers(lake: Path) -> None:
    """Sort and deduplicate, or say what contradicts."""
    from jinbao.rules.bulk.repair import repair

    done = repair(lake)
    click.echo(f"改写 {done.files:,} 个桶，归桶 {done.moved:,} 人，去掉重复 {done.dropped:,} 行：{lake}")


@command.command("show", help="湖里有什么：人数、月数、列。")
@click.option("--lake", required=True, type=click.Path(path_type=Path, file_okay=False))
def show_careers(lake: Path) -> None:
    """Print description and columns."""
    import pyarrow.parquet as pq

    from jinbao.rules.bulk.lake import bucket_files, describe

    files = bucket_files(lake)
    for name, value in describe(lake).items():
        click.echo(f"{name}: {value}")
    for field in pq.read_schema(files[0]):
        click.echo(f"  {field.name} {field.type}")

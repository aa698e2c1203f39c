"""`jinbao simulate`: two laws over everybody in a lake of careers, what it costs, who gains and who loses."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import click


@click.command(help="政策模拟：对湖中每个人按两套规定各算一遍，比较支出、资格和增减，写出 results.xlsx、.html、.json。")
@click.option("--lake", required=True, type=click.Path(path_type=Path, file_okay=False), help="湖的目录。")
@click.option("--on", "on_text", required=True, help="计算日，YYYY-MM-DD 或 YYYY-MM；期间从这个月开始。")
@click.option("--region", required=True, help="六位地区代码。")
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="结果目录。")
@click.option(
    "--suppose",
    type=click.Path(path_type=Path, exists=True),
    help="新规定的假设：参数文件（名: 值），或叠加在 policy 上、改写规则的文件夹。",
)
@click.option("--set", "wishes", multiple=True, help="新规定的一项假设，名=值；可重复。")
@click.option(
    "--against", type=click.Path(path_type=Path, exists=True), help="原规定也作假设的文件或文件夹；不给即现行规定。"
)
@click.option("--against-on", help="原规定的计算日，不给与 --on 相同。")
@click.option("--against-region", help="原规定的地区，不给与 --region 相同。")
@click.option(
    "--assume",
    "yearly",
    multiple=True,
    help="两套规定共同的、今后各年的假设，可重复：待遇年度调整率=2%（=2.5%@2027 只在这一年）、"
    "公布计发基数年增长率=3%、缴费基数年增长率=3%（还在缴费的人继续缴费）。",
)
@click.option("--assume-new", "yearly_new", multiple=True, help="只用于新规定的，今后各年的假设；同名的代替共同的。")
@click.option("--benefit", default="pension", show_default=True, help="模拟哪一项（policy/simulations.yaml）。")
@click.option("--months", default=60, show_default=True, help="期间的月数。")
@click.option("--threshold", default="1", show_default=True, help="平均每月变化多少元以上算增加或减少。")
@click.option("--only-new", is_flag=True, help="只算期间内才开始领取的人。")
@click.option("--where", default="", help="只算符合条件的人（SQL）。")
@click.option("--resume", is_flag=True, help="已经算好且依据未变的桶不再算。")
@click.option("--threads", default=2, show_default=True, type=click.IntRange(min=1))
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
def command(lake: Path, out: Path, resume: bool, threads: int, as_json: bool, **asked: Any) -> None:
    """Run and say what was found."""
    from tqdm import tqdm

    from jinbao.oversight.simulation.compute import Part
    from jinbao.oversight.simulation.printed import laws, summary
    from jinbao.oversight.simulation.results import simulate
    from jinbao.rules.bulk.lake import describe

    question = _question(**asked)
    began = time.monotonic()
    total = None if question.where else describe(lake).get("persons")
    with tqdm(total=total, unit="人", unit_scale=True, disable=True if as_json else None) as bar:

        def progress(part: Part) -> None:
            bar.update(part.persons)

        results = simulate(question, lake, out, resume=resume, threads=threads, progress=progress)
    if as_json:
        click.echo(json.dumps(results, ensure_ascii=False))
        return
    click.echo("\n".join(f"{name}：{text}" for name, text in (*laws(results), *summary(results))))
    seconds = time.monotonic() - began
    rate = results["computed"]["persons"] / max(seconds, 0.001)
    click.echo(f"{seconds:.1f} 秒（每秒 {rate:,.0f} 人，每人两套规定）")
    click.echo(f"结果在 {out}：results.xlsx、results.html、results.json")


def _question(
    *, on_text: str, region: str, suppose: Path | None, wishes: tuple[str, ...], against: Path | None,
    against_on: str | None, against_region: str | None, yearly: tuple[str, ...], yearly_new: tuple[str, ...],
    benefit: str, months: int, threshold: str, only_new: bool, where: str,
) -> Any:  # fmt: skip
    """Put the options together. Raises FormatError, and Conflict where both sides are the same."""
    from jinbao.kernel.errors import FormatError
    from jinbao.kernel.money import parse_amount, yuan_to_fen
    from jinbao.oversight.simulation.question import Question, Side
    from jinbao.rules import parse_day

    on = parse_day(on_text)
    after = Side(on, region, wishes, str(suppose) if suppose else "", (*yearly, *yearly_new))
    day = parse_day(against_on) if against_on else on
    before = Side(day, against_region or region, (), str(against) if against else "", yearly)
    if before == after:
        raise FormatError(
            "两套规定相同，没有可比的",
            advice="用 --suppose 文件、--set 名=值、--assume-new、--against-on 或 --against-region 写明不同。",
        )
    return Question(benefit, before, after, months, yuan_to_fen(parse_amount(threshold)), only_new, where)

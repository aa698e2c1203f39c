"""`jinbao law diff` and `jinbao law whatif`: what changes in the law, and what would if it were otherwise."""

from __future__ import annotations

import json
from pathlib import Path

import click

from jinbao.project.commands._law import question, the_law


@click.command("diff", help="列出两个日期之间法规的变化：参数、规则、出处。")
@click.option("--from", "start_text", required=True, help="起始日，YYYY-MM-DD 或 YYYY-MM。")
@click.option("--to", "end_text", required=True, help="终止日，YYYY-MM-DD 或 YYYY-MM。")
@click.option("--region", default=None, help="六位地区代码；不写则列出每个地区自己的规定。")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
def diff(start_text: str, end_text: str, region: str | None, as_json: bool) -> None:
    """Print what is different on the second day."""
    from jinbao.rules import parse_day
    from jinbao.rules.diff import diff_law
    from jinbao.rules.difftext import print_diff

    law = the_law()
    found = diff_law(law, parse_day(start_text), parse_day(end_text), region)
    if as_json:
        click.echo(json.dumps(found.as_json(), ensure_ascii=False, indent=1))
        return
    click.echo(print_diff(found, law.book.regions.name))


@click.command("whatif", help="假设某些参数或规则不同，与现行规定并列计算，逐步说明差在哪里。")
@question
@click.option(
    "--overlay",
    type=click.Path(path_type=Path),
    help="假设的 YAML 文件（写法同 parameters.yaml），或叠加在 policy 上的文件夹。",
)
@click.option("--set", "texts", multiple=True, help="名=值、名[键]=值 或 名=值@2026-01-01；可写多次。")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON，含两边的每一步。")
def whatif(
    rule: str,
    facts_file: str,
    on_text: str,
    region: str,
    overlay: Path | None,
    texts: tuple[str, ...],
    as_json: bool,
) -> None:
    """Print both answers side by side, and the difference step by step."""
    from jinbao.rules import parse_day
    from jinbao.rules.factfile import read_facts
    from jinbao.rules.whatif import print_what_if, what_if, wishes_of

    law = the_law()
    facts, on = read_facts(facts_file), parse_day(on_text)
    answer = what_if(law, rule, facts, wishes_of(texts), on=on, region=region, overlay=overlay)
    if as_json:
        click.echo(json.dumps(answer.as_json(), ensure_ascii=False, indent=1))
        return
    click.echo(print_what_if(answer, law.book.regions.name(region)))

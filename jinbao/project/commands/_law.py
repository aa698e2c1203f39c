"""What the subcommands of `jinbao law` share: the options of a question, and putting it to the law."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from jinbao.rules import Law, Result

RULE_OPTIONS = [
    click.argument("rule"),
    click.option("--facts", "facts_file", required=True, help="事实的 JSON 文件，- 为标准输入。"),
    click.option("--on", "on_text", required=True, help="计算日，YYYY-MM-DD 或 YYYY-MM。"),
    click.option("--region", required=True, help="六位地区代码，例如 420000。"),
]


def question(function: Any) -> Any:
    """Give a subcommand the argument and options of one question."""
    for option in reversed(RULE_OPTIONS):
        function = option(function)
    return function


def the_law() -> Law:
    """Load the law of the policy folder."""
    from jinbao.rules import load_law

    return load_law()


def evaluate(law: Law, rule: str, facts_file: str, on_text: str, region: str) -> Result:
    """Put one question to a law, explained."""
    from jinbao.rules import parse_day
    from jinbao.rules.factfile import read_facts

    return law.evaluate(rule, read_facts(facts_file), on=parse_day(on_text), region=region, explain=True)


def write_pdf(result: Result, region_name: str, path: Path) -> None:
    """Write an explained answer as a printable sheet. Raises NoFont, FormatError for a path that cannot be written."""
    from jinbao.kernel.errors import FormatError
    from jinbao.rules.paper import Sheet, pdf_of

    facts = {name: value for name, value in result.facts.items() if name not in ("月", "年")}
    content = pdf_of(Sheet(f"{result.rule}计算书", (result,), region_name, facts))
    try:
        path.write_bytes(content)
    except OSError as error:
        raise FormatError(f"写不了 {path}：{error.strerror}", advice="换一个可以写的位置。") from None
    click.echo(f"已写入 {path}（{len(content):,} 字节）。", err=True)

"""`jinbao law coverage`: what of the law is coded."""

from __future__ import annotations

import json

import click

from jinbao.project.commands._law import the_law


@click.command("coverage", help="逐条列出：已编码、未编码及原因、出处、可信度、最近变化、算例。")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
def coverage(as_json: bool) -> None:
    """Print one entry a clause, and the totals."""
    from jinbao.rules.coverage import coverage_of, print_coverage

    found = coverage_of(the_law())
    if as_json:
        click.echo(json.dumps(found.as_json(), ensure_ascii=False, indent=1))
        return
    for line in print_coverage(found):
        click.echo(line)

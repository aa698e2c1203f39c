"""`jinbao check`: every invariant of the house; non-zero when any row breaks one."""

from __future__ import annotations

import json
import sys
import time
from itertools import islice

import click

from jinbao.kernel.checks import Check
from jinbao.kernel.errors import JinbaoError
from jinbao.project.cli import setup_django

SHOWN = 5
MOST_ROWS = 1000
"""Of one check; more say nothing more."""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="给程序用的结果。")
@click.option("--only", default="", help="只查名称或说明含此文字的。")
def command(as_json: bool, only: str) -> None:
    """检查全部不变式：账等于明细、一人一月一行、每笔待遇有依据……任何一条不成立即以非零退出。"""
    setup_django()
    from jinbao.project import checks

    broken, report = 0, []
    for check in _named(only, checks.all_checks()):
        started = time.perf_counter()
        rows = _rows(check)
        broken += len(rows)
        report.append({"name": check.name, "sentence": check.sentence, "rows": rows})
        if not as_json:
            _show(check.sentence, rows, time.perf_counter() - started)
    if as_json:
        click.echo(json.dumps({"broken": broken, "checks": report}, ensure_ascii=False, indent=1))
    else:
        click.echo(f"\n{len(report)} 条不变式，{'全部成立。' if not broken else f'{broken} 行不成立。'}")
    sys.exit(1 if broken else 0)


def _named(only: str, checks: list[Check]) -> list[Check]:
    """Choose checks by a part of their name or sentence; none is an error, for it would pass without looking."""
    chosen = [check for check in checks if only in check.name or only in check.sentence]
    if not chosen:
        raise click.BadParameter(
            f"没有名称含“{only}”的不变式；有：{'、'.join(check.name for check in checks)}", param_hint="--only"
        )
    return chosen


def _rows(check: Check) -> list[str]:
    """Collect what breaks an invariant. Rows that cannot even be read break it too, and the next one is still asked."""
    found: list[str] = []
    try:
        found.extend(str(row) for row in islice(check.rows(), MOST_ROWS))
    except JinbaoError as error:
        found.append(f"不能查完：{error.message}")
    return found


def _show(sentence: str, rows: list[str], seconds: float) -> None:
    """Print one invariant and the first rows that break it."""
    click.echo(f"{'✗' if rows else '✓'} {sentence}  ({seconds:.2f} 秒)")
    for row in rows[:SHOWN]:
        click.echo(f"    {row}")
    if len(rows) > SHOWN:
        click.echo(f"    …… 共 {len(rows)} 行")

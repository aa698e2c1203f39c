"""`jinbao law`: list, show, evaluate, explain, compare and test the rules under policy/law."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jinbao.project.commands import _law_change, _law_report
from jinbao.project.commands._law import evaluate, question, the_law, write_pdf

if TYPE_CHECKING:
    from jinbao.rules import Law
    from jinbao.rules.lawbook import Rule


@click.group("law", help="法规：列出、查看、计算、解释规则，运行算例。")
def command() -> None:
    """Group the subcommands."""


@command.command("list", help="列出全部规则。")
@click.option("--branch", default="", help="只列某一分支，例如 pension 或 pension/basic。")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
def list_rules(branch: str, as_json: bool) -> None:
    """Print one line per definition: name, unit, place, region, dates."""
    rows = [
        _row(rule)
        for rule in _definitions(the_law())
        if f"{rule.provision}/".startswith(f"{branch.strip('/')}/" if branch else "")
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for row in rows:
        dates = f"{row['since'] or ''}～{row['until'] or ''}"
        click.echo(f"{row['branch']:<32} {row['region']} {dates:<22} {row['name']}（{row['unit'] or '–'}）")
    click.echo(f"共 {len({row['name'] for row in rows})} 个名字，{len(rows)} 条规则。", err=True)


@command.command("show", help="查看一条规则：原文、输入、参数、引用、版本。")
@click.argument("rule")
def show_rule(rule: str) -> None:
    """Print the source of every definition of a rule and what it may need."""
    from jinbao.kernel.errors import NotFound
    from jinbao.rules.errors import did_you_mean

    law = the_law()
    if rule not in law.rules:
        raise NotFound(
            f"没有“{rule}”这条规则", advice=did_you_mean(rule, law.rules) or "jinbao law list 列出全部规则。"
        )
    for definition in law.rules[rule]:
        click.echo(f"{definition.where}\n{definition.source.text}")
        for clause in definition.cites:
            click.echo(f"  依据 {clause.cite}")
            click.echo(f"    {clause.text}")
        click.echo()
    term = law.glossary[rule]
    click.echo(f"{rule}：{term.meaning}（{term.type}，单位 {term.unit or '–'}，{term.grain}级）")
    for name in law.needs(rule)[1:]:
        other = law.glossary[name]
        click.echo(f"  {other.kind} {name}（{other.unit or other.type}）：{other.meaning}")
    click.echo(f"版本 {law.rule_version(rule, '000000')}")


@command.command("eval", help="计算一条规则。")
@question
@click.option("--json", "as_json", is_flag=True, help="输出 JSON，含每一步。")
def eval_rule(rule: str, facts_file: str, on_text: str, region: str, as_json: bool) -> None:
    """Print the value, or the whole answer as JSON."""
    result = evaluate(the_law(), rule, facts_file, on_text, region)
    if as_json:
        click.echo(result.json_text, nl=False)
        return
    click.echo(result.said)
    unused = [f"没有用到：{'、'.join(result.unused)}"] if result.unused else []
    for line in (*result.provisional, *result.reasons, *unused):
        click.echo(line, err=True)


@command.command("explain", help="计算一条规则，并把每一步说清楚。")
@question
@click.option("--sentences", "as_sentences", is_flag=True, help="逐句写出，不画树。")
@click.option("--pdf", "pdf_file", type=click.Path(path_type=Path, dir_okay=False), help="另存为可打印的 PDF。")
def explain_rule(
    rule: str, facts_file: str, on_text: str, region: str, as_sentences: bool, pdf_file: Path | None
) -> None:
    """Print the tree of steps or sentences, or write a PDF."""
    from jinbao.rules.printing import print_result
    from jinbao.rules.sentences import sentences

    law = the_law()
    result = evaluate(law, rule, facts_file, on_text, region)
    name = law.book.regions.name(region)
    if pdf_file is not None:
        write_pdf(result, name, pdf_file)
    elif as_sentences:
        click.echo("\n".join(sentences(result)))
    else:
        click.echo(print_result(result, name))


@command.command("rows", help="逐年或逐月列出一条年级、月级规则的值，例如 年末储存额。")
@question
def rule_rows(rule: str, facts_file: str, on_text: str, region: str) -> None:
    """Print one line per year or month: value and formula."""
    from jinbao.rules import parse_day
    from jinbao.rules.factfile import read_facts

    for step in the_law().rows(rule, read_facts(facts_file), on=parse_day(on_text), region=region):
        click.echo(f"{step.name} {step.text}" + (f" = {step.formula}" if step.formula else ""))


@command.command("compile", help="把人级规则（几条用逗号隔开）编译成成批计算的内核。")
@click.argument("rules")
@click.option("--region", required=True, help="六位地区代码。")
@click.option("--on", "on_text", required=True, help="计算日，YYYY-MM-DD 或 YYYY-MM。")
@click.option("--show", is_flag=True, help="打印生成的源代码。")
def compile_kernel(rules: str, region: str, on_text: str, show: bool) -> None:
    """Compile and say what the kernel reads and writes; a rule that cannot be compiled is refused with file:line."""
    from jinbao.rules import parse_day
    from jinbao.rules.bulk import compile_rules

    names = [name.strip() for name in rules.replace("，", ",").split(",") if name.strip()]
    program = compile_rules(the_law(), names, region=region, on=parse_day(on_text))
    if show:
        click.echo(program.source, nl=False)
        return
    click.echo(f"{'、'.join(program.rules)}：{len(program.source.splitlines())} 行，版本 {program.version}")
    click.echo(f"读 {'、'.join(column.name for column in (*program.columns, *program.months))}")


@command.command("test", help="运行 policy/law 下的全部算例。")
@click.option("--all", "show_all", is_flag=True, help="相符的也列出。")
def test_cases(show_all: bool) -> None:
    """Run every worked case; exit 1 when a sure one differs."""
    from jinbao.rules.cases import run_cases

    outcomes = run_cases(the_law())
    for outcome in outcomes:
        if show_all or not outcome.agrees:
            click.echo(str(outcome))
    failed = sum(outcome.failed for outcome in outcomes)
    unsure = sum(not outcome.agrees and not outcome.case.sure for outcome in outcomes)
    cases = len({(outcome.case.at, outcome.case.name) for outcome in outcomes})
    click.echo(f"算例 {cases} 个，核对 {len(outcomes)} 项：不符 {failed} 项，不确定的算例不符 {unsure} 项。")
    if failed:
        sys.exit(1)


def _definitions(law: Law) -> list[Rule]:
    found = [rule for rules in law.rules.values() for rule in rules]
    return sorted(found, key=lambda rule: (rule.provision, rule.source.at.file, rule.source.at.line or 0))


def _row(rule: Rule) -> dict[str, Any]:
    source = rule.source
    return {
        "name": source.name,
        "branch": rule.provision,
        "unit": source.unit,
        "grain": source.grain,
        "region": source.region,
        "since": str(source.since) if source.since else None,
        "until": str(source.until) if source.until else None,
        "inputs": list(source.inputs),
        "cites": [clause.cite for clause in rule.cites],
        "confidence": source.confidence,
        "file": source.at.file,
        "line": source.at.line,
    }


for _sub in (_law_change.diff, _law_change.whatif, _law_report.coverage):
    command.add_command(_sub)

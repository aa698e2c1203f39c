"""`jinbao intake FILE --dataset NAME`: check a file, and accept it if asked to."""

from __future__ import annotations

import json
import sys
import unicodedata
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from jinbao.kernel.errors import JinbaoError
from jinbao.project.cli import setup_django

ALL_ACCEPTED, SOME_REJECTED, REFUSED = 0, 1, 2
SHOWN_ROWS = 10


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dataset", required=True, help="数据集，例如 contribution_declaration。")
@click.option("--sender", default="命令行", show_default=True, help="报送者：单位的统一社会信用代码，或经办人用户名。")
@click.option("--region", default="990100", show_default=True, help="业务所属地区的六位代码。")
@click.option("--accept", is_flag=True, help="全部通过时接收。")
@click.option("--partial", is_flag=True, help="有退回的行时，只接收通过的行（含 --accept）。")
@click.option("--json", "as_json", is_flag=True, help="给程序用的结果。")
def command(file: Path, dataset: str, sender: str, region: str, accept: bool, partial: bool, as_json: bool) -> None:
    """校验一个 CSV 或 Excel 文件，列出每条规则的结果和退回的行。

    退出码：0 全部通过（或已按 --partial 接收），1 有退回的行且未接收，2 文件不能读取。
    """
    setup_django()
    try:
        batch = _take_in(file, dataset, sender, region, show=not as_json)
        if (accept and not batch.rejected) or (partial and batch.accepted):
            batch = _accept(batch, partial)
    except JinbaoError as error:
        if not as_json:
            raise
        click.echo(json.dumps({"error": error.code, "message": str(error)}, ensure_ascii=False))
        sys.exit(REFUSED)
    workbook = _workbook(batch)
    click.echo(
        json.dumps(_as_json(batch, workbook), ensure_ascii=False, indent=1) if as_json else _summary(batch, workbook)
    )
    sys.exit(SOME_REJECTED if batch.rejected and batch.status == batch.Status.CHECKED else ALL_ACCEPTED)


def _take_in(file: Path, dataset: str, sender: str, region: str, *, show: bool) -> Any:
    from django.utils import timezone

    from jinbao.data import intake
    from jinbao.trust.actors import Actor

    by = Actor.system("命令行")
    with tqdm(
        desc=file.name, unit="", unit_scale=True, leave=False, disable=None if show else True, file=sys.stderr
    ) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        return intake.receive(
            by, file, file.name, dataset, sender=sender, region=region, now=timezone.now(), progress=progress
        )


def _accept(batch: Any, partial: bool) -> Any:
    from django.utils import timezone

    from jinbao.data import intake
    from jinbao.trust.actors import Actor

    if batch.status != batch.Status.CHECKED:
        return batch
    return intake.accept(Actor.system("命令行"), batch, partial=partial, now=timezone.now())


def _workbook(batch: Any) -> Path | None:
    from jinbao.data import intake

    return intake.rejected_workbook(batch) if batch.rejected else None


def _as_json(batch: Any, workbook: Path | None) -> dict[str, Any]:
    from jinbao.data import intake

    found = intake.preview(batch, SHOWN_ROWS)
    return {
        "batch": batch.pk,
        "status": batch.status,
        "received": batch.received,
        "accepted": batch.accepted,
        "rejected": batch.rejected,
        "corrects": batch.corrects_id,
        "file_sm3": batch.file_sm3,
        "format": found.about,
        "notices": list(found.notices),
        "rules": batch.rules,
        "first_rejected": [
            {
                "place": row.place,
                "line": row.line,
                "sheet": row.sheet,
                "reasons": [str(reason) for reason in row.reasons],
            }
            for row in found.rejected
        ],
        "rejected_workbook": str(workbook) if workbook else None,
        "folder": batch.folder,
    }


def _summary(batch: Any, workbook: Path | None) -> str:
    from jinbao.data import intake

    found = intake.preview(batch, SHOWN_ROWS)
    lines = [
        f"批次 {batch.pk}  {batch.file_name}  {found.about}  {batch.get_status_display()}",
        f"收到 {batch.received:,} 行 = 通过 {batch.accepted:,} + 退回 {batch.rejected:,}",
        *([f"更正自批次 {batch.corrects_id}"] if batch.corrects_id else []),
        *(f"注意：{notice}" for notice in found.notices),
        "",
        *_table(batch.rules),
    ]
    if found.rejected:
        lines += ["", "退回的行："]
        lines += [f"  {row.place}：{'；'.join(map(str, row.reasons))}" for row in found.rejected]
        left = batch.rejected - len(found.rejected)
        lines += [f"  …… 还有 {left:,} 行"] if left else []
    lines += ["", *_next(batch, workbook)]
    return "\n".join(lines)


def _table(rules: list[dict[str, Any]]) -> list[str]:
    width = max(_width(rule["name"]) for rule in rules)
    rows = [f"{_padded('规则', width)}  {'看到':>8}  {'检查':>8}  {'不符':>8}  结果"]
    for rule in rules:
        counts = "  ".join(f"{rule[name]:>10,}" for name in ("seen", "checked", "failed"))
        rows.append(f"{_padded(rule['name'], width)}  {counts}  {rule['outcome']}")
    return rows


def _next(batch: Any, workbook: Path | None) -> list[str]:
    """Say what to do now."""
    said = [f"退回的行（含原因）：{workbook}"] if workbook else []
    if batch.status == batch.Status.ACCEPTED:
        return [*said, f"已接收 {batch.accepted:,} 行；在柜台为批次 {batch.pk} 开办件，经审核和复核后入账。"]
    if batch.status != batch.Status.CHECKED:
        return said
    return (
        [*said, "改正该文件后再次 intake；或加 --partial 只接收通过的行。"]
        if workbook
        else ["全部通过；加 --accept 接收。"]
    )


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))

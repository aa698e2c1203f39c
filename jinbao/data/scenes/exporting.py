"""A result as an Excel workbook: the rows, and a sheet that says what they are and who took them for what."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import xlsxwriter

from jinbao.data.scenes.cells import text_of
from jinbao.data.scenes.declared import Scene
from jinbao.data.scenes.models import Run
from jinbao.trust.actors import Actor


def workbook(scene: Scene, made: Run, rows: Sequence[dict[str, Any]], by: Actor, purpose: str, *, whole: bool) -> bytes:
    """Write the rows as text, so that a number keeps its zeros and nothing is taken for a formula."""
    buffer = BytesIO()
    with xlsxwriter.Workbook(
        buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        sheet = book.add_worksheet("结果")
        sheet.write_row(0, 0, [column.label for column in scene.columns])
        for at, row in enumerate(rows, 1):
            for place, column in enumerate(scene.columns):
                sheet.write_string(at, place, text_of(column, row[column.name], whole=whole))
        sheet.freeze_panes(1, 0)
        about = book.add_worksheet("说明")
        told = (
            ("场景", scene.title), ("问题", scene.question), ("依据", scene.basis), ("运行", str(made.at)),
            ("参数", "；".join(f"{name}={value}" for name, value in made.values.items())), ("行数", str(len(rows))),
            ("导出人", by.name), ("用途", purpose), ("号码", "完整" if whole else "已脱敏"),
        )  # fmt: skip
        for at, (name, value) in enumerate(told):
            about.write_string(at, 0, name)
            about.write_string(at, 1, value)
    return buffer.getvalue()

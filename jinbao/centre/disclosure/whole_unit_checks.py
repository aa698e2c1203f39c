"""The sheet about the whole unit (整体支出): its parts add up, and are the figures of 支出决算表 (R36)."""

from __future__ import annotations

from jinbao.centre.disclosure.findings import Book, Finding
from jinbao.centre.disclosure.model import Sheet
from jinbao.centre.disclosure.values import Number, show, swapped


def _whole_unit_adds_up(book: Book, sheet: Sheet) -> None:
    """基本支出总额 + 项目支出总额 = 整体支出执行数, where the unit spends in no other way (R36)."""
    spent = sheet.funds[0].spent if sheet.funds else None
    if sheet.basic is None or sheet.projects is None or spent is None:
        return
    table = book.document.table("决03")
    total = table.row("合计") if table else None
    names = ("上缴上级支出", "经营支出", "对附属单位补助支出")
    cells = [n for name in names if total and (n := total.cell(name).number)]
    others = [n.in_wan(table.unit).value for n in cells] if table else []
    book.count()
    added = sum(others, sheet.basic.value + sheet.projects.value)
    if not spent.agrees(Number(added, sheet.basic.places)):
        formula = (
            f"基本支出总额 {show(sheet.basic.value)} + 项目支出总额 {show(sheet.projects.value)}"
            f"{''.join(f' + {show(v)}' for v in others if v)} = {show(added)} ≠ {show(spent.value)}"
        )
        relation, cause = "R36 整体支出等于基本支出与项目支出之和", swapped(spent.value, added)
        place = (sheet.funds[0].spot, relation, sheet.title, "整体支出执行数")
        book.add(
            Finding("high", "performance", *place, formula, show(spent.value), show(added), cause, "核对整体支出各数")
        )


def check_whole_unit(book: Book, sheet: Sheet) -> None:
    """Check the whole unit's sheet against itself and against 支出决算表."""
    _whole_unit_adds_up(book, sheet)
    table = book.document.table("决03")
    total = table.row("合计") if table else None
    if table is None or total is None:
        return
    pairs = [
        ("基本支出总额", sheet.basic, total.cell("基本支出")),
        ("项目支出总额", sheet.projects, total.cell("项目支出")),
    ]
    if sheet.funds:
        pairs.append(("整体支出执行数", sheet.funds[0].spent, total.cell("本年支出合计")))
    for name, number, cell in pairs:
        if number is None or cell.number is None:
            continue
        book.count()
        known = cell.number.in_wan(table.unit)
        if not number.agrees(known):
            spot = sheet.funds[0].spot if name.startswith("整体") else sheet.spot
            book.add(
                Finding(
                    "high",
                    "performance",
                    spot,
                    "R36 整体支出自评表与支出决算表一致",
                    sheet.title,
                    name,
                    f"{show(number.value)} ≠ {table.label} {show(known.value)}",
                    show(number.value),
                    show(known.value),
                    swapped(number.value, known.value),
                    f"核对{name}",
                )
            )

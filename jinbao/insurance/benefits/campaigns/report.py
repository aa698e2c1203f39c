"""The report of a campaign: who decided what on which basis, sums, hashes, the sample; as a workbook and as a sheet."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils.timezone import localtime

from jinbao.insurance.benefits.campaigns.models import Campaign, CampaignMember
from jinbao.insurance.benefits.campaigns.queries import differs, members
from jinbao.insurance.benefits.campaigns.select import APPLY, COMPARE, Selection
from jinbao.kernel.money import fen_to_yuan, format_fen
from jinbao.kernel.regions import RegionTree
from jinbao.rules.paper import chinese_fonts, quoted
from jinbao.trust.actors import Actor
from jinbao.trust.masking import mask_id

Rows = list[tuple[str, ...]]
State = CampaignMember.State
FEW = "少于 10 人"


def summary(campaign: Campaign) -> Rows:
    """Return what a campaign is and who decided it, as name and text."""
    how = "自待遇起始月起补算" if campaign.retroactive else f"自 {campaign.on:%Y-%m} 起，不追溯"
    rows: Rows = [
        ("批次", f"{campaign.pk}　{campaign.title}"),
        ("状态", campaign.get_status_display()),
        ("原因", campaign.reason),
        ("依据", campaign.basis),
        ("待遇和地区", f"{campaign.benefit}　{_region(campaign.region)}"),
        ("基准日", f"{campaign.on}　{how}"),
        ("人员范围", scope_text(campaign)),
        ("拟制", _who(campaign.created_by, campaign.created_at)),
    ]
    for label, who, at in (
        ("报批", campaign.submitted_by, campaign.submitted_at),
        ("批准", campaign.approved_by, campaign.approved_at),
        ("执行", "", campaign.applied_at),
        ("撤销", campaign.undone_by, campaign.undone_at),
    ):
        rows += [(label, _who(who, at))] if at else []
    rows += [("说明", campaign.remark)] if campaign.remark else []
    hashes = (("规则版本", campaign.law_version), ("输入摘要", campaign.input_hash), ("结果摘要", campaign.result_hash))
    return rows + [(name, text) for name, text in hashes if text]


def _region(code: str) -> str:
    return f"{RegionTree.read().name(code)}（{code}）"


def _who(username: str, at: datetime) -> str:
    return f"{username}　{localtime(at):%Y-%m-%d %H:%M}".strip()


def scope_text(campaign: Campaign) -> str:
    """Say which awards a campaign is about."""
    selection = Selection(**campaign.selection)
    parts = [
        f"待遇起始 {selection.start_from or '……'} 至 {selection.start_to or '……'}"
        if selection.start_from or selection.start_to
        else "",
        f"“{selection.parameter}”与核定时不同的" if selection.parameter else "",
        "名单上的人" if selection.listed else "",
    ]
    narrowed = "，".join(part for part in parts if part) or "本地区全部在领的待遇"
    return f"{narrowed}；{HANDED_OVER[selection.handed_over]}"


HANDED_OVER = {
    "": "不含原系统移交的待遇",
    COMPARE: "含原系统移交的待遇，只作比对，不改发",
    APPLY: "含原系统移交的待遇，移交后未经调整、可以比较的改发，其余只作比对",
}
COMPARABLE = {
    "unadjusted": ("移交待遇，未经调整", "与在发的标准比较"),
    "adjusted": ("移交待遇，含历年调整", "只与核定时的标准比较，不改发"),
    "unknown": ("移交待遇，不可比", "没有移交核定时的标准，只报告重算数，不改发"),
}


def handed_over(campaign: Campaign) -> Rows:
    """Return what came of the awards of the former system, as name and text; a row for each way of comparing."""
    found = campaign.figures.get("handed_over", {})
    rows: Rows = []
    for kind, (name, how) in COMPARABLE.items():
        if kind not in found:
            continue
        one = found[kind]
        amounts = (
            f"：相同 {one['same']:,} 人；偏低 {one['up']:,} 人，每月合计 {format_fen(one['up_fen'])} 元；"
            f"偏高 {one['down']:,} 人，每月合计 {format_fen(-one['down_fen'])} 元"
        )
        rows.append((name, f"{one['count']:,} 人，{how}{'' if kind == 'unknown' else amounts}"))
    return [*rows, ("原系统已发的月份", "差额不在补发合计内，也不由本系统补发")] if rows else []


def bound_reached(campaign: Campaign) -> Rows:
    """Say which kinds of outliers are more than are marked and checked."""
    labels = dict(CampaignMember.Outlier.choices)
    return [
        (f"异常：{labels[kind]}", f"共 {count:,} 人，只标出并复算其中 {marked:,} 人；其余在逐人结果中")
        for kind, (marked, count) in campaign.figures.get("outliers", {}).items()
        if count > marked
    ]


def sums(campaign: Campaign) -> Rows:
    """Return the figures of a campaign as name and text."""
    figures = campaign.figures
    if "states" not in figures:
        return []
    sample = figures["sample"]
    return [
        ("试算人数", f"{figures['persons']:,}（成批内核 {figures['kernel']:,}）"),
        ("增加", f"{figures['up']:,} 人，每月 {format_fen(figures['up_fen'])} 元"),
        ("减少", f"{figures['down']:,} 人，每月 {format_fen(figures['down_fen'])} 元"),
        ("补发合计", f"{format_fen(figures['back_fen'])} 元"),
        ("多发合计", f"{format_fen(figures['over_fen'])} 元"),
        ("抽查", f"{sample['people']:,} 人由逐人计算按账簿复算，不一致 {sample['different']:,} 人"),
        ("未含的移交待遇", f"{figures.get('left_out', 0):,} 项"),
        *handed_over(campaign),
        *bound_reached(campaign),
        ("名单中查无此人", f"{figures.get('unknown', 0):,} 人"),
    ]


def groups(campaign: Campaign) -> Iterator[tuple[str, Rows]]:
    """Go through the tables by sex, age and year, small groups hidden."""
    for name, rows in campaign.figures.get("groups", {}).items():
        yield name, [_group(row) for row in rows]


def _group(row: dict[str, Any]) -> tuple[str, ...]:
    if row["count"] is None:
        return row["name"], FEW, "", "", ""
    amounts = (format_fen(row[key]) for key in ("up_fen", "down_fen", "back_fen"))
    return row["name"], f"{row['count']:,}", *amounts


GROUP_HEAD = ("", "人数", "每月增加", "每月减少", "补发（负为多发）")


def bins(campaign: Campaign) -> list[dict[str, Any]]:
    """Return the histogram with a text for each bar and its width of the widest, in per cent."""
    rows = campaign.figures.get("histogram", [])
    most = max((row["count"] or 0 for row in rows), default=0) or 1
    return [row | {"label": _bounds(row), "width": 100 * (row["count"] or 0) // most} for row in rows]


def _bounds(row: dict[str, Any]) -> str:
    low, high = row["low"], row["high"]
    if low is None:
        return f"减少多于 {-high // 100} 元"
    if high is None:
        return f"增加 {low // 100} 元以上"
    return f"{low // 100} 至 {high // 100} 元"


def workbook(by: Actor, campaign: Campaign) -> bytes:
    """Write the report as Excel: a sheet of sums and one with every award; numbers of people are text and masked."""
    import xlsxwriter

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.xlsx"
        with xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_formulas": False}) as book:
            _first_sheet(book, campaign)
            rows = members(by, campaign).prefetch_related(None).select_related("person")
            _people_sheet(book, rows.iterator(chunk_size=2000))
        return path.read_bytes()


def _first_sheet(book: Any, campaign: Campaign) -> None:
    sheet, bold = book.add_worksheet("汇总"), book.add_format({"bold": True})
    sheet.set_column(0, 0, 18)
    sheet.set_column(1, 5, 24)
    line = 0
    for rows in (summary(campaign), sums(campaign)):
        for cells in rows:
            sheet.write_row(line, 0, cells)
            line += 1
        line += 1
    for name, rows in groups(campaign):
        sheet.write_row(line, 0, (f"按{name}", *GROUP_HEAD[1:]), bold)
        for at, cells in enumerate(rows, line + 1):
            sheet.write_row(at, 0, cells)
        line += len(rows) + 2


PEOPLE_HEAD = (
    *("姓名", "证件号码", "退休年月", "原月标准", "重算后", "每月增减", "涉及月数"),
    *("补发（负为多发）", "结果", "说明", "抽查", "异常", "核定时标准", "与核定时相差"),
)


def _people_sheet(book: Any, rows: Iterable[CampaignMember]) -> None:
    sheet, bold = book.add_worksheet("逐人"), book.add_format({"bold": True})
    money = book.add_format({"num_format": "#,##0.00"})
    sheet.set_column(0, len(PEOPLE_HEAD) - 1, 14)
    sheet.write_row(0, 0, PEOPLE_HEAD, bold)
    for line, one in enumerate(rows, 1):
        known = one.after_fen is not None
        texts = {0: one.person.name, 1: mask_id(one.person.id_number), 2: str(one.retires)}
        texts |= {8: one.get_state_display(), 9: one.reason, 10: checked(one), 11: one.get_outlier_display()}
        for at, text in sorted(texts.items() | _amounts(one, known).items(), key=lambda pair: pair[0]):
            if isinstance(text, str):
                sheet.write_string(line, at, text)
            else:
                sheet.write_number(line, at, text, money)


def _amounts(one: CampaignMember, known: bool) -> dict[int, Any]:
    fens = {3: one.before_fen} | ({4: one.after_fen, 5: one.difference_fen, 7: one.back_fen} if known else {})
    first = {12: one.base_fen, 13: one.compared_fen}
    fens |= {at: fen for at, fen in first.items() if fen is not None}
    return {at: fen_to_yuan(fen or 0) for at, fen in fens.items()} | {6: one.months}


def checked(one: CampaignMember) -> str:
    """Say what the sample found of somebody."""
    if one.checked_fen is None:
        return ""
    return "不一致" if differs(one) else "一致"


def sheet(campaign: Campaign) -> bytes:
    """Set the report as PDF. Raises NoFont."""
    import typst

    fonts = ", ".join(map(quoted, chinese_fonts()))
    parts = [
        f'#set page(paper: "a4", margin: 2cm, numbering: "1 / 1")\n#set text(font: ({fonts},), size: 10pt, lang: "zh")',
        "#set table(stroke: 0.4pt + luma(160), inset: 5pt)",
        f"#align(center, text(16pt, {quoted('养老待遇重算报告')}))",
        _table(summary(campaign), "(3.2cm, 1fr)"),
        _table(sums(campaign), "(3.2cm, 1fr)"),
    ]
    for name, rows in groups(campaign):
        parts.append(_table([(f"按{name}", *GROUP_HEAD[1:]), *rows], "5"))
    parts.append(_table([("每月增减", "人数"), *((row["label"], count_text(row)) for row in bins(campaign))], "2"))
    parts.append(f"#v(2em)\n#text({quoted('报批人：　　　　　　　批准人：　　　　　　　日期：')})")
    found = typst.compile("\n\n".join(parts).encode(), format="pdf")
    return bytes(found if isinstance(found, bytes) else found[0])


def count_text(row: dict[str, Any]) -> str:
    """Show a count, or that it is too small to be shown."""
    return FEW if row["count"] is None else f"{row['count']:,}"


def _table(rows: Iterable[tuple[str, ...]], columns: str) -> str:
    cells = ", ".join(f"[#text({quoted(cell)})]" for row in rows for cell in row)
    return f"#table(columns: {columns}, {cells})" if cells else ""

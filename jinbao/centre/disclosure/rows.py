"""Rows of a table: from the words of its lines to codes, names and cells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from jinbao.centre.disclosure.columns import numbering
from jinbao.centre.disclosure.model import Cell, Line, Row, Spot
from jinbao.centre.disclosure.regions import ORDINAL
from jinbao.centre.disclosure.standards import Standard, TableForm
from jinbao.centre.disclosure.tokens import Token, tokens_of
from jinbao.centre.disclosure.values import bare, half_width, squeeze

TOTALS = {"合计", "总计"}
_HEAD_WORDS = (
    "栏次",
    "项目",
    "科目编码",
    "科目代码",
    "科目名称",
    "行次",
    "类款项",
    "编码",
    "单位",
    "支出功能",
    "决算数",
    "预算数",
    "金额",
)


@dataclass
class Draft:
    """A row before its figures have found their columns."""

    row: Row
    fields: Sequence[str]
    loose: list[tuple[int | None, Cell]] = field(default_factory=list)


def cell_of(token: Token, line: Line) -> Cell:
    """Make the cell of a number."""
    spot = Spot(line.number, line.page, squeeze(token.text), line.sheet)
    return Cell(token.number.raw if token.number else token.text, spot, token.number, token.state, token.prefix)


def spot_of(line: Line) -> Spot:
    """The place of a whole line."""
    return Spot(line.number, line.page, " ".join(line.text.split())[:80], line.sheet)


def depth_of(code: str) -> int:
    """0 for no code, else 1 类, 2 款, 3 项."""
    return (len(code) - 1) // 2 if code else 0


def coded_rows(form: TableForm, lines: list[Line], standard: Standard) -> list[Draft]:
    """Rows of a table by 科目: code (perhaps split), name (perhaps broken over lines), figures."""
    drafts: list[Draft] = []
    for line in lines:
        tokens = tokens_of(line)
        if not tokens or numbering(tokens):
            continue
        draft = _coded_row(form, line, tokens, standard)
        if draft is not None:
            drafts.append(draft)
        elif drafts and not drafts[-1].loose:
            _continue_row(drafts[-1], line, tokens, form, standard)
    return _without_headings([d for d in drafts if d.row.key])


def _without_headings(drafts: list[Draft]) -> list[Draft]:
    """Leave out the heading 合计 that stands on a line of its own: a total without figures beside one that has some."""
    totals = [d for d in drafts if d.row.key == "合计"]
    if not any(d.loose for d in totals):
        return drafts
    return [d for d in drafts if d.row.key != "合计" or d.loose]


def _coded_row(form: TableForm, line: Line, tokens: list[Token], standard: Standard) -> Draft | None:
    leading: list[str] = []
    rest = list(tokens)
    while rest and rest[0].whole is not None and len(rest[0].text) in (2, 3, 5, 6, 7) and len(leading) < 4:
        leading.append(rest.pop(0).text)
    code = _code(leading)
    names = []
    while rest and not rest[0].is_number:
        names.append(rest.pop(0).text)
    name = "".join(names)
    total = next((n for n in [*names, name] if bare(n) in TOTALS or bare(n).removeprefix("类款项") in TOTALS), "")
    if total or not (code or leading):
        heading = not any(t.is_number for t in rest) and sum(1 for t in tokens if not t.is_number) > 2
        if (
            not total
            and not heading
            and name
            and line.cells
            and sum(1 for t in rest if t.is_number) > 1
            and form.basis
            and "单位代码" not in name
        ):
            row = Row(name, spot_of(line), name, depth=-1)
            return Draft(row, form.fields, [(t.column, cell_of(t, line)) for t in rest if t.is_number])
        if not total or heading:
            return None
        row = Row("合计", spot_of(line), "合计")
    elif not name:
        return None
    else:
        known = standard.by_code.get((form.basis, code)) if code else None
        unit = bool(code) and known is None and "6" in {str(len(x)) for x in leading}
        row = Row(name, spot_of(line), code or name, code, depth=-1 if unit or not code else depth_of(code))
    draft = Draft(row, form.fields)
    draft.loose = [(t.column, cell_of(t, line)) for t in rest if t.is_number]
    return draft


def _code(leading: list[str]) -> str:
    """Put a code together: 2080150, or 208 01 50; unit codes of six digits are set aside."""
    parts = [p for p in leading if len(p) != 6]
    if not parts or len(parts[0]) == 2:
        return ""
    code = parts[0]
    for part in parts[1:]:
        if len(part) == 2 and len(code) < 7:
            code += part
        elif part.startswith(code):
            code = part
    return code


def _continue_row(draft: Draft, line: Line, tokens: list[Token], form: TableForm, standard: Standard) -> None:
    """Take the rest of a name that was broken over lines, with the figures that follow it."""
    names = "".join(t.text for t in tokens if not t.is_number)
    if any(word in names for word in _HEAD_WORDS) or draft.row.key == "合计":
        return
    whole = draft.row.name + names
    known = standard.by_code.get((form.basis, draft.row.code))
    if known and not bare(known.name).startswith(bare(whole)):
        return
    draft.row.name = whole
    draft.loose += [(t.column, cell_of(t, line)) for t in tokens if t.is_number]


def block_rows(form: TableForm, lines: list[Line], standard: Standard) -> list[Draft]:
    """Rows of a table that prints 编码|名称|金额 several times side by side."""
    drafts: list[Draft] = []
    for line in lines:
        tokens = tokens_of(line)
        if numbering(tokens):
            continue
        current: Draft | None = None
        for n, token in enumerate(tokens):
            following = tokens[n + 1] if n + 1 < len(tokens) else None
            if _is_code(token, following):
                current = Draft(Row("", spot_of(line), token.text, token.text, depth=depth_of(token.text)), form.fields)
                drafts.append(current)
            elif not token.is_number:
                current = _block_name(token, current, drafts, line)
            elif current is not None:
                current.loose.append((None, cell_of(token, line)))
                current = None
    return [d for d in drafts if d.row.key and (d.row.code or d.row.key in ("人员经费合计", "公用经费合计", "合计"))]


def _is_code(token: Token, following: Token | None) -> bool:
    named = following is not None and not following.is_number
    return token.whole is not None and len(token.text) in (3, 5) and token.text[0] in "35" and named


def _block_name(token: Token, current: Draft | None, drafts: list[Draft], line: Line) -> Draft:
    if current is None:
        current = Draft(Row("", spot_of(line)), ("决算数",))
        drafts.append(current)
    current.row.name += token.text
    if not current.row.code:
        current.row.key = bare(current.row.name)
    return current


def single_rows(form: TableForm, lines: list[Line]) -> list[Draft]:
    """The one row of figures of a 三公 table: the first line of figures after the heading."""
    heads = [n for n, line in enumerate(lines) if _is_numbering(tokens_of(line))]
    for line in lines[heads[0] + 1 if heads else 0 :]:
        tokens = tokens_of(line)
        names = "".join(t.text for t in tokens if not t.is_number)
        numbers = [t for t in tokens if t.is_number and not (t.whole is not None and len(t.text) == 6)]
        if not numbers or numbering(tokens) or (names and any(w in names for w in ("公开", "栏次", "年"))):
            continue
        if [t.whole for t in numbers] == list(range(1, len(numbers) + 1)):
            continue
        draft = Draft(Row("数据", spot_of(line), "数据"), form.fields)
        draft.loose = [(t.column, cell_of(t, line)) for t in numbers]
        return [draft]
    return []


def _is_numbering(tokens: list[Token]) -> bool:
    values = [t.whole for t in tokens]
    return len(values) >= 6 and values == list(range(1, len(values) + 1))


def sided_rows(form: TableForm, lines: list[Line], standard: Standard, orders: dict[int, str]) -> list[Draft]:
    """Rows of a table with 收入 on the left and 支出 on the right, each half with name, 行次 and figures."""
    heading = squeeze("".join(line.text for line in lines[:12]))
    numbered = "行次" in heading or "栏次" in heading
    reader = _Sides(form, numbered, standard, orders)
    begun = False
    for line in lines:
        tokens = tokens_of(line)
        begun = begun or (not numbering(tokens) and any(t.is_number for t in tokens))
        if begun and tokens and not numbering(tokens) and "栏次" not in squeeze(line.text):
            reader.read(line, tokens)
    return reader.drafts


class _Sides:
    """Keeps count of the line numbers of both halves while rows are read."""

    def __init__(self, form: TableForm, numbered: bool, standard: Standard, orders: dict[int, str]) -> None:
        self.form, self.numbered, self.standard, self.orders = form, numbered, standard, orders
        self.drafts: list[Draft] = []
        self.last = {"左": 0, "右": 0}
        self.first_right = 0
        self.seen: set[tuple[str, str]] = set()

    def read(self, line: Line, tokens: list[Token]) -> None:
        groups = self.divide(tokens)
        for n, group in enumerate(groups):
            side = self.side_of(group, n, len(groups))
            if n and side == "右" and not group.name and group.figures:
                group.name = groups[0].name if bare(groups[0].name) == "总计" else ""
            self.add(line, group, side)

    def divide(self, tokens: list[Token]) -> list[_Half]:
        groups: list[_Half] = []
        for token in (part for whole in tokens for part in _apart(whole)):
            current = groups[-1] if groups else None
            if not token.is_number:
                if current is None or current.figures or current.order is not None:
                    groups.append(_Half(token.text))
                elif current.column == token.column:
                    current.name += token.text
                else:
                    groups.append(_Half(token.text))
                groups[-1].column = token.column
            elif self.is_order(token, current):
                if current is None or current.order is not None:
                    groups.append(_Half(""))
                groups[-1].order = token.whole
            elif current is not None:
                current.figures.append(token)
            else:
                groups.append(_Half("", figures=[token]))
        return groups

    def is_order(self, token: Token, current: _Half | None) -> bool:
        if not self.numbered or token.whole is None or token.whole > 120:
            return False
        if current is None or current.order is None:
            return current is None or not current.figures or self.follows_right(token.whole)
        return self.last["右"] > 0 and self.follows_right(token.whole)

    def follows_right(self, order: int) -> bool:
        """True for the next line number of the right half; one or two may have been lost."""
        return self.last["右"] < order <= self.last["右"] + 3

    def side_of(self, group: _Half, position: int, count: int) -> str:
        if group.order is not None and position == 0 and re.search("年初|收入", group.name) and self.first_right:
            if group.order >= self.first_right:
                self.last["右"], group.order = group.order, None
            return "左"
        if group.order is not None:
            if position == 0 and count > 1:
                return "左"
            if self.first_right:
                return "右" if group.order >= self.first_right else "左"
            return "右" if position else ("右" if group.order > 28 and _is_class(group.name, self.standard) else "左")
        if count > 1:
            return "左" if position == 0 else "右"
        return "右" if _is_class(group.name, self.standard) or "支出" in group.name else "左"

    def add(self, line: Line, group: _Half, side: str) -> None:
        if group.order is not None:
            self.last[side] = group.order
            if side == "右" and not self.first_right:
                self.first_right = group.order
        key, code = self.key_of(group, side)
        if not key:
            return
        if (side, key) in self.seen:
            key = f"年初·{key}" if side == "左" else ""
        if not key or (not group.figures and not group.name):
            return
        self.seen.add((side, key))
        row = Row(group.name or key, spot_of(line), key, code, side, group.order, depth=1 if code else 0)
        draft = Draft(row, self.form.left if side == "左" else self.form.right)
        draft.loose = [(t.column, cell_of(t, line)) for t in group.figures]
        self.drafts.append(draft)

    def key_of(self, group: _Half, side: str) -> tuple[str, str]:
        name = bare(ORDINAL.sub("", half_width(squeeze(group.name))))
        name = re.sub(r"^其中", "", name)
        if side == "右" and name in self.standard.classes:
            return name, self.standard.classes[name]
        if name in self.standard.row_names:
            return self.standard.row_names[name], ""
        if not name and group.figures and group.order is not None and side == "左":
            return self.orders.get(group.order, ""), ""
        if side == "右" and name and group.figures:
            near = self.standard.nearest("功能", name)
            return (name, near.code) if near and near.level == "类" else (name, "")
        return (name, "") if group.figures else ("", "")


@dataclass
class _Half:
    name: str
    order: int | None = None
    figures: list[Token] = field(default_factory=list)
    column: int | None = None


def _apart(token: Token) -> list[Token]:
    """Two names that lost the blank between them, each with its ordinal: 八、其他收入八、社会保障和就业支出."""
    if token.is_number or token.column is not None:
        return [token]
    return [
        Token(part, n)
        for n, part in enumerate(re.split(r"(?<=[^一二三四五六七八九十])(?=[一二三四五六七八九十]{1,3}、)", token.text))
    ]


def _is_class(name: str, standard: Standard) -> bool:
    return bare(ORDINAL.sub("", half_width(squeeze(name)))) in standard.classes

"""Tables: each region's rows, with every figure in its column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from itertools import combinations, product

from jinbao.centre.disclosure.columns import MOST_WAYS, column_map, misfit, numbering
from jinbao.centre.disclosure.model import Cell, Line, Row, Table
from jinbao.centre.disclosure.regions import Region
from jinbao.centre.disclosure.rows import Draft, block_rows, coded_rows, sided_rows, single_rows, spot_of
from jinbao.centre.disclosure.standards import Relation, Standard, TableForm
from jinbao.centre.disclosure.tokens import tokens_of
from jinbao.centre.disclosure.values import squeeze, tidy

_UNIT = re.compile(r"(?:金额)?单位[:：]?(?:人民币)?(亿元|千元|万元|元)(?![\u4e00-\u9fff])")
_HOLDER = re.compile(r"(?:编制|公开|填报)?(?:单位|部门)(?:名称|\(公章\))?[:：](?!人民币|万元|元|千元|亿元)(.+)")
_LABEL = re.compile(r"公开\d{1,2}表|附?表\d{1,2}(?:-\d)?(?!\d)")


def read_table(region: Region, lines: list[Line], standard: Standard, known: dict[str, Table]) -> Table:
    """Read one region; `known` are the tables read before, whose totals help where columns were lost."""
    form = standard.tables.tables[region.kind]
    table = Table(region.kind, form.title, spot_of(lines[region.start]), end=region.end, label=form.label)
    table.fields = form.fields or (*form.left, *form.right)
    table.notes = [spot_of(line) for line in region.notes]
    _describe(table, [lines[region.start], *region.lines[:6], *reversed(region.head)])
    drafts = _drafts(form, region, standard)
    _Columns(form, region, standard, known, table).place(drafts)
    table.rows = [d.row for d in drafts]
    if not any(d.row.cells for d in drafts):
        words = [tokens_of(line) for line in region.lines]
        table.unread = sum(1 for tokens in words if any(t.number for t in tokens) and not numbering(tokens))
    return table


def _drafts(form: TableForm, region: Region, standard: Standard) -> list[Draft]:
    if form.shape == "sided":
        return sided_rows(form, region.lines, standard, dict(form.orders))
    if form.shape == "blocks":
        return block_rows(form, region.lines, standard)
    if form.shape == "single":
        return single_rows(form, region.lines)
    return coded_rows(form, region.lines, standard) if form.shape == "coded" else []


def _describe(table: Table, lines: list[Line]) -> None:
    """Find the printed number, the unit of money and the organisation."""
    labelled = False
    for line in lines:
        for text in line.cells or (line.text,):
            plain = squeeze(tidy(text))
            unit = _UNIT.search(plain)
            if unit and table.unit_spot is None:
                table.unit, table.unit_spot = unit[1], spot_of(line)
            label = _LABEL.search(plain)
            if label and len(plain) < 60 and not labelled:
                table.label, labelled = label[0], True
            holder = _HOLDER.search(_UNIT.sub("", plain)) if line.cells is None or len(plain) < 60 else None
            if holder and not table.organisation and line.cells is None:
                table.organisation = re.split(r"公开|单位|金额", holder[1])[0]


class _Columns:
    """Gives the figures of drafted rows to the columns of one table."""

    def __init__(
        self, form: TableForm, region: Region, standard: Standard, known: dict[str, Table], table: Table
    ) -> None:
        self.form, self.table = form, table
        self.map = column_map(form, region.lines)
        self.rules = [r for r in standard.relations.relations if r.form == "rows" and r.table == region.kind]
        self.hints = _hints(region.kind, standard, known)
        self.unit = Decimal("0.01")

    def place(self, drafts: list[Draft]) -> None:
        """Place by position first; what has no position by arithmetic."""
        unplaced = [d for d in drafts if d.loose and not self.by_position(d)]
        if not unplaced:
            return
        places = max((c.number.places for d in drafts for _, c in d.loose if c.number), default=2)
        self.unit = Decimal(1).scaleb(-places)
        self.table.inferred = any(len(d.loose) != len(d.fields) for d in unplaced)
        total = next((d for d in drafts if d.row.key == "合计"), None)
        used = self.columns_of_total(total) if total and self.form.shape == "coded" else None
        if self.form.shape == "coded" and self.form.sums and total is not None:
            self.by_columns(unplaced, drafts, used)
        else:
            for draft in unplaced:
                self.assign(draft, self.candidates(draft, used or draft.fields)[0])

    def by_position(self, draft: Draft) -> bool:
        """Use the column numbers; a figure one cell aside of a free column is taken for it."""
        if len(draft.fields) == 1:
            draft.row.cells[draft.fields[0]] = draft.loose[0][1]
            return True
        found: dict[str, Cell] = {}
        for column, cell in draft.loose:
            name = self.field_at(draft, column)
            if not name or name in found:
                return False
            found[name] = cell
        draft.row.cells.update(found)
        return True

    def field_at(self, draft: Draft, column: int | None) -> str:
        if column is None:
            return ""
        for near in (column, column - 1, column + 1):
            name = self.map.get(near, "").removeprefix("右/")
            if name in draft.fields and (near == column or len(draft.loose) == len(draft.fields)):
                return name
        return ""

    def candidates(self, draft: Draft, fields: Sequence[str]) -> list[tuple[str, ...]]:
        """Ways to place a row, best first: those that add up, then the usual columns."""
        count = min(len(draft.loose), len(fields))
        found = list(combinations(fields, count))[:MOST_WAYS]
        scored = [(self.breaches(self.values(draft, way)), self.rarity(way), n, way) for n, way in enumerate(found)]
        scored.sort(key=lambda s: s[:3])
        best = scored[0][0] if scored else 0
        return [way for breaches, _, _, way in scored if breaches == best] or [tuple(fields[:count])]

    def values(self, draft: Draft, way: tuple[str, ...]) -> dict[str, Decimal]:
        return {name: cell.value for name, (_, cell) in zip(way, draft.loose, strict=False)}

    def breaches(self, values: dict[str, Decimal]) -> int:
        count = 0
        for rule in self.rules:
            if rule.minus:
                count += _minus_misfit(rule, values, self.unit)
            else:
                count += misfit(values, rule.total, rule.parts, self.unit)
        return count

    def rarity(self, way: tuple[str, ...]) -> int:
        return sum(1 for name in way if name in self.form.rare)

    def columns_of_total(self, total: Draft) -> tuple[str, ...]:
        """The columns that hold figures at all: those of the 合计 row."""
        if not total.loose or total.row.cells:
            return tuple(n for n in total.fields if total.row.cell(n).printed) or tuple(total.fields)
        found = self.candidates(total, tuple(total.fields))

        def hinted(way: tuple[str, ...]) -> int:
            return sum(1 for n, v in self.values(total, way).items() if v and self.hints.get(n) == v)

        best = max(found, key=hinted)
        self.assign(total, best)
        return best

    def by_columns(self, unplaced: list[Draft], drafts: list[Draft], used: tuple[str, ...] | None) -> None:
        """Place rows from the top down so that the children of each row add up to it in every column."""
        open_ = {id(d) for d in unplaced}
        for draft in drafts:
            children = [d for d in _children(draft, drafts) if id(d) in open_ and d.loose and not d.row.cells]
            if not children:
                continue
            options = [self.candidates(c, used or c.fields) for c in children]
            self.assign_group(draft.row, children, options, [d.row for d in _children(draft, drafts)])
        for draft in unplaced:
            if not draft.row.cells:
                self.assign(draft, self.candidates(draft, used or draft.fields)[0])

    def assign_group(
        self, parent: Row, children: list[Draft], options: list[list[tuple[str, ...]]], rows: list[Row]
    ) -> None:
        fixed = [r for r in rows if r.cells]
        best, least = [o[0] for o in options], -1
        for n, choice in enumerate(product(*options)):
            if n > MOST_WAYS:
                break
            gap = self.column_gap(parent, children, choice, fixed)
            if least < 0 or gap < least:
                best, least = list(choice), gap
            if gap == 0:
                break
        for child, way in zip(children, best, strict=True):
            self.assign(child, way)

    def column_gap(
        self, parent: Row, children: list[Draft], choice: tuple[tuple[str, ...], ...], fixed: list[Row]
    ) -> int:
        gap = 0
        for name in self.form.fields:
            parts = {
                str(n): self.values(c, way).get(name, Decimal(0))
                for n, (c, way) in enumerate(zip(children, choice, strict=True))
            }
            parts |= {f"f{n}": r.cell(name).value for n, r in enumerate(fixed)}
            gap += misfit({"t": parent.cell(name).value, **parts}, "t", list(parts), self.unit)
        return gap

    def assign(self, draft: Draft, way: tuple[str, ...]) -> None:
        for name, (_, cell) in zip(way, draft.loose, strict=False):
            draft.row.cells[name] = cell


def _minus_misfit(rule: Relation, values: dict[str, Decimal], unit: Decimal) -> int:
    parts = sum((values.get(p, Decimal(0)) for p in rule.parts), Decimal(0))
    less = sum((values.get(p, Decimal(0)) for p in rule.minus), Decimal(0))
    return 0 if abs(values.get(rule.total, Decimal(0)) - parts + less) <= 2 * unit else 1


def _children(parent: Draft, drafts: list[Draft]) -> list[Draft]:
    """The rows directly below a row, by code; below 合计, the rows without a printed ancestor."""
    return [
        d
        for d in drafts
        if d is not parent and d.row.depth > 0 and parent_of(d.row, [x.row for x in drafts]) is parent.row
    ]


def parent_of(row: Row, rows: list[Row]) -> Row | None:
    """The nearest printed ancestor of a row, else the 合计 row."""
    ancestors = [r for r in rows if r.code and r.code != row.code and row.code.startswith(r.code) and r.depth > 0]
    if ancestors:
        return max(ancestors, key=lambda r: len(r.code))
    return next((r for r in rows if r.key == "合计"), None)


def _hints(kind: str, standard: Standard, known: dict[str, Table]) -> dict[str, Decimal]:
    """Totals that other tables print for the columns of this one's 合计 row."""
    hints: dict[str, Decimal] = {}
    for relation in standard.relations.relations:
        if relation.form != "same":
            continue
        for here, there in ((relation.left, relation.right), (relation.right, relation.left)):
            if not here.startswith(f"{kind}:合计."):
                continue
            other, _, address = there.partition(":")
            side, _, key = address.partition("/") if "/" in address else ("", "", address)
            row_key, _, column = key.partition(".")
            row = known[other].row(row_key, side) if other in known else None
            if row is not None:
                name = column or next(iter(row.cells), "")
                hints[here.split(".", 1)[1]] = row.cell(name).value
    return hints

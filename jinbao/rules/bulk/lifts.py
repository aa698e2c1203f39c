"""Verbs over rows in the kernel: accumulators that one walk through the stretches of equal months fills."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from jinbao.rules.bulk.arithmetic import named
from jinbao.rules.bulk.assembly import walk_lines
from jinbao.rules.bulk.passes import Walk
from jinbao.rules.bulk.pieces import Cuts, Pieces
from jinbao.rules.bulk.reductions import MOST_MONTHS, MOST_YEARS, Picked, Reduction
from jinbao.rules.bulk.value import Value
from jinbao.rules.codegen import row_parts
from jinbao.rules.ir import AtRow, Lift, Node, Type

if TYPE_CHECKING:
    from jinbao.rules.bulk.expressions import Expressions

MOST_PASSES = 4


class Lifts:
    """Writes lifting verbs; a mixin of `Expressions`."""

    def __init__(self) -> None:
        made = _self(self)
        self.examine = Pieces(self._monthly_body, lambda name: made.tables.by_month(name).changes())

    def _monthly_body(self, name: str) -> Node | None:
        made = _self(self)
        return None if name in made.given else made.versions(name, "月")[0]

    def lift(self, node: Lift) -> Value:
        """Write a verb over rows, in the walk that all share or, where it is rarely needed and costly, in its own.

        What rows rest on comes before them: a total of the year in a walk of its own at the beginning of the year, a
        total of the person in an earlier pass.
        """
        made = _self(self)
        if made.w.block.grain == "月":
            raise made.refusal(node, f"{node.verb} 不能用在月级规则里成批编译")
        self._no_locals(node)
        if node.within == "年" and made.w.block.root() is made.current.year_pre:
            return made._used(self._alone(node))
        if node.within == "人" and made.w.block.root() is made.current.pre:
            with self._sooner(node):
                known = self._known(node)
        else:
            known = self._known(node)
        return made._used(known)

    def _known(self, node: Lift) -> Value:
        """Return what this pass or an earlier one has found, or write it."""
        made = _self(self)
        key = (id(node), node.within)
        known = made.passes[: made.passes.index(made.current) + 1] if node.within == "人" else [made.current]
        found = next((each.lifted[key] for each in known if key in each.lifted), None)
        return self._lifted(node) if found is None else found

    @contextmanager
    def _sooner(self, node: Lift | AtRow) -> Iterator[None]:
        """Write into the pass before this one."""
        made = _self(self)
        if len(made.passes) >= MOST_PASSES and made.current is made.passes[0]:
            message = f"要看 {MOST_PASSES} 遍以上的履历，不能成批编译"
            raise made.refusal(node, message, "少嵌套几层：月级规则用到的合计，不再依赖另一些合计。")
        with made.earlier():
            yield

    def _no_locals(self, node: Lift | AtRow) -> None:
        made = _self(self)
        if made.env and any(name in made.env for name in _locals(node)):
            raise made.refusal(node, f"{node.verb} 里用了局部量，不能成批编译", "把局部量写成另一条规则。")

    def at_row(self, node: AtRow) -> Value:
        """Write 取年 or 取月: keep what the walk finds in the row of a key that is known before the rows are read."""
        made = _self(self)
        self._no_locals(node)
        value, seen = self._found(node)
        if node.default is None:
            made.w.guard(f"not {seen}")
        value = made._used(value)
        if node.default is None:
            return value
        blocks = [made.w.branch(), made.w.branch()]
        with made.w.inside(blocks[1]):
            default = made.node(node.default)
        return made._chosen(Value(seen, Type.BOOL, 0, 1), blocks, [value, default])

    def _found(self, node: AtRow) -> tuple[Value, str]:
        """Return the value of the row and the variable that says whether there was such a row."""
        made = _self(self)
        if node.within == "年":
            return self._in_this_year(node)
        if made.w.block.root() is made.current.pre:
            with self._sooner(node):
                return self._found(node)
        if id(node) not in made.current.picked:
            made.current.picked[id(node)] = self._picked(node)
        return made.current.picked[id(node)]

    def _in_this_year(self, node: AtRow) -> tuple[Value, str]:
        """Pick a month of the same year; another year's goes to the exact reading."""
        made = _self(self)
        current = made.current
        if node.over == "年":
            raise made.refusal(node, "取年 在年级规则里不能成批编译", "上一年用 上年(x, 初值)；其余写成人级规则。")
        if made.w.block.root() is current.year_pre:
            raise made.refusal(node, "各月的规则又依赖取月的结果，不能成批编译", "改用 合计(x, 年月 == …) 等提升动词。")
        if id(node) not in current.picked:
            with made.section(current.year_pre):
                key = named(made.w, made.node(node.key)).code
                elsewhere = made.w.fresh("bad")
                made.w.line(f"{elsewhere} = {key} < y * 12 or {key} > y * 12 + 11")
            value, seen = self._month(node, key, current.walk.start)
            current.picked[id(node)] = replace(value, grain="年"), seen
            current.elsewhere[id(node)] = elsewhere
        made.w.guard(current.elsewhere[id(node)])
        return current.picked[id(node)]

    def _picked(self, node: AtRow) -> tuple[Value, str]:
        """Write the row into the walk; return the value and the variable that says whether there was such a row."""
        made = _self(self)
        current = made.current
        with made.section(current.pre):
            key = named(made.w, made.node(node.key)).code
        if node.over == "年":
            with made.section(current.year_post):
                return Picked(made, current.start, current.end).at(node, f"y == {key}")
        return self._month(node, key, current.start)

    def _month(self, node: AtRow, key: str, start: list[str]) -> tuple[Value, str]:
        """Keep the value of one month in the shared walk."""
        made, cuts = _self(self), Cuts()
        walk = made.current.walk
        constant = self.examine.constant(node.item, cuts)
        self._add_cuts(walk, cuts)
        with made.section(walk.pieces if constant else walk.each):
            here = f"(ym <= {key} and {key} < till)" if constant else f"ym == {key}"
            return Picked(made, start, walk.end).at(node, here)

    def _lifted(self, node: Lift) -> Value:
        made = _self(self)
        current = made.current
        if node.over == "年":
            with made.section(current.year_post):
                value = Reduction(made, node, MOST_YEARS, current.start, current.end).write()
        else:
            shared = self._over_months(node)
            if shared is None:
                return self._alone(node)
            value = shared
        current.lifted[id(node), node.within] = value
        return value

    def _over_months(self, node: Lift) -> Value | None:
        """Put the verb into the shared walk; None where it would slow everybody down for a branch few take."""
        made = _self(self)
        cuts = Cuts()
        constant = self._unchanging(node, cuts)
        if not constant and node.within == "年" and made.w.block.nested and node.verb in ("合计", "计数"):
            return None
        return self._in_walk(made.current.walk, node, cuts, constant)

    def _unchanging(self, node: Lift, cuts: Cuts) -> bool:
        """Examine every part, also after one that changes: all cuts are needed."""
        examined = [self.examine.constant(part, cuts) for part in row_parts(node)]
        return all(examined)

    def _in_walk(self, walk: Walk, node: Lift, cuts: Cuts, constant: bool) -> Value:
        made = _self(self)
        self._add_cuts(walk, cuts)
        whole_career = node.within == "人"
        rows, one = (MOST_MONTHS, made.current) if whole_career else (12, walk)
        with made.section(walk.pieces if constant else walk.each):
            return Reduction(made, node, rows, one.start, one.end, weight="n" if constant else "").write()

    def _alone(self, node: Lift) -> Value:
        """Walk the months of the year for one verb, where a branch needs it or the rows of the shared walk do."""
        made = _self(self)
        made.current.walks_alone = True
        walk, cuts = Walk.below(made.current.year_pre), Cuts()
        constant = self._unchanging(node, cuts)
        value = self._in_walk(walk, node, cuts, constant)
        for line in (*walk_lines(walk, list(made.months.values()), own=True), *walk.end):
            made.w.line(line)
        return value

    def _add_cuts(self, walk: Walk, cuts: Cuts) -> None:
        made = _self(self)
        walk.cut_codes.update(dict.fromkeys(str(month) for month in sorted(cuts.months) if month % 12))
        for at, later in cuts.at:
            with made.section(made.current.pre):
                value = named(made.w, made.node(at))
            walk.cut_codes.setdefault(f"{value.code} + {later}" if later else value.code)


def _locals(node: Lift | AtRow) -> tuple[str, ...]:
    from jinbao.rules.codegen import free_locals

    return free_locals(node)


def _self(lifts: Lifts) -> Expressions:
    return lifts  # type: ignore[return-value]  # the mixin is only ever part of Expressions

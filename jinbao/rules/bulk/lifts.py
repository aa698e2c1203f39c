"""Verbs over rows in the kernel: accumulators that one walk through the stretches of equal months fills."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from jinbao.rules.bulk.arithmetic import TooLarge, divide, multiply, named, settled, within
from jinbao.rules.bulk.assembly import walk_lines
from jinbao.rules.bulk.passes import Walk
from jinbao.rules.bulk.pieces import Cuts, Pieces
from jinbao.rules.bulk.value import LIMIT, Divisor, Value, truth, whole
from jinbao.rules.bulk.writer import Failing
from jinbao.rules.codegen import row_parts
from jinbao.rules.ir import AtRow, Grain, Lift, Node, Type

if TYPE_CHECKING:
    from jinbao.rules.bulk.expressions import Expressions

MOST_MONTHS, MOST_YEARS, MOST_PASSES = 1440, 120, 4


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
                return _Picked(made, current.start, current.end).at(node, f"y == {key}")
        return self._month(node, key, current.start)

    def _month(self, node: AtRow, key: str, start: list[str]) -> tuple[Value, str]:
        """Keep the value of one month in the shared walk."""
        made, cuts = _self(self), Cuts()
        walk = made.current.walk
        constant = self.examine.constant(node.item, cuts)
        self._add_cuts(walk, cuts)
        with made.section(walk.pieces if constant else walk.each):
            here = f"(ym <= {key} and {key} < till)" if constant else f"ym == {key}"
            return _Picked(made, start, walk.end).at(node, here)

    def _lifted(self, node: Lift) -> Value:
        made = _self(self)
        current = made.current
        if node.over == "年":
            with made.section(current.year_post):
                value = _Reduction(made, node, MOST_YEARS, current.start, current.end).write()
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
            return _Reduction(made, node, rows, one.start, one.end, weight="n" if constant else "").write()

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


class _Rows:
    """What a verb over rows writes: its variables, made before the first row, and statements under a condition."""

    def __init__(self, made: Expressions, start: list[str], end: list[str]) -> None:
        self.made, self.start, self.end, self.w = made, start, end, made.w
        self.failing = Failing(made.w.numbers)

    def variable(self, initial: str = "0") -> str:
        name = self.w.fresh("a")
        self.start.append(f"{name} = {initial}")
        return name

    def under(self, test: Value, lines: Callable[[], None]) -> None:
        """Write statements for the rows that meet the condition."""
        if test.truth is True:
            lines()
        elif test.truth is None:
            block = self.w.branch()
            with self.w.inside(block):
                lines()
            self.w.put(f"if {test.code}:", block)

    @contextmanager
    def row(self) -> Iterator[None]:
        """Write what is done in a row; what cannot be computed there is marked, not given up."""
        self.w.failing.append(self.failing)
        yield
        self.w.failing.pop()
        if self.failing.name:
            self.start.append(f"{self.failing.name} = False")


class _Picked(_Rows):
    """取年 and 取月."""

    def at(self, node: AtRow, here: str) -> tuple[Value, str]:
        """Keep the value of the one row where `here` holds; the second result says whether there was one."""
        acc, seen = self.variable("False" if node.type is Type.BOOL else "0"), self.variable("False")
        kept: list[Value] = []

        def keep() -> None:
            kept.append(settled(self.w, named(self.w, self.made.node(node.item))))
            self.w.line(f"{acc} = {kept[0].code}")
            self.w.line(f"{seen} = True")

        with self.row():
            self.under(Value(here, Type.BOOL, 0, 1), keep)
        lo, hi = min(kept[0].lo, 0), max(kept[0].hi, 0)
        return replace(kept[0], code=acc, lo=lo, hi=hi, bad=self.failing.name, grain="人"), seen


class _Reduction(_Rows):
    """One lifting verb: its accumulators, the statements of a row, and the value that comes out."""

    def __init__(
        self, made: Expressions, node: Lift, rows: int, start: list[str], end: list[str], weight: str = ""
    ) -> None:  # fmt: skip
        super().__init__(made, start, end)
        self.node, self.rows, self.weight = node, rows, weight
        self.grain: Grain = node.within

    def write(self) -> Value:
        """Write the row into the current block and return the value after all rows."""
        with self.row():
            found = _VERBS[self.node.verb](self)
        return replace(found, bad=self.failing.name, grain=self.grain)

    def condition(self) -> Value:
        return self.made.node(self.node.where) if self.node.where is not None else truth(True)

    def counted(self) -> Value:
        """计数."""
        acc, test, weight = self.variable(), self.condition(), self.weight or "1"
        self.under(test, lambda: self.w.line(f"{acc} += {weight}"))
        return Value(acc, Type.INTEGER, 0, self.rows)

    def summed(self) -> Value:
        """合计."""
        return self._sum(self.node.item, None)

    def _sum(self, part: Node | None, factor: Node | None) -> Value:
        assert part is not None  # noqa: S101  # a sum always has an item
        test = self.condition()
        holder: list[Value] = []
        self.under(test, lambda: holder.append(self._add_row(part, factor)))
        return holder[0] if holder else whole(0, self.node.type)

    def _add_row(self, part: Node, factor: Node | None) -> Value:
        item = self.made.node(part)
        if factor is not None:
            item = multiply(self.w, item, self.made.node(factor), Type.NUMBER)
        pending = item.by is not None and self._kept(item.by)
        if item.by and not pending:
            item = settled(self.w, item)
        item = within(self.w, item, LIMIT // self.rows)
        acc = self.variable()
        term = item.code if not self.weight or item.code == "0" else f"{item.code} * {self.weight}"
        if not (item.constant and item.lo == 0):
            self.w.line(f"{acc} += {term}")
        total = replace(item, code=acc, lo=min(item.lo * self.rows, 0), hi=max(item.hi * self.rows, 0),
                        err=item.err * self.rows, type=self.node.type, bad=None)  # fmt: skip
        return self._by_years(total, acc) if pending and self._yearly(total.by) else total

    def _kept(self, by: Divisor) -> bool:
        """Tell whether numerators may be added up under one divisor."""
        return by.grain == "人" or (by.grain == "年" and self.node.over == "月")

    def _yearly(self, by: Divisor | None) -> bool:
        return by is not None and by.grain == "年" and self.node.within == "人"

    def _by_years(self, total: Value, acc: str) -> Value:
        """Divide what each year has added up, and add the quotients: few divisions, each less than a step too small."""
        year = replace(total, lo=min(total.lo * 12 // self.rows, 0), hi=max(total.hi * 12 // self.rows, 0))
        self.start.remove(f"{acc} = 0")
        walk = self.made.current.walk
        walk.start.append(f"{acc} = 0")
        one = settled(self.w, year)
        sum_ = self.variable()
        walk.end.append(f"if {acc} != 0:")
        walk.end.append(f"    {sum_} += {one.code}")
        if one.reach * MOST_YEARS > LIMIT:
            raise TooLarge
        return replace(one, code=sum_, lo=one.lo * MOST_YEARS, hi=one.hi * MOST_YEARS, err=one.err * MOST_YEARS)

    def average(self) -> Value:
        """平均 and 加权平均."""
        top = self._sum(self.node.item, self.node.weight)
        bottom = self._sum(self.node.weight, None) if self.node.weight is not None else self.counted()
        result = Value(bottom.code, bottom.type, bottom.lo, bottom.hi, bottom.scale, bottom.by, bottom.err, self.grain)
        positive = replace(result, lo=1, hi=max(result.hi, 1), code=f"max({result.code}, 1)")
        self._after(f"{result.code} <= 0")
        return divide(self.w, top, positive)

    def _after(self, condition: str) -> None:
        """Give up after the last row under a condition."""
        name = self.failing.mark()
        self.end.append(f"{name} |= {condition}")

    def extreme(self) -> Value:
        """最大, 最小, 首值, 末值."""
        acc, seen, test = self.variable(), self.variable("False"), self.condition()
        holder: list[Value] = []
        self.under(test, lambda: holder.append(self._keep(acc, seen)))
        self._after(f"not {seen}")
        return replace(holder[0], code=acc, lo=min(holder[0].lo, 0), hi=max(holder[0].hi, 0)) if holder else whole(0)

    def _keep(self, acc: str, seen: str) -> Value:
        node = self.node
        assert node.item is not None  # noqa: S101  # these verbs always have an item
        item = settled(self.w, named(self.w, self.made.node(node.item)))
        better = {"最大": f"not {seen} or {item.code} > {acc}", "最小": f"not {seen} or {item.code} < {acc}"}
        test = better.get(node.verb, f"not {seen}" if node.verb == "首值" else "")
        if test:
            self.w.line(f"if {test}:")
        self.w.line(f"{'    ' if test else ''}{acc} = {item.code}")
        self.w.line(f"{seen} = True")
        return item

    def time(self) -> Value:
        """首月, 末月, 首年, 末年."""
        acc, seen, test = self.variable(), self.variable("False"), self.condition()
        key = "ym" if self.node.over == "月" else "y"
        last = self.node.verb.startswith("末")
        value = f"{key} + {self.weight} - 1" if last and self.weight else key

        def keep() -> None:
            self.w.line(f"{acc} = {value}" if last else f"{acc} = {acc} if {seen} else {value}")
            self.w.line(f"{seen} = True")

        self.under(test, keep)
        self._after(f"not {seen}")
        scale = 12 if self.node.over == "月" else 1
        return Value(acc, self.node.type, 0, (self.made.tables.last_year + 1) * scale)

    def quantified(self) -> Value:
        """任一 and 全部."""
        every = self.node.verb == "全部"
        acc = self.variable(str(every))
        test = self.made.node(self.node.where if self.node.where is not None else _item(self.node))
        test = replace(test, code=f"(not {test.code})", lo=1 - test.hi, hi=1 - test.lo) if every else test
        if test.truth is not None:
            test = truth(bool(test.lo))
        self.under(test, lambda: self.w.line(f"{acc} = {not every}"))
        return Value(acc, Type.BOOL, 0, 1)


def _item(node: Lift) -> Node:
    assert node.item is not None  # noqa: S101  # lowering made sure
    return node.item


_VERBS: dict[str, Callable[[_Reduction], Value]] = {
    "计数": _Reduction.counted,
    "合计": _Reduction.summed,
    "平均": _Reduction.average,
    "加权平均": _Reduction.average,
    "最大": _Reduction.extreme,
    "最小": _Reduction.extreme,
    "首值": _Reduction.extreme,
    "末值": _Reduction.extreme,
    "首月": _Reduction.time,
    "末月": _Reduction.time,
    "首年": _Reduction.time,
    "末年": _Reduction.time,
    "任一": _Reduction.quantified,
    "全部": _Reduction.quantified,
}

"""What verbs over rows write: accumulators made before the first row, statements for each row, the value at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from jinbao.rules.bulk.arithmetic import TooLarge, divide, multiply, named, settled, within
from jinbao.rules.bulk.value import LIMIT, Divisor, Value, truth, whole
from jinbao.rules.bulk.writer import Failing
from jinbao.rules.ir import AtRow, Grain, Lift, Node, Type

if TYPE_CHECKING:
    from jinbao.rules.bulk.expressions import Expressions

MOST_MONTHS, MOST_YEARS = 1440, 120


class Rows:
    """What a verb over rows writes: its variables, made before the first row, and statements under a condition."""

    def __init__(self, made: Expressions, start: list[str], end: list[str]) -> None:
        self.made, self.start, self.end, self.w = made, start, end, made.w
        self.failing = Failing(made.w.numbers)

    def variable(self, initial: str = "0") -> str:
        """Make a variable before the first row."""
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


class Picked(Rows):
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


class Reduction(Rows):
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
        """Write the condition of the verb."""
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


_VERBS: dict[str, Callable[[Reduction], Value]] = {
    "计数": Reduction.counted,
    "合计": Reduction.summed,
    "平均": Reduction.average,
    "加权平均": Reduction.average,
    "最大": Reduction.extreme,
    "最小": Reduction.extreme,
    "首值": Reduction.extreme,
    "末值": Reduction.extreme,
    "首月": Reduction.time,
    "末月": Reduction.time,
    "首年": Reduction.time,
    "末年": Reduction.time,
    "任一": Reduction.quantified,
    "全部": Reduction.quantified,
}

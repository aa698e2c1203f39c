"""Names in the kernel: each is computed where it is first asked for, in the section of its grain, and then known."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from jinbao.rules.bulk.arithmetic import named
from jinbao.rules.bulk.errors import NotCompilable
from jinbao.rules.bulk.inputs import Column, month_column, person_column
from jinbao.rules.bulk.passes import Pass
from jinbao.rules.bulk.state import Again, Findings
from jinbao.rules.bulk.tables import Series, Tables
from jinbao.rules.bulk.value import NULL, RANK, Value, finest, whole
from jinbao.rules.bulk.writer import Block, Failing, Writer
from jinbao.rules.errors import NotInForce
from jinbao.rules.ir import AsOf, Choose, Compare, Const, Grain, Input, Node, Previous, Type
from jinbao.rules.lawbook import Rule
from jinbao.rules.scope import Scope

MAX_MONEY = 10**9
"""The largest recurring value in its unit (yuan); a person beyond it goes to the exact reading."""


class Names:
    """Reads names; `read` is the entrance, `node` (of the subclass) writes rule bodies."""

    node: Callable[[Node], Value]
    if TYPE_CHECKING:
        refusal: Callable[..., NotCompilable]

    def __init__(
        self, scope: Scope, tables: Tables, findings: Findings, columns: Collection[str] | None, given: frozenset[str]
    ) -> None:
        self.scope, self.tables, self.findings = scope, tables, findings
        self.held, self.given = columns, given
        self.w = Writer()
        self.passes = [Pass()]
        self.current = self.passes[0]
        self.columns: dict[str, Column] = {}
        self.months: dict[str, Column] = {}
        self.env: dict[str, Value] = {}
        self.stack: list[Rule] = []
        self._versions: dict[tuple[str, Grain], tuple[Node, Rule]] = {}
        self.last_month = tables.last_year * 12 + 11

    def input(self, node: Input) -> Value:
        """Read a name as a rule writes it."""
        if node.kind == "行":
            return self.row_key(node.name)
        if node.optional and node.grain == "人":
            value = self.optional(node.name)
            if value.constant and value.lo == NULL:
                self.w.fail()
                return Value("0", node.type, 0, 0)
            self.w.guard(f"{value.code} == NULL")
            return replace(value, code=f"max({value.code}, {value.lo})") if self.w.failing else value
        if node.kind == "参数" and node.at != "人" and node.name not in self.given:
            return self._used(self.dated(node.name, node.at, node.element))
        return self._used(self.read(node.name, node.grain if node.grain != "人" else "人"))

    def row_key(self, name: str) -> Value:
        """Return 年月 or 年度 of the row."""
        if name == "年月":
            return Value("ym", Type.MONTH, self.tables.first_year * 12, self.last_month, grain="月")
        return Value("y", Type.INTEGER, self.tables.first_year, self.tables.last_year, grain="年")

    def _used(self, value: Value) -> Value:
        """Note where a value could not be computed that is needed here."""
        if value.bad:
            self.w.guard(value.bad)
        return replace(value, bad=None)

    def read(self, name: str, grain: Grain) -> Value:
        """Return the value of a name, computing it in the section of its grain where it is not known."""
        found = self.w.block.find(name)
        if found is not None:
            return found
        if RANK[grain] < RANK[self.w.block.grain]:
            if grain == "人" and self.current is self.passes[-1]:
                self.findings.early.setdefault(name)
            with self.section(self.current.pre if grain == "人" else self.current.year_pre):
                return self.read(name, grain)
        value = self._computed(name, grain)
        self.w.block.known[name] = value
        return value

    @contextmanager
    def section(self, block: Block) -> Iterator[None]:
        """Write into a section of coarser grain; what fails there fails there."""
        outer, self.w.failing, env = self.w.failing, [], self.env
        self.env = {}
        with self.w.inside(block):
            yield
        self.w.failing, self.env = outer, env

    def _computed(self, name: str, grain: Grain) -> Value:
        term = self.scope.law.glossary[name]
        if name in self.given or term.kind == "事实":
            return self._month_fact(name) if grain == "月" else self._person_fact(name, grain)
        if term.kind == "参数":
            try:
                found = self.scope.parameter(name, self.scope.on)
            except NotInForce:
                return self._nothing(term.inner)
            numbers, scale = self.tables.encoded(term.inner, [found.value])
            return whole(numbers[0], term.inner, scale)
        return self._rule(name, grain)

    def _person_fact(self, name: str, grain: Grain) -> Value:
        glossary = self.scope.law.glossary
        if grain == "年":
            raise self._unsupported(f"年级事实“{name}”不在履历文件中")
        default = glossary.default(name)
        column = person_column(name, glossary[name], default)
        if self.held is None or name in self.held:
            self.columns[name] = column
            return replace(column.value(f"x{list(self.columns).index(name)}[p]"), grain="人")
        if default is not None:
            numbers, scale = self.tables.encoded(column.type, [default])
            return whole(numbers[0], column.type, scale)
        if column.optional:
            return whole(NULL, column.type)
        self.w.fail()
        return Value("0", column.type, 0, 0)

    def optional(self, name: str) -> Value:
        """Return an optional fact, which may be NULL."""
        value = named(self.w, self.read(name, "人"))
        self.w.block.known.setdefault(name, value)
        return value

    def _month_fact(self, name: str) -> Value:
        if name in self.given:
            raise self._unsupported(f"月级的“{name}”不能作为事实给定")
        column = self.months.setdefault(name, month_column(name, self.scope.law.glossary[name]))
        return column.value(f"c{list(self.months).index(name)}")

    def _unsupported(self, message: str) -> NotCompilable:
        at = self.stack[-1].source.at if self.stack else None
        return NotCompilable(message, at=at, advice="成批计算的履历每月只有缴费基数等月级事实；其余用逐人计算。")

    def _rule(self, name: str, grain: Grain) -> Value:
        if self.w.block.grain == "人" and grain == "人":
            try:
                rule = self.scope.rule(name)
            except NotInForce:
                return self._nothing(self.scope.law.glossary[name].inner)
            return self._body(rule.body, rule, failing=False)
        body, rule = self.versions(name, grain)
        return self._body(body, rule, failing=True)

    def _nothing(self, kind: Type) -> Value:
        """Stand for what does not exist on this day: whoever needs it goes to the exact reading, which says why."""
        if not self.stack:
            raise NotInForce("所求的规则在这个地区、这一天没有规定", advice="jinbao law show 列出各版本。")
        self.w.fail()
        return Value("0", kind, 0, 0)

    def _body(self, body: Node, rule: Rule, *, failing: bool) -> Value:
        env, self.env = self.env, {}
        self.stack.append(rule)
        failure, block, start = Failing(self.w.numbers), self.w.block, len(self.w.block.lines)
        if failing:
            self.w.failing.append(failure)
        value = self.node(body)
        value = named(self.w, value) if value.type is not Type.NEVER else value
        if failing:
            self.w.failing.pop()
        if failure.name:
            block.lines.insert(start, f"{failure.name} = False")
        self.stack.pop()
        self.env = env
        return replace(value, bad=failure.name, grain=finest(value))

    def versions(self, name: str, grain: Grain) -> tuple[Node, Rule]:
        """Return a yearly or monthly rule as one body that chooses its version by the row's own time."""
        if (name, grain) not in self._versions:
            self._versions[name, grain] = self._all_versions(name, grain)
        return self._versions[name, grain]

    def _all_versions(self, name: str, grain: Grain) -> tuple[Node, Rule]:
        first = self.tables.first_year * (12 if grain == "月" else 1)
        last = self.tables.last_year * (12 if grain == "月" else 1)
        stretches: list[tuple[int, Rule]] = []
        for key in range(first, last + 1):
            rule = self._in_force(name, grain, key)
            if rule is None:
                stretches = []
                self._begin(key + 1, grain)
            elif not stretches or stretches[-1][1] is not rule:
                stretches.append((key, rule))
        if not stretches:
            raise NotInForce(f"规则“{name}”在这段时间没有规定")
        body = stretches[0][1].body
        for start, rule in stretches[1:]:
            body = _later(body, rule.body, start, grain)
        return body, stretches[-1][1]

    def _in_force(self, name: str, grain: Grain, key: int) -> Rule | None:
        from datetime import date

        day = self.scope.year_day(key) if grain == "年" else date(key // 12, key % 12 + 1, 1)
        try:
            return self.scope.rule(name, day)
        except NotInForce:
            return None

    def _begin(self, key: int, grain: Grain) -> None:
        """Careers that begin earlier than every rule for rows go to the exact reading."""
        month = key if grain == "月" else key * 12
        self.findings.first_month = max(self.findings.first_month, month)

    def as_of(self, node: AsOf) -> Value:
        """Read a parameter as of another year or month."""
        if node.type is Type.TABLE:
            raise self.refusal(node, "按年、按月取表不能成批编译", "人级规则直接用表名。")
        series = self.tables.by_year(node.name) if node.by == "年" else self.tables.by_month(node.name)
        return self._used(self._entry(node.name, series, self.node(node.when), node.element))

    def dated(self, name: str, at: Grain, element: Type) -> Value:
        """Read a parameter at the time of the row, once a year where no year sees a change."""
        months = self.tables.by_month(name) if at == "月" else None
        series = (months.yearly() or months) if months else self.tables.by_row_year(name)
        label = f"{at}:{name}"
        if series is months:
            return self._entry(name, series, self.row_key("年月"), element)
        found = self.w.block.find(label)
        if found is None:
            with self.section(self.current.year_pre):
                found = self.current.year_pre.known[label] = self._entry(name, series, self.row_key("年度"), element)
        return found

    def _entry(self, name: str, series: Series, when: Value, element: Type) -> Value:
        numbers, scale = self.tables.encoded(element, series.values)
        known = [number for number in numbers if number != NULL]
        if not known:
            return self._nothing(element)
        if series.single:
            return whole(known[0], element, scale)
        last = series.first + len(numbers) - 1
        array = self.tables.array(f"{name}（自 {series.first}）", numbers)
        if when.lo < series.first or when.hi > last:
            when = named(self.w, when)
            self.w.guard(f"({when.code} < {series.first} or {when.code} > {last})")
            if self.w.block.grain != "人":
                when = replace(when, code=f"min(max({when.code}, {series.first}), {last})")
        entry = self.w.fresh()
        self.w.line(f"{entry} = {array}[{when.code} - {series.first}]")
        return self._known_entry(Value(entry, element, min(known), max(known), scale, grain=when.grain), numbers)

    def _known_entry(self, entry: Value, numbers: list[int]) -> Value:
        """Mark the years without a value; the number itself stays harmless."""
        if NULL not in numbers:
            return entry
        if self.w.block.grain == "人":
            self.w.guard(f"{entry.code} == NULL")
            return entry
        bad = self.w.fresh("bad")
        self.w.line(f"{bad} = {entry.code} == NULL")
        self.w.line(f"{entry.code} = max({entry.code}, {entry.lo})")
        return replace(entry, bad=bad)

    def previous(self, node: Previous) -> Value:
        """Read a yearly value of the year before."""
        if node.kind == "事实":
            raise self._unsupported(f"年级事实“{node.name}”不在履历文件中")
        initial = self.node(node.initial)
        if not initial.constant:
            raise self.refusal(node, "上年 的初值不是常数", "初值写成数，例如 0。")
        assumed = self.findings.recurring.setdefault(node.name, replace(initial, hi=initial.hi + 1))
        code = self.current.state(node.name, str(initial.lo * (assumed.scale // initial.scale)))
        return self._used(replace(assumed, code=code, grain="年", bad=f"{code}_bad"))

    def close_years(self) -> None:
        """Hand every recurring value on to the next year. Raises Again where its form was assumed otherwise."""
        handed: set[str] = set()
        while left := [
            (each, *state) for each in self.passes for state in each.states.items() if state[1] not in handed
        ]:
            each, name, code = left[-1]
            with self.during(each), self.section(each.year_post):
                self._hand_on(name, code)
            handed.add(code)

    @contextmanager
    def during(self, one: Pass) -> Iterator[None]:
        """Write into one of the passes."""
        outer, self.current = self.current, one
        with self.section(one.post):
            yield
        self.current = outer

    @contextmanager
    def earlier(self) -> Iterator[None]:
        """Write into the pass before the current one, begun where there is none: it is over when this one begins."""
        if self.current is self.passes[0]:
            self.passes.insert(0, Pass(len(self.passes)))
            self.current.pre.outer = self.passes[0].post
        with self.during(self.passes[self.passes.index(self.current) - 1]):
            yield

    def _hand_on(self, name: str, code: str) -> None:
        value = self.read(name, "年")
        if value.by or value.err:
            at = self.scope.rule(name).source.at
            raise NotCompilable(f"规则“{name}”：递推的值没有舍入", at=at, advice="先四舍五入到固定的小数位。")
        assumed = self.findings.recurring[name]
        bound = MAX_MONEY * value.scale
        form = replace(assumed, scale=value.scale, lo=0 if value.lo >= 0 else -bound, hi=bound, type=value.type)
        if form != assumed:
            self.findings.recurring[name] = form
            raise Again
        self.w.line(f"{code}_bad = {value.bad or False} or {value.code} > {bound} or {value.code} < {form.lo}")
        self.w.line(f"{code} = min(max({value.code}, {form.lo}), {bound})")


def _later(before: Node, after: Node, start: int, grain: Grain) -> Node:
    """Choose the later version from a year or month on."""
    name, kind = ("年月", Type.MONTH) if grain == "月" else ("年度", Type.INTEGER)
    row = Input(name, "行", grain, grain, type=kind)
    return Choose(
        Compare(">=", row, Const(start, str(start), type=kind), type=Type.BOOL), after, before,
        type=after.type, exact=before.exact and after.exact,
    )  # fmt: skip

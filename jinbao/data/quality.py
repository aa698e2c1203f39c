"""The quality gate: every rule of a dataset over every row, in one pass.

Rules come from the columns (form, required, type with check digits and code lists), from quality.yaml, and from the
caller (`ExtraCheck`: what only a room above can know, such as whether a person is enrolled). Each reports how many rows
it saw, how many it could check, how many failed; a rule that checked nothing says so and does not count as passed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jinbao.data.columns import Mask, ReadColumn, read_column
from jinbao.data.datasets import Column, Rule, Severity
from jinbao.data.quality_rules import KINDS, Setting, Verdict
from jinbao.data.seen import Rows, SeenKeys, hash_keys
from jinbao.data.sources import STRUCTURE, Chunk, Problem, place_of_line
from jinbao.data.values import TYPES

EXAMPLES = 5
"""Places that a rule's report names."""


class Fault(NamedTuple):
    """What an extra check finds: the row's position in the record batch, the column's name, the reason."""

    row: int
    column: str
    reason: str


@dataclass(frozen=True)
class ExtraCheck:
    """A check of a room above over the rows that passed everything else, a record batch of typed columns at a time."""

    name: str
    check: Callable[[pa.RecordBatch], Iterable[Fault]]
    severity: Severity = "错误"


@dataclass
class RuleReport:
    """What one rule did: rows seen, checked and failed, and the first places."""

    name: str
    severity: Severity = "错误"
    seen: int = 0
    checked: int = 0
    failed: int = 0
    examples: list[dict[str, Any]] = field(default_factory=list)

    @property
    def outcome(self) -> str:
        """One of 通过, 未通过, 有提示, 未检查 (no row to check), 无数据 (no row at all)."""
        if not self.seen:
            return "无数据"
        if not self.checked:
            return "未检查"
        if not self.failed:
            return "通过"
        return "未通过" if self.severity == "错误" else "有提示"

    def as_json(self) -> dict[str, Any]:
        """Return the report as it is kept with the batch."""
        return {
            "name": self.name,
            "severity": self.severity,
            "seen": self.seen,
            "checked": self.checked,
            "failed": self.failed,
            "outcome": self.outcome,
            "examples": self.examples,
        }


@dataclass
class Judged:
    """A chunk after the gate: typed values, faults by row, and the running number of its first row (from 1)."""

    chunk: Chunk
    values: dict[str, pa.Array]
    faults: dict[int, list[Problem]]
    first_row: int

    @property
    def passed(self) -> Mask:
        """Rows without any fault."""
        mask = np.ones(len(self.chunk.lines), dtype=np.bool_)
        mask[list(self.faults)] = False
        return mask


class Gate:
    """The rules of one dataset applied to one file."""

    def __init__(self, setting: Setting, extra_checks: Iterable[ExtraCheck] = ()) -> None:
        self.setting = setting
        self.dataset = setting.dataset
        self.extra_checks = tuple(extra_checks)
        self.reports = {report.name: report for report in self._reports()}
        self.late: dict[int, Problem] = {}
        """Rows of earlier chunks that a later one repeats: running number → fault."""
        self.received = 0
        self._places = _Places()
        self._seen = {rule.name: SeenKeys() for rule in self.dataset.rules if rule.kind == "unique"}

    def judge(self, chunk: Chunk) -> Judged:
        """Apply every rule to a chunk."""
        judged = Judged(chunk, {}, defaultdict(list), self.received + 1)
        self._places.add(judged.first_row, chunk)
        self.received += len(chunk.lines)
        columns = self._read(judged)
        judged.values = {name: column.values for name, column in columns.items()}
        for rule in self.dataset.rules:
            if rule.kind == "unique":
                self._check_unique(rule, columns, judged)
            else:
                self._note(rule.name, KINDS[rule.kind](rule, columns, self.setting), judged)
        self._check_extra(judged)
        return judged

    def _reports(self) -> Iterator[RuleReport]:
        yield RuleReport(STRUCTURE)
        for column in self.dataset.columns:
            if column.required:
                yield RuleReport(f"必填：{column.label}")
            yield RuleReport(_type_rule(column))
        yield from (RuleReport(rule.name, rule.severity) for rule in self.dataset.rules)
        yield from (RuleReport(check.name, check.severity) for check in self.extra_checks)

    def _read(self, judged: Judged) -> dict[str, ReadColumn]:
        """Read every column; cells and rows whose form is wrong are not asked what they mean."""
        rows = len(judged.chunk.lines)
        blocked: dict[str, Mask] = defaultdict(lambda: np.zeros(rows, dtype=np.bool_))
        verdict = Verdict(np.ones(rows, dtype=np.bool_))
        for problem in judged.chunk.problems:
            verdict.failed.setdefault(problem.row, (problem.column, problem.reason))
            names = [problem.column] if problem.column else [column.name for column in self.dataset.columns]
            for name in names:
                blocked[name][problem.row] = True
        self._note(STRUCTURE, verdict, judged)
        return {
            column.name: self._read_column(column, judged, blocked.get(column.name)) for column in self.dataset.columns
        }

    def _read_column(self, column: Column, judged: Judged, blocked: Mask | None) -> ReadColumn:
        rows = len(judged.chunk.lines)
        free = ~blocked if blocked is not None else np.ones(rows, dtype=np.bool_)
        texts = judged.chunk.texts.get(column.name)
        if texts is None:
            read = ReadColumn(pa.nulls(rows, TYPES[column.type].arrow), np.ones(rows, dtype=np.bool_))
        else:
            read = read_column(column, texts, self.setting.today)
        if blocked is not None:
            read = _without(read, blocked)
        if column.required:
            missing = {int(row): (column.name, f"“{column.label}”不能为空") for row in np.flatnonzero(read.empty)}
            self._note(f"必填：{column.label}", Verdict(free, missing), judged)
        wrong = {row: (column.name, reason) for row, reason in read.wrong.items()}
        self._note(_type_rule(column), Verdict(free & ~read.empty, wrong), judged)
        return read

    def _note(self, name: str, verdict: Verdict, judged: Judged) -> None:
        """Count a verdict and, if the rule rejects, add its faults to the rows."""
        report = self.reports[name]
        report.seen += len(verdict.checked)
        report.checked += int(np.count_nonzero(verdict.checked))
        report.failed += len(verdict.failed)
        for row, (column, reason) in verdict.failed.items():
            if len(report.examples) < EXAMPLES:
                report.examples.append(self._example(judged, row, column, reason))
            if report.severity == "错误":
                judged.faults[row].append(Problem(row, column, name, reason))

    def _example(self, judged: Judged, row: int, column: str, reason: str) -> dict[str, Any]:
        label = self.dataset.column(column).label if column else ""
        place = place_of_line(judged.chunk.sheet, int(judged.chunk.lines[row]))
        return {"place": place, "column": label, "reason": reason}

    def _check_unique(self, rule: Rule, columns: dict[str, ReadColumn], judged: Judged) -> None:
        """Fail every row of a repeated key, the first one too: nobody can tell from here which of them is right."""
        usable = np.ones(len(judged.chunk.lines), dtype=np.bool_)
        for name in rule.columns:
            usable &= columns[name].valid | columns[name].empty
        usable &= columns[rule.columns[0]].valid
        rows = np.flatnonzero(usable)
        verdict = Verdict(usable)
        if len(rows):
            mask = pa.array(usable)
            high, low = hash_keys([columns[name].values.filter(mask) for name in rule.columns])
            numbers = rows.astype(np.int64) + judged.first_row
            firsts = self._seen[rule.name].add(high, low, numbers)
            self._blame(rule, verdict, judged, numbers, firsts)
        self._note(rule.name, verdict, judged)

    def _blame(self, rule: Rule, verdict: Verdict, judged: Judged, numbers: Rows, firsts: Rows) -> None:
        column = rule.columns[0]
        what = rule.message or "、".join(self.dataset.column(name).label for name in rule.columns) + "相同"
        for number, first in zip(numbers[firsts >= 0].tolist(), firsts[firsts >= 0].tolist(), strict=True):
            verdict.failed[number - judged.first_row] = (column, f"{what}：与{self._places.of(first)}重复")
            back = f"{what}：与{self._places.of(number)}重复"
            if first >= judged.first_row:
                verdict.failed.setdefault(first - judged.first_row, (column, back))
            elif first not in self.late:
                self.late[first] = Problem(first, column, rule.name, back)
                self.reports[rule.name].failed += 1

    def _check_extra(self, judged: Judged) -> None:
        if not self.extra_checks:
            return
        passed = judged.passed
        rows = np.flatnonzero(passed)
        batch = typed_batch(judged, passed)
        for check in self.extra_checks:
            verdict = Verdict(passed)
            for fault in check.check(batch):
                verdict.failed.setdefault(int(rows[fault.row]), (fault.column, fault.reason))
            self._note(check.name, verdict, judged)


def typed_batch(judged: Judged, wanted: Mask) -> pa.RecordBatch:
    """Return some rows of a judged chunk as row, sheet, line and the typed columns."""
    rows = np.arange(judged.first_row, judged.first_row + len(wanted), dtype=np.int64)
    columns = {
        "row": pa.array(rows),
        "sheet": pa.array([judged.chunk.sheet]).take(pa.array(np.zeros(len(wanted), dtype=np.int64))),
        "line": pa.array(judged.chunk.lines),
        **judged.values,
    }
    batch = pa.RecordBatch.from_pydict(columns)
    return batch if wanted.all() else batch.filter(pa.array(wanted))


def _without(read: ReadColumn, blocked: Mask) -> ReadColumn:
    values = read.values
    kept = pc.if_else(pa.array(blocked), pa.scalar(None, values.type), values)
    wrong = {row: reason for row, reason in read.wrong.items() if not blocked[row]}
    return ReadColumn(kept, read.empty & ~blocked, wrong)


def _type_rule(column: Column) -> str:
    has_check = column.type in ("公民身份号码", "统一社会信用代码")
    return f"{column.type}{'与校验码' if has_check else ''}：{column.label}"


class _Places:
    """Where each running number stands in the file: sheet and line."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._chunks: list[tuple[str, Rows]] = []

    def add(self, first_row: int, chunk: Chunk) -> None:
        self._starts.append(first_row)
        self._chunks.append((chunk.sheet, chunk.lines))

    def of(self, number: int) -> str:
        at = int(np.searchsorted(self._starts, number, side="right")) - 1
        sheet, lines = self._chunks[at]
        return place_of_line(sheet, int(lines[number - self._starts[at]]))

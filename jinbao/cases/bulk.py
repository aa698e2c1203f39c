"""Many clues at once: cases of one item are chosen by what they are like and get one report or decision, one reason.

Each goes its own way: its own transaction, its own step with the reason, its own event, its own two persons. What one
of them cannot do is told for that one and stops no other. The work goes in slices, so that a page can show how far it
is; whoever is cut off chooses again, and what was done is not there any more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from jinbao.cases import actions
from jinbao.cases.clock import local_day
from jinbao.cases.clues import suggested
from jinbao.cases.effects import EFFECTS
from jinbao.cases.forms import FormRefused, read_form
from jinbao.cases.machine import TRANSITIONS, Transition
from jinbao.cases.models import Case
from jinbao.cases.queries import Filters, filtered
from jinbao.cases.services import Service, load_services, service_of
from jinbao.cases.sight import visible
from jinbao.cases.steps import LONGEST_REMARK, check_remark, written
from jinbao.data.scenes.declared import Column, scenes
from jinbao.data.scenes.models import Finding
from jinbao.kernel.errors import Conflict, FormatError, JinbaoError, NotAllowed, NotFound
from jinbao.kernel.money import yuan_to_fen
from jinbao.kernel.months import Month
from jinbao.kernel.regions import RegionTree
from jinbao.trust.actors import Actor

VERBS = ("report", "approve", "send_back", "recall")
"""What can be done with many at once."""
SIGNS = {"=": "", ">=": "__gte", "<=": "__lte"}
LONGEST_NUMBER = 16
"""Digits with which no database has a difficulty."""
AT_ONCE = 100
"""Cases read at one time."""
_ONE_BY_ONE = "属实的会停发待遇、追回，须逐件核查"


@dataclass(frozen=True)
class Choice:
    """Which cases: of one item, and like this; or, of these, the ones with `numbers`."""

    item: str
    region: str = ""
    text: str = ""
    mine: bool = False
    finding: str = ""
    """What was reported."""
    column: str = ""
    sign: str = "="
    value: str = ""
    """A condition on one column of the row that was handed over."""
    numbers: tuple[str, ...] = ()
    seen: datetime | None = None
    """When they were shown: what came or changed later was not chosen."""


@dataclass
class Slice:
    """How far a slice came."""

    done: int = 0
    last: int = 0
    """Primary key of the last case that was looked at."""
    finished: bool = False
    faults: list[tuple[str, str]] = field(default_factory=list)
    """Number of a case, and why nothing was done with it."""


def verbs_of(by: Actor) -> list[Transition]:
    """Return what an actor's role may do with many clues at once."""
    return [TRANSITIONS[verb] for verb in VERBS if by.role in TRANSITIONS[verb].roles]


def items_of(by: Actor) -> list[tuple[Service, int]]:
    """Return the items of clues with how many cases of each wait for the actor's role, in one query."""
    states = {state for line in verbs_of(by) for state in line.sources}
    found = visible(by).filter(clue__isnull=False, state__in=states).order_by("item").values_list("item")
    counted = dict(found.annotate(n=Count("pk")))
    return [(service, counted.get(code, 0)) for code, service in load_services().items() if service.is_clue]


def chosen(by: Actor, choice: Choice, verb: str, today: date) -> QuerySet[Case]:
    """Return the chosen cases that are where a verb begins, in the order in which they were opened.

    Raises NotFound for an item without clues, FormatError for a condition that cannot be read.
    """
    service = service_of(choice.item)
    if not service.is_clue:
        raise NotFound(f"“{service.name}”不是线索的核查事项", advice="请从线索的核查事项中选择。")
    rows = filtered(visible(by), by, Filters(item=choice.item, text=choice.text, mine=choice.mine), today)
    rows = rows.filter(clue__isnull=False, state__in=TRANSITIONS[verb].sources)
    if choice.region:
        tree = RegionTree.read()
        rows = rows.filter(region__in=[code for code in tree.codes if tree.contains(choice.region, code)])
    if choice.finding in Finding.Outcome.values:
        rows = rows.filter(form__finding=choice.finding)
    if choice.column:
        rows = rows.filter(_condition(choice))
    if choice.seen is not None:
        rows = rows.filter(steps__version=F("version"), steps__at__lte=choice.seen)
    return rows.filter(number__in=choice.numbers) if choice.numbers else rows


def free(by: Actor, rows: QuerySet[Case]) -> QuerySet[Case]:
    """Leave out what others have in their hands."""
    return rows.filter(held_by__in=["", by.username]).order_by("pk")


def columns_of(item: str) -> tuple[Column, ...]:
    """Return the columns of a scene's rows by which the cases of its item can be chosen."""
    found = next((one for one in scenes() if one.case is not None and one.case.item == item), None)
    hidden = ("id_number", "name", "region")
    return tuple(column for column in found.columns if column.name not in hidden) if found else ()


def _condition(choice: Choice) -> Q:
    column = next((one for one in columns_of(choice.item) if one.name == choice.column), None)
    if column is None or choice.sign not in SIGNS:
        raise FormatError("没有这一列", advice="请从列表中选择。")
    return Q(**{f"evidence__row__{column.name}{SIGNS[choice.sign]}": _value(column, choice.value.strip())})


def _value(column: Column, text: str) -> int | str:
    """Read a value as people type it: amounts in yuan, months as 2026-01, codes by number or meaning."""
    try:
        if column.type == "金额":
            return yuan_to_fen(text.replace(",", ""))
        if column.type == "整数":
            return int(text if len(text) < LONGEST_NUMBER else "")
        if column.type == "年月":
            return Month.parse(text).yyyymm
        if column.type == "日期":
            return date.fromisoformat(text).isoformat()
    except (ValueError, JinbaoError):
        raise FormatError(
            f"“{column.label}”的值“{text[:20]}”看不懂", advice="金额以元、年月写成 2026-01、日期写成 2026-01-31。"
        ) from None
    by_meaning = {meaning: code for code, meaning in (column.codes or {}).items()}
    return by_meaning.get(text, text)


def check(choice: Choice, verb: str, found: Mapping[str, Any], remark: str, total: int, *, today: date) -> None:
    """Raise FormatError or FormRefused for what would be wrong with every one of the chosen cases."""
    if not total:
        raise FormatError("没有选择办件", advice="请勾选，或改变筛选条件；刚才办过的已经不在这里。")
    if not written(remark):
        raise FormatError("批量办理须写明理由", advice="理由写入每一件的办理经过。")
    check_remark(TRANSITIONS[verb], remark_of(remark, total))
    if verb != "report":
        return
    service = service_of(choice.item)
    sent = dict(found) | {
        each.name: str(today) for each in service.fields if each.from_row and not found.get(each.name)
    }
    _, errors = read_form(service, sent, today)
    if EFFECTS[choice.item].alone and found.get("finding") == Finding.Outcome.TRUE:
        errors["finding"] = f"{_ONE_BY_ONE}。请在办件页面办理。"
    if errors:
        raise FormRefused(service, errors)


def remark_of(remark: str, total: int) -> str:
    """Return the remark as each case keeps it: that it was one of many is part of it."""
    return f"{written(remark)[:LONGEST_REMARK]}（批量办理，共 {total} 件）"


def act(
    by: Actor,
    choice: Choice,
    verb: str,
    *,
    now: datetime,
    remark: str,
    found: Mapping[str, Any] | None = None,
    after: int = 0,
    goes_on: Callable[[int], bool] | None = None,
) -> Slice:
    """Run a verb on the chosen cases after a primary key, one by one, as long as `goes_on(how many)` says so.

    Raises NotAllowed for whoever may not run the verb at all; what is wrong with one case is in `faults`.
    """
    if verb not in VERBS or by.role not in TRANSITIONS[verb].roles:
        raise NotAllowed("不能这样批量办理", advice="请从线索批量办理页面操作。")
    made = Slice(last=after)
    rows = free(by, chosen(by, choice, verb, local_day(now)))
    while group := list(rows.filter(pk__gt=made.last)[:AT_ONCE]):
        for case in group:
            if goes_on is not None and not goes_on(made.done + len(made.faults)):
                return made
            made.last = case.pk
            try:
                _one(by, case, verb, found or {}, remark, now)
            except JinbaoError as error:
                if _has_done(by, case, verb):
                    made.done += 1
                else:
                    made.faults.append((case.number, error.message))
            else:
                made.done += 1
    made.finished = True
    return made


def _one(by: Actor, case: Case, verb: str, found: Mapping[str, Any], remark: str, now: datetime) -> None:
    said = {"report": found, "approve": case.form}.get(verb, {})
    if EFFECTS[case.item].alone and said.get("finding") == Finding.Outcome.TRUE:
        raise Conflict(_ONE_BY_ONE, advice="请在办件页面办理。")
    if verb == "report":
        filled = suggested(case) | {name: value for name, value in found.items() if value}
        actions.report(by, case, filled, version=case.version, now=now, remark=remark)
        return
    getattr(actions, verb)(by, case, version=case.version, now=now, remark=remark)


def _has_done(by: Actor, case: Case, verb: str) -> bool:
    """Tell whether the same person has done the same meanwhile: a button that was pressed twice is no fault."""
    return case.steps.filter(version=case.version + 1, verb=verb, by=by.username).exists()


def findings_of(by: Actor, rows: QuerySet[Case]) -> Sequence[tuple[str, int]]:
    """Count the chosen cases by what was reported of them."""
    counted = Counter(rows.order_by().values_list("form__finding", flat=True))
    return [(outcome.label, counted[outcome.value]) for outcome in Finding.Outcome if counted[outcome.value]]

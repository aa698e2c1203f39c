"""Invariants of cases: each is a query that must return no row."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, Exists, F, OuterRef, Q
from django.db.models.fields.json import KT

from jinbao.cases.machine import CLOSED, EXAMINATIONS, OPEN, TABLE
from jinbao.cases.models import Case, Pause, Step
from jinbao.data.scenes.models import Finding
from jinbao.insurance.benefits.models import Award
from jinbao.kernel.checks import Check, Row

State = Case.State
_DECISIONS = ("approve", "refuse")


def steps_do_not_lead_here() -> Iterator[Row]:
    """The last step made the state of a case, no step is missing, and every step is a line of the machine's table."""
    last = Step.objects.filter(case=OuterRef("pk"), version=OuterRef("version"), state_after=OuterRef("state"))
    for case in Case.objects.filter(~Exists(last)):
        yield Row(f"cases.Case:{case.number}", f"处于“{case.get_state_display()}”，但没有到达该状态的一步")
    for case in Case.objects.annotate(count=Count("steps")).exclude(count=F("version")):
        yield Row(f"cases.Case:{case.number}", f"应有 {case.version} 步，实有 {case.count} 步")
    before = Step.objects.filter(
        case=OuterRef("case"), version=OuterRef("version") - 1, state_after=OuterRef("state_before")
    )
    for step in Step.objects.filter(~Exists(before), version__gt=1).select_related("case"):
        yield Row(f"cases.Step:{step.pk}", f"{step.case.number} 的第 {step.version} 步不是接着上一步的")
    known = Q()
    for line in TABLE:
        known |= Q(
            verb=line.verb, state_before__in=line.sources, state_after=line.target, role__in=[*line.roles, "system"]
        )
    for step in Step.objects.filter(~known).select_related("case"):
        yield Row(f"cases.Step:{step.pk}", f"{step.case.number} 的“{step.verb}”不是状态表中的一步")


def effects_not_once() -> Iterator[Row]:
    """A case that is done has one approval and what it caused; no other case caused anything."""
    approvals = Case.objects.annotate(approvals=Count("steps", filter=Q(steps__verb="approve")))
    for case in approvals.filter(state=State.DONE).filter(Q(result={}) | ~Q(approvals=1)):
        yield Row(f"cases.Case:{case.number}", "已办结，但没有唯一的一次复核和办理结果")
    for case in approvals.exclude(state=State.DONE).filter(~Q(result={}) | Q(approvals__gt=0)):
        yield Row(f"cases.Case:{case.number}", "没有办结，却已有办理结果")


def decided_by_one_person() -> Iterator[Row]:
    """Applicant, examiner and reviewer of a decided case are different people."""
    for step in Step.objects.filter(verb__in=_DECISIONS).select_related("case"):
        examiners = set(step.case.steps.filter(verb__in=EXAMINATIONS).values_list("by", flat=True))
        if not examiners or step.by in examiners or step.case.applicant in {step.by, *examiners}:
            yield Row(f"cases.Case:{step.case.number}", "申请、审核、复核不是不同的人")


def awards_without_their_case() -> Iterator[Row]:
    """An approved pension application caused an award that names the case as its ground, and the other way round."""
    done = Case.objects.filter(item="pension_application", state=State.DONE)
    for case in done.filter(~Exists(Award.objects.filter(ground=OuterRef("number")))):
        yield Row(f"cases.Case:{case.number}", "养老待遇申领已办结，但没有以其为依据的待遇")
    decided = Case.objects.filter(number=OuterRef("ground"), item="pension_application", state=State.DONE)
    by_case = Award.objects.filter(replaces__isnull=True, ground__regex=r"^[0-9]{6}-[0-9]{8}-[0-9]+$")
    for award in by_case.filter(~Exists(decided)):
        yield Row(f"benefits.Award:{award.pk}", f"依据的办件 {award.ground} 没有办结")


def clock_runs_backwards() -> Iterator[Row]:
    """Nothing ends before it begins, and a running pause belongs to a case that waits for its applicant."""
    wrong = Q(promised_due__lt=F("opened_on")) | Q(statutory_due__lt=F("opened_on")) | Q(closed_at__lt=F("opened_at"))
    for case in Case.objects.filter(wrong | Q(red_from__gt=F("promised_due")) | Q(amber_from__gt=F("red_from"))):
        yield Row(f"cases.Case:{case.number}", "时限早于受理日，或结束早于开始")
    for pause in Pause.objects.filter(until__lt=F("since")).select_related("case"):
        yield Row(f"cases.Pause:{pause.pk}", f"{pause.case.number} 的暂停结束早于开始")
    running = Pause.objects.filter(case=OuterRef("pk"), until__isnull=True)
    waiting = Q(state=State.CORRECTING)
    for case in Case.objects.annotate(running=Exists(running)).filter(
        (waiting & Q(running=False)) | (~waiting & Q(running=True)) | (waiting & Q(paused_since__isnull=True))
    ):
        yield Row(f"cases.Case:{case.number}", "暂停计时与状态不符")


def closing_not_complete() -> Iterator[Row]:
    """A closed case has the time of its closing and is in nobody's hands; an open one has none."""
    closed = Case.objects.filter(state__in=CLOSED).filter(Q(closed_at__isnull=True) | ~Q(held_by=""))
    for case in [*closed, *Case.objects.filter(state__in=OPEN, closed_at__isnull=False)]:
        yield Row(f"cases.Case:{case.number}", "办结时间与状态不符")


def clues_without_their_case() -> Iterator[Row]:
    """A clue that was handed over has one open case, a settled one a decided case that says the same."""
    own = Case.objects.filter(clue=OuterRef("pk"), number=OuterRef("case"))
    handed = Finding.objects.filter(state=Finding.State.HANDED)
    for clue in handed.filter(~Exists(own.filter(state__in=OPEN))):
        yield Row(f"scenes.Finding:{clue.pk}", f"核查中，但办件 {clue.case} 不在办理")
    said = own.filter(state=State.DONE).annotate(said=KT("result__outcome")).filter(said=OuterRef("outcome"))
    for clue in Finding.objects.filter(state=Finding.State.SETTLED).filter(~Exists(said)):
        yield Row(f"scenes.Finding:{clue.pk}", f"已办结，但办件 {clue.case} 没有同样的结论")
    mine = Q(clue__case=F("number"), clue__state=Finding.State.HANDED)
    for case in Case.objects.filter(clue__isnull=False, state__in=OPEN).exclude(mine):
        yield Row(f"cases.Case:{case.number}", "核查在办，但线索不在这件手中")


CHECKS = (
    Check("cases.steps", "每个办件的状态都由状态表中的一步到达", steps_do_not_lead_here),
    Check("cases.effects", "办结的件恰有一次复核和办理结果，其他件没有", effects_not_once),
    Check("cases.four-eyes", "申请、审核、复核是不同的人", decided_by_one_person),
    Check("cases.awards", "每笔以办件为依据的待遇都有办结的件，反之亦然", awards_without_their_case),
    Check("cases.clues", "交办的线索恰有一个在办的件，办结的线索有结论相同的办结件", clues_without_their_case),
    Check("cases.clock", "时限不早于受理日，暂停不早于开始", clock_runs_backwards),
    Check("cases.closing", "已结束的件有结束时间且无人持有", closing_not_complete),
)

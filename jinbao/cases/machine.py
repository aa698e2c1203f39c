"""Which verb takes a case from which state to which, and who may run it: nothing but this table moves a case."""

from __future__ import annotations

from dataclasses import dataclass

from jinbao.cases.models import Case, Kind
from jinbao.data.scenes.actions import DISPATCHERS
from jinbao.kernel.errors import Conflict
from jinbao.trust.models import Role

State = Case.State
APPLICANTS = (Role.INSURED, Role.EMPLOYER, Role.PARTNER, Role.CLERK)
"""Who applies: the person, the agent of an employer or partner agency, or a clerk at the window for somebody there."""
CLERK = (Role.CLERK,)
REVIEWER = (Role.REVIEWER,)
RECALLERS = (Role.AUDITOR,)
"""Who takes clues back that were handed over in error: of those who hand over, the ones who see the business."""

OPEN = (State.SUBMITTED, State.CORRECTING, State.ACCEPTED, State.REVIEWING)
CLOSED = (State.DONE, State.REFUSED, State.WITHDRAWN)
NEW = ""
"""The state before a case exists."""


@dataclass(frozen=True)
class Transition:
    """One line of the table."""

    verb: str
    label: str
    sources: tuple[str, ...]
    target: State
    roles: tuple[Role, ...]
    remark_needed: str = ""
    """What the remark must say; empty where it may stay empty."""
    decides: bool = False
    """True for the verbs of examination and decision, which need different people."""
    of: tuple[Kind, ...] = (Kind.APPLICATION,)
    """The kinds of cases that go this way."""


_NEW, _SUBMITTED, _CORRECTING, _ACCEPTED, _REVIEWING = (NEW,), *((state,) for state in OPEN)
_FIRST = (State.SUBMITTED, State.ACCEPTED)
_WHY = "不予办理的理由和依据"
_NOT = "撤销的原因"
_ALL = "需要补正的全部内容"
_BACK = "退回的原因"
_LESS = "核减的理由"
_HOW = "怎样核实的、依据什么"
_EACH = (Kind.APPLICATION, Kind.CLUE)
_CLUE = (Kind.CLUE,)

# fmt: off
TABLE: tuple[Transition, ...] = (
    #          verb              中文          from         to                roles       remark  decides  of
    Transition("submit",         "提交",       _NEW,        State.SUBMITTED,  APPLICANTS),
    Transition("accept",         "受理",       _SUBMITTED,  State.ACCEPTED,   CLERK),
    Transition("ask_correction", "要求补正",   _FIRST,      State.CORRECTING, CLERK,      _ALL),
    Transition("resubmit",       "补正",       _CORRECTING, State.SUBMITTED,  APPLICANTS),
    Transition("lessen",         "核减",       _ACCEPTED,   State.ACCEPTED,   CLERK,      _LESS,  True),
    Transition("examine",        "审核",       _ACCEPTED,   State.REVIEWING,  CLERK,      "",     True),
    Transition("advise_refusal", "拟不予办理", _ACCEPTED,   State.REVIEWING,  CLERK,      _WHY,   True),
    Transition("approve",        "复核办结",   _REVIEWING,  State.DONE,       REVIEWER,   "",     True,  _EACH),
    Transition("refuse",         "不予办理",   _REVIEWING,  State.REFUSED,    REVIEWER,   _WHY,   True),
    Transition("send_back",      "退回",       _REVIEWING,  State.ACCEPTED,   REVIEWER,   _BACK,  True,  _EACH),
    Transition("withdraw",       "撤回",       OPEN,        State.WITHDRAWN,  APPLICANTS),
    Transition("hand_over",      "交办",       _NEW,        State.ACCEPTED,   DISPATCHERS, of=_CLUE),
    Transition("report",         "报告核查结果", _ACCEPTED, State.REVIEWING,  CLERK,      _HOW,   True,  _CLUE),
    Transition("recall",         "撤销交办",   _ACCEPTED,   State.WITHDRAWN,  RECALLERS,  _NOT,   of=_CLUE),
)
# fmt: on

TRANSITIONS: dict[str, Transition] = {line.verb: line for line in TABLE}
EXAMINATIONS = tuple(line.verb for line in TABLE if line.target == State.REVIEWING)
"""The verbs by which somebody proposes a decision to the reviewer."""
OWN = ("withdraw", "recall")
"""The verbs by which whoever began a case takes it back: possible, not a piece of work that waits."""


def transition(verb: str, state: str, kind: Kind = Kind.APPLICATION) -> Transition:
    """Return the line for a verb in a state. Raises Conflict that names the verbs that are possible there."""
    line = TRANSITIONS[verb]
    if state not in line.sources or kind not in line.of:
        possible = "、".join(other.label for other in verbs_from(state, kind)) or "无（已经办结的件不再变动）"
        raise Conflict(f"“{State(state).label}”的件不能“{line.label}”", advice=f"现在可以办理：{possible}。")
    return line


def verbs_from(state: str, kind: Kind = Kind.APPLICATION, role: Role | None = None) -> tuple[Transition, ...]:
    """Return the lines that leave a state, in the order of the table; with a role, those it may run."""
    lines = (line for line in TABLE if state in line.sources and kind in line.of)
    return tuple(line for line in lines if role is None or role in line.roles)

"""What follows an approval: one line for each service item, run inside the approving transaction.

`preview` tells beforehand, in readable lines, what `apply` will do; its fingerprint makes sure that what the reviewer
approves is what the examiner examined.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from jinbao.cases.effect_batches import preview_declaration, record_declaration
from jinbao.cases.effect_clues import (
    preview_clue,
    preview_death,
    preview_prison,
    settle_clue,
    settle_death,
    settle_prison,
)
from jinbao.cases.effect_corrections import correct_contribution, preview_correction
from jinbao.cases.effect_identity import merge_identities, preview_identities
from jinbao.cases.effect_pension import award_pension, preview_pension
from jinbao.cases.effect_registry import (
    change_account,
    enrol_employee,
    preview_account,
    preview_employee,
    preview_employer,
    register_employer,
)
from jinbao.cases.effect_sharing import grant_access, lessen_access, preview_access
from jinbao.cases.models import Case
from jinbao.cases.outcome import Preview
from jinbao.kernel.errors import Conflict, JinbaoError
from jinbao.trust.actors import Actor, require_region


@dataclass(frozen=True)
class Effect:
    """What an item's approval does, and how it is told beforehand."""

    run: Callable[[Actor, Case, datetime], dict[str, Any]]
    """Do it and return references to what was made, such as {"award": 12}."""
    preview: Callable[[Case, date], Preview]
    lessen: Callable[[Case, Mapping[str, str]], dict[str, Any]] | None = None
    """For what can be granted in part: form field → what is granted instead; raises FormRefused for what is more."""
    alone: bool = False
    """Whether a true clue changes the books, so that each is examined and decided on its own."""


EFFECTS: dict[str, Effect] = {
    "employer_enrolment": Effect(register_employer, preview_employer),
    "employee_enrolment": Effect(enrol_employee, preview_employee),
    "contribution_declaration": Effect(record_declaration, preview_declaration),
    "contribution_correction": Effect(correct_contribution, preview_correction),
    "pension_application": Effect(award_pension, preview_pension),
    "bank_account_change": Effect(change_account, preview_account),
    "identity_merge": Effect(merge_identities, preview_identities),
    "data_sharing": Effect(grant_access, preview_access, lessen_access),
    "clue_death": Effect(settle_death, preview_death, alone=True),
    "clue_prison": Effect(settle_prison, preview_prison, alone=True),
    "clue_double_benefit": Effect(settle_clue, preview_clue),
    "clue_double_enrolment": Effect(settle_clue, preview_clue),
    "clue_uninsured": Effect(settle_clue, preview_clue),
    "clue_unclaimed": Effect(settle_clue, preview_clue),
    "clue_authentication": Effect(settle_clue, preview_clue),
    "clue_job_loss": Effect(settle_clue, preview_clue),
    "clue_hardship": Effect(settle_clue, preview_clue),
}


def apply(by: Actor, case: Case, now: datetime) -> dict[str, Any]:
    """Do what the approval of a case does; whatever it raises undoes the approval."""
    return EFFECTS[case.item].run(by, case, now)


def lessen(case: Case, sent: Mapping[str, str]) -> dict[str, Any]:
    """Return what of an application is to be granted less. Raises Conflict for an item that is granted whole or not."""
    run = EFFECTS[case.item].lessen
    if run is None:
        raise Conflict("该事项不能部分办理", advice="请予以办理，或写明理由不予办理。")
    return run(case, sent)


def preview(by: Actor, case: Case, today: date) -> Preview:
    """Tell an officer of the region what approval would do today; what stands in its way is in `problems`."""
    require_region(by, case.region)
    try:
        return EFFECTS[case.item].preview(case, today)
    except JinbaoError as error:
        return Preview((), problems=(error.message,))

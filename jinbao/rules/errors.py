"""What can go wrong in the law engine; every message names the rule or file and says what to do."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from jinbao.kernel.errors import DeclarationError, JinbaoError


class RuleError(DeclarationError):
    """A rule file is wrong; found when the law is loaded, with file:line."""

    code = "rule"


class LawConflict(RuleError):
    """Two definitions of one name are valid on one day in one region."""

    code = "law-conflict"


class EvaluationError(JinbaoError):
    """A rule could not be evaluated; base of everything that depends on the question, not on the files."""

    code = "evaluation"


class UnknownName(EvaluationError):
    """The name is not in the glossary."""

    code = "unknown-name"


class MissingFact(EvaluationError):
    """A rule needs a fact that was not given and has no default."""

    code = "missing-fact"

    def __init__(self, name: str, message: str, *, advice: str = "") -> None:
        super().__init__(message, advice=advice)
        self.name = name
        self.path: list[str] = []
        """The rules that asked for it, from the nearest to the one that was evaluated."""


class WrongFact(EvaluationError):
    """A given fact does not have the form, choice or range that the glossary declares."""

    code = "wrong-fact"


class NotInForce(EvaluationError):
    """The rule or parameter does not exist (yet, or any more) on the day that was asked."""

    code = "not-in-force"


class NotInProduction(EvaluationError):
    """A value of confidence C was needed in production mode."""

    code = "not-in-production"


class Refused(EvaluationError):
    """A rule itself refuses to compute, with its reason (verb 拒绝)."""

    code = "refused"


class WrongAssumption(EvaluationError):
    """What is supposed is not a parameter, or does not have its form."""

    code = "wrong-assumption"


class OnlySupposed(EvaluationError):
    """An answer that rests on assumptions was about to be used as if the law said so."""

    code = "only-supposed"


class CalendarUnknown(EvaluationError):
    """A count of working days leaves the years whose holidays have been published."""

    code = "calendar-not-covered"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Suggest the names nearest to a wrong one; an empty text when nothing is near."""
    near = get_close_matches(name, list(known), n=3, cutoff=0.5)
    return f"是不是{'、'.join(f'“{other}”' for other in near)}？" if near else ""

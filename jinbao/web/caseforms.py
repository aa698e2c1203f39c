"""The fields of a service item as a page shows them, at the counter and in the portal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jinbao.cases.services import FormField, Service
from jinbao.data import queries as data
from jinbao.data.models import Batch
from jinbao.kernel.money import fen_to_yuan
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role

LATEST = 20
OWN = {Role.INSURED: "id_number", Role.EMPLOYER: "employer_uscc", Role.PARTNER: "partner_code"}
"""The field in which each applicant stands for himself and nobody else."""


@dataclass(frozen=True)
class CaseField:
    """One field with its value, its error and, for a choice, what there is to choose."""

    field: FormField
    value: str
    error: str
    fixed: bool
    options: tuple[tuple[str, str], ...] = ()

    @property
    def kind(self) -> str:
        """How it is entered."""
        if self.field.type == "批次" or len(self.options) > 4:
            return "select"
        return "radio" if self.options else "text"


def fields_of(by: Actor, service: Service, values: Mapping[str, Any], errors: Mapping[str, str]) -> list[CaseField]:
    """Return the fields of an item with the values so far."""
    return [
        CaseField(
            each,
            _text(each, values.get(each.name, each.default)),
            errors.get(each.name, ""),
            OWN.get(by.role) == each.name,
            _options(by, each),
        )
        for each in service.fields
    ]


def _text(field: FormField, value: Any) -> str:
    """Write a value that was sent, or one of a kept form, as it is typed."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if field.type == "金额" and isinstance(value, int):
        return str(fen_to_yuan(value))
    return "" if value is None else str(value)


def _options(by: Actor, field: FormField) -> tuple[tuple[str, str], ...]:
    if field.type == "是否":
        return (("是", "是"), ("否", "否"))
    if field.type == "批次":
        found = data.batches(by, dataset=field.dataset)
        usable = found.filter(status__in=[Batch.Status.CHECKED, Batch.Status.ACCEPTED])[:LATEST]
        return tuple((str(batch.pk), f"{batch}（{batch.accepted}/{batch.received}）") for batch in usable)
    return tuple(field.choices.items())

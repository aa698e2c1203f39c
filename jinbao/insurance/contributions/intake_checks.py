"""What intake asks insurance about rows that are well formed, so that a preview shows what would be refused later."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from itertools import groupby

import pyarrow as pa

from jinbao.data.intake import ExtraCheck, Fault
from jinbao.insurance.contributions.context import Declarant
from jinbao.insurance.contributions.rows import Declared, Refusal
from jinbao.insurance.registry.families import Families
from jinbao.kernel.months import Month
from jinbao.trust.actors import Actor

_COLUMN = {"employer": "employer_uscc", "region": "employer_uscc", "name": "name", "future": "month"}
"""The column at fault, where it is not the identity number."""


def declaration_checks(region: str, today: date) -> tuple[ExtraCheck, ...]:
    """Return the check that `record` will make of each row of 缴费申报: who it means, whether he is insured there.

    Give it to `data.intake.receive(extra_checks=…)`; the rows it finds are in the preview and in the returned file.
    What is declared already is left to `record`, because that may change until the file is accepted.
    """
    return (ExtraCheck("职工已在本单位参保", _Judge(region, lambda declarant, row: declarant.insured(row, today))),)


def correction_checks(region: str) -> tuple[ExtraCheck, ...]:
    """Return the check that `correct` will make of each row of 缴费更正: who it means, what there is to correct."""
    return (ExtraCheck("更正的是已申报的缴费", _Judge(region, _nothing_to_correct)),)


def _nothing_to_correct(declarant: Declarant, row: Declared) -> object:
    person = declarant.identify(row)
    if isinstance(person, Refusal):
        return person
    root = declarant.root(person)
    if any(identity == root for identity, _ in declarant.taken(row.month)):
        return None
    return Refusal(row, "nothing", f"{row.month} 没有可更正的申报")


class _Judge:
    """Judges the rows of a record batch, employer by employer."""

    def __init__(self, region: str, judge: Callable[[Declarant, Declared], object]) -> None:
        self._by = Actor.system(region=region)
        self._judge = judge

    def __call__(self, batch: pa.RecordBatch) -> Iterator[Fault]:
        families = Families()
        rows = [_row(position, values) for position, values in enumerate(batch.to_pylist())]
        by_employer = sorted(rows, key=lambda row: row.employer_uscc)
        for code, group in groupby(by_employer, key=lambda row: row.employer_uscc):
            mine = list(group)
            declarant = Declarant(self._by, code, mine, families)
            for row in mine:
                found = self._judge(declarant, row)
                if isinstance(found, Refusal):
                    yield Fault(row.line or 0, _COLUMN.get(found.code, "id_number"), found.reason)


def _row(position: int, values: dict[str, object]) -> Declared:
    return Declared(
        id_number=str(values["id_number"]),
        name=str(values["name"]),
        month=Month.from_yyyymm(int(str(values["month"]))),
        wage_fen=int(str(values["wage_fen"])),
        employer_uscc=str(values["employer_uscc"] or ""),
        scheme=str(values.get("scheme") or ""),
        line=position,
    )

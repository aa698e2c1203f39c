"""Rows against what they were made from: the line of the file that came, the facts and the law of a determination."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import pyarrow as pa

from jinbao.data import intake
from jinbao.data.models import Batch
from jinbao.insurance.benefits.compute import version
from jinbao.insurance.benefits.models import Determination
from jinbao.insurance.benefits.queries import replay
from jinbao.insurance.contributions.models import Contribution
from jinbao.insurance.registry.families import Families
from jinbao.insurance.registry.models import FormerNumber, Person
from jinbao.kernel.checks import Row
from jinbao.kernel.errors import JinbaoError
from jinbao.kernel.identifiers import CitizenId
from jinbao.kernel.months import Month
from jinbao.rules import facts_hash

DATASETS = ("contribution_declaration", "contribution_correction")
AT_ONCE = 500
"""Lines compared with a few queries."""

Line = tuple[int, str, Month, int]
"""Number, identity number, month and wage in fen, as the file says."""


def rows_are_as_in_the_file() -> Iterator[Row]:
    """Compare person, month and wage of every row that came in a file with the accepted line it came from."""
    families = Families()
    for batch in Batch.objects.filter(dataset__in=DATASETS, status=Batch.Status.RECORDED).order_by("pk").iterator():
        for part in intake.accepted_batches(batch):
            for start in range(0, part.num_rows, AT_ONCE):
                yield from _unlike_their_lines(batch, _lines(part.slice(start, AT_ONCE)), families)


def _lines(part: pa.RecordBatch) -> list[Line]:
    names = ("row", "id_number", "month", "wage_fen")
    columns = (part.column(name).to_pylist() for name in names)
    return [(row, number, Month.from_yyyymm(month), fen) for row, number, month, fen in zip(*columns, strict=True)]


def _unlike_their_lines(batch: Batch, lines: list[Line], families: Families) -> Iterator[Row]:
    recorded = defaultdict(list)
    for made in Contribution.objects.filter(batch_id=batch.pk, line__in=[line[0] for line in lines]).order_by("pk"):
        recorded[made.line].append(made)
    people = _people({number for _, number, _, _ in lines}, families)
    for row, number, month, fen in lines:
        for made in recorded[row]:
            where = f"contributions.Contribution:{made.pk}"
            if (made.month, made.wage_fen) != (month, fen):
                said = f"文件第 {row} 条为 {month} {fen} 分，账上为 {made.month} {made.wage_fen} 分"
                yield Row(where, said)
            if families.root(made.person_id) != people.get(number):
                yield Row(where, f"不是文件第 {row} 条所写的参保人")


def _people(numbers: set[str], families: Families) -> dict[str, int]:
    """Find who the numbers are now, by present and former numbers; each with the identity that is kept."""
    full = {CitizenId.parse(number).number18: number for number in numbers}
    former = FormerNumber.objects.filter(number__in=[*full, *numbers]).values_list("number", "person_id")
    present = Person.objects.filter(id_number__in=full).values_list("id_number", "pk")
    return {full.get(number, number): families.root(pk) for number, pk in (*former, *present)}


def determinations_can_be_replayed() -> Iterator[Row]:
    """Compute every determination again: its facts are those of its hash, and the same law gives the same amount."""
    for made in Determination.objects.order_by("pk").iterator(chunk_size=200):
        where = f"benefits.Determination:{made.pk}"
        if facts_hash(made.facts) != made.facts_hash:
            yield Row(where, "保存的事实与核定时的摘要不符")
        elif made.law_version == version(made.benefit, made.region):
            yield from _otherwise(where, made)


def _otherwise(where: str, made: Determination) -> Iterator[Row]:
    try:
        again = replay(made)
    except JinbaoError as error:
        yield Row(where, f"不能按原事实重算：{error.message}")
        return
    if (again.eligible, again.monthly_fen) != (made.eligible, made.monthly_fen):
        yield Row(where, f"核定为 {made.monthly_fen} 分，按原事实和原法规重算为 {again.monthly_fen} 分")

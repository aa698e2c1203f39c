"""Every unit's files, in the order in which they come, with the truth beside them for tests."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from jinbao.data.datasets import load_dataset
from jinbao.data.units import unit
from jinbao.kernel.months import Month
from jinbao.project import exports
from jinbao.project.demo.units import flows, plot, registers, world
from jinbao.project.demo.units.plot import Plot
from jinbao.project.demo.units.sheets import Desk, Sheet
from jinbao.project.demo.units.world import World

DRAWN: tuple[Callable[[Desk], Iterator[Sheet]], ...] = (
    registers.police, registers.civil_affairs, registers.health, flows.visits, registers.education, registers.justice,
    registers.court, flows.companies, flows.wages_and_deposits, flows.sales, registers.medical_insurance,
    flows.settlements, registers.disabled, registers.veterans, flows.farmers, flows.entries, registers.bank,
    registers.union, flows.job_seekers, registers.elsewhere,
)  # fmt: skip
"""Every unit's desk, in the order in which the deliveries come."""
OLD_ENCODING = ("农业农村", "民政")
"""Units whose system still writes GB 18030."""


@dataclass(frozen=True)
class Delivered:
    """A file on its way: for which dataset, from whom, and which earlier one it corrects."""

    dataset: str
    sender: str
    path: Path
    rows: int
    corrects: Path | None = None


def write(folder: Path, month: Month, region: str, seed: int) -> Iterator[Delivered]:
    """Write the exports of the books and every unit's files, one after the other; the truth comes last.

    The same books and the same seed give the same bytes.
    """
    own = {name: list(export(month, region)) for name, export in exports.EXPORTS.items()}
    yield from write_from(folder, month, own, seed)


def write_from(folder: Path, month: Month, own: dict[str, list[exports.Row]], seed: int) -> Iterator[Delivered]:
    """Write everything from what the books export."""
    for name, rows in ((name, rows) for name, rows in own.items() if rows):
        yield _write_own(folder, name, rows, month)
    people = world.draw(
        np.random.default_rng([seed, 61]),
        month,
        own["insured_person"],
        own["pension_in_payment"],
        own["insured_employer"],
    )
    story = plot.draw(np.random.default_rng([seed, 62]), people)
    truth: list[Sheet] = []
    for number, drawn in enumerate(DRAWN):
        for sheet in drawn(Desk(np.random.default_rng([seed, 63, number]), people, story)):
            if len(sheet):
                truth.append(sheet)
                yield _write_sheet(folder, sheet)
    write_truth(folder, people, story, truth)


def write_truth(folder: Path, people: World, story: Plot, sheets: list[Sheet]) -> None:
    """Keep who every row really is (truth.parquet) and what the scenes must find (truth.json)."""
    columns: dict[str, list[str]] = {"dataset": [], "key": [], "who": []}
    for sheet in sheets:
        if not sheet.corrects and sheet.who[0]:
            columns["dataset"] += [sheet.dataset] * len(sheet)
            columns["key"] += _keys(sheet)
            columns["who"] += sheet.who.tolist()
    pq.write_table(pa.table(columns), folder / "truth.parquet")
    said = {"scenes": story.truth(people), "people": dict(zip(people.who, people.id_number, strict=True))}
    (folder / "truth.json").write_text(json.dumps(said, ensure_ascii=False, indent=1), encoding="utf-8")


def _keys(sheet: Sheet) -> list[str]:
    """Return the keys of the rows as the standard table has them in `_row`."""
    key = load_dataset(sheet.dataset).key
    texts = [[text.replace("-", "") if name == "month" else text for text in sheet.columns[name]] for name in key]
    return ["|".join(parts) for parts in zip(*texts, strict=True)]


def _write_own(folder: Path, name: str, rows: list[exports.Row], month: Month) -> Delivered:
    path = folder / f"人社-{name}-{month}.csv"
    exports.write_rows(path, name, rows)
    return Delivered(name, unit("人社").code, path, len(rows))


def _write_sheet(folder: Path, sheet: Sheet) -> Delivered:
    declared = load_dataset(sheet.dataset)
    owner = unit(declared.owner)
    columns = [column for column in declared.columns if column.name in sheet.columns]
    path = _path(folder, owner.short, sheet.dataset, sheet.label)
    encoding = "gb18030" if owner.short in OLD_ENCODING else "utf-8-sig"
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n" if encoding == "gb18030" else "\n")
        writer.writerow([column.label for column in columns])
        writer.writerows(zip(*(sheet.columns[column.name].tolist() for column in columns), strict=True))
    corrects = _path(folder, owner.short, sheet.dataset, sheet.corrects) if sheet.corrects else None
    return Delivered(sheet.dataset, owner.code, path, len(sheet), corrects)


def _path(folder: Path, owner: str, dataset: str, label: str) -> Path:
    return folder / f"{owner}-{dataset}-{label}.csv"

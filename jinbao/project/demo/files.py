"""Employers' monthly files as they really arrive: mostly right, with the faults that clerks make."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from jinbao.kernel.money import fen_to_yuan
from jinbao.kernel.months import Month
from jinbao.project.demo.careers import Rows
from jinbao.project.demo.city import People, Plan
from jinbao.project.demo.names import homophone

HEADER = ("单位统一社会信用代码", "证件号码", "姓名", "费款所属期", "缴费工资", "险种")


@dataclass(frozen=True)
class Line:
    """One line of a file, as text."""

    uscc: str
    id_number: str
    name: str
    month: str
    wage: str
    scheme: str = ""


def lines(people: People, uscc: dict[int, str], rows: Rows, month: Month) -> Iterator[Line]:
    """Write one right line for each person and employer of the month."""
    for n in np.flatnonzero(rows.month == month.ordinal).tolist():
        person, employer = int(rows.person[n]), int(rows.employer[n])
        yield Line(
            uscc[employer],
            str(people.id_number[person]),
            str(people.name[person]),
            f"{month.year}{month.month:02d}",
            f"{fen_to_yuan(int(rows.wage_fen[n])):.2f}",
        )


def with_faults(rng: np.random.Generator, right: list[Line]) -> list[Line]:
    """Spoil about one line in a hundred: a wrong digit, a homophone, an old number, a month twice, thousands marked."""
    made = []
    for line in right:
        draw = rng.random()
        if draw < 0.003:
            line = _replaced(line, id_number=_wrong_digit(rng, line.id_number))  # noqa: PLW2901  # the spoilt copy
        elif draw < 0.006:
            line = _replaced(line, name=homophone(line.name))  # noqa: PLW2901  # the spoilt copy
        elif draw < 0.008 and line.id_number[6:8] == "19":
            line = _replaced(line, id_number=line.id_number[:6] + line.id_number[8:17])  # noqa: PLW2901  # the old number
        elif draw < 0.010:
            line = _replaced(line, wage=f"{line.wage[:-6]},{line.wage[-6:]}")  # noqa: PLW2901  # 5,210.00
        elif draw < 0.012:
            made.append(line)
        made.append(line)
    return made


def _replaced(line: Line, **change: str) -> Line:
    return Line(**(vars(line) | change))


def _wrong_digit(rng: np.random.Generator, number: str) -> str:
    place = int(rng.integers(14, 17))
    return number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]


def write(path: Path, made: list[Line], *, encoding: str = "utf-8-sig") -> Path:
    """Write the lines as CSV; some districts still send GB 18030."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(tuple(vars(line).values()) for line in made)
    return path


def write_month(plan: Plan, people: People, uscc: dict[int, str], rows: Rows, month: Month, folder: Path) -> list[Path]:
    """Write the month's file of each district: the lines of the employers registered there."""
    rng = np.random.default_rng([plan.seed, 9, month.ordinal])
    by_district: dict[str, list[Line]] = {}
    for line in with_faults(
        rng, sorted(lines(people, uscc, rows, month), key=lambda line: (line.uscc, line.id_number))
    ):
        by_district.setdefault(line.uscc[2:8], []).append(line)
    return [
        write(folder / f"{month}-{district}-缴费申报.csv", made, encoding="gb18030" if n == 1 else "utf-8-sig")
        for n, (district, made) in enumerate(sorted(by_district.items()))
    ]

"""Intake against the bare reading of the same file: python's csv for text, python-calamine for Excel.

    python bench/intake.py [--rows 1000000] [--excel-rows 100000]

Prints ratios first (above 1: intake with every check is faster than the bare reading), then rows a second and the peak
of memory, each measured in a process of its own; the last line is a JSON object.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import subprocess
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

import xlsxwriter

from jinbao.kernel.identifiers import CitizenId, Uscc

HEADING = ("证件号码", "姓名", "费款所属期", "缴费工资", "险种", "单位统一社会信用代码")
LEAST_RATIO, MEMORY_MB = 0.15, 1000
"""Limits: speed against python's csv alone, which holds on a busy machine too; peak memory."""

TIMER = """
import json, resource, sys, time
started = time.perf_counter()
{body}
seconds = time.perf_counter() - started
if sys.platform == "linux":  # getrusage would count what the parent had before
    mb = next(int(line.split()[1]) >> 10 for line in open("/proc/self/status") if line.startswith("VmHWM"))
else:
    mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 20
print(json.dumps({{"seconds": seconds, "rows": rows, "mb": mb}}))
"""
CSV_ALONE = """
import csv
with open(sys.argv[1], encoding="utf-8", newline="") as file:
    rows = sum(1 for _ in csv.reader(file)) - 1
"""
CALAMINE_ALONE = """
import python_calamine
sheet = python_calamine.CalamineWorkbook.from_path(sys.argv[1]).get_sheet_by_index(0)
rows = sum(1 for _ in sheet.iter_rows()) - 1
"""
INTAKE = """
import os, tempfile
os.environ["JINBAO_VAR"] = tempfile.mkdtemp(dir=os.path.dirname(sys.argv[1]))
os.environ.pop("DATABASE_URL", None)
from jinbao.project.cli import setup_django
setup_django()
from pathlib import Path
from django.core.management import call_command
from django.utils import timezone
call_command("migrate", verbosity=0)
from jinbao.data import intake
from jinbao.trust.actors import Actor
file = Path(sys.argv[1])
started = time.perf_counter()
batch = intake.receive(Actor.system(), file, file.name, "contribution_declaration", sender="bench", region="990100",
                       now=timezone.now())
rows = batch.received
assert batch.accepted == rows, batch.rules
"""


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--excel-rows", type=int, default=100_000)
    wanted = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        text, excel = Path(folder, "declaration.csv"), Path(folder, "declaration.xlsx")
        write_csv(text, wanted.rows)
        write_excel(excel, wanted.excel_rows)
        found = {
            "csv_intake": measure(INTAKE, text),
            "csv_alone": measure(CSV_ALONE, text),
            "excel_intake": measure(INTAKE, excel),
            "calamine_alone": measure(CALAMINE_ALONE, excel),
        }
    report(found)


def rows_of(count: int) -> list[tuple[str, ...]]:
    """Make rows of a declaration, a year for each person; the same ones every time."""
    generator = random.Random(1)  # noqa: S311  # measured data, no secret
    employers = [Uscc.make("91", "990101", f"MA{number:06d}").number for number in range(800)]
    rows = []
    for person in range(-(-count // 12)):
        day = date(1960, 1, 1) + timedelta(days=person // 500)
        number = CitizenId.make("990101", day, person % 500 * 2).number18
        name = generator.choice("张王李赵陈") + generator.choice("伟芳娜敏静丽强磊") + generator.choice("一二三四五")
        for month in range(1, 13):
            wage = f"{generator.randrange(3000, 30000)}.{generator.randrange(100):02d}"
            rows.append((number, name, f"2025{month:02d}", wage, "110", employers[person % 800]))
    return rows[:count]


def write_csv(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADING, *rows_of(count)])


def write_excel(path: Path, count: int) -> None:
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for at, row in enumerate([HEADING, *rows_of(count)]):
            for column, cell in enumerate(row):
                if column == 3 and at:
                    sheet.write_number(at, column, float(cell))
                else:
                    sheet.write_string(at, column, cell)


def measure(body: str, file: Path) -> dict[str, float]:
    """Run in a process of its own and return seconds, rows and the peak of memory; the best of two runs."""
    command = [sys.executable, "-c", TIMER.format(body=body), str(file)]
    runs = [json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout) for _ in range(2)]
    return min(runs, key=lambda run: run["seconds"])


def report(found: dict[str, dict[str, float]]) -> None:
    speed = {name: run["rows"] / run["seconds"] for name, run in found.items()}
    csv_ratio = speed["csv_intake"] / speed["csv_alone"]
    excel_ratio = speed["excel_intake"] / speed["calamine_alone"]
    print(f"text : {csv_ratio:.2f} × python's csv alone")
    print(f"Excel: {excel_ratio:.2f} × python-calamine alone")
    for name, run in found.items():
        rows = f"{speed[name]:>10,.0f} rows/s  {run['rows']:>9,} rows"
        print(f"{name:>15}: {rows}  {run['seconds']:.2f} s  {run['mb']} MB")
    within = csv_ratio >= LEAST_RATIO and max(run["mb"] for run in found.values()) < MEMORY_MB
    result = {
        "bench": "intake",
        "csv_ratio": round(csv_ratio, 3),
        "excel_ratio": round(excel_ratio, 3),
        "csv_rows_per_s": round(speed["csv_intake"]),
        "excel_rows_per_s": round(speed["excel_intake"]),
        "csv_mb": found["csv_intake"]["mb"],
        "excel_mb": found["excel_intake"]["mb"],
        "within_limits": within,
    }
    print(json.dumps(result))
    sys.exit(0 if within else 1)


if __name__ == "__main__":
    main()

"""A whole simulation: run both laws, count, hide small cells, and write the result as a file, a workbook and a page."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinbao.kernel.money import fen_to_yuan
from jinbao.oversight.simulation.compute import Part, Work, compute, prepare
from jinbao.oversight.simulation.months import by_month
from jinbao.oversight.simulation.question import Question
from jinbao.oversight.simulation.sheet import write_sheet
from jinbao.oversight.simulation.suppression import LEAST
from jinbao.oversight.simulation.tables import MONEY, PEOPLE, shown
from jinbao.oversight.simulation.tabulate import Counted
from jinbao.oversight.simulation.workbook import write_workbook
from jinbao.rules.bulk.lake import write_in_one_step

OTHER_REASONS = "其他原因（各不足10人的并在一起）"
RESULTS, WORKBOOK, SHEET = "results.json", "results.xlsx", "results.html"


def simulate(
    question: Question,
    lake: Path,
    out: Path,
    *,
    resume: bool = False,
    threads: int = 2,
    progress: Callable[[Part], None] = lambda _: None,
    policy: Path | None = None,
    cache: Path | None = None,
) -> dict[str, Any]:
    """Run a simulation and write results.json, results.xlsx and results.html; return what results.json holds.

    Raises LakeError, WrongAssumption, NotCompilable and what loading raises, before anything is written.
    """
    work = prepare(question, lake, policy=policy, cache=cache)
    parts = compute(work, out, resume=resume, threads=threads, progress=progress)
    results = results_of(work, parts, out)
    text = json.dumps(results, ensure_ascii=False, indent=1) + "\n"
    write_in_one_step(out / RESULTS, text.encode())
    write_workbook(results, out / WORKBOOK)
    write_sheet(results, out / SHEET)
    return results


def results_of(work: Work, parts: list[Part], out: Path) -> dict[str, Any]:
    """Count what was computed and return what may be shown of it."""
    question = work.question
    places = "参保地" if work.has_places else "证件号码前六位所示地区"
    counted = Counted(question, out / "parts", places)
    total, rows = shown(counted.total, counted.dimensions)
    inputs = hashlib.sha256("".join(part.input_hash for part in parts).encode()).hexdigest()[:32]
    return {
        "title": f"{work.benefit.title}政策模拟",
        "benefit": work.benefit.slug,
        "question": {**question.as_json(), "first": str(question.first), "last": str(question.last)},
        "before": work.sides["before"].about(),
        "after": work.sides["after"].about(),
        "input_hash": inputs,
        "computed": _computed(parts),
        "without_answer": reasons_of([part.unanswered for part in parts]),
        "columns": {**PEOPLE, **MONEY},
        "total": total.as_json(),
        "dimensions": [
            {"slug": each.slug, "title": each.title, "rows": [row.as_json() for row in rows[each.slug]]}
            for each in counted.dimensions
        ],
        "months": by_month(counted.starts, question.first, question.months),
        "notes": _notes(work),
    }


def _computed(parts: list[Part]) -> dict[str, Any]:
    sides = ("before", "after")
    return {
        "persons": sum(part.persons for part in parts),
        "exact": {side: sum(part.exact[side] for part in parts) for side in sides},
        "unanswered": {side: sum(sum(part.unanswered[side].values()) for part in parts) for side in sides},
    }


def reasons_of(parts: Sequence[Mapping[str, Mapping[str, int]]]) -> list[dict[str, Any]]:
    """Add up why people have no result, most first; what concerns or differs by fewer than ten is one row."""
    sums: dict[str, list[int]] = {}
    for part in parts:
        for at, side in enumerate(("before", "after")):
            for reason, count in part[side].items():
                sums.setdefault(reason, [0, 0])[at] += count
    rows = sorted(sums.items(), key=lambda row: (-max(row[1]), row[0]))
    rest = [0, 0]
    for reason, counts in [row for row in rows if _small(*row[1])]:
        rest = [one + other for one, other in zip(rest, counts, strict=True)]
        rows.remove((reason, counts))
    while rows and _small(*rest):
        _, counts = rows.pop()
        rest = [one + other for one, other in zip(rest, counts, strict=True)]
    shown = [{"reason": reason, "before": counts[0], "after": counts[1]} for reason, counts in rows]
    if any(rest):
        before, after = (None, None) if _small(*rest) else rest
        shown.append({"reason": OTHER_REASONS, "before": before, "after": after})
    return shown


def _small(before: int, after: int) -> bool:
    return any(0 < size < LEAST for size in (before, after, abs(after - before)))


def _years_to_come(work: Work) -> Iterator[str]:
    """Say what is supposed of the years to come under each law, and what is not."""
    sides = list(work.sides.values())
    paying = [side.yearly.paying is not None for side in sides]
    has_january = work.question.last.year > work.question.first.year
    adjusted = [has_january and bool(side.yearly.adjustments) for side in sides]
    which = {(True, False): "新规定下", (False, True): "原规定下"}
    if not all(paying):
        yield f"{which.get((paying[0], paying[1]), '')}履历停在现有记录：期间内不再缴费，缴费年限和储存额不再增长。"
    if not all(adjusted):
        yield f"{which.get((adjusted[0], adjusted[1]), '')}待遇不作年度调整。"
    later = sorted({month for side in sides for month, _ in side.programs[1:]})
    if later:
        listed = "、".join(map(str, later))
        both = len(sides[0].programs) > 1
        who = "两套都是" if both else f"原规定停在 {sides[0].side.on}"
        yield f"有假设自 {listed} 起：还没有开始领取的人，从那个月起按那时的规定（{who}）；已经在领的不重新核定。"
    else:
        yield "工资和标准不再变动：期间内一直按计算日的规定。"
    if any(side.about()["yearly"] for side in sides):
        yield "今后各年的增长率、调整率是提出模拟的人自己的假设，不是规定，也不是预测。"


def _notes(work: Work) -> list[str]:
    """Say what is modelled and what is not."""
    question, benefit = work.question, work.benefit
    threshold = fen_to_yuan(question.threshold_fen)
    place = "参保地取自履历。" if work.has_places else "履历没有参保地，地区取证件号码前六位，只是最初的户籍地。"
    return [
        f"期间：{question.first} 至 {question.last}，共 {question.months} 个月。",
        f"谁从哪个月开始领取，按“{benefit.start}”；能否领取，按“{benefit.entitled}”；每月金额，按“{benefit.amount}”，到分。",
        *_years_to_come(work),
        "没有结果的人按不领取计入；为什么没有，见“没有结果的人”。",
        "没有模拟死亡（没有给出生命表）、迁移、提前或延迟退休等行为的改变；开始领取的人领到期末。",
        "没有模拟新参保的人，没有计算缴费收入；金额是各年当年的数，没有折现。",
        "已经在领取的人也按计算日的规定重新计算，不是其已核定的金额；只看新领取的人，用“只算期间内才开始领取的”。",
        f"增加、减少：期内合计的变化平均到每月，达到 {threshold} 元的；不到的为基本不变。月支出指期末那个月。",
        "平均、中位变化：期末领取（原或新）的人月待遇的变化；中位数取中间偏小的一个。",
        f"收入十等分：按原规定下的“{benefit.income}”由低到高分为十等分，数值相同的在同一等。性别按证件号码第17位。{place}",
        "不足10人的格不列出（*）；为了不能由其他数字推出，有的较大的格也不列出。",
        "不同的模拟相互比较仍可能透露少数人，结果不宜对外公布。",
    ]

"""The employees' pension written by hand in numba, as well as we can: what the compiled kernel is held against, in
time and in every value.

Same input (stretches of equal months), same whole-number arithmetic, same outputs, for a region with the annual method
of interest, the average index by months and the transition by index (Hubei). Everything that the law decides by
parameter is passed in; nothing else is general.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numba
import numpy as np

from jinbao.rules import Law
from jinbao.rules.bulk.careers import Careers
from jinbao.rules.bulk.compiler import Program
from jinbao.rules.bulk.execute import Answers

STEP = 10**11
RULES = ("基本养老金", "基础养老金", "个人账户养老金", "过渡性养老金", "增发养老金", "个人账户储存额",
         "平均缴费工资指数", "累计缴费月数", "可否领取基本养老金")  # fmt: skip
"""What it computes, in the order of its outputs; the facts it takes."""
FACTS = ("出生年月", "退休类别", "选择退休年月", "视同缴费月数")
KINDS = ("男职工", "女职工55", "女职工50")


@numba.njit(nogil=True, error_model="numpy")
def reference(status: Any, offsets: Any, starts: Any, lengths: Any, base: Any, chosen: Any, deemed: Any, birth: Any,  # noqa: PLR0912, PLR0915  # one branch a kind
              category: Any, wage: Any, share: Any, rate: Any, pay_base: Any, months_table: Any, minimum: Any, age: Any,
              step: Any, most: Any, first_year: int, on_year: int, account_from: int, out: Any) -> None:  # fmt: skip
    """Fill `out` (9 columns) with the pension, its parts, balance, index, months and eligibility."""
    for p in range(status.size):
        a, z = offsets[p], offsets[p + 1]
        if status[p] != 0 or a == z:
            continue
        original = birth[p] + age[category[p]]
        delay = 0
        if original >= 24300:
            delay = min((original - 24300) // step[category[p]] + 1, most[category[p]])
        statutory = original + delay
        has_chosen = chosen[p] > 0
        retire = chosen[p] if has_chosen else statutory
        s = np.int64(starts[a])
        e = s + lengths[a]
        last = np.int64(starts[z - 1]) + lengths[z - 1] - 1
        i, before, counted, index_sum, balance = a, 0, 0, 0, 0
        for y in range(s // 12, max(last // 12, on_year) + 1):
            ends = y * 12 + 12
            year_sum, contribution, weighted = 0, 0, 0
            r = share[y - first_year]
            while s < ends:
                lo, hi = max(s, y * 12), min(e, ends)
                cut = min(max(account_from, lo), hi)
                before += cut - lo
                lo, hi = cut, min(hi, retire + 1)
                if hi > lo:
                    n = hi - lo
                    amount = (np.int64(base[i]) * r + 50) // 100
                    counted += n
                    year_sum += base[i] * n
                    contribution += amount * n
                    if y == retire // 12:
                        for m in range(lo, hi):
                            weighted += amount * (retire - m)
                if e > ends:
                    break
                i += 1
                if i < z:
                    s = np.int64(starts[i])
                    e = s + lengths[i]
                else:
                    s = 1 << 40
            if year_sum:
                d = wage[y - first_year]
                q = year_sum // d
                index_sum += q * STEP + (year_sum - q * d) * STEP // d
            if y <= retire // 12 and balance + contribution:
                if y == retire // 12:
                    interest = ((balance * (retire % 12) + weighted) * rate[y - 1 - first_year] + 60000) // 120000
                else:
                    interest = (balance * rate[y - first_year] * 2000 + contribution * rate[y - first_year] * 1083
                                + 10000000) // 20000000  # fmt: skip
                balance += contribution + interest
            else:
                balance += contribution
        earlier = before + deemed[p]
        total = earlier + counted
        if total == 0:
            status[p] = 1
            continue
        top, width = index_sum + earlier * STEP, total * (STEP // 10000)
        index = (2 * top + width) // (2 * width)
        rest = (2 * top + width) % (2 * width)
        if rest < 240 or rest >= 2 * width - 240:
            status[p] = 1
            continue
        post = pay_base[(retire if has_chosen else on_year * 12) // 12 - first_year]
        indexed = (post * index + 5000) // 10000
        years = (50 * total + 3) // 6
        basic = ((post + indexed) * years + 10000) // 20000
        old = retire - birth[p]
        whole = months_table[min(max(old // 12, 40), 70) - 40]
        tenths = whole * 10
        if old % 12 and 480 <= old < 840 and (not has_chosen or retire >= 24300):
            following = months_table[old // 12 - 39]
            tenths = (whole * 120 - (whole - following) * (old % 12) * 10 + 6) // 12
        account = (20 * balance + tenths) // (2 * tenths)
        transition = (indexed * ((50 * earlier + 3) // 6) * 12 + 50000) // 100000
        timely = retire >= original if original < 24300 else max(original, statutory - 36) <= retire <= statutory + 36
        needed = minimum[(retire if retire < statutory else statutory) // 12 - first_year]
        out[0, p], out[1, p], out[2, p], out[3, p] = basic + account + transition, basic, account, transition
        out[4, p], out[5, p], out[6, p], out[7, p] = 0, balance, index, total
        out[8, p] = timely and total >= needed


def reference_arguments(law: Law, region: str, on: date, first: int = 1970, last: int = 2085) -> tuple[Any, ...]:
    """Return the parameters that `reference` takes after the columns, in its order."""

    def by_year(name: str, scale: int) -> Any:
        return np.array([_or_one(law, name, year, region, on, scale) for year in range(first, last + 1)], np.int64)

    def table(name: str) -> Any:
        return law.parameter(name, on=on, region=region).value

    ages, steps, most = (np.array([int(table(name)[kind]) for kind in KINDS], np.int64)
                         for name in ("原法定退休年龄", "延迟步长", "最多延迟月数"))  # fmt: skip
    months = np.array([int(table("计发月数表")[key]) for key in range(40, 71)], np.int64)
    minimum = table("最低缴费月数表")
    needed = np.array([int(minimum[max((k for k in minimum if k <= y), default=min(minimum))])
                       for y in range(first, last + 1)], np.int64)  # fmt: skip
    start = int(table("建立个人账户年月"))
    return (by_year("缴费指数分母", 100), by_year("个人账户记账比例", 100), by_year("记账利率", 10000),
            by_year("公布计发基数", 100), months, needed, ages, steps, most, first, on.year, start)  # fmt: skip


def by_hand(
    program: Program, careers: Careers, parameters: tuple[Any, ...]
) -> tuple[Callable[[], None], Any, Any]:  # fmt: skip
    """Return the hand-written kernel over arrays in memory: what runs it, who is handed over, and its outputs."""
    status, out = careers.status.copy(), np.zeros((len(RULES), careers.status.size), np.int64)
    facts = dict(zip((column.name for column in program.columns), careers.columns, strict=True))
    renumber = np.zeros(len(program.codes), np.int64)
    renumber[[program.codes[kind] for kind in KINDS]] = range(len(KINDS))
    columns = (
        np.maximum(facts["选择退休年月"], 0),
        facts["视同缴费月数"],
        facts["出生年月"],
        renumber[facts["退休类别"]],
    )

    def run() -> None:
        status[:] = careers.status
        reference(status, careers.offsets, careers.starts, careers.lengths, *careers.months, *columns, *parameters, out)

    return run, status, out


def differing(program: Program, careers: Careers, answers: Answers, parameters: tuple[Any, ...]) -> tuple[Any, int]:
    """Return the rows of people of whom the compiled rules say otherwise than the hand-written kernel, and how many it
    could not decide; whoever the compiled kernel handed over is compared by the exact answer."""
    run, status, out = by_hand(program, careers, parameters)
    run()
    decided = status == 0
    pairs = list(zip(answers.columns, answers.missing, out, strict=True))
    wrong = np.logical_or.reduce([missing | (found != expected) for found, missing, expected in pairs])
    return np.flatnonzero(decided & wrong), int((~decided).sum())


def _or_one(law: Law, name: str, year: int, region: str, on: date, scale: int) -> int:
    from jinbao.rules.errors import NotInForce

    try:
        return int(law.parameter(name, on=on if year == on.year else date(year, 12, 31), region=region).value * scale)
    except NotInForce:
        return 1

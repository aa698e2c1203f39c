"""The pension once more, written from the statutes in fractions, knowing nothing of the engine."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from random import Random

FEN = Fraction(1, 100)
TABLE = {40: 233, 41: 230, 42: 226, 43: 223, 44: 220, 45: 216, 46: 212, 47: 208, 48: 204, 49: 199, 50: 195}
TABLE |= {51: 190, 52: 185, 53: 180, 54: 175, 55: 170, 56: 164, 57: 158, 58: 152, 59: 145, 60: 139, 61: 132}
TABLE |= {62: 125, 63: 117, 64: 109, 65: 101, 66: 93, 67: 84, 68: 75, 69: 65, 70: 56}


def dice(seed: str) -> Random:
    """Random numbers that are the same on every run."""
    return Random(seed)  # noqa: S311  # test data, nothing secret


def half_up(x: Fraction, step: Fraction) -> Fraction:
    """Round to a multiple of `step`, halves away from zero; everything here is positive."""
    return (x / step + Fraction(1, 2)).__floor__() * step


def payment_months(age_months: int) -> Fraction:
    """Interpolate between whole ages, to one decimal."""
    years, months = divmod(age_months, 12)
    if years >= 70 or years < 40:
        return Fraction(TABLE[min(max(years, 40), 70)])
    here, there = TABLE[years], TABLE[years + 1]
    return half_up(here - Fraction((here - there) * months, 12), Fraction(1, 10)) if months else Fraction(here)


@dataclass(frozen=True)
class Pension:
    """What one random person brings; all numbers exact."""

    base: Fraction
    index: Fraction
    months: int
    early_months: int
    balance: Fraction
    age_months: int
    extra_rate: Fraction

    @property
    def indexed(self) -> Fraction:
        return half_up(self.base * self.index, FEN)

    def years(self, months: int) -> Fraction:
        return half_up(Fraction(months, 12), FEN)

    @property
    def account(self) -> Fraction:
        return half_up(self.balance / payment_months(self.age_months), FEN)

    def hubei(self) -> Fraction:
        basic = half_up((self.base + self.indexed) / 2 * self.years(self.months) / 100, FEN)
        transition = half_up(self.indexed * self.years(self.early_months) * Fraction(12, 1000), FEN)
        return basic + self.account + transition

    def sichuan(self, *, exact_years: bool) -> Fraction:
        years = Fraction(self.months, 12) if exact_years else self.years(self.months)
        early = Fraction(self.early_months, 12) if exact_years else self.years(self.early_months)
        mean = (self.base + self.indexed) / 2
        basic = half_up(mean * years / 100, FEN)
        transition = half_up(mean * early * Fraction(13, 1000), FEN)
        extra = half_up(self.indexed * self.extra_rate * years, FEN)
        return basic + self.account + transition + extra


def random_pension(thrown: Random) -> Pension:
    months = thrown.randint(1, 540)
    return Pension(
        base=Fraction(thrown.randint(100_00, 15000_00), 100),
        index=Fraction(thrown.randint(3000, 30000), 10000),
        months=months,
        early_months=thrown.randint(0, months),
        balance=Fraction(thrown.randint(1, 900_000_00), 100),
        age_months=thrown.randint(38 * 12, 71 * 12),
        extra_rate=Fraction(thrown.randint(0, 6), 1000),
    )


def balance(
    monthly: dict[tuple[int, int], Fraction], rates: dict[int, Fraction], opening: Fraction, *, by_month: bool
) -> Fraction:
    """Roll an account forward over the years of `rates`: recorded by (year, month), interest to the fen each year."""
    held = opening
    for year, rate in sorted(rates.items()):
        recorded = {month: amount for (y, month), amount in monthly.items() if y == year}
        total = sum(recorded.values(), Fraction(0))
        if by_month:
            own = sum((amount * (13 - month) for month, amount in recorded.items()), Fraction(0)) * rate / 12
        else:
            own = total * rate * Fraction(1083, 1000) / 2
        held += total + half_up(held * rate + own, FEN)
    return held

"""Registers of people: population, death, relief, school, prison, court, disability, service, insurance elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from jinbao.project.demo.units.sheets import Desk, Sheet, text_days
from jinbao.project.demo.units.world import Ints

HOSPITALS = ("演示市人民医院", "演示市中医院", "演示市第二医院", "东区卫生院")
SCHOOLS = ("演示小学", "演示一中", "演示职业学校", "演示大学")


def police(desk: Desk) -> Iterator[Sheet]:
    """Everybody, carefully kept; of those who died lately two in three are already cancelled."""
    world, everybody = desk.world, np.arange(len(desk.world))
    gone = ~world.alive & (desk.rng.random(len(world)) < 0.66)
    moved = world.alive & (desk.rng.random(len(world)) < 0.01)
    status = np.where(gone, "2", np.where(moved, "3", "1")).astype(object)
    changed = np.where(gone, text_days(world.died + 7), "").astype(object)
    changed[changed > str(world.month.last_day)] = str(world.month.last_day)
    address = np.array([f"演示路{n % 900 + 1}号" for n in everybody], dtype=object)
    extra = {"former_name": world.former, "region": world.region, "address": address, "status": status,
             "changed_on": changed, "as_of": desk.as_of}  # fmt: skip
    yield desk.register("population", everybody, extra, prefix="HJ", care=0.15)


def civil_affairs(desk: Desk) -> Iterator[Sheet]:
    """Cremations of two years in two files, and relief month by month: the older month comes last."""
    world = desk.world
    dead = desk.sample(np.flatnonzero(~world.alive), 0.85)
    burnt = np.minimum(world.died[dead] + desk.rng.integers(2, 6, len(dead)), np.datetime64(world.month.last_day))
    late = world.died[dead] > np.datetime64((world.month - 6).last_day)
    for label, rows in ((f"截至{world.month - 6}", ~late), (desk.as_of, late)):
        if rows.any():
            extra = {"died_on": text_days(world.died[dead][rows]), "cremated_on": text_days(burnt[rows]),
                     "place": "演示市殡仪馆"}  # fmt: skip
            yield desk.register("cremation", dead[rows], extra, prefix="HH", care=1.5, label=label)
    yield from _relief(desk)


def _relief(desk: Desk) -> Iterator[Sheet]:
    poor = desk.plot.poor
    extra = {"category": desk.choice(["1", "2", "3"], len(poor), [0.7, 0.1, 0.2]), "since": str(desk.month - 20),
             "household_size": desk.choice(["1", "2", "3", "4"], len(poor)), "as_of": desk.as_of}  # fmt: skip
    now = desk.register("low_income", poor, extra, prefix="DB")
    older = now.part(np.arange(len(now)) % 10 != 0, str(desk.month - 1))
    older.columns["as_of"] = np.full(len(older), str(desk.month - 1), dtype=object)
    yield from (now, older)


def health(desk: Desk) -> Iterator[Sheet]:
    """Death certificates of those who died in a hospital."""
    dead = desk.sample(np.flatnonzero(~desk.world.alive), 0.6)
    extra = {"died_on": text_days(desk.world.died[dead]), "hospital": desk.choice(HOSPITALS, len(dead))}
    yield desk.register("death_certificate", dead, extra, prefix="SW")


def education(desk: Desk) -> Iterator[Sheet]:
    """Pupils and students by age; graduates of two years, some of whom look for work."""
    world = desk.world
    young = np.flatnonzero((world.age >= 6) & (world.age <= 22) & (world.status == ""))
    age = world.age[young]
    stage = np.select([age < 16, age < 19], ["1", "2"], "4").astype(object)
    school = np.select([age < 13, age < 19], SCHOOLS[:2], SCHOOLS[3]).astype(object)
    extra = {"school": school, "stage": stage, "status": "1", "as_of": str(desk.month - 1)}
    yield desk.register("student", young, extra, prefix="G", care=0.5)
    adults = np.flatnonzero((world.age >= 22) & (world.age <= 25) & world.alive)
    graduates = desk.sample(adults, 0.5)
    extra = {"school": SCHOOLS[3], "level": desk.choice(["1", "2", "3"], len(graduates), [0.4, 0.5, 0.1]),
             "graduated_on": f"{desk.month.year}-06-30"}  # fmt: skip
    yield desk.register("graduate", graduates, extra, prefix="BY")


def justice(desk: Desk) -> Iterator[Sheet]:
    """Prisoners: some receive a pension; some of the others were released."""
    plot, world = desk.plot, desk.world
    at = np.concatenate([plot.imprisoned, plot.other_prisoners])
    free = np.arange(len(at)) >= len(plot.imprisoned)
    free &= desk.rng.random(len(at)) < 0.3
    ends = (str((world.month - 2).first_day), str((world.month + 24).first_day))
    extra = {"prison": "演示监狱", "admitted_on": desk.days(len(at), 30, since=14), "as_of": desk.as_of,
             "release_due_on": np.where(free, ends[0], ends[1]).astype(object),
             "status": np.where(free, "2", "1").astype(object)}  # fmt: skip
    yield desk.register("prisoner", at, extra, prefix="F", care=2.0)


def court(desk: Desk) -> Iterator[Sheet]:
    """Judgments: imprisonment, and suspended sentences that leave the pension as it is."""
    plot = desk.plot
    at = np.concatenate([plot.imprisoned, plot.other_prisoners, plot.suspended_sentence])
    suspended = np.arange(len(at)) >= len(at) - len(plot.suspended_sentence)
    extra = {"sentence": np.where(suspended, "2", "1").astype(object), "effective_on": desk.days(len(at), 33, since=31),
             "starts_on": str((desk.month - 30).first_day), "ends_on": str((desk.month + 24).first_day)}  # fmt: skip
    yield desk.register("criminal_judgment", at, extra, prefix="演示刑初", care=1.5)


def disabled(desk: Desk) -> Iterator[Sheet]:
    """Holders of a certificate."""
    at = desk.plot.disabled
    extra = {"category": desk.choice(list("1234567"), len(at)), "grade": desk.choice(list("1234"), len(at)),
             "issued_on": desk.days(len(at), 120, since=12), "status": desk.choice(["1", "2"], len(at), [0.96, 0.04]),
             "as_of": str(desk.month - 1)}  # fmt: skip
    yield desk.register("disability", at, extra, prefix="CJ")


def veterans(desk: Desk) -> Iterator[Sheet]:
    """Men, mostly, who served; years before pay count as paid."""
    world = desk.world
    at = desk.sample(np.flatnonzero((world.age >= 30) & world.alive), np.where(
        world.sex[(world.age >= 30) & world.alive] == "1", 0.06, 0.005))  # fmt: skip
    joined = world.born[at] + 365 * 18 + desk.rng.integers(0, 700, len(at))
    extra = {"kind": desk.choice(list("1234"), len(at), [0.15, 0.6, 0.1, 0.15]), "enlisted_on": text_days(joined),
             "discharged_on": text_days(joined + desk.rng.integers(730, 3000, len(at))),
             "as_of": f"{desk.month.year}-01"}  # fmt: skip
    yield desk.register("veteran", at, extra, prefix="TY")


def elsewhere(desk: Desk) -> Iterator[Sheet]:
    """Residents' pensions, and what other cities answered about our people."""
    world, plot = desk.world, desk.plot
    adults = (world.age >= 18) & world.alive & np.isin(world.status, ("", "2", "5"))
    students = (world.age <= 22) & (world.status == "")
    outside = np.concatenate([plot.unclaimed, plot.uninsured])
    at = np.setdiff1d(np.flatnonzero(adults & ~students), outside)
    at = np.concatenate([at, plot.double_pension, plot.double_insured])
    receives = (world.age[at] >= 60) | np.isin(at, plot.double_pension)
    since = np.where(receives, str(desk.month - 9), str(desk.month - 100)).astype(object)
    monthly = np.where(receives, "158.00", "").astype(object)
    extra = {"region": world.region[at], "status": np.where(receives, "2", "1").astype(object), "since": since,
             "monthly_fen": monthly, "as_of": desk.as_of}  # fmt: skip
    yield desk.register("resident_pension", at, extra, prefix="JM", care=1.2)
    yield _answers(desk, plot.pension_elsewhere, plot.insured_elsewhere)


def _answers(desk: Desk, receive: Ints, pay: Ints) -> Sheet:
    at = np.concatenate([receive, pay])
    receives = np.arange(len(at)) < len(receive)
    extra = {"region": "990200", "scheme": desk.choice(["110", "120"], len(at), [0.8, 0.2]),
             "status": np.where(receives, "2", "1").astype(object), "since": str(desk.month - 5),
             "monthly_fen": np.where(receives, "2150.00", "").astype(object), "as_of": desk.as_of}  # fmt: skip
    return desk.register("pension_elsewhere", at, extra, prefix="BD", care=0.5)


def medical_insurance(desk: Desk) -> Iterator[Sheet]:
    """Nearly everybody: workers through their employer, the others as residents."""
    world = desk.world
    at = desk.sample(np.flatnonzero(world.alive), 0.95)
    works = world.employer[at] != ""
    worker = works | (world.status[at] == "3")
    extra = {"kind": np.where(worker, "310", "390").astype(object), "employer_uscc": world.employer[at], "status": "1",
             "since": str(desk.month - 60), "as_of": desk.as_of}  # fmt: skip
    yield desk.register("medical_insurance", at, extra, prefix="YB", care=0.6)


def bank(desk: Desk) -> Iterator[Sheet]:
    """Accounts to which pensions go; one whose owner died is used by nobody, or by somebody else."""
    world = desk.world
    at = np.flatnonzero(world.account != "")
    seen = desk.days(len(at), 8)
    active = np.isin(at, desk.plot.active)
    seen[~active] = desk.days(int((~active).sum()), 26, since=14)
    extra = {"account_number": world.account[at], "status": np.where(active, "1", "2").astype(object),
             "last_active_on": seen, "as_of": desk.as_of}  # fmt: skip
    sheet = desk.register("pension_account", at, extra, prefix="", care=0.2)
    yield sheet.part(np.arange(len(at)), sheet.label)


def union(desk: Desk) -> Iterator[Sheet]:
    """Workers in hardship, on file with the union."""
    at = desk.sample(desk.world.of_status("1"), 0.02)
    extra = {"employer_uscc": desk.world.employer[at], "reason": desk.choice(list("12345"), len(at)),
             "filed_on": desk.days(len(at), 20, since=1), "as_of": str(desk.month - 1)}  # fmt: skip
    yield desk.register("hardship_worker", at, extra, prefix="GH")

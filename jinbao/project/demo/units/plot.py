"""What the scenes are to find: who of the world is dead, in prison, insured twice, forgotten; kept as the truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jinbao.project.demo.units.world import Ints, World

NONE: Ints = np.array([], dtype=np.int64)


@dataclass
class Plot:
    """Places in the world, by what happened to them; no person has two roles that contradict each other."""

    hidden_dead: Ints
    """Died, and the books still pay."""
    imprisoned: Ints
    """In prison, and the books still pay."""
    suspended_sentence: Ints
    """Sentenced but free: rightly paid."""
    other_prisoners: Ints
    double_pension: Ints
    """Receive from the books and as residents."""
    pension_elsewhere: Ints
    """Receive from the books and in another city."""
    double_insured: Ints
    """Pay into the books and as residents."""
    insured_elsewhere: Ints
    """Pay into the books and in another city."""
    uninsured: Ints
    """Work under a contract with wages and are not insured."""
    unclaimed: Ints
    """Old enough, and receive nothing anywhere."""
    job_seekers: Ints
    disabled: Ints
    poor: Ints
    active: Ints
    """Pensioners with traces of life in the last months: no need to ask them to come."""
    failing: list[str]
    """Employers whose sales and people dwindle."""

    def truth(self, world: World) -> dict[str, list[str]]:
        """Return, for each scene, who must be found; of 就业困难人员 the registered unemployed, among whom they are."""
        found = {
            "死亡冒领": self.hidden_dead,
            "服刑领取": self.imprisoned,
            "重复领取": np.concatenate([self.double_pension, self.pension_elsewhere]),
            "重复参保": np.concatenate([self.double_insured, self.insured_elsewhere]),
            "应保未保": self.uninsured,
            "应享未享": self.unclaimed,
            "静默认证线索": self.active,
            "失业登记人员": self.job_seekers,
        }
        return {scene: sorted(world.who[at].tolist()) for scene, at in found.items()} | {
            "失业风险预警": sorted(self.failing)
        }


def draw(rng: np.random.Generator, world: World) -> Plot:
    """Give some people of the world a story; how many follows from the city's size."""
    some = max(len(world) // 800, 3)
    retired = _Pool(rng, world.of_status("3"))
    dead = retired.take(some)
    imprisoned, suspended = retired.take(max(some // 2, 2)), retired.take(max(some // 2, 2))
    double, elsewhere = retired.take(some), retired.take(max(some // 2, 2))
    world.died[dead] = np.datetime64(world.month.last_day) - rng.integers(45, 240, len(dead))
    working = _Pool(rng, world.of_status("1"))
    adults = (world.age >= 22) & (world.age <= 57) & world.alive
    idle = _Pool(rng, np.flatnonzero(adults & np.isin(world.status, ("2", "5", ""))))
    old = _Pool(rng, np.flatnonzero((world.age >= 61) & world.alive & np.isin(world.status, ("2", "5", ""))))
    pensioners = np.setdiff1d(world.of_status("3"), imprisoned)
    everybody = np.flatnonzero(world.alive)
    return Plot(
        hidden_dead=dead,
        imprisoned=imprisoned,
        suspended_sentence=suspended,
        other_prisoners=idle.take(2 * some),
        double_pension=double,
        pension_elsewhere=elsewhere,
        double_insured=working.take(some),
        insured_elsewhere=working.take(max(some // 2, 2)),
        uninsured=idle.take(3 * some),
        unclaimed=old.take(2 * some),
        job_seekers=idle.take(6 * some),
        disabled=rng.choice(everybody, len(everybody) // 40, replace=False),
        poor=rng.choice(everybody, len(everybody) // 50, replace=False),
        active=pensioners[rng.random(len(pensioners)) < 0.85],
        failing=_failing(rng, world),
    )


def _failing(rng: np.random.Generator, world: World) -> list[str]:
    known = [str(row[0]) for row in world.employers]
    return [known[n] for n in rng.choice(len(known), max(len(known) // 25, 2), replace=False)]


class _Pool:
    """People who have no role yet; nobody is taken twice."""

    def __init__(self, rng: np.random.Generator, places: Ints) -> None:
        self._left = rng.permutation(places)

    def take(self, count: int) -> Ints:
        """Take so many, or as many as are left."""
        taken, self._left = self._left[:count], self._left[count:]
        return np.sort(taken)

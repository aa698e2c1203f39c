"""The live months: files arrive, are checked and recorded, people apply, officers decide, the bank pays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import numpy as np
from django.conf import settings
from django.db.models import QuerySet

from jinbao.data import intake
from jinbao.insurance.contributions import actions as contributions
from jinbao.insurance.contributions.models import Declaration
from jinbao.insurance.payments import actions as payments
from jinbao.insurance.registry.models import Employer, Person
from jinbao.kernel.months import Month
from jinbao.project.demo import centre, files, pensions, today
from jinbao.project.demo.careers import Rows
from jinbao.project.demo.city import People, Plan
from jinbao.project.demo.history import Keys
from jinbao.project.demo.moment import on
from jinbao.project.demo.pensions import Officers
from jinbao.project.demo.tariff import REGION
from jinbao.rules import Law
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role

TAX_OFFICE = Actor.system("税务征缴接口", region=REGION)
BANK = Actor.system("银行接口", region=REGION)
CIVIL_AFFAIRS = Actor.system("民政死亡数据接口", region=REGION)


class Story:
    """What happens in the live months, step by step."""

    def __init__(self, plan: Plan, law: Law) -> None:
        self.plan = plan
        self.law = law
        self.inbox: Path = settings.VAR / "inbox"
        self.visitor: Person | None = None
        """Whom the citizen's login is: left alone, so that the visitor can apply."""

    def receive(self, people: People, keys: Keys, rows: Rows) -> None:
        """Take over who works where in the live months."""
        self.people, self.keys, self.rows = people, keys, rows
        codes = dict(Employer.objects.values_list("pk", "uscc"))
        self.uscc = {n: codes[int(key)] for n, key in enumerate(keys.employer)}

    def meet(self, actors: dict[Role, Actor]) -> None:
        """Take over who decides."""
        self.officers = Officers(actors)

    def steps(self) -> list[tuple[str, Callable[[], None]]]:
        """Name the steps in order."""
        steps: list[tuple[str, Callable[[], None]]] = []
        for n in range(self.plan.live_months):
            month = self.plan.live_from + n
            parts = (
                ("申报", self.declare),
                ("发放", self.pay_out),
                ("到账", self.pay_in),
                ("退休", self.retire),
                ("死亡", self.report_deaths),
            )
            steps += [(f"{month} {name}", partial(step, month)) for name, step in parts]
        return [*steps, ("今日待办", self.leave_work), ("中心工作", self.keep_centre)]

    def declare(self, month: Month) -> None:
        """Take in the month's files, accept what is right, record it; what is wrong waits for its sender."""
        day = month.first_day + timedelta(days=7)
        for path in files.write_month(self.plan, self.people, self.uscc, self.rows, month, self.inbox):
            with on(day) as now:
                district = path.name.split("-")[2]
                batch = intake.receive(
                    TAX_OFFICE, path, path.name, "contribution_declaration", sender=district, region=district, now=now
                )
                intake.accept(TAX_OFFICE, batch, partial=True, now=now)
                contributions.record(TAX_OFFICE, batch, today=day)

    def pay_in(self, month: Month) -> None:
        """Let nearly every employer pay in time; of the rest, half pay a month late and half not yet."""
        rng = np.random.default_rng([self.plan.seed, 10, month.ordinal])
        day = month.first_day + timedelta(days=19)
        with on(day):
            self._receive(Declaration.objects.filter(month=month, received_on=None).order_by("pk"), day, rng, 0.96)
            earlier = Declaration.objects.filter(
                month__range=(self.plan.live_from, month - 1), received_on=None, due_fen__gt=0
            )
            self._receive(earlier.order_by("pk"), day, rng, 0.5)

    def _receive(self, rows: QuerySet[Declaration], day: date, rng: np.random.Generator, share: float) -> None:
        for declaration in rows:
            if rng.random() < share:
                contributions.receive_payment(
                    BANK, declaration, on=day, bank_reference=f"YH{day:%Y%m%d}{declaration.pk:08d}"
                )

    def pay_out(self, month: Month) -> None:
        """Pay the month's pensions."""
        pensions.pay(self.officers, month, self.plan.seed, self.inbox)

    def retire(self, month: Month) -> None:
        """Let those who reach the month apply and be decided."""
        for n, made in enumerate(pensions.determine(month, month.first_day + timedelta(days=20))):
            day = month.first_day + timedelta(days=20 + n % 4)
            case = pensions.apply(self.officers, made.person, month, day)
            case = pensions.examine(self.officers, case, day + timedelta(days=1))
            pensions.approve(self.officers, case, day + timedelta(days=3))

    def leave_work(self) -> None:
        """Leave on the officers' desks what they find today."""
        today.leave(self.officers, self.plan, self.visitor)

    def keep_centre(self) -> None:
        """Keep the information centre's own years."""
        centre.keep(self.officers.finance, self.officers.reviewer, self.plan.as_of)

    def report_deaths(self, month: Month) -> None:
        """Report the month's deaths at its end, except one in three, which come two months late."""
        day = month.last_day
        died = self.people.died
        for n in np.flatnonzero(died >= np.datetime64(self.plan.live_from.first_day)).tolist():
            reported = Month.of(died[n].astype(object)) + (2 if n % 3 == 0 else 0)
            if reported == month:
                with on(day) as now:
                    person = Person.objects.get(pk=int(self.keys.person[n]))
                    payments.report_death(CIVIL_AFFAIRS, person, died[n].astype(object), today=day, now=now)

"""Build the demonstration city: draw it, hand over its history, let the last months pass through every room."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from tqdm import tqdm

from jinbao.insurance.registry.models import Employer, Person
from jinbao.kernel.errors import NotAllowed
from jinbao.kernel.identifiers import Uscc
from jinbao.kernel.months import Month
from jinbao.project.demo import careers, city, handed_over, history, opening, sharing
from jinbao.project.demo.city import Ints, Plan
from jinbao.project.demo.story import Story
from jinbao.project.demo.tariff import REGION, read_tariff
from jinbao.rules import Law, load_law
from jinbao.trust import anchors
from jinbao.trust.actors import Actor, actor_of
from jinbao.trust.demo import DemoLogin, demo_logins, make_demo_users
from jinbao.trust.models import Role, User

BUILDER = Actor.system("演示市生成器", region=REGION)


def _marker() -> Any:
    return settings.VAR / "demo.json"


def require_possible() -> None:
    """Raise NotAllowed in production: a demonstration is neither built there nor thrown away."""
    if settings.PRODUCTION:
        raise NotAllowed("正式环境没有演示市", advice="请去掉 JINBAO_PRODUCTION=1，或使用另一个数据库。")


def exists() -> bool:
    """Tell whether a demonstration city stands complete in these books."""
    return _marker().exists() and Person.objects.exists()


def reset() -> None:
    """Throw the demonstration city away; raises NotAllowed in production or for books that are not a demonstration."""
    require_possible()
    if not _marker().exists() and _has_real_people():
        raise NotAllowed("账上有不是演示市的人员，不清除", advice="请核对 DATABASE_URL 和 JINBAO_VAR。")
    _empty_database()
    for folder in ("lake", "materials", "payments", "inbox", "centre", "exchange"):
        shutil.rmtree(settings.VAR / folder, ignore_errors=True)
    for kept in (_marker(), anchors.file()):
        kept.unlink(missing_ok=True)


def _has_real_people() -> bool:
    if Person._meta.db_table not in connection.introspection.table_names():
        return False
    return Person.objects.exclude(id_number__startswith="99").exists()


def _empty_database() -> None:
    """Remove every row: the file of SQLite, the tables of PostgreSQL."""
    if connection.vendor == "sqlite":
        connection.close()
        for suffix in ("", "-wal", "-shm"):
            settings.VAR.joinpath(f"jinbao.sqlite3{suffix}").unlink(missing_ok=True)
        return
    call_command("migrate", interactive=False, verbosity=0)
    with connection.cursor() as cursor:
        tables = ", ".join(connection.ops.quote_name(name) for name in connection.introspection.django_table_names())
        cursor.execute(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")


@dataclass
class Builder:
    """Carries the plan from step to step and shows how far it is."""

    plan: Plan
    law: Law = field(default_factory=load_law)
    logins: list[DemoLogin] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.story = Story(self.plan, self.law)

    def run(self) -> None:
        """Build everything, with a progress bar."""
        steps: list[tuple[str, Callable[[], None]]] = [("历史数据", self.write_history), ("登录账号", self.make_users)]
        steps += [*self.story.steps(), ("数据共享", self.share), ("统计数", self.count)]
        with tqdm(
            steps, desc="建立演示市", unit="步", bar_format="{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}]{postfix}"
        ) as bar:
            for name, step in bar:
                bar.set_postfix_str(name)
                step()

    @transaction.atomic
    def write_history(self) -> None:
        """Draw the city and write what the former system hands over, in one transaction."""
        plan = self.plan
        tariff = read_tariff(self.law, plan)
        people = city.draw_people(plan, self._retires)
        rng = np.random.default_rng([plan.seed, 8])
        began = careers.first_work(rng, people)
        spells = careers.overlaps(plan, careers.draw_spells(plan, people, began))
        rows = careers.draw_rows(plan, people, spells, tariff.average_fen, city.FIRST.year)
        keys = history.Keys(
            history.write_people(people, careers.deemed_months(people, began)), history.write_employers(plan)
        )
        history.write_former_numbers(plan, people, keys)
        history.write_enrolments(plan, spells, keys)
        past = careers.handed_over(rows, plan.live_from.ordinal)
        migrated = history.write_careers(plan, people, keys, past, tariff)
        worked = np.bincount(rows.person, minlength=plan.persons) + careers.deemed_months(people, began)
        awarded = history.write_awards(plan, people, keys, worked, tariff)
        handed_over.state_first_amounts(plan)
        soon = np.flatnonzero((people.retires >= plan.live_from.ordinal) & (people.retires <= plan.until.ordinal + 2))
        self.visitor = _visitor(plan, people, keys, worked)
        history.write_bank_accounts(people, keys, np.union1d(awarded, soon), plan.live_from.first_day)
        opening.write_deaths(plan, people, keys)
        opening.post_history(plan, migrated)
        self.story.receive(people, keys, careers.declared(rows, plan.live_from.ordinal))

    def _retires(self, birth: Month, category: str) -> Month:
        facts = {"出生年月": str(birth), "退休类别": category}
        answer = self.law.evaluate("法定退休年月", facts, on=self.plan.until.first_day, region=REGION).value
        return answer if isinstance(answer, Month) else Month.parse(str(answer))

    def make_users(self) -> None:
        """Give each role one login: a person who contributes and an employer whose name people will meet."""
        person = Person.objects.get(pk=self.visitor)
        employer = Employer.objects.order_by("pk")[0]
        partner = ("演示市住房公积金管理中心", Uscc.make("12", REGION, "G0000001").number)
        logins = demo_logins(REGION, (person.name, person.id_number), (employer.name, employer.uscc), partner)
        self.logins = make_demo_users(BUILDER, logins)
        users = User.objects.prefetch_related("grants")
        self.story.visitor = person
        self.actors = {login.role: actor_of(users.get(username=login.username)) for login in self.logins}
        self.story.meet(self.actors)

    def share(self) -> None:
        """Let two partner agencies apply for data."""
        fund = next(login.name for login in self.logins if login.role == Role.PARTNER)
        sharing.begin(self.actors, fund, self.plan.as_of)

    def count(self) -> None:
        """Count the figures that pages show."""
        from jinbao.oversight import statistics

        statistics.rebuild(BUILDER, city.FIRST, self.plan.until)


def _visitor(plan: Plan, people: city.People, keys: history.Keys, worked: Ints) -> int:
    """Choose whom the citizen's login is: somebody with a long career who reaches the age this month and may apply."""
    alive = np.isnat(people.died) & (people.sex == 1)
    away = np.abs(people.retires - Month.of(plan.as_of).ordinal) * 1000 - np.minimum(worked, 500)
    return int(keys.person[np.where(alive, away, away.max() + 1).argmin()])


def build(plan: Plan) -> None:
    """Build the city; a build that was killed is thrown away first. Raises NotAllowed in production."""
    require_possible()
    if Person.objects.exists():
        reset()
        call_command("migrate", interactive=False, verbosity=0)
    started = datetime.now(UTC)
    builder = Builder(plan)
    builder.run()
    seconds = (datetime.now(UTC) - started).total_seconds()
    _marker().write_text(
        json.dumps(
            {
                "persons": plan.persons,
                "seed": plan.seed,
                "until": str(plan.until),
                "seconds": round(seconds, 1),
                "logins": [
                    {
                        "role": Role(login.role).label,
                        "username": login.username,
                        "password": login.password,
                        "name": login.name,
                    }
                    for login in builder.logins
                ],
            },
            ensure_ascii=False,
            indent=1,
        ),
        encoding="utf-8",
    )


def addresses(url: str) -> str:
    """Say where the faces are and how to sign in."""
    lines = [
        "",
        f"  门户（公众）  {url}/",
        f"  柜台（经办）  {url}/counter/",
        f"  大屏          {url}/screen/",
        f"  接口文档      {url}/api/docs",
        "",
    ]
    if _marker().exists():
        logins = json.loads(_marker().read_text(encoding="utf-8"))["logins"]
        lines += [f"  {login['role']}\t{login['username']}\t{login['password']}\t{login['name']}" for login in logins]
        lines += ["", "  演示数据全部由程序生成，身份号码以 99 开头。按 Ctrl+C 停止；make reset 清除后重来。", ""]
    return "\n".join(lines)

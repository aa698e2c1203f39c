"""Determine benefits: one person at a time, or everybody who reaches the statutory month."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from django.db.models import Q, QuerySet

from jinbao.insurance.benefits.compute import PENSION, Computed, compute
from jinbao.insurance.benefits.facts import facts_for, facts_from, statutory
from jinbao.insurance.benefits.models import Award, Determination, DeterminationRun
from jinbao.insurance.contributions.career import careers
from jinbao.insurance.registry.families import Families, root_of
from jinbao.insurance.registry.models import Person
from jinbao.insurance.registry.rights import OFFICERS
from jinbao.kernel.errors import Conflict, JinbaoError
from jinbao.kernel.months import Month
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor, require_region
from jinbao.trust.scope import within

AT_ONCE = 100
"""People in one transaction."""

EARLIEST, LATEST = 50 * 12, 66 * 12
"""Ages in months between which somebody can reach a statutory month: from below the least to above the greatest."""

Progress = Callable[[int, int], None]


@action("benefits.determine", roles=OFFICERS)
def determine(
    by: Actor,
    person: Person,
    benefit: str,
    month: Month,
    *,
    now: datetime,
    reason: str = "",
    key: str | None = None,
) -> Determination:
    """Compute a benefit of a person who retires in a month, and keep it with facts, law version and explanation.

    The benefit is owed from the month after. The same facts under the same law are the same determination. A new one
    supersedes the last of that person and benefit. "Not eligible" is a determination too; its trace says why.
    Raises Conflict for somebody who died before, EvaluationError where the law cannot answer.
    """
    root = root_of(person)
    require_region(by, root.region)
    if root.died_on is not None and Month.of(root.died_on) < month:
        raise Conflict(f"{root.name}已于 {root.died_on} 死亡", advice="请办理死亡待遇。")
    answer = compute(facts_for(root, month), month, root.region, benefit)
    made = keep([(root, answer)], by, now)[0]
    note(target=made, person=root, month=month, eligible=made.eligible, monthly_fen=made.monthly_fen, reason=reason)
    return made


def keep(answers: Sequence[tuple[Person, Computed]], by: Actor, now: datetime) -> list[Determination]:
    """Store answers with two queries and one insert; what is stored already is returned as it is."""
    people = [person.pk for person, _ in answers]
    known: dict[tuple[int, str, Month, str, str], Determination] = {}
    last: dict[tuple[int, str], Determination] = {}
    for row in Determination.objects.filter(person__in=people).order_by("pk"):
        known[row.person_id, row.benefit, row.month, row.law_version, row.facts_hash] = row
        last[row.person_id, row.benefit] = row
    new = []
    for person, answer in answers:
        key = (person.pk, answer.benefit, answer.starts, answer.law_version, answer.facts_hash)
        if key not in known:
            known[key] = _row(person, answer, last.get((person.pk, answer.benefit)), by, now)
            new.append(known[key])
    Determination.objects.bulk_create(new, batch_size=50)
    return [
        known[person.pk, answer.benefit, answer.starts, answer.law_version, answer.facts_hash]
        for person, answer in answers
    ]


def _row(person: Person, answer: Computed, last: Determination | None, by: Actor, now: datetime) -> Determination:
    return Determination(
        person=person,
        benefit=answer.benefit,
        month=answer.starts,
        on=answer.retires.first_day,
        region=answer.region,
        eligible=answer.eligible,
        monthly_fen=answer.monthly_fen,
        law_version=answer.law_version,
        facts_hash=answer.facts_hash,
        facts=answer.facts,
        trace=answer.trace,
        confidence=answer.confidence,
        provisional=bool(answer.provisional),
        supersedes=last,
        made_by=by.username,
        made_at=now,
    )


def determine_all(
    by: Actor,
    month: Month,
    *,
    region: str,
    now: datetime,
    progress: Progress | None = None,
    benefit: str = PENSION,
) -> DeterminationRun:
    """Determine the benefit of everybody in a region who reaches 法定退休年月 in a month and has no award yet.

    Works in transactions of a hundred people. A run that was killed goes on where it stopped; a finished one can be
    repeated, and makes new determinations only where facts or law have changed. People whose benefit the law cannot
    compute are listed in `problems`. `progress` is told how many of how many are done.
    """
    require_region(by, region)
    run = _open_run(by, month, region, now, benefit)
    people = candidates(month, region).filter(pk__gt=run.last_person_id)
    total = run.candidates + people.count()
    for group in _groups(people):
        run = determine_group(by, run, group, now=now)
        if progress is not None:
            progress(run.candidates, total)
    return finish(by, run, now=now)


def candidates(month: Month, region: str) -> QuerySet[Person]:
    """Return the living people of a region who reach 法定退休年月 in a month and have no current award."""
    born = Q(pk__in=[])
    for category in Person.RetirementCategory.values:
        for age in range(EARLIEST, LATEST):
            birth = month - age
            if statutory(birth, category, region) == month:
                days = (birth.first_day, birth.last_day)
                born |= Q(born_on__range=days, retirement_category=category)
    awarded = Award.objects.filter(end__isnull=True).values("person")
    alive = Person.objects.filter(born, within("region", region), died_on__isnull=True, merged_into__isnull=True)
    return alive.exclude(pk__in=awarded).order_by("pk")


def _groups(people: QuerySet[Person]) -> Iterator[list[Person]]:
    last = 0
    while group := list(people.filter(pk__gt=last)[:AT_ONCE]):
        yield group
        last = group[-1].pk


@action("benefits.open_run", roles=OFFICERS)
def _open_run(by: Actor, month: Month, region: str, now: datetime, benefit: str) -> DeterminationRun:
    """Begin a determination of everybody who reaches a month, or go on with one that was interrupted."""
    run, made = DeterminationRun.objects.get_or_create(
        benefit=benefit,
        month=month,
        region=region,
        finished_at=None,
        defaults={"law_version": "", "started_at": now},
    )
    note(target=run, month=month, goes_on=not made)
    return run


@action("benefits.determine_group", roles=OFFICERS)
def determine_group(by: Actor, run: DeterminationRun, people: Sequence[Person], *, now: datetime) -> DeterminationRun:
    """Determine one group of people of a run, and remember how far the run is."""
    run = DeterminationRun.objects.select_for_update().get(pk=run.pk)
    families = Families()
    lives = careers(people, until=run.month, families=families)
    answers: list[tuple[Person, Computed]] = []
    for person in people:
        try:
            facts = facts_from(person, run.month, lives[person.pk])
            answers.append((person, compute(facts, run.month, person.region, run.benefit)))
        except JinbaoError as error:
            run.problems = [*run.problems, {"person": person.pk, "code": error.code, "message": error.message}]
    made = keep(answers, by, now)
    run.candidates += len(people)
    run.eligible += sum(row.eligible for row in made)
    run.not_eligible += sum(not row.eligible for row in made)
    run.last_person_id = people[-1].pk
    run.save()
    note(target=run, people=len(people), eligible=sum(row.eligible for row in made))
    return run


@action("benefits.finish_run", roles=OFFICERS)
def finish(by: Actor, run: DeterminationRun, *, now: datetime) -> DeterminationRun:
    """Finish a run."""
    DeterminationRun.objects.filter(pk=run.pk).update(finished_at=now)
    run.finished_at = now
    note(target=run, candidates=run.candidates, eligible=run.eligible, problems=len(run.problems))
    return run


def replay(determination: Determination) -> Computed:
    """Compute a determination again from the facts it keeps, under the law of now."""
    return compute(determination.facts, Month.of(determination.on), determination.region, determination.benefit)

"""What the approval of 身份合并 does: two registered identities become one person, or two again."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet

from jinbao.cases.clock import noon_of
from jinbao.cases.effect_batches import NOTHING
from jinbao.cases.models import Case
from jinbao.cases.outcome import Change, Preview
from jinbao.cases.rehearsal import rehearse
from jinbao.insurance.benefits.models import Award
from jinbao.insurance.contributions.queries import merge_conflicts
from jinbao.insurance.registry import actions as registry
from jinbao.insurance.registry.families import root_of
from jinbao.insurance.registry.models import Merge, Person
from jinbao.kernel.errors import Conflict, NotFound
from jinbao.kernel.money import format_fen
from jinbao.kernel.regions import RegionTree
from jinbao.trust.actors import Actor
from jinbao.trust.masking import mask_id

UNDO = "undo"


def merge_identities(by: Actor, case: Case, now: datetime) -> dict[str, Any]:
    """Join the two identities, or part them where a merge was wrong (身份合并)."""
    kept, other = _both(case)
    if case.form["doing"] == UNDO:
        return {"merge": registry.undo_merge(by, _merge_of(kept, other), now=now).pk}
    return {"merge": registry.merge(by, kept, other, f"{case.number}：{case.form['ground']}"[:200], now=now).pk}


def preview_identities(case: Case, today: date) -> Preview:
    """Show both identities with what hangs on them, and the months that both have paid for."""
    kept, other = _both(case)
    twice = rehearse(_home(kept, other), lambda system: _twice(system, case, kept, today))
    joined = case.form["doing"] != UNDO
    changes = [
        Change("保留的身份", _told(kept), "合为一人" if joined else "恢复为两人"),
        Change("另一个身份", _told(other), "并入保留的身份" if joined else "恢复为两人"),
    ]
    if joined:
        changes += [Change("两个身份不同的", one, "以保留的为准，核对是否同一人") for one in _differing(kept, other)]
        changes.append(Change("两个号码都有缴费的月份", NOTHING, f"{twice} 个，须另行更正" if twice else "没有"))
        changes += [Change("两个号码都在领的待遇", one, "都暂不发放，须先终止其一") for one in _both_draw(kept, other)]
    else:
        changes += [Change("合并以后核定的待遇", one, "金额不变，须重新核定") for one in _determined_since(kept, other)]
    basis = (("identities", f"{kept.pk} {other.pk}"),)
    return Preview(tuple(changes), basis=basis)


def _twice(system: Actor, case: Case, kept: Person, today: date) -> int:
    """Do it and count the months for which both identities have paid; what is in the way comes through."""
    merge_identities(system, case, noon_of(today))
    kept.refresh_from_db()
    return len(merge_conflicts(system, kept))


def _differing(kept: Person, other: Person) -> list[str]:
    """Tell name and day of birth where they differ: they need not be of one person."""
    said = (("姓名", kept.name, other.name), ("出生日期", str(kept.born_on), str(other.born_on)))
    return [f"{what}：{one}，{another}" for what, one, another in said if one != another]


def _both_draw(kept: Person, other: Person) -> list[str]:
    """Name the benefits that both draw: payments to a person who draws one twice stop until one of the two ends."""
    drawn = [set(_running(one).values_list("benefit", flat=True)) for one in (kept, other)]
    return sorted(drawn[0] & drawn[1])


def _determined_since(kept: Person, other: Person) -> list[str]:
    """Tell of what is drawn which amounts may rest on the contributions of both."""
    since = _merge_of(kept, other).at
    made = _running(kept, other).filter(determination__made_at__gte=since)
    return [_line(one) for one in made]


def _home(kept: Person, other: Person) -> str:
    """Return the smallest region that holds both: whoever decides must be of it."""
    tree = RegionTree.read()
    return next(code for code in tree.lineage(kept.region) if tree.contains(code, other.region))


def _both(case: Case) -> tuple[Person, Person]:
    found = {one.id_number: one for one in Person.objects.filter(id_number__in=numbers_of(case))}
    kept, other = (found.get(number) for number in numbers_of(case))
    if kept is None or other is None:
        raise NotFound("两个号码没有都登记", advice="请核对号码。")
    for one in (kept, other) if case.form["doing"] != UNDO else ():
        if one.merged_into is not None:
            number = mask_id(root_of(one).id_number)
            raise Conflict(f"{mask_id(one.id_number)} 已并入 {number}", advice="请填写它并入的号码。")
    return kept, other


def numbers_of(case: Case) -> tuple[str, str]:
    """Return the number that is kept, and the other one."""
    return case.form["id_number"], case.form["other_number"]


def _merge_of(kept: Person, other: Person) -> Merge:
    found = Merge.objects.filter(kept=kept, dropped=other, undone_at__isnull=True).first()
    if found is None:
        raise Conflict("这两个号码没有合并，无从撤销", advice="请核对哪个是保留的号码。")
    return found


def _told(person: Person) -> str:
    drawn = "，".join(f"在领{_line(one)}" for one in _running(person))
    died = f"已于 {person.died_on} 死亡" if person.died_on else ""
    return "，".join(part for part in (f"{person.name}（{mask_id(person.id_number)}）", died, drawn) if part)


def _running(*people: Person) -> QuerySet[Award]:
    return Award.objects.filter(person__in=people, end__isnull=True).order_by("pk")


def _line(award: Award) -> str:
    return f"{award.benefit} {format_fen(award.monthly_fen)} 元/月"

"""What hangs on people by the books: benefits, payments, open cases. Linkage asks before it joins or parts them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db.models import Q

from jinbao.cases.machine import OPEN
from jinbao.cases.models import Case
from jinbao.insurance.benefits.models import Award
from jinbao.insurance.payments.models import Payment
from jinbao.insurance.registry.families import family_ids
from jinbao.insurance.registry.models import FormerNumber, Person
from jinbao.kernel.months import Month


def of_numbers(numbers: Sequence[str], on: date) -> list[str]:
    """Return a sentence for each award that lasts or will begin, for payments not settled, and for each open case.

    Every identity that was merged in the registry counts, and every former number.
    """
    named = set(Person.objects.filter(id_number__in=numbers).values_list("pk", flat=True))
    named |= set(FormerNumber.objects.filter(number__in=numbers).values_list("person_id", flat=True))
    people = {pk for one in Person.objects.filter(pk__in=named) for pk in family_ids(one)}
    every = {*numbers, *Person.objects.filter(pk__in=people).values_list("id_number", flat=True)}
    lasting = Award.objects.filter(Q(end=None) | Q(end__gt=Month.of(on)), person__in=people).order_by("pk")
    pending = Payment.objects.filter(person__in=people, status=Payment.Status.PENDING).count()
    cases = Case.objects.filter(person_id_number__in=every, state__in=OPEN).order_by("pk")
    return [
        *(f"{_since(one.start, Month.of(on))}领取{one.benefit}" for one in lasting),
        *([f"有 {pending} 笔待遇待发"] if pending else []),
        *(f"有在办事项 {one.number}" for one in cases),
    ]


def _since(start: Month, now: Month) -> str:
    return f"将自 {start} 起" if start > now else "正在"

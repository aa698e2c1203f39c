"""An award at the counter: what recalculating would change is shown first, and only that can be confirmed."""

from __future__ import annotations

import re

from jinbao.insurance.benefits.models import Award, Determination, Suspension
from jinbao.insurance.payments.models import Clawback, Recovery
from jinbao.insurance.registry.models import Person
from jinbao.trust.actors import Actor
from tests.web.conftest import Browser, Town


def test_a_suspended_award_is_resumed_with_the_months_in_between(browse: Browser, clerk: Actor, town: Town) -> None:
    client, where = browse(clerk), f"/counter/awards/{town.award().pk}/"
    assert client.post(f"{where}suspend/", {"month": "2026-07", "ground": " "}).status_code == 400
    form = {"month": "2026-07", "ground": "未认证", "key": "k"}
    assert client.post(f"{where}suspend/", form).status_code == client.post(f"{where}suspend/", form).status_code == 302
    assert "恢复发放" in client.get(where).content.decode()
    assert client.post(f"{where}resume/", {"month": "2026-09", "reason": "已认证"}).status_code == 400
    client.post(f"{where}resume/", {"month": "2026-09", "arrears": "no", "reason": "已认证"})
    row = Suspension.objects.get()
    assert (str(row.start), str(row.end), row.arrears) == ("2026-07", "2026-09", False)


def test_a_recalculation_is_seen_before_it_is_confirmed(browse: Browser, clerk: Actor, town: Town) -> None:
    award, client = town.award(), browse(clerk)
    where = f"/counter/awards/{award.pk}/"
    Person.objects.filter(pk=town.zhang.pk).update(deemed_months=72)
    kept = Determination.objects.count()
    page = client.get(f"{where}compare/").content.decode()
    assert Determination.objects.count() == kept
    seen = re.findall(r'name="seen" value="([^"]+)"', page)[0]
    Person.objects.filter(pk=town.zhang.pk).update(deemed_months=84)
    assert client.post(f"{where}recalculate/", {"ground": "补录", "seen": seen}).status_code == 409
    Person.objects.filter(pk=town.zhang.pk).update(deemed_months=72)
    assert client.post(f"{where}recalculate/", {"ground": "补录", "seen": seen}).status_code == 302
    after = Award.objects.get(replaces=award)
    assert after.monthly_fen > award.monthly_fen
    assert f"{after.monthly_fen / 100:,.2f}" in page


def test_a_death_ends_the_award_once(browse: Browser, clerk: Actor, town: Town) -> None:
    award, client, where = town.award(), browse(clerk), f"/counter/persons/{town.zhang.pk}/"
    assert client.post(f"{where}death/", {"died_on": "2027-01-01"}).status_code == 409
    assert client.post(f"{where}death/", {"died_on": "三月"}).status_code == 400
    assert client.post(f"{where}death/", {"died_on": "2026-03-02"}).status_code == 302
    award.refresh_from_db()
    assert award.end is not None
    assert "death/" not in client.get(where).content.decode()


def test_a_repayment_is_taken_in_once_and_never_more_than_is_open(browse: Browser, clerk: Actor, town: Town) -> None:
    claim, client = town.clawback(), browse(clerk)
    where = f"/counter/clawbacks/{claim.pk}/"
    form = {"amount": "1,000.00", "on": "2026-03-20", "bank_reference": "HD-1"}
    client.post(f"{where}recover/", form)
    client.post(f"{where}recover/", form)
    assert Recovery.objects.get().amount_fen == 100_000
    assert client.post(f"{where}recover/", form | {"amount": "9000", "bank_reference": "HD-2"}).status_code == 409
    assert client.post(f"{where}recover/", form | {"on": "2026-03-21", "bank_reference": "HD-3"}).status_code == 400
    assert client.post(f"{where}cancel/", {"reason": "有误"}).status_code == 409
    assert "2,000.00" in client.get("/counter/clawbacks/").content.decode()
    assert Clawback.objects.get().cancelled_at is None

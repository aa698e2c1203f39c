"""重算批次 at the counter: made by one officer, tried step by step, approved by another, applied, reported."""

from __future__ import annotations

import io

import pytest
import python_calamine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from jinbao.insurance.benefits.campaigns.models import Campaign, CampaignMember
from jinbao.insurance.benefits.models import Award
from jinbao.insurance.registry.models import Person
from jinbao.trust.actors import Actor
from tests.conftest import WANG_WU, ZHANG_SAN
from tests.web.conftest import Browser, Town

pytestmark = pytest.mark.django_db
FORM = {
    "title": "补录视同年限",
    "reason": "档案复核",
    "basis": "人社部规〔2019〕1号",
    "on": "2026-06-20",
    "effect": "start",
}


@pytest.fixture
def award(town: Town) -> Award:
    """张三 is paid a pension, and since then more deemed months were found."""
    award = town.award()
    Person.objects.filter(pk=town.zhang.pk).update(deemed_months=120)
    return award


def page(client: Client, name: str, pk: int) -> str:
    return client.get(reverse(name, args=[pk])).content.decode()


def tried(client: Client, **form: object) -> Campaign:
    client.post(reverse("counter-campaign-create"), FORM | form)
    campaign = Campaign.objects.latest("pk")
    while campaign.status in ("new", "trying", "checking"):
        assert client.post(reverse("counter-campaign-try", args=[campaign.pk])).status_code == 302
        campaign.refresh_from_db()
    return campaign


def test_two_officers_take_a_campaign_from_the_idea_to_the_report(
    award: Award, town: Town, clerk: Actor, reviewer: Actor, browse: Browser
) -> None:
    first, second = browse(clerk), browse(reviewer)
    campaign = tried(first)
    seen = page(first, "counter-campaign", campaign.pk)
    assert "抽查一致" in seen
    assert "张三" in seen
    first.post(reverse("counter-campaign-submit", args=[campaign.pk]))
    assert first.post(reverse("counter-campaign-decide", args=[campaign.pk])).status_code == 403
    seen = page(second, "counter-campaign", campaign.pk)
    assert campaign.result_hash in seen
    second.post(reverse("counter-campaign-decide", args=[campaign.pk]), {"seen": campaign.result_hash})
    first.post(reverse("counter-campaign-apply", args=[campaign.pk]))
    campaign.refresh_from_db()
    assert campaign.status == "applied"
    member = CampaignMember.objects.get(campaign=campaign)
    assert member.new_award is not None
    assert member.new_award.monthly_fen == member.after_fen
    answer = first.get(reverse("counter-campaign-workbook", args=[campaign.pk]))
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(b"".join(answer)))  # type: ignore[arg-type]  # a file is streamed
    rows = book.get_sheet_by_name("逐人").to_python()
    assert rows[1][0] == "张三"
    assert ZHANG_SAN not in str(rows)
    undone = second.post(reverse("counter-campaign-undo", args=[campaign.pk]), {"reason": "依据有误"}, follow=True)
    assert "请再拟制一次" in undone.content.decode()
    assert Award.objects.get(end=None).monthly_fen == award.monthly_fen
    assert "依据有误" in page(second, "counter-campaign", campaign.pk)


def test_the_explanation_shows_old_and_new(award: Award, clerk: Actor, browse: Browser) -> None:
    client = browse(clerk)
    member = CampaignMember.objects.get(campaign=tried(client))
    seen = page(client, "counter-campaign-member", member.pk)
    assert "视同缴费月数" in seen
    assert "60月" in seen
    assert "120月" in seen


def test_a_list_names_whom_it_is_for(award: Award, clerk: Actor, browse: Browser) -> None:
    client = browse(clerk)
    client.post(
        reverse("counter-campaign-create"),
        FORM | {"people": SimpleUploadedFile("名单.csv", f"{WANG_WU},王五\n".encode())},
    )
    answer = client.post(reverse("counter-campaign-try", args=[Campaign.objects.get().pk]))
    assert answer.status_code == 409
    assert "没有符合条件的待遇" in answer.content.decode()
    assert tried(client, people=SimpleUploadedFile("名单.csv", f"{ZHANG_SAN},张三\n".encode())).status == "tried"


def test_an_officer_of_another_city_sees_nothing(
    award: Award, clerk: Actor, other_clerk: Actor, browse: Browser
) -> None:
    campaign = tried(browse(clerk))
    member = CampaignMember.objects.get(campaign=campaign)
    other = browse(other_clerk)
    assert campaign.title not in other.get(reverse("counter-campaigns")).content.decode()
    for name, pk in (("counter-campaign", campaign.pk), ("counter-campaign-member", member.pk),
                     ("counter-campaign-workbook", campaign.pk), ("counter-campaign-paper", campaign.pk)):  # fmt: skip
        assert other.get(reverse(name, args=[pk])).status_code == 404
    assert other.post(reverse("counter-campaign-submit", args=[campaign.pk])).status_code == 404


def test_what_is_missing_is_said(award: Award, clerk: Actor, browse: Browser) -> None:
    client = browse(clerk)
    assert client.post(reverse("counter-campaign-create"), FORM | {"basis": ""}).status_code == 400
    assert client.post(reverse("counter-campaign-create"), FORM | {"start_from": "去年"}).status_code == 400
    assert not Campaign.objects.exists()

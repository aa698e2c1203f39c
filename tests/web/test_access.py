"""Who may open what: every address, tried by a visitor and in every role; an address missing from the table fails."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
from tests.conftest import CITY, EMPLOYER, LI_SI, OTHER_CITY, WANG_WU, ZHANG_SAN, make_actor
from tests.web.addresses import ADDRESSES, SIGNED_IN, Address
from tests.web.conftest import GOOD, HEAD, Browser, Town

PAGES = sorted(ADDRESSES)
GUARDED = [name for name in PAGES if ADDRESSES[name].roles]
REGIONAL = [name for name in PAGES if ADDRESSES[name].regional]
EVERY_ROLE = [role for role in Role if role != Role.SYSTEM]
SUBJECTS = {Role.INSURED: ZHANG_SAN, Role.EMPLOYER: EMPLOYER, Role.PARTNER: EMPLOYER}


def named(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace is None:
                yield from named(pattern.url_patterns)
        else:
            yield pattern.name or str(pattern.pattern)


def actor(role: Role, region: str = CITY) -> Actor:
    subject = SUBJECTS.get(role, "")
    return make_actor(f"{role}-{region}", role.label, role, region="" if subject else region, subject=subject)


def ask(client: Client, name: str, town: Town, where: str = "") -> HttpResponse:
    address: Address = ADDRESSES[name]
    where = where or reverse(name, kwargs=address.made(town))
    if address.method == "get":
        return client.get(where, address.data)
    file = {"file": SimpleUploadedFile("a.csv", (HEAD + GOOD).encode()), "dataset": "contribution_declaration"}
    return client.post(where, file if address.upload else address.data)


def test_every_address_is_in_the_table() -> None:
    there = set(named(get_resolver().url_patterns))
    assert there - set(ADDRESSES) - SIGNED_IN == set()
    assert set(ADDRESSES) - there == set()


@pytest.mark.parametrize("name", PAGES)
def test_a_visitor_sees_what_is_public_and_is_asked_to_sign_in_for_the_rest(name: str, town: Town) -> None:
    answer = ask(Client(), name, town)
    if ADDRESSES[name].roles:
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/login/")
    else:
        assert answer.status_code in (200, 302)
        assert not answer.headers.get("Location", "").startswith("/login/")


@pytest.mark.parametrize("name", GUARDED)
def test_other_roles_do_not_open_a_page(name: str, town: Town, browse: Browser) -> None:
    for role in EVERY_ROLE:
        if role not in ADDRESSES[name].roles:
            assert ask(browse(actor(role)), name, town).status_code in (403, 404), role


@pytest.mark.parametrize(("name", "role"), [(name, role) for name in GUARDED for role in ADDRESSES[name].roles])
def test_a_role_opens_its_own_pages(name: str, role: Role, town: Town, browse: Browser) -> None:
    answer = ask(browse(actor(role)), name, town)
    assert answer.status_code in ADDRESSES[name].answers
    assert not answer.headers.get("Location", "").startswith(("/login/", "/role/"))


@pytest.mark.parametrize("name", REGIONAL)
def test_an_officer_of_another_city_finds_nothing_of_ours(name: str, town: Town, browse: Browser) -> None:
    for role in ADDRESSES[name].roles:
        answer = ask(browse(actor(role, OTHER_CITY)), name, town)
        assert answer.status_code in (403, 404), f"{name} in the role {role}"
        assert town.zhang.name not in answer.content.decode()


@pytest.mark.parametrize("name", [name for name in PAGES if not ADDRESSES[name].regional and ADDRESSES[name].roles])
def test_lists_of_another_city_do_not_name_our_people(name: str, town: Town, browse: Browser) -> None:
    for role in ADDRESSES[name].roles:
        if role not in SUBJECTS:
            html = ask(browse(actor(role, OTHER_CITY)), name, town).content.decode(errors="replace")
            assert town.zhang.name not in html
            assert town.employer.name not in html


@pytest.mark.parametrize("name", [name for name in PAGES if Role.INSURED in ADDRESSES[name].roles])
def test_wang_wu_sees_nothing_of_zhang_san(name: str, town: Town, browse: Browser, wang_wu: Actor) -> None:
    html = ask(browse(wang_wu), name, town).content.decode()
    for secret in (ZHANG_SAN, LI_SI, "张三", "李四", "演示机械厂"):
        assert secret not in html


@pytest.mark.parametrize("name", [name for name in PAGES if name.startswith("counter-")])
def test_the_counter_shows_no_whole_number(name: str, town: Town, browse: Browser) -> None:
    if name == "counter-person-unmask":
        return
    for role in ADDRESSES[name].roles:
        answer = ask(browse(actor(role)), name, town)
        if answer.streaming:
            continue  # a download for whoever must correct it, recorded in the audit trail
        html = answer.content.decode(errors="replace")
        for secret in (ZHANG_SAN, LI_SI, WANG_WU, "13800001111", "6222029901000000018"):
            assert secret not in html

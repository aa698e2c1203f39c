"""The frame of every page: language, large type, signing in, choosing a role, errors people can act on."""

from __future__ import annotations

import gzip
import re

import pytest
from django.test import Client, override_settings

from jinbao.kernel.errors import DeclarationError, Place
from jinbao.trust import users
from jinbao.trust.actors import Actor
from jinbao.trust.models import Grant, Role, User
from tests.conftest import CITY, EMPLOYER, ZHANG_SAN
from tests.web.conftest import Browser, Town

PASSWORD = "shi-2026-Feng!shan"


def person_with(*roles: tuple[Role, str, str]) -> User:
    user = User.objects.create_user("zhaoliu", PASSWORD, "赵六")
    for role, region, subject in roles:
        Grant.objects.create(user=user, role=role, region=region, subject=subject)
    return user


def test_the_home_page_needs_neither_an_account_nor_the_books(client: Client) -> None:
    """No database fixture: a query would fail the test."""
    page = client.get("/")
    assert page.status_code == 200
    assert "我要查" in page.content.decode()


def test_a_page_begins_with_a_way_past_the_navigation(client: Client) -> None:
    html = client.get("/check/").content.decode()
    assert html.index('href="#main"') < html.index("<header")
    assert '<main id="main"' in html


def test_large_type_stays_until_it_is_turned_off(client: Client) -> None:
    assert client.get("/large/?on=1&next=/check/").headers["Location"] == "/check/"
    assert 'class="large"' in client.get("/").content.decode()
    client.get("/large/?on=0")
    assert 'class="large"' not in client.get("/").content.decode()


def test_english_stays_chosen(client: Client) -> None:
    client.get("/language/en/?next=/check/")
    html = client.get("/check/").content.decode()
    assert '<html lang="en"' in html


def test_chinese_comes_first_whatever_the_browser_speaks() -> None:
    html = Client(headers={"accept-language": "en-US,en"}).get("/").content.decode()
    assert '<html lang="zh-Hans"' in html
    assert "我要查" in html


def test_an_unknown_language_does_not_exist(client: Client) -> None:
    assert client.get("/language/xx/").status_code == 404


@pytest.mark.parametrize("target", ["https://example.com/", "//example.com", "javascript:alert(1)"])
def test_nobody_is_sent_to_another_site(client: Client, target: str) -> None:
    assert client.get("/large/", {"on": "1", "next": target}).headers["Location"] == "/"


@pytest.mark.django_db
def test_a_wrong_password_says_what_to_do_and_tells_nothing_about_who_exists(client: Client) -> None:
    person_with((Role.CLERK, "990100", ""))
    known = client.post("/login/", {"username": "zhaoliu", "password": "x"})
    unknown = client.post("/login/", {"username": "nobody", "password": "x"})
    assert known.status_code == unknown.status_code == 403
    assert users.WRONG in known.content.decode()
    assert users.WRONG in unknown.content.decode()


@pytest.mark.django_db
def test_whoever_holds_one_role_goes_straight_to_work(client: Client) -> None:
    person_with((Role.CLERK, "990100", ""))
    answer = client.post("/login/", {"username": "zhaoliu", "password": PASSWORD})
    assert answer.headers["Location"] == "/counter/"


@pytest.mark.parametrize(
    ("role", "region", "subject", "begins"),
    [
        (Role.INSURED, "", ZHANG_SAN, "/my/"),
        (Role.EMPLOYER, "", EMPLOYER, "/unit/"),
        (Role.FINANCE, CITY, "", "/counter/"),
        (Role.ADMIN, CITY, "", "/counter/"),
    ],
)
def test_each_role_begins_where_its_work_is(
    client: Client, town: Town, role: Role, region: str, subject: str, begins: str
) -> None:
    person_with((role, region, subject))
    answer = client.post("/login/", {"username": "zhaoliu", "password": PASSWORD}, follow=True)
    assert answer.redirect_chain[0][0] == begins
    assert answer.status_code == 200


@pytest.mark.django_db
def test_whoever_holds_several_roles_chooses_and_may_change(client: Client) -> None:
    user = person_with((Role.CLERK, "990100", ""), (Role.AUDITOR, "990100", ""))
    page = client.post("/login/", {"username": "zhaoliu", "password": PASSWORD})
    assert "以什么身份办理" in page.content.decode()
    assert client.get("/counter/audit/").headers["Location"].startswith("/role/")
    auditor = user.grants.get(role=Role.AUDITOR)
    client.post("/role/", {"grant": auditor.pk, "next": "/counter/audit/"})
    assert client.get("/counter/audit/").status_code == 200
    clerk = user.grants.get(role=Role.CLERK)
    client.post("/role/", {"grant": clerk.pk})
    assert client.get("/counter/audit/").status_code == 403


@pytest.mark.django_db
def test_nobody_takes_up_the_role_of_somebody_else(client: Client, auditor: Actor) -> None:
    person_with((Role.CLERK, "990100", ""))
    client.post("/login/", {"username": "zhaoliu", "password": PASSWORD})
    foreign = Grant.objects.get(user__username=auditor.username)
    assert client.post("/role/", {"grant": foreign.pk}).status_code == 400
    assert client.get("/counter/audit/").status_code == 403


def test_the_wrong_role_is_told_which_roles_may(browse: Browser, clerk: Actor) -> None:
    page = browse(clerk).get("/counter/audit/")
    assert page.status_code == 403
    assert "稽核" in page.content.decode()
    assert "not-allowed" in page.content.decode()


def test_what_does_not_exist_says_so_with_a_stable_code(browse: Browser, clerk: Actor) -> None:
    page = browse(clerk).get("/counter/persons/999999/")
    assert page.status_code == 404
    assert "not-found" in page.content.decode()


def test_an_unknown_address_has_a_page_with_a_way_back(client: Client) -> None:
    page = client.get("/no/such/page/")
    assert page.status_code == 404
    assert "回到首页" in page.content.decode()


def test_an_unknown_address_of_the_api_answers_programs_in_json(client: Client) -> None:
    answer = client.get("/api/no-such/")
    assert answer.status_code == 404
    assert answer.json()["code"] == "not-found"


def test_a_form_without_its_token_is_refused_with_an_explanation() -> None:
    page = Client(enforce_csrf_checks=True).post("/login/", {"username": "x", "password": "y"})
    assert page.status_code == 403
    assert "页面已过期" in page.content.decode()


def test_pages_forbid_foreign_scripts_and_frames(client: Client) -> None:
    page = client.get("/")
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    assert page.headers["X-Frame-Options"] == "DENY"


def test_no_page_needs_a_script_in_its_text(client: Client) -> None:
    for address in ("/", "/check/", "/login/"):
        html = client.get(address).content.decode()
        assert "<script>" not in html
        assert "onclick" not in html


def test_personal_pages_are_not_kept_by_the_browser(browse: Browser, zhang_san: Actor, town: Town) -> None:
    assert browse(zhang_san).get("/my/").headers["Cache-Control"] == "no-store"


@override_settings(DEBUG=False)
def test_a_broken_page_shows_an_apology_and_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jinbao.web.portal.pages.render", lambda *_: 1 / 0)
    page = Client(raise_request_exception=False).get("/check/")
    assert page.status_code == 500
    assert "系统出错了" in page.content.decode()
    assert "ZeroDivisionError" not in page.content.decode()


class TestBrokenDeclaration:
    """A wrong file under policy/ is a matter of the centre, not of the public."""

    @pytest.fixture(autouse=True)
    def broken(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: object, **__: object) -> None:
            raise DeclarationError("“x”不是数", at=Place("/srv/secret/policy/a.yaml", 7), advice="请改正第 7 行。")

        monkeypatch.setattr("jinbao.web.counter.persons.registry.search", fail)
        monkeypatch.setattr("jinbao.web.portal.law.load_law", fail)

    def test_the_public_reads_no_path_of_the_server(self, client: Client) -> None:
        answer = client.get("/see/law/")
        assert answer.status_code == 500
        assert "/srv/secret" not in answer.content.decode()
        assert "12333" in answer.content.decode()

    def test_an_officer_reads_which_line_is_wrong(self, browse: Browser, clerk: Actor) -> None:
        answer = browse(clerk).get("/counter/persons/", {"q": "张"})
        assert answer.status_code == 500
        assert "/srv/secret/policy/a.yaml:7" in answer.content.decode()


def test_static_files_are_kept_until_they_change_and_travel_compressed(client: Client) -> None:
    address = re.findall(r'href="(/static/web/jinbao\.css[^"]*)"', client.get("/").content.decode())[0]
    assert re.search(r"\?v=[0-9a-f]{12}$", address)
    plain = client.get(address)
    packed = client.get(address, headers={"accept-encoding": "gzip"})
    assert "max-age=86400" in packed.headers["Cache-Control"]
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(b"".join(packed.streaming_content)) == b"".join(plain.streaming_content)


def test_pages_are_not_compressed(client: Client) -> None:
    assert "Content-Encoding" not in client.get("/", headers={"accept-encoding": "gzip"}).headers


def test_a_nul_in_what_was_typed_is_said_and_no_fault(browse: Browser, clerk: Actor, town: Town) -> None:
    client = browse(clerk)
    for answer in (
        client.get("/counter/data/extraction/", {"words": "a\0b"}),
        client.get("/counter/persons/", {"q": "张\0三"}),
        client.post("/counter/data/extraction/new/", {"purpose": "核\0查"}),
    ):
        assert answer.status_code in (200, 302, 400, 404)
        assert "Traceback" not in answer.content.decode()


def test_a_page_names_its_centre_and_calls_only_a_demonstration_one(client: Client) -> None:
    page = client.get("/").content.decode()
    assert "演示市社会保险公共服务" in page
    assert "全部人员和单位均为生成数据" in page
    with override_settings(PRODUCTION=True, CENTRE="江城市"):
        page = client.get("/").content.decode()
    assert "主办单位：江城市人力资源和社会保障局" in page
    assert "演示" not in page
    assert "计算结果以经办机构核定为准" in page

"""Without a mouse, in a real browser: a visitor reaches the calculator's result, a steward keeps an eye on the wall."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from pytest_django.live_server_helper import LiveServer

from jinbao.data.exchange import actions as exchange
from jinbao.data.exchange.models import Key
from jinbao.data.extraction import actions as extraction
from jinbao.data.extraction.actions import Asked
from jinbao.trust import clock
from jinbao.trust.models import Role, User
from tests.conftest import CITY, make_actor
from tests.exchange.conftest import FUND
from tests.web.conftest import TODAY

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]

RESULT = "/retirement-age/?出生年月=1966-01&退休类别=男职工"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not Path(CHROMIUM).is_file(), reason="no Chromium is installed"),
    pytest.mark.xdist_group("browser"),
]


@pytest.fixture
def page(live_server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser.new_page(base_url=live_server.url, viewport={"width": 390, "height": 844})
        browser.close()


def tab_to(page: Any, text: str, most: int = 40) -> None:
    """Press Tab until the focus is on what has this text, label or value; fail when it is never reached."""
    for _ in range(most):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "() => { const e = document.activeElement; const l = e.labels && e.labels[0];"
            " return [e.textContent, e.value || '', e.name || '', l ? l.textContent : ''].join('|'); }"
        )
        if text in focused:
            return
    pytest.fail(f"“{text}” cannot be reached with the keyboard")


def test_the_first_key_offers_a_way_past_the_navigation(page: Any) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("document.activeElement.getBoundingClientRect().top") >= 0, "it is seen when it has the focus"


def test_the_calculator_is_used_with_the_keyboard_alone(page: Any) -> None:
    page.goto("/")
    tab_to(page, "什么时候退休")
    page.keyboard.press("Enter")
    page.wait_for_url("**/retirement-age/")
    tab_to(page, "出生年月")
    page.keyboard.type("1966-01")
    tab_to(page, "男职工")
    page.keyboard.press("Space")
    tab_to(page, "计算")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=2026年5月")
    tab_to(page, "法定退休年月", most=60)
    page.keyboard.press("Enter")
    assert page.locator("details[open]").count() >= 1


def test_a_wrong_form_puts_the_reader_at_the_list_of_what_is_wrong(page: Any) -> None:
    page.goto("/retirement-age/?出生年月=66&退休类别=男职工")
    assert page.evaluate("document.activeElement.className") == "summary"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "f-出生年月"


@pytest.mark.parametrize("width", [360, 390, 768, 1280, 1920])
@pytest.mark.parametrize(
    "address", ["/", "/retirement-age/?出生年月=1966-01&退休类别=男职工", "/see/law/", "/ask/glossary/"]
)
def test_no_page_scrolls_sideways(page: Any, width: int, address: str) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_large_type_is_never_below_eighteen_points(page: Any) -> None:
    page.goto("/large/?on=1&next=/retirement-age/")
    smallest = page.evaluate(
        "() => Math.min(...[...document.querySelectorAll('body *')]"
        ".filter(e => e.offsetParent && [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()))"
        ".map(e => parseFloat(getComputedStyle(e).fontSize)))"
    )
    assert smallest >= 24, "18 pt are 24 px"


@pytest.fixture
def wall(page: Any, live_server: LiveServer) -> Any:
    """The screen of the platform's state as a steward who has signed in sees it, its timer at the test's command."""
    by = make_actor("shuju", "数据管理", Role.STEWARD, region=CITY)
    client = Client()
    client.force_login(User.objects.get(username=by.username))
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    page.clock.install()
    page.goto("/screen/platform/")
    return page


def refreshed(page: Any) -> None:
    """Let the half minute pass and wait for the answer."""
    with page.expect_response("**/screen/platform/"):
        page.clock.run_for(30_000)


def test_the_wall_takes_over_new_figures_and_keeps_focus_and_open_tables(wall: Any, page: Any) -> None:
    page.evaluate("window.kept = document.querySelector('main')")
    page.focus("#requests a")
    by = make_actor("jingban", "经办", Role.CLERK, region=CITY)
    extraction.ask(by, Asked("核查", "文件", "甲", "2026", "姓名", "内部", "财政局", TODAY), now=clock.now())
    refreshed(page)
    page.wait_for_selector("#requests b:text-is('1')")
    assert page.evaluate("window.kept === document.querySelector('main')"), "the page was not loaded again"
    assert page.evaluate("document.activeElement.closest('section').id") == "requests"


def test_the_wall_says_that_the_session_ended_and_keeps_its_figures(wall: Any, page: Any) -> None:
    page.context.clear_cookies()
    refreshed(page)
    page.wait_for_selector("#state:has-text('重新登录')")
    assert page.locator("#requests b").first.text_content() == "0"


def test_the_wall_can_be_paused_with_the_keyboard(wall: Any, page: Any) -> None:
    tab_to(page, "暂停刷新")
    page.keyboard.press("Enter")
    assert page.locator("#pause").get_attribute("aria-pressed") == "true"
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.run_for(120_000)
    assert asked == []
    with page.expect_response("**/screen/platform/"):
        page.keyboard.press("Enter")


@pytest.fixture
def steward(page: Any, live_server: LiveServer) -> Any:
    """A steward who has signed in, and a partner with one key."""
    by = make_actor("shuju", "数据管理", Role.STEWARD, region=CITY)
    fund = exchange.register_partner(by, FUND, "公积金中心", region=CITY, now=clock.now())
    exchange.make_secret(by, fund, "hmac-sm3", now=clock.now())
    client = Client()
    client.force_login(User.objects.get(username=by.username))
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
    return by


def test_a_key_is_stopped_with_the_keyboard_and_not_by_one_press(steward: Any, page: Any) -> None:
    page.goto(f"/counter/data/exchange/partners/{FUND}/")
    tab_to(page, "停用")
    page.keyboard.press("Tab")  # from the table, which scrolls, to the link in it
    page.keyboard.press("Enter")
    page.wait_for_url("**/withdraw/")
    assert Key.objects.filter(withdrawn_at__isnull=True).count() == 1
    tab_to(page, "原因")
    page.keyboard.type("密钥泄露")
    tab_to(page, "确认停用")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/partners/{FUND}/")
    assert not Key.objects.filter(withdrawn_at__isnull=True).exists()


@pytest.mark.parametrize(("width", "large"), [(600, True), (360, False)])
def test_a_column_of_a_list_never_shrinks_to_a_few_characters(steward: Any, page: Any, width: int, large: bool) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"/large/?on={int(large)}&next=/counter/data/scenes/")
    narrow = page.evaluate(
        "() => [...document.querySelectorAll('.scroll td:first-child')]"
        ".filter(e => e.clientWidth < 7 * parseFloat(getComputedStyle(e).fontSize)).length"
    )
    assert page.locator(".scroll td").count() > 20
    assert narrow == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width

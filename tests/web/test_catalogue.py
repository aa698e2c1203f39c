"""English: every Chinese message has it, the compiled catalogue is that of the source, placeholders are the same."""

from __future__ import annotations

import io
import re

import pytest
from babel.messages.pofile import read_po
from django.test import Client

from jinbao.web import catalogue

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")


def kept() -> dict[object, object]:
    return {message.id: message.string for message in read_po(io.BytesIO(catalogue.PO.read_bytes()), locale="en")}


def test_every_message_of_today_is_in_the_catalogue_with_english() -> None:
    assert catalogue.missing(catalogue.updated()) == []
    there = {message if isinstance(message, str) else message[0] for message, _ in catalogue.messages()}
    ids = {key[0] if isinstance(key, tuple | list) else key for key in kept()} - {""}
    assert there == ids, "run python -m jinbao.web.catalogue"


def test_the_compiled_catalogue_is_that_of_the_source() -> None:
    source = read_po(io.BytesIO(catalogue.PO.read_bytes()), locale="en")
    assert catalogue.MO.read_bytes() == catalogue.compiled(source)


def test_english_keeps_every_placeholder() -> None:
    for chinese, english in kept().items():
        texts = english if isinstance(english, tuple | list) else [english]
        source = chinese[0] if isinstance(chinese, tuple | list) else chinese
        for text in texts:
            assert sorted(set(PLACEHOLDER.findall(str(text)))) == sorted(set(PLACEHOLDER.findall(str(source)))), source


@pytest.mark.parametrize("address", ["/", "/check/", "/retirement-age/", "/pension-estimate/", "/login/", "/privacy/"])
def test_a_public_page_in_english_has_no_chinese_left_but_names_of_languages(address: str) -> None:
    client = Client()
    client.get("/language/en/")
    html = client.get(address).content.decode()
    html = re.sub(r'<span lang="zh-Hans">[^<]*</span>', " ", html)
    visible = re.sub(r"<(script|style)[^>]*>.*?</\1>|<[^>]+>", " ", html, flags=re.S)
    left = set(re.findall(r"[\u4e00-\u9fff]+", visible))
    assert left <= {"中文", "岁", "个月"}, left

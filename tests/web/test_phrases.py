"""Sentences with figures are read in English on English pages, and stay Chinese, marked so, where they have no form."""

from __future__ import annotations

import re

import pytest
from django.utils.translation import override

from jinbao.insurance.benefits.campaigns.models import Campaign
from jinbao.insurance.benefits.campaigns.report import COMPARABLE, HANDED_OVER, bins, sums
from jinbao.kernel.months import Month
from jinbao.oversight.simulation.question import benefits
from jinbao.oversight.simulation.tabulate import _age, _tenth
from jinbao.oversight.simulation.yearly import read_yearly, sentences
from jinbao.rules import load_law
from jinbao.web.phrases import english
from jinbao.web.templatetags.jinbao import said

CHINESE = re.compile("[㐀-鿿]")
COMPARED = {"count": 5, "same": 1, "up": 2, "up_fen": 9, "down": 2, "down_fen": -9}
FIGURES = {
    "states": {},
    "persons": 12_000,
    "kernel": 9_000,
    "up": 11,
    "up_fen": 120,
    "down": 1,
    "down_fen": -5,
    "back_fen": 77,
    "over_fen": 0,
    "sample": {"people": 100, "different": 0},
    "left_out": 3,
    "unknown": 2,
    "outliers": {"ineligible": [1, 9]},
    "handed_over": dict.fromkeys(COMPARABLE, COMPARED),
    "histogram": [{"low": low, "high": high, "count": 9} for low, high in ((None, -100), (0, 100), (100, None))],
}


def test_every_figure_of_a_campaign_has_its_english() -> None:
    campaign = Campaign(figures=FIGURES)
    texts = [text for row in sums(campaign) for text in row] + [row["label"] for row in bins(campaign)]
    texts += [f"待遇起始 2026-01 至 ……，名单上的人；{text}" for text in HANDED_OVER.values()] + ["60–64 岁"]
    with override("en"):
        assert [text for text in texts if CHINESE.search(english(text))] == []
        assert english("11 人，每月 1.20 元") == "11 people, 1.20 yuan a month"


def test_rows_and_assumptions_of_a_simulation_have_their_english() -> None:
    yearly = read_yearly(["待遇年度调整率=2%", "待遇年度调整率=2.5%@2027", "缴费基数年增长率=3%"])
    texts = [_age(age) for age in (-1, 25, 40, 75)] + [_tenth(tenth) for tenth in (0, 1, 5, 10)]
    texts += [
        "增加 50.00 元至不足 100.00 元",
        "变化不足 1.00 元",
        "原 1，新 2（新得 *，失去 0）",
        "原 不足 10 人，新 12 人",
    ]
    texts += sentences(yearly, Month(2025, 12), Month(2026, 12))
    texts += sentences(yearly, Month(2025, 12), Month(2027, 12)) + sentences(yearly, Month(2025, 12), Month(2030, 12))
    with override("en"):
        assert [text for text in texts if CHINESE.search(english(text))] == []


def test_every_declared_reason_of_no_result_has_its_english() -> None:
    reasons = {text for each in benefits(load_law()).values() for text in each.without_answer.values()}
    with override("en"):
        assert [text for text in reasons if CHINESE.search(english(text))] == []


@pytest.mark.parametrize("text", ["补录视同年限，二期", "张三", "“缴费年限”：没有收录", "第几等"])
def test_what_somebody_wrote_stays_as_written_and_is_marked_as_chinese(text: str) -> None:
    with override("en"):
        assert english(text) == text
        assert said(text) == f'<span lang="zh-Hans">{text}</span>'
    with override("zh-hans"):
        assert said(text) == text


def test_a_chinese_page_is_as_it_was() -> None:
    with override("zh-hans"):
        assert said("11 人，每月 1.20 元") == "11 人，每月 1.20 元"

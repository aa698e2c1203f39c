"""An error says where, what, its code, and what to do next."""

from __future__ import annotations

import pytest

from jinbao.kernel.errors import NOWHERE, Conflict, FormatError, JinbaoError, Place


def test_it_works() -> None:
    error = FormatError("不是金额", at=Place("申报.xlsx", 7, "五月", "缴费基数"), advice="请填数字。")
    assert str(error) == "申报.xlsx:7 工作表“五月” 列“缴费基数”: 不是金额 [format]\n  怎么办：请填数字。"


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (NOWHERE, ""),
        (Place("a.yaml"), "a.yaml"),
        (Place("a.yaml", 3), "a.yaml:3"),
        (Place("", None, "五月"), " 工作表“五月”"),
    ],
)
def test_only_known_parts_of_a_place_are_shown(place: Place, text: str) -> None:
    assert str(place) == text


def test_an_error_without_a_place_or_advice_is_one_line() -> None:
    assert str(Conflict("已有人办理")) == "已有人办理 [conflict]"


def test_codes_are_stable_and_differ() -> None:
    codes = [error.code for error in JinbaoError.__subclasses__()]
    assert len(set(codes)) == len(codes)
    assert {"declaration", "format", "not-found", "not-allowed", "conflict"} <= set(codes)


def test_a_message_shows_the_nul_that_it_quotes_and_holds_none() -> None:
    """PostgreSQL keeps no NUL in a text: a quoted one would turn a refusal that is stored into a second error."""
    assert str(FormatError("没有文件 \0")) == "没有文件 ␀ [format]"

"""Declared files become frozen dataclasses, and every mistake is answered with file and line."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from dataclasses import FrozenInstanceError, dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

import pytest

from jinbao.kernel.declared import read_declared
from jinbao.kernel.errors import NOWHERE, DeclarationError, FormatError, Place
from jinbao.kernel.months import Month

Write = Callable[[str], Path]


class Channel(StrEnum):
    COUNTER = "窗口"
    ONLINE = "网办"


@dataclass(frozen=True)
class Step:
    name: str
    days: int = 5
    at: Place = NOWHERE

    def __post_init__(self) -> None:
        if self.days < 0:
            raise FormatError("时限不能为负", advice="请填工作日数。")


@dataclass(frozen=True)
class Service:
    title: str
    since: Month
    from_: date | None = None
    steps: tuple[Step | str, ...] = ()
    fee: Decimal | None = None
    free: bool = True
    kind: Literal["依申请", "依职权"] = "依申请"
    channel: Channel = Channel.COUNTER
    table: Mapping[int, Decimal] = field(default_factory=dict)
    limit: int | str = 0
    extra: Any = None


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(text: str) -> Path:
        path = tmp_path / "service.yaml"
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    return write


GOOD = "title: 养老待遇申领\nsince: 2026-01\n"


def failure(path: Path, cls: Any = Service) -> DeclarationError:
    with pytest.raises(DeclarationError) as caught:
        read_declared(path, cls)
    return caught.value


def line_of(error: DeclarationError) -> int | None:
    assert error.at is not None
    assert error.at.file.endswith("service.yaml")
    return error.at.line


def test_it_works(write: Write) -> None:
    path = write(
        """\
        title: 养老待遇申领
        since: 2026-01
        from: 2026-01-31
        fee: 0.60
        free: false
        kind: 依职权
        channel: 网办
        table: {40: 233, 41: 230.5}
        limit: 不限
        steps:
          - name: 受理
          - {name: 复核, days: 10}
          - 办结
        """
    )
    service = read_declared(path, Service)
    assert service == Service(
        title="养老待遇申领",
        since=Month(2026, 1),
        from_=date(2026, 1, 31),
        fee=Decimal("0.60"),
        free=False,
        kind="依职权",
        channel=Channel.ONLINE,
        table={40: Decimal(233), 41: Decimal("230.5")},
        limit="不限",
        steps=(Step("受理", 5, Place(str(path), 11)), Step("复核", 10, Place(str(path), 12)), "办结"),
    )
    with pytest.raises(FrozenInstanceError):
        service.title = "别的"  # type: ignore[misc]  # the mistake under test


def test_decimals_keep_the_places_that_are_written(write: Write) -> None:
    assert str(read_declared(write(GOOD + "fee: 0.60\n"), Service).fee) == "0.60"


def test_what_is_left_out_takes_its_default(write: Write) -> None:
    service = read_declared(write(GOOD), Service)
    assert (service.steps, service.fee, service.limit, service.from_) == ((), None, 0, None)


def test_an_empty_value_is_none_where_none_is_allowed(write: Write) -> None:
    assert read_declared(write(GOOD + "fee:\n"), Service).fee is None


@pytest.mark.parametrize("text", ["010203", "1.10", "true", "2026-01-01", "on", "'12'", "1e3", "null_"])
def test_a_text_field_takes_the_text_as_it_is_written(write: Write, text: str) -> None:
    assert read_declared(write(f"title: {text}\nsince: 2026-01\n"), Service).title == text.strip("'")


def test_a_file_may_be_a_list_or_a_mapping_of_names(write: Write) -> None:
    assert read_declared(write("- 1\n- 2\n"), tuple[int, ...]) == (1, 2)
    steps = read_declared(write("受理: {name: a}\n复核: {name: b}\n"), dict[str, Step])
    assert [(key, step.name, step.at.line) for key, step in steps.items()] == [("受理", "a", 1), ("复核", "b", 2)]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("titel: 3", "没有“titel”这个键"),
        ("title: again", "键“title”重复，第 1 行已有"),
        ("fee: 六毛", "“fee”应为数字，实为“六毛”"),
        ("fee: '0.60'", "“fee”应为数字"),
        ("fee: 1e3", "“fee”应为数字"),
        ("fee: [1]", "“fee”应为一个值，实为列表"),
        ("free: yes", "“free”应为 true 或 false"),
        ("kind: 其他", "“kind”不能是“其他”"),
        ("kind:", "“kind”没有值"),
        ("channel: 邮寄", "“channel”不能是“邮寄”"),
        ("from: 2026-02-30", "“from”应为日期"),
        ("steps: 受理", "“steps”应为列表"),
        ("steps: [{days: 3}]", "“steps第 1 项”缺少：name"),
        ("steps: [{name: a, days: 3.5}]", "“days”应为整数"),
        ("steps: [{name: a, days: -1}]", "时限不能为负"),
        ("steps: [{name: a, at: 3}]", "没有“at”这个键"),
        ("table: {四十: 1}", "“键”应为整数"),
        ("table: {40: 1, +40: 2}", "键“+40”重复"),
        ("table: [1]", "“table”应为“键: 值”的组合"),
        ("extra: !!python/object/apply:os.system [x]", "不支持标签"),
        ("extra: {1.0: a, 1.00: b}", "键“1.00”重复"),
        ("extra: &a [*a]", "包含了自己"),
        ("<<: {fee: 1}", "键必须是简单的文字或数字"),
        ("? [a]\n: 1", "键必须是简单的文字或数字"),
        ("fee: [", "YAML 语法错误"),
        ("\tfee: 1", "YAML 语法错误"),
    ],
)
def test_each_mistake_is_named_with_its_line(write: Write, line: str, message: str) -> None:
    error = failure(write(GOOD + line + "\n"))
    assert message in error.message
    assert line_of(error) in ((3,) if "fee: [" not in line else (3, 4))


def test_missing_keys_are_all_named_at_once(write: Write) -> None:
    error = failure(write("\n\nfee: 1\n"))
    assert error.message == "“文件”缺少：title、since"
    assert line_of(error) == 3


def test_a_slip_of_the_pen_gets_a_suggestion(write: Write) -> None:
    assert "是不是“title”？" in failure(write(GOOD + "titel: x\n")).advice


def test_a_hopeless_key_gets_the_list(write: Write) -> None:
    assert "title、since、from" in failure(write(GOOD + "zzzzzz: x\n")).advice


def test_a_choice_lists_the_choices(write: Write) -> None:
    assert "依申请、依职权" in failure(write(GOOD + "kind: 其他\n")).advice


def test_the_advice_of_a_class_reaches_the_reader(write: Write) -> None:
    error = failure(write(GOOD + "steps:\n  - name: a\n  - name: b\n    days: -1\n"))
    assert (error.advice, line_of(error)) == ("请填工作日数。", 5)


def test_the_error_can_be_clicked(write: Write) -> None:
    path = write(GOOD + "fee: x\n")
    assert str(failure(path)).startswith(f"{path}:3: ")


def test_an_empty_file_a_missing_file_and_a_foreign_encoding_are_no_tracebacks(write: Write, tmp_path: Path) -> None:
    assert "空" in failure(write("")).message
    assert "不存在" in failure(tmp_path / "service.yaml.gone").message
    path = write("")
    path.write_bytes("title: 养老\n".encode("gbk"))
    assert "UTF-8" in failure(path).message


def test_a_byte_order_mark_does_not_matter(write: Write) -> None:
    path = write("")
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert read_declared(path, Service).title == "养老待遇申领"


def test_a_type_that_cannot_be_read_is_a_mistake_of_the_programmer(write: Write) -> None:
    with pytest.raises(TypeError, match="complex"):
        read_declared(write("1\n"), complex)
    with pytest.raises(TypeError, match="tuple"):
        read_declared(write("[1, 2]\n"), tuple[int, int])

"""An explained answer as a printable sheet: PDF set by typst, with day, region, version and confidence."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from jinbao.kernel.errors import JinbaoError
from jinbao.rules.result import Result
from jinbao.rules.sentences import sentence

if TYPE_CHECKING:
    import typst

FONTS = (
    "Noto Sans CJK SC",
    "Noto Serif CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Serif SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "PingFang SC",
    "Songti SC",
    "Microsoft YaHei",
    "SimSun",
    "SimHei",
)
"""Fonts that hold Chinese, the preferred first; JINBAO_FONTS names a folder with more."""

_HEAD = """#set document(title: {title}, date: none)
#set page(paper: "a4", margin: (x: 2cm, top: 2cm, bottom: 2.2cm), footer: context [
  #set text(8pt, fill: luma(90))
  #{foot} #h(1fr) 第 #counter(page).display() 页，共 #counter(page).final().first() 页
])
#set text(font: {fonts}, size: 10pt, lang: "zh", region: "cn")
#set par(justify: false, leading: 0.75em)
#set table(stroke: 0.4pt + luma(160), inset: 5pt)
#show heading.where(level: 1): it => align(center, text(16pt, it.body)) + v(0.4em)
#show heading.where(level: 2): it => v(0.6em) + text(11.5pt, it.body) + v(0.1em)
"""


class NoFont(JinbaoError):
    """There is no Chinese font on this machine, so no PDF can be set."""

    code = "no-font"


@dataclass(frozen=True)
class Sheet:
    """What is to be printed: answers to one question, the main one first."""

    title: str
    results: Sequence[Result]
    region_name: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    """The facts as given, without rows of a career."""
    notes: Sequence[str] = ()

    @property
    def main(self) -> Result:
        """The answer to the question."""
        return self.results[0]


def pdf_of(sheet: Sheet) -> bytes:
    """Set a sheet as PDF; the same sheet gives the same bytes. Raises NoFont."""
    import typst

    fonts = chinese_fonts()
    return bytes(typst.compile(typst_source(sheet, fonts).encode(), format="pdf", font_paths=_fonts()))


def chinese_fonts() -> tuple[str, ...]:
    """Name the fonts of this machine that hold Chinese. Raises NoFont that says what to do."""
    families = set(_fonts().families())
    found = tuple(name for name in FONTS if name in families)
    if not found:
        advice = "安装 Noto Sans CJK SC（Debian：apt install fonts-noto-cjk），或用 JINBAO_FONTS 指明字体文件夹；"
        raise NoFont("这台机器没有中文字体，不能生成 PDF", advice=f"{advice}也可以在浏览器中打印网页。")
    return found


@cache
def _fonts() -> typst.Fonts:
    """Search the fonts of this machine, once."""
    import typst

    folder = os.environ.get("JINBAO_FONTS")
    return typst.Fonts(include_system_fonts=True, font_paths=[folder] if folder else [])


def typst_source(sheet: Sheet, fonts: Sequence[str]) -> str:
    """Write a sheet as typst source; every text is a string of typst, so that nothing in it is markup."""
    main = sheet.main
    foot = f"{sheet.title}　规则版本 {main.version}　事实摘要 {main.facts_hash[:16]}"
    head = _HEAD.format(title=quoted(sheet.title), fonts=_array(map(quoted, fonts)), foot=quoted(foot))
    return head + "\n".join(_body(sheet))


def _body(sheet: Sheet) -> Iterator[str]:
    yield f"= #{quoted(sheet.title)}"
    yield _table(_about(sheet))
    yield from (f"#block(inset: 6pt, stroke: (left: 2pt + luma(120)))[#{quoted(note)}]" for note in _warnings(sheet))
    if sheet.facts:
        yield "== 填写的情况"
        yield _table((name, str(value)) for name, value in sheet.facts.items())
    yield "== 结果"
    yield _table((result.rule, _said(result)) for result in sheet.results)
    yield "== 怎样算出来的"
    yield from _steps(sheet.results)
    yield "#v(0.8em)"
    yield f"#text(9pt)[#{quoted('本计算书由公开的规则自动生成，仅供参考；待遇以经办机构核定为准。')}]"


def _about(sheet: Sheet) -> list[tuple[str, str]]:
    main = sheet.main
    confidences = {result.rule: result.confidence for result in sheet.results}
    others = "，".join(f"{rule} {mark}" for rule, mark in confidences.items() if mark != main.confidence)
    return [
        ("计算日", str(main.on)),
        ("适用地区", f"{sheet.region_name}（{main.region}）"),
        ("规则版本", main.version),
        ("可信度", f"{main.confidence}{f'（{others}）' if others else ''}"),
    ]


def _warnings(sheet: Sheet) -> list[str]:
    found = [f"暂定：{note}。" for result in sheet.results for note in result.provisional]
    found += [f"假设：{note}。" for result in sheet.results for note in result.assumed]
    if any(result.confidence in ("B", "C") for result in sheet.results):
        found.append("有的参数或条文来源尚待核实（可信度 B 或 C），已在各步标出。")
    return list(dict.fromkeys([*sheet.notes, *found]))


def _said(result: Result) -> str:
    text = result.tree.text if result.tree else result.text
    return f"{text}（{'；'.join(result.reasons)}）" if result.reasons else text


def _steps(results: Iterable[Result]) -> Iterator[str]:
    seen: set[str] = set()
    for result in results:
        for step in result.steps:
            if step.name not in seen:
                seen.add(step.name)
                yield f"+ #{quoted(sentence(step))}"


def _table(rows: Iterable[tuple[str, str]]) -> str:
    cells = ", ".join(f"[#{quoted(left)}], [#{quoted(right)}]" for left, right in rows)
    return f"#table(columns: (5cm, 1fr), {cells})"


def _array(items: Iterable[str]) -> str:
    return f"({', '.join(items)},)"


def quoted(text: str) -> str:
    """Write a typst string: nothing in it is markup."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'

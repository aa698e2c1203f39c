"""Say an explained answer in Chinese sentences, inputs before what is made of them; all of it from the trace."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jinbao.rules.result import Result, Step

_ARTICLE = re.compile(r"(?P<document>.+?)(?P<article>第[一二三四五六七八九十百零]+条.*)")
_PLACE = re.compile(r"\s*\[law/[^\]]+\]")


def sentences(result: Result) -> list[str]:
    """Write one sentence a step, then the conclusion with the reasons for a no. Empty unless explained."""
    return [*(sentence(step) for step in result.steps), *conclusion(result)] if result.tree else []


def sentence(step: Step) -> str:
    """Write one step: name, value, how it came about, and on which ground."""
    return "".join((_head(step), *_rest(step)))


def _head(step: Step) -> str:
    if step.text == "未填":
        return f"{step.name}未填"
    if step.formula and step.kind == "规则" and step.formula not in (step.value, step.text):
        return f"{step.name} = {step.formula} = {step.text}"
    return f"{step.name}为 {step.text}"


def _rest(step: Step) -> Iterator[str]:
    if step.because:
        yield f"；因为{'；'.join(step.because)}"
    if step.text == "未填":
        yield "。"
        return
    if step.kind == "事实":
        yield "（填写）"
    elif step.kind in ("给定", "缺省"):
        yield f"（{step.note}）"
    elif step.kind == "参数" and step.formula:
        yield f"（{step.formula}）"
    if step.cites:
        yield f"。{'出处' if step.kind == '参数' else '依据'}：{'；'.join(_cites(step.cites))}"
    if step.kind not in ("给定", "缺省") and step.note:
        yield f"。{step.note}"
    if step.confidence != "A":
        yield f"。可信度 {step.confidence}"
    yield "。"


def plain_cite(cite: str) -> str:
    """Drop the place of the text from a citation."""
    return _PLACE.sub("", cite)


def _cites(cites: tuple[str, ...]) -> Iterator[str]:
    """Name each article; its document only where it is not that of the article before."""
    last = ""
    for cite in map(plain_cite, cites):
        match = _ARTICLE.fullmatch(cite)
        document = match["document"] if match else ""
        yield match["article"] if match and document == last else cite
        last = document


def conclusion(result: Result) -> Iterator[str]:
    """Write the answer, why it is no, and what it stands on provisionally or by assumption."""
    if result.tree is None:
        return
    yield f"结论：{result.rule}为 {result.tree.text}" + (
        f"，因为{'；'.join(result.reasons)}。" if result.reasons else "。"
    )
    yield from (f"暂定：{note}。" for note in result.provisional)
    yield from (f"假设：{note}。" for note in result.assumed)

"""Rules for programs: the list, and the same explained answer that `jinbao law eval --json` prints, to the byte."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema

from jinbao.rules import load_law, parse_day
from jinbao.web.dates import today

router = Router()


class Question(Schema):
    """一次计算：规则名、按名词表填写的事实、适用日期和地区。"""

    rule: str = Field(..., description="规则名，例如 法定退休年月", examples=["法定退休年月"], max_length=100)
    facts: dict[str, Any] = Field(
        default_factory=dict,
        description="事实：键为名词表中的名字，数字按字面读作十进制；任何规则的值也可以作为事实给出；"
        "逐月、逐年的履历写在“月”“年”下，各行一个对象",
        examples=[{"出生年月": "1966-01", "退休类别": "男职工"}],
    )
    on: str | None = Field(
        None, description="适用哪一天的规定：2024-03-01 或 2024-03，默认今天", examples=["2024-03-01"], max_length=10
    )
    region: str = Field("000000", description="六位地区代码，默认全国", pattern="^[0-9]{6}$")


class StepInfo(Schema):
    """计算中的一步；用到的步骤排在用它的步骤之前。"""

    name: str = Field(..., description="名字")
    value: str = Field(..., description="值，数字一律为文字")
    unit: str = Field(..., description="单位")
    formula: str = Field(..., description="代入数字的算式；参数为地区和期间")
    cites: list[str] = Field(..., description="依据的条文或出处")
    kind: str = Field(..., description="规则、参数、事实、给定、缺省")
    depth: int = Field(..., description="在步骤树中的层次，0 为答案本身")
    confidence: str = Field(..., description="可信度：A、A-、A-formula、B、C")
    text: str = Field(..., description="连同单位的读法")
    because: list[str] = Field(..., description="走了这一分支的原因")
    note: str = Field(..., description="说明")


class Answer(Schema):
    """带解释的答案。"""

    rule: str = Field(..., description="规则名")
    value: str | bool | None = Field(..., description="值：数字、年月、日期、年龄为文字，是否为真假")
    unit: str = Field(..., description="单位")
    on: str = Field(..., description="适用日期")
    region: str = Field(..., description="地区代码")
    confidence: str = Field(..., description="用到的最低可信度")
    steps: list[StepInfo] = Field(..., description="每一步")
    reasons: list[str] = Field(..., description="答案为“否”或零的原因，还差多少")
    provisional: list[str] = Field(..., description="暂按上一个标准计算的参数")
    version: str = Field(..., description="用到的规则和参数的版本")
    facts_hash: str = Field(..., description="事实的摘要")


class Problem(Schema):
    """错误：code 固定不变，message 说明发生了什么，advice 说明怎么办。"""

    code: str = Field(..., description="固定的代码，例如 missing-fact")
    message: str = Field(..., description="发生了什么")
    advice: str = Field(..., description="怎么办")


class RuleInfo(Schema):
    """一条规则。"""

    name: str = Field(..., description="规则名")
    unit: str | None = Field(None, description="单位")
    meaning: str = Field("", description="含义")


@router.post("/eval", summary="按规则计算并解释", response={200: Answer, 400: Problem, 404: Problem})
def evaluate(request: HttpRequest, question: Question) -> HttpResponse:
    """返回值、单位、可信度和每一步的算式与依据；数字一律为文字。不保存任何输入。"""
    on = parse_day(question.on) if question.on is not None else today()
    answer = load_law().evaluate(question.rule, question.facts, on=on, region=question.region, explain=True)
    return HttpResponse(answer.json_text, content_type="application/json; charset=utf-8")


@router.get("/rules", summary="规则清单", response=list[RuleInfo])
def rules(request: HttpRequest) -> list[RuleInfo]:
    """列出全部规则的名字、单位和含义。"""
    glossary = load_law().glossary
    return [
        RuleInfo(name=name, unit=term.shown_unit, meaning=term.meaning)
        for name, term in glossary.items()
        if term.kind == "规则"
    ]

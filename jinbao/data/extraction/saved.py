"""Named queries that are asked again: SQL with blanks, kept in versions, filled in and put into the workbench.

A blank is written `{起始年月:年月}` where its value stands; its kind says how it is typed and what it becomes.
The filled text is SQL of the workbench, which checks it like any other, and its first line says which version it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet

from jinbao.data.extraction.models import SavedQuery
from jinbao.data.extraction.statement import read_statement
from jinbao.data.extraction.workbench import known_tables
from jinbao.kernel import duck
from jinbao.kernel.errors import Conflict, FormatError, NotFound
from jinbao.kernel.months import Month
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role
from jinbao.trust.scope import within
from jinbao.trust.sm3 import sm3_hex

KINDS = {"文本": "张三", "整数": "1", "年月": "2026-01", "日期": "2026-01-31"}
"""What a blank may be, with an example."""
MOST = 20
LONGEST = 200
_BLANK = re.compile(r"\{(\w{1,32}):(\w+)\}")
_NAME = re.compile(r"[\w（）()·、 -]{1,64}")


@dataclass(frozen=True)
class Blank:
    """A value that is filled in when the query is picked."""

    name: str
    kind: str

    @property
    def example(self) -> str:
        """How a value is typed."""
        return KINDS[self.kind]


def blanks(sql: str) -> list[Blank]:
    """Return the blanks of a text, each once. Raises FormatError for one of no kind or of two."""
    found: dict[str, Blank] = {}
    for name, kind in _BLANK.findall(sql):
        if kind not in KINDS or found.get(name, Blank(name, kind)).kind != kind:
            raise FormatError(f"参数“{name}”的类型有误", advice=f"写成 {{名称:类型}}，类型可为{'、'.join(KINDS)}。")
        found[name] = Blank(name, kind)
    if len(found) > MOST:
        raise FormatError(f"最多 {MOST} 个参数", advice="请合并或拆成几个查询。")
    return list(found.values())


def filled(sql: str, values: Mapping[str, str]) -> str:
    """Return the SQL with a literal in each blank. Raises FormatError that names the blank that is wrong."""
    literals = {blank.name: _literal(blank, values.get(blank.name, "").strip()) for blank in blanks(sql)}
    return _BLANK.sub(lambda found: literals[found[1]], sql)


def _literal(blank: Blank, text: str) -> str:
    advice = f"例如 {blank.example}。"
    if not text:
        raise FormatError(f"请填写“{blank.name}”", advice=advice)
    if len(text) > LONGEST or not text.isprintable():
        raise FormatError(f"“{blank.name}”太长或有控制字符", advice=f"最多 {LONGEST} 字。")
    if blank.kind == "文本":
        return duck.literal(text)
    try:
        if blank.kind == "年月":
            return str(Month.parse(text).yyyymm)
        if blank.kind == "日期":
            return f"DATE '{date.fromisoformat(text)}'"
        return str(int(text))
    except (FormatError, ValueError):
        raise FormatError(f"“{blank.name}”不是{blank.kind}", advice=advice) from None


@action("extraction.save_query", roles=(Role.STEWARD,), persons_only=True)
def save(by: Actor, name: str, about: str, sql: str, *, now: datetime) -> SavedQuery:
    """Keep a query under a name, as its next version.

    Raises FormatError for a wrong name or blank, SqlError for what the workbench would refuse.
    """
    name, about, sql = name.strip(), about.strip(), _without_origin(sql.replace("\r\n", "\n"))
    if not _NAME.fullmatch(name):
        raise FormatError("查询名称为 1 至 64 个字", advice="只用文字、数字、括号和空格，如“某月新参保名单”。")
    if len(about) > LONGEST:
        raise FormatError(f"说明最多 {LONGEST} 字", advice="请缩短。")
    read_statement(filled(sql, {blank.name: blank.example for blank in blanks(sql)}), known_tables())
    former = SavedQuery.objects.filter(region=by.region, name=name).aggregate(last=Max("version"))["last"] or 0
    try:
        with transaction.atomic():
            made: SavedQuery = SavedQuery.objects.create(
                region=by.region, name=name, about=about, version=former + 1, sql=sql, by=by.username, at=now
            )
    except IntegrityError:
        raise Conflict(f"“{name}”刚由他人存了新的一版", advice="请刷新后再存。") from None
    note(target=made, version=made.version, sql_sm3=sm3_hex(sql.encode()))
    return made


def saved(by: Actor) -> QuerySet[SavedQuery]:
    """Return every version of the queries of a steward's region, by name, the newest first."""
    if by.role != Role.STEWARD:
        return SavedQuery.objects.none()
    return SavedQuery.objects.filter(within("region", by.region)).order_by("name", "-version", "pk")


def picked(by: Actor, pk: str) -> SavedQuery:
    """Return one version. Raises NotFound, also for another region's."""
    found = saved(by).filter(pk=int(pk)).first() if pk.isascii() and pk.isdigit() and len(pk) < 10 else None
    if found is None:
        raise NotFound("没有这个已存的查询", advice="请从列表中选择。")
    return found


def text_of(of: SavedQuery, values: Mapping[str, str]) -> str:
    """Return the filled SQL under a line that says what it is and with which values."""
    said = "，".join(f"{blank.name}={values.get(blank.name, '').strip()}" for blank in blanks(of.sql))
    return f"{_ORIGIN}{of.name} 第{of.version}版{'：' if said else ''}{said}\n{filled(of.sql, values)}"


_ORIGIN = "-- 已存查询 "


def _without_origin(sql: str) -> str:
    """Drop the line that says where a text came from: a new version is its own."""
    first, _, rest = sql.partition("\n")
    return rest if first.startswith(_ORIGIN) else sql

"""Check the log against itself: the chain of each journal, the table of calls line by line, every signature again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from jinbao.data.exchange import collect, journal, national
from jinbao.data.exchange.directory import HeldKey, held_key
from jinbao.data.exchange.gateway import BASE
from jinbao.data.exchange.models import Call, Journal, Key
from jinbao.data.exchange.refusals import BAD_SIGNATURE, NOT_SIGNED, TOO_BIG
from jinbao.data.exchange.signatures import Signed, is_good

_UNSIGNED = {BAD_SIGNATURE.code, NOT_SIGNED.code, TOO_BIG.code}
_SIGNED = ("family", "key_id", "time", "nonce", "signature", "method", "path", "query", "body_sm3")
MOST_TOLD = 100


@dataclass
class Verified:
    """What was looked at and what is wrong."""

    journals: int = 0
    calls: int = 0
    signatures: int = 0
    not_collected: int = 0
    wrong: int = 0
    problems: list[str] = field(default_factory=list)
    """The first of them, in words."""

    def tell(self, problem: str) -> None:
        """Note a problem."""
        self.wrong += 1
        if len(self.problems) < MOST_TOLD:
            self.problems.append(problem)


def verify(
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    partner: str = "",
    progress: Callable[[int], None] = lambda _: None,
) -> Verified:
    """Recompute everything; times and partner choose whose signatures are checked, the chains are checked whole."""
    done, keys = Verified(), _keys()
    there = {file.name: file for file in collect.journals()}
    for row in Journal.objects.exclude(name__in=there).order_by("name"):
        done.tell(f"日志文件 {row.name} 不在了，其中有 {row.lines} 条记录")
    taken = {row.name: row for row in Journal.objects.all()}
    for name, file in there.items():
        done.journals += 1
        for record in _chained(file, taken.get(name), done):
            progress(1)
            at = datetime.fromisoformat(record["at"])
            if (since and at < since) or (until and at >= until) or (partner and record["partner"] != partner):
                continue
            done.calls += 1
            _check_signature(record, keys, done)
    return done


def _chained(file: Path, row: Journal | None, done: Verified) -> Iterator[dict[str, Any]]:
    """Go through a journal; compare its chain with what was noted, and each line with the table of calls."""
    calls = Call.objects.filter(journal=file.name).order_by("pk").iterator(2000) if row else iter(())
    lines = 0
    try:
        for record, offset, chain in journal.read(file):
            lines += 1
            if row and lines <= row.lines:
                _compare(record, next(calls, None), done)
                if lines == row.lines and (offset, chain) != (row.offset, row.chain):
                    done.tell(f"{file.name} 第 {lines} 行与收录时的摘要不符")
            else:
                done.not_collected += 1
            yield record
    except journal.Damaged as damage:
        done.tell(f"{file.name} 第 {damage.line} 行与前一行接不上：记录被改动、插入或删除")
        return
    if row and lines < row.lines:
        done.tell(f"{file.name} 只有 {lines} 行，收录时有 {row.lines} 行")
    for extra in calls:
        done.tell(f"请求 {extra.request_id} 在日志表中，但不在 {file.name} 中")


def _compare(record: dict[str, Any], call: Call | None, done: Verified) -> None:
    if call is None:
        done.tell(f"请求 {record['request_id']} 在日志文件中，但不在日志表中")
        return
    wanted = collect.as_call(record, call.journal)
    names = [each.attname for each in Call._meta.concrete_fields if not each.primary_key]
    different = [name for name in names if getattr(wanted, name) != getattr(call, name)]
    if different:
        done.tell(f"请求 {record['request_id']} 的日志表与日志文件不同：{'、'.join(different)}")


def _keys() -> dict[str, HeldKey]:
    """Open every key there ever was, also those that are withdrawn."""
    return {key.key_id: held_key(key) for key in Key.objects.select_related("partner")}


def _check_signature(record: dict[str, Any], keys: dict[str, HeldKey], done: Verified) -> None:
    """Compute a signature again, unless the call was refused for having none or a wrong one."""
    if record["code"] in _UNSIGNED or record["family"] in ("", "link", "push"):
        return
    done.signatures += 1
    key = keys.get(record["key_id"])
    signed = Signed(**{name: record[name] for name in _SIGNED})
    if key is None or not is_good(signed, key, asks_secret=record["path"] == BASE + national.SECRET):
        done.tell(f"请求 {record['request_id']} 的签名重算不符")

"""`jinbao exchange`: who has what, what was called, is the log whole, revoke, bring up to date."""

from __future__ import annotations

import json
import sys
import time
from datetime import datetime
from typing import Any

import click
from tqdm import tqdm

from jinbao.project.cli import setup_django

AS_JSON = click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def command() -> None:
    """共享交换：合作单位、授权、密钥、用量，核验调用日志，收回授权。"""
    setup_django()


def _print(lines: list[dict[str, Any]], *, as_json: bool) -> None:
    """Print lines for people or for programs."""
    if as_json:
        print(json.dumps(lines, ensure_ascii=False, indent=1))
    for line in [] if as_json else lines:
        print("\t".join(str(value) for value in line.values()))
    if not lines and not as_json:
        print("没有记录。")


def _by() -> Any:
    from jinbao.trust.actors import Actor

    return Actor.system("命令行")


@command.command()
@AS_JSON
def partners(as_json: bool) -> None:
    """列出合作单位。"""
    from jinbao.data.exchange import queries

    found = queries.partners(_by())
    _print([{"code": p.code, "name": p.name, "region": p.region, "active": p.active} for p in found], as_json=as_json)


@command.command()
@click.option("--partner", default="", help="统一社会信用代码。")
@AS_JSON
def grants(partner: str, as_json: bool) -> None:
    """列出授权。"""
    from jinbao.data.exchange import queries

    found = queries.grants(_by())
    lines = [
        {
            "number": row.number,
            "partner": row.partner.name,
            "resource": row.resource,
            "until": str(row.valid_to),
            "state": "已收回" if row.revoked_at else "有效",
        }
        for row in (found.filter(partner__code=partner) if partner else found)
    ]
    _print(lines, as_json=as_json)


@command.command()
@click.argument("partner")
@AS_JSON
def keys(partner: str, as_json: bool) -> None:
    """列出一个合作单位的密钥（不含密钥内容）和平台的验签公钥。"""
    from jinbao.data.exchange import place, queries
    from jinbao.trust.crypto import public_of

    by = _by()
    lines = [
        {
            "key": key.key_id,
            "kind": key.get_kind_display(),
            "sandbox": key.sandbox,
            "until": str(key.valid_until or ""),
            "withdrawn": str(key.withdrawn_at or ""),
        }
        for key in queries.keys(by, queries.partner(by, partner))
    ]
    _print(lines, as_json=as_json)
    if not as_json:
        print(f"平台验签公钥（SM2）：{public_of(place.answer_key()).hex()}")


@command.command()
@click.argument("number")
@click.option("--why", required=True, help="收回的原因。")
def revoke(number: str, why: str) -> None:
    """立即收回一项授权。"""
    from jinbao.data.exchange import actions, queries
    from jinbao.trust import clock

    by = _by()
    done = actions.revoke(by, queries.grant(by, number), why, now=clock.now())
    print(f"{done.number} 已收回（{done.partner.name}，{done.resource}）。")


@command.command()
@AS_JSON
def usage(as_json: bool) -> None:
    """列出每项授权今日用量和累计调用。"""
    from jinbao.data.exchange import collect, queries
    from jinbao.trust import clock
    from jinbao.web.dates import today

    by = _by()
    collect.bring_up_to_date(by, clock.now())
    lines = [
        {
            "number": each.grant.number,
            "partner": each.grant.partner.name,
            "today": each.today,
            "quota": each.grant.quota_per_day,
            "calls": each.calls,
            "rows": each.rows,
        }
        for each in queries.usage(by, list(queries.grants(by)), today())
    ]
    _print(lines, as_json=as_json)


@command.command()
@click.option("--from", "since", type=DAY, help="起日（含）。")
@click.option("--to", "until", type=DAY, help="止日（含）。")
@click.option("--partner", default="", help="统一社会信用代码。")
@AS_JSON
def verify(since: datetime | None, until: datetime | None, partner: str, as_json: bool) -> None:
    """核验调用日志：逐行重算日志链，与日志表对照，重算每次调用的签名；不符时退出码为 1。"""
    from datetime import timedelta

    from jinbao.data.exchange import verify as checking
    from jinbao.data.exchange.call import BEIJING

    start = since.replace(tzinfo=BEIJING) if since else None
    end = until.replace(tzinfo=BEIJING) + timedelta(days=1) if until else None
    with tqdm(desc="核验", unit="条", file=sys.stderr, disable=None) as bar:
        done = checking.verify(since=start, until=end, partner=partner, progress=lambda n: _forward(bar, n))
    if as_json:
        print(json.dumps(done.__dict__, ensure_ascii=False))
    else:
        print(f"日志文件 {done.journals} 个，核验调用 {done.calls} 次，重算签名 {done.signatures} 个。")
        for problem in done.problems:
            print(f"  {problem}")
        print(f"发现 {done.wrong} 处不符。" if done.wrong else "日志完整，签名全部相符。")
    sys.exit(1 if done.wrong else 0)


@command.command()
@click.option("--every", type=click.IntRange(1), help="每隔多少秒再做一次；不给只做一次。")
def refresh(every: int | None) -> None:
    """更新供查询的表，收录调用日志，清除过期文件，推送数据。"""
    from jinbao.data.exchange import collect, files, push
    from jinbao.data.exchange import refresh as tables
    from jinbao.trust import clock

    while True:
        now = clock.now()
        built = tables.refresh_all()
        calls = collect.bring_up_to_date(_by(), now).calls
        sent = push.run(_by(), now=now)
        removed = files.clear(now)
        print(f"更新 {len(built)} 张表，收录 {calls} 次调用，推送 {sent} 次，清除 {removed} 个文件。", flush=True)
        if every is None:
            return
        time.sleep(every)


def _forward(bar: Any, lines: int) -> None:
    bar.update(lines)

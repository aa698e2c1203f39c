"""`jinbao audit`: is the audit chain whole, where does it end, and who may do what."""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
from typing import Any

import click

from jinbao.project.cli import setup_django

ROOMS_WITH_ACTIONS = ("trust", "data", "ledger", "insurance", "cards", "cases", "oversight", "centre")


@click.group()
def command() -> None:
    """审计：核验审计链，查看链的末尾，列出各角色的权限。"""
    setup_django()


@command.command()
@click.option(
    "--anchor", metavar="编号:摘要", help="早先用 jinbao audit head 登记在系统之外的末尾，用来发现整条链被重写。"
)
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
def verify(anchor: str | None, as_json: bool) -> None:
    """逐条核验审计链；有断裂时指出第一处，退出码为 1。"""
    from jinbao.trust import anchors, audit

    broken = anchors.verify(*([anchors.parse(anchor)] if anchor else []))
    events, end = audit.head()
    if as_json:
        found = {"seq": broken.seq, "why": broken.why} if broken else None
        _print_json({"whole": broken is None, "events": events, "head": end, "broken": found})
    elif broken:
        print(f"审计链断裂：{broken}")
        if "早先登记" in broken.why:
            print(f"  早先登记的末尾在 {anchors.file()}；若数据库是从备份恢复的，核实后移走该文件。")
    else:
        print(f"审计链完整：共 {events} 条，末条摘要 {end}")
    sys.exit(1 if broken else 0)


@command.command()
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
def head(as_json: bool) -> None:
    """显示链的末尾（编号:摘要），供登记在系统之外。"""
    from jinbao.trust import audit

    seq, end = audit.head()
    if as_json:
        _print_json({"seq": seq, "hash": end})
    else:
        print(f"{seq}:{end}")


@command.command()
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
def permissions(as_json: bool) -> None:
    """列出每个操作、可以办理的角色和操作说明。"""
    from jinbao.trust.actions import PERMISSIONS
    from jinbao.trust.models import Role

    _load_actions()
    table = [
        (
            entry.action,
            [role.label for role in Role if role in entry.roles] + [Role.SYSTEM.label] * (not entry.persons_only),
        )
        for entry in sorted(PERMISSIONS.values(), key=lambda entry: entry.action)
    ]
    if as_json:
        _print_json([{"action": name, "roles": roles, "sentence": PERMISSIONS[name].sentence} for name, roles in table])
        return
    for name, roles in table:
        print(f"{name:36} {'、'.join(roles)}\n{'':36} {PERMISSIONS[name].sentence}")


def _load_actions() -> None:
    """Import every module of the rooms that hold actions, so that each has entered the table."""
    for room in ROOMS_WITH_ACTIONS:
        package = importlib.import_module(f"jinbao.{room}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" not in module.name:
                importlib.import_module(module.name)


def _print_json(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))

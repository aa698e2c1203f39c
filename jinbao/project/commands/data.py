"""`jinbao data …`: what comes into the lake, its tables, and every room of the data platform.

Each room has a module `_data_<room>.py` beside this one with `COMMANDS`, a tuple of click commands.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

import click

from jinbao.project import commands

_PREFIX = "_data_"


class RoomsGroup(click.Group):
    """Collect the subcommands of the rooms' modules when they are first asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name every subcommand, in alphabetical order."""
        return sorted(_all())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a subcommand; unknown names give click's own message."""
        return _all().get(cmd_name)


def _all() -> dict[str, click.Command]:
    found: dict[str, click.Command] = {}
    for module in pkgutil.iter_modules(commands.__path__):
        if module.name.startswith(_PREFIX):
            room: Any = importlib.import_module(f"{commands.__name__}.{module.name}")
            found |= {str(one.name): one for one in room.COMMANDS}
    return found


@click.group(cls=RoomsGroup)
def command() -> None:
    """数据平台：供数、数据湖的表，以及目录、质量、一人一档、共享、场景各室的命令。"""

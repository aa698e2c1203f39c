"""The `jinbao` command: one file per command in `commands/`, loaded only when called."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from typing import Any

import click

from jinbao.kernel.errors import JinbaoError
from jinbao.project import commands


class CommandFolder(click.Group):
    """Find subcommands by file name, so that adding a command touches one place."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name every command, in alphabetical order."""
        return sorted(m.name.replace("_", "-") for m in pkgutil.iter_modules(commands.__path__) if m.name[0] != "_")

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the file that holds the command; unknown names give click's own message."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"{commands.__name__}.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command


@click.command(cls=CommandFolder, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="jinbao")
def cli() -> None:
    """金保：社会保险信息平台。每个命令都有 --help。"""


def setup_django() -> None:
    """Start Django for the commands that need the books."""
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jinbao.project.settings")
    django.setup()


def main(argv: list[str] | None = None) -> Any:
    """Run the command; an expected error is one readable message and exit code 2, never a traceback."""
    try:
        return cli.main(args=argv, prog_name="jinbao", standalone_mode=True)
    except JinbaoError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    except Exception as error:
        said = _about_the_database(error)
        if said is None:
            raise
        click.echo(said, err=True)
        sys.exit(2)


def _about_the_database(error: Exception) -> str | None:
    """Say what is wrong with the books, or nothing for a fault of the program; Django itself is not loaded for this."""
    if type(error).__module__ != "django.db.utils":
        return None
    text = str(error)
    if "no such table" in text or ("relation" in text and "does not exist" in text):
        return "数据库还没有建立 [no-database]\n  怎么办：先运行 jinbao serve 或 jinbao demo。"
    if type(error).__name__ == "OperationalError" or "not a database" in text or "malformed" in text:
        advice = "请核对 DATABASE_URL 或 JINBAO_VAR，确认数据库已启动、没有损坏，再试一次。"
        return f"数据库不能用：{text.strip()} [database]\n  怎么办：{advice}"
    return None


if __name__ == "__main__":
    main()

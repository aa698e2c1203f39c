"""`jinbao serve`: the main job. Prepare the books, build the demonstration city when there is nothing, serve."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from jinbao.kernel.errors import Conflict, NotAllowed
from jinbao.project.cli import setup_django


def _refuse_taken_port(host: str, port: int) -> None:
    """Say before anything is built that the port is taken; raises Conflict."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Conflict(
                f"端口 {port} 不可用：{error.strerror}", advice=f"换一个：make run PORT={port + 123}"
            ) from error


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="监听地址。")
@click.option("--port", default=8000, show_default=True, help="监听端口。")
@click.option("--demo/--no-demo", default=True, show_default=True, help="没有数据时建立演示市；正式环境从不建立。")
def command(host: str, port: int, demo: bool) -> None:
    """启动门户、经办柜台、大屏和接口；第一次启动先建立演示市。"""
    _refuse_taken_port(host, port)
    setup_django()
    from django.conf import settings
    from django.core.management import call_command
    from django.utils import timezone

    from jinbao.project.demo import builder
    from jinbao.project.demo.city import plan_for

    call_command("migrate", interactive=False, verbosity=0)
    if settings.PRODUCTION:
        _refuse_demonstration(builder.exists())
    elif demo and not builder.exists():
        builder.build(plan_for(timezone.localdate()))
    click.echo(builder.addresses(f"http://{host}:{port}"))
    with _statistics():
        _serve(host, port)


def _refuse_demonstration(stands: bool) -> None:
    """Keep a production from being served over generated people and logins that were printed on a screen."""
    if stands:
        raise NotAllowed("这里是演示市的数据，不能作为正式环境启动", advice="请换一个 JINBAO_VAR 或 DATABASE_URL。")


@contextmanager
def _statistics() -> Iterator[None]:
    """Keep the figures of the statistics pages current beside the server; see docs/operations.md."""
    command = [sys.executable, "-m", "jinbao.project.cli", "statistics", "--every", "10"]
    counting = subprocess.Popen(command, start_new_session=True)  # noqa: S603  # our own command; Ctrl+C is the server's
    try:
        yield
    finally:
        counting.terminate()
        counting.wait()


def _serve(host: str, port: int) -> None:
    """Run granian in this process until it is interrupted."""
    from granian.constants import Interfaces
    from granian.server import Server

    Server(
        "jinbao.project.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=2,
        blocking_threads=4,
        backpressure=256,
        workers_kill_timeout=3,  # Ctrl+C reaches the workers twice, from the terminal and from here; some never end
    ).serve()

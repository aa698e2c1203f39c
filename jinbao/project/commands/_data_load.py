"""`jinbao data load demo`: everything the seventeen units deliver, through every room of the platform."""

from __future__ import annotations

import json

import click

from jinbao.project.cli import setup_django


@click.command("load")
@click.argument("what", type=click.Choice(["demo"]))
@click.option("--seed", default=20260901, show_default=True, help="同一座城市、同一种子得到同样的文件。")
@click.option("--json", "as_json", is_flag=True, help="给程序用的结果。")
def load(what: str, seed: int, as_json: bool) -> None:
    """为演示市生成 17 家单位的数据，全部入湖，并依次做完平台各室的工作。

    可以重复运行：同样的文件只收一次。
    """
    setup_django()
    from django.utils import timezone
    from tqdm import tqdm

    from jinbao.project.demo import platform

    with tqdm(desc="演示市供数", unit="个", leave=False, disable=True if as_json else None) as bar:

        def tell(text: str) -> None:
            bar.set_postfix_str(text)
            bar.update()

        done = []
        for step in platform.run(platform.stage_of(timezone.now(), seed=seed, tell=tell)):
            done.append(step)
            if not as_json:
                tqdm.write(f"{step.name}：{step.said}（{step.seconds:.1f} 秒）")
    if as_json:
        click.echo(json.dumps([vars(step) for step in done], ensure_ascii=False, indent=1))


COMMANDS = (load,)

"""The catalogue at a real city's size: 1,426 resources, 60,000 items; search in Chinese, and import of 100,000 items.

    JINBAO_VAR=/tmp/catalogue-bench python -m bench.catalogue [--resources 1426 --items 60000 --imported 100000]

It prints times and their ratio to the limit (below 1 is within).
The database is that of JINBAO_VAR or DATABASE_URL; give it an empty one.
"""

from __future__ import annotations

import argparse
import os
import random
import time
from pathlib import Path
from typing import Any

import django

SEARCH_LIMIT_MS, IMPORT_LIMIT_S = 100, 60
INTERFACES = 99
REGION = "990100"
SUBJECTS = [
    "职工养老",
    "居民养老",
    "失业保险",
    "工伤保险",
    "医疗保险",
    "生育保险",
    "社会保障卡",
    "就业登记",
    "失业登记",
    "劳动合同",
    "职业培训",
    "职业资格",
    "人才引进",
    "劳动仲裁",
    "劳动监察",
]  # a list of words
THINGS = [
    "参保登记",
    "缴费明细",
    "待遇发放",
    "资格认证",
    "关系转移",
    "个人账户",
    "单位信息",
    "人员基本信息",
    "补贴发放",
    "证书信息",
    "案件办理",
    "年度统计",
    "退回记录",
    "稽核结果",
    "银行回盘",
]  # a list of words
PARTS = [
    "姓名",
    "证件号码",
    "出生日期",
    "性别",
    "民族",
    "户籍地址",
    "联系电话",
    "单位名称",
    "统一社会信用代码",
    "缴费基数",
    "缴费月份",
    "应缴金额",
    "实缴金额",
    "到账日期",
    "险种",
    "参保状态",
    "待遇类别",
    "起始日期",
    "终止日期",
    "银行账号",
    "开户银行",
    "经办机构",
    "经办日期",
    "审核人",
    "文号",
    "备注",
]  # a list of words
KINDS = ("", "原", "变更前", "核定", "累计", "首次", "最近", "申报")
OFFICES = ("人力资源和社会保障局", "民政局", "公安局", "医疗保障局", "税务局", "卫生健康委员会", "教育局", "司法局")


def resources(count: int, items: int) -> list[Any]:
    """Make up descriptions with distinct names and about `items` items in all."""
    from jinbao.data.catalogue.description import Description, Item

    chance = random.Random(20261120)  # noqa: S311  # a sample, no secret
    made = []
    for number in range(count):
        each = items // count + (number < items % count)
        office = OFFICES[number % len(OFFICES)]
        described = tuple(
            Item(
                f"{chance.choice(KINDS)}{PARTS[at % len(PARTS)]}{at // len(PARTS) or ''}",
                english=f"c{at}_{chance.randrange(1000)}",
                about="取自业务系统",
            )
            for at in range(each)
        )
        made.append(
            Description(
                region=REGION,
                name=f"{chance.choice(SUBJECTS)}{chance.choice(THINGS)}{number:04d}",
                provider=f"演示市{office}",
                category=f"3{number % len(OFFICES) + 1:02d}001",
                summary=f"{office}办理业务形成的{chance.choice(THINGS)}数据。",
                share_type=str(number % 3 + 1),
                grade=str(number % 4 + 1),
                kind="interface" if number < INTERFACES else "table",
                items=tuple({item.name: item for item in described}.values()),
            )
        )
    return made


def queries(count: int) -> list[str]:
    """Two hundred different things that people type: words, pairs of words, parts of words, initials."""
    words = [*SUBJECTS, *THINGS, *PARTS]
    cut = [word[at : at + 2] for word in words for at in range(len(word) - 1)]
    both = [f"{a}{b}" for a in SUBJECTS for b in THINGS]
    return list(dict.fromkeys([*words, *cut, "ylbx", "sybx", "jfmx", "rydj", *both]))[:count]


def search(count: int) -> None:
    from jinbao.data.catalogue.queries import search as find
    from jinbao.trust.actors import Actor

    by = Actor.system(region=REGION)
    asked = queries(count)
    find("热身", by)
    taken, hits = [], 0
    for text in asked:
        began = time.perf_counter()
        hits += find(text, by).total > 0
        taken.append((time.perf_counter() - began) * 1000)
    taken.sort()
    for percent in (50, 95, 99):
        value = taken[min(len(taken) - 1, len(taken) * percent // 100)]
        print(f"search p{percent:<3}{value:8.1f} ms   ratio to {SEARCH_LIMIT_MS} ms: {value / SEARCH_LIMIT_MS:.2f}")
    print(f"{len(asked)} different queries, {hits} with a result; load {os.getloadavg()[0]:.1f}")


def bring_in(count: int, folder: Path) -> None:
    from jinbao.data.catalogue import importing, sheets
    from jinbao.trust import clock
    from jinbao.trust.actors import Actor

    described = resources(max(1, count // 70), count)
    renamed = [type(one)(**{**vars(one), "name": f"导入{one.name}"}) for one in described]
    path = folder / "catalogue-bench.xlsx"
    path.write_bytes(sheets.workbook(sheets.Exported(one, ("", "", "", "")) for one in renamed))
    began, busy = time.perf_counter(), time.process_time()
    done = importing.import_workbook(Actor.system(region=REGION), path, path.name, REGION, now=clock.now())
    taken, used = time.perf_counter() - began, time.process_time() - busy
    print(
        f"import of {done.items:,} items in {done.made:,} resources ({path.stat().st_size >> 20} MB): {taken:.1f} s,"
        f" CPU {used:.1f} s;"
        f"   ratio to {IMPORT_LIMIT_S} s: {taken / IMPORT_LIMIT_S:.2f};"
        f" bad rows {done.bad_rows}; load {os.getloadavg()[0]:.1f}"
    )
    path.unlink()


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--resources", type=int, default=1426)
    asked.add_argument("--items", type=int, default=60_000)
    asked.add_argument("--imported", type=int, default=100_000)
    asked.add_argument("--queries", type=int, default=200)
    given = asked.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jinbao.project.settings")
    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from jinbao.data.catalogue.actions import keep_many
    from jinbao.data.catalogue.models import Field, Resource
    from jinbao.trust import clock
    from jinbao.trust.actions import action
    from jinbao.trust.actors import Actor

    call_command("migrate", verbosity=0)
    fill = action("bench.fill", roles=())(lambda by, wanted: keep_many(by, wanted, "import", clock.now()).unchanged)
    fill(Actor.system(region=REGION), [(None, one) for one in resources(given.resources, given.items)])
    print(f"{Resource.objects.count():,} resources, {Field.objects.count():,} items")
    search(given.queries)
    bring_in(given.imported, Path(settings.VAR))
    search(given.queries)


if __name__ == "__main__":
    main()

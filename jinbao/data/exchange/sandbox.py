"""Generated rows for the sandbox: right in form, about nobody. The same dataset always has the same rows."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from jinbao.data.datasets import Column, Dataset, load_dataset
from jinbao.data.exchange import serving
from jinbao.kernel.identifiers import CitizenId, Uscc

ROWS = 200
VERSION = "sandbox-1"
_SURNAMES, _GIVEN = "赵钱孙李周吴郑王欧阳", "试样例验测演示范本"


def prepare(resource: str) -> None:
    """Make the sandbox's table of a dataset unless it is there; two who make it at once make the same."""
    if not serving.path_of(resource, sandbox=True).exists():
        serving.build(resource, _rows(load_dataset(resource)), VERSION, sandbox=True)


def _rows(dataset: Dataset) -> Iterator[list[Any]]:
    for number in range(ROWS):
        yield [f"sandbox-{number:06}", *(_value(dataset, column, number) for column in dataset.columns)]


def _value(dataset: Dataset, column: Column, number: int) -> Any:
    chance = random.Random(f"{dataset.name}:{column.name}:{number}")  # noqa: S311  # made-up data
    day = date(1960, 1, 1) + timedelta(days=chance.randrange(16_000))
    digits = f"{chance.randrange(10**10):010}"
    citizen = CitizenId.make("990000", date(1960, 1, 1) + timedelta(days=97 * number), number + 1).number18
    made: dict[str, Any] = {
        "公民身份号码": citizen,
        "证件号码": citizen,
        "统一社会信用代码": Uscc.make("91", "990000", f"5{number:07}").number,
        "姓名": chance.choice(_SURNAMES) + "".join(chance.sample(_GIVEN, 2)),
        "金额": chance.randrange(1, 2_000_000),
        "整数": chance.randrange(100),
        "年月": (2020 + chance.randrange(6)) * 100 + chance.randrange(1, 13),
        "日期": str(day),
        "电话": "199" + digits[:8],
        "银行账号": "99" + digits + digits[:4],
        "行政区划": "990000",
        "文本": f"样例{digits[:4]}",
    }
    return chance.choice(list(column.codes)) if column.type == "代码" else made[column.type]

"""Invariants of this room: tables are whole, and made of accepted batches only."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow.parquet as pq

from jinbao.data.datasets import all_datasets
from jinbao.data.models import Batch
from jinbao.data.supply import layers, standard
from jinbao.kernel.checks import Check, Row


def _whole() -> Iterator[Row]:
    """Compare each table with what its pointer says; only the footers of the files are read."""
    for name in layers.names("standard"):
        now = layers.current("standard", name)
        paths = layers.files("standard", name)
        gone = [path.name for path in paths if not path.exists()]
        if now is None or gone:
            yield Row(f"standard/{name}", f"文件不在：{'、'.join(gone) or 'current.json'}；jinbao data rebuild {name}")
            continue
        rows = sum(pq.read_metadata(path).num_rows for path in paths)
        if rows != now.rows:
            yield Row(f"standard/{name}", f"有 {rows} 行，记为 {now.rows} 行；jinbao data rebuild {name}")


def _of_accepted_batches() -> Iterator[Row]:
    counting = set(Batch.objects.filter(status__in=standard.COUNTS).values_list("pk", flat=True))
    for name in layers.names("standard"):
        now = layers.current("standard", name)
        for pk in sorted(set(now.made_from if now else ()) - counting):
            yield Row(f"standard/{name}", f"含有未接收或已作废的批次 {pk}；jinbao data rebuild {name}")


def _up_to_date() -> Iterator[Row]:
    """Deliveries of units are in their table at once; files of our own business with the next refresh."""
    supplied = {dataset.name for dataset in all_datasets() if dataset.supplied}
    for name in standard.stale():
        if name in supplied:
            yield Row(f"standard/{name}", f"有已接收的批次还不在表里；jinbao data rebuild {name}")


CHECKS: tuple[Check, ...] = (
    Check("supply.whole", "标准层每张表的文件都在，行数与记录相符", _whole),
    Check("supply.accepted", "标准层只含已接收的批次", _of_accepted_batches),
    Check("supply.fresh", "单位报送的批次一经接收就在标准层", _up_to_date),
)

"""The standard layer: for each dataset one current table, folded from the batches that were accepted.

Which of several rows with one key stands is a total order (period, batch, line), so the table is the same whatever the
order in which batches are folded in, and can be made anew from the landing layer at any time. Of full deliveries the
latest of each sender counts, together with the files that correct it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from jinbao.data.datasets import Dataset, load_dataset
from jinbao.data.lake import folder_of, lake
from jinbao.data.landing import ACCEPTED
from jinbao.data.models import Batch
from jinbao.data.supply import layers
from jinbao.data.supply.layers import Version
from jinbao.kernel import duck

SQL_TYPES = {"金额": "BIGINT", "整数": "BIGINT", "年月": "INTEGER", "日期": "DATE"}
"""How a column type is kept; every other type is VARCHAR."""
ORIGIN = ("_batch", "_line", "_row")
COUNTS = (Batch.Status.ACCEPTED, Batch.Status.RECORDED)


@dataclass(frozen=True)
class Delivery:
    """An accepted batch as the fold sees it; `root` is the batch whose delivery it belongs to."""

    pk: int
    sender: str
    root: int
    path: Path


def typed_columns(dataset: Dataset) -> list[tuple[str, str]]:
    """Return the columns of the standard table with their SQL types, origin last."""
    typed = [(column.name, SQL_TYPES.get(column.type, "VARCHAR")) for column in dataset.columns]
    return [*typed, ("_batch", "BIGINT"), ("_line", "BIGINT"), ("_row", "VARCHAR")]


def refresh(name: str) -> Version | None:
    """Bring a dataset's standard table up to date with its accepted batches; nothing happens when it is.

    New batches are folded into what is there; a discarded batch or a changed declaration makes it anew.
    """
    dataset = load_dataset(name)
    wanted, now = _accepted(name), layers.current("standard", name)
    if _is_fresh(dataset, wanted, now):
        return now
    with layers.locked("standard", name):
        wanted, now = _accepted(name), layers.current("standard", name)
        return now if _is_fresh(dataset, wanted, now) else _fold(dataset, wanted, now)


def rebuild(name: str) -> Version | None:
    """Make a dataset's standard table anew from the landing layer."""
    dataset = load_dataset(name)
    with layers.locked("standard", name):
        return _fold(dataset, _accepted(name), None)


def stale() -> list[str]:
    """Name the tables that lack an accepted batch or still hold a discarded one."""
    accepted: dict[str, set[int]] = {}
    for name, pk in Batch.objects.filter(status__in=COUNTS).values_list("dataset", "pk"):
        accepted.setdefault(name, set()).add(pk)
    for name in layers.names("standard"):
        accepted.setdefault(name, set())
    held = {name: layers.current("standard", name) for name in accepted}
    return sorted(name for name, now in held.items() if accepted[name] != set(now.made_from if now else ()))


def _accepted(name: str) -> tuple[int, ...]:
    found = Batch.objects.filter(dataset=name, status__in=COUNTS).order_by("pk")
    return tuple(found.values_list("pk", flat=True))


def _shape(dataset: Dataset) -> str:
    said = [typed_columns(dataset), dataset.delivery, dataset.key, dataset.period]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()[:16]


def _is_fresh(dataset: Dataset, wanted: tuple[int, ...], now: Version | None) -> bool:
    if now is None:
        return not wanted
    return now.made_from == wanted and now.shape == _shape(dataset)


def _fold(dataset: Dataset, wanted: tuple[int, ...], now: Version | None) -> Version | None:
    """Write the new version; of an incremental dataset only the new batches are read beside the table itself."""
    if not wanted:
        layers.remove("standard", dataset.name)
        return None
    grows = now is not None and now.shape == _shape(dataset) and set(now.made_from) <= set(wanted)
    with duck.connect(spill=lake() / ".spill", threads=2) as connection:
        if grows and now and dataset.delivery != "full":
            fresh = _deliveries(sorted(set(wanted) - set(now.made_from)))
            parts = [*(_scan(dataset, each) for each in fresh), _scan_table(dataset)]
        else:
            parts = [_scan(dataset, each) for each in _standing(dataset, _deliveries(wanted), connection)]
        select = _latest(dataset, parts)
        return layers.publish("standard", dataset.name, connection, select, made_from=wanted, shape=_shape(dataset))


def _deliveries(numbers: Sequence[int]) -> list[Delivery]:
    """Look the batches up, each with the first batch of its chain of corrections."""
    found = list(Batch.objects.filter(pk__in=numbers).order_by("pk"))
    return [Delivery(batch.pk, batch.sender, _root(batch), folder_of(batch) / ACCEPTED) for batch in found]


def _root(batch: Batch) -> int:
    root = batch
    while root.corrects is not None:
        root = root.corrects
    return root.pk


def _standing(dataset: Dataset, deliveries: list[Delivery], connection: Any) -> list[Delivery]:
    """Keep, of full deliveries, the latest of each sender with its corrections; of others keep all."""
    if dataset.delivery != "full":
        return deliveries
    best: dict[str, tuple[Any, int]] = {}
    for each in deliveries:
        rank = (_period_of(dataset, each, connection), each.root)
        best[each.sender] = max(best.get(each.sender, rank), rank)
    return [each for each in deliveries if each.root == best[each.sender][1]]


def _period_of(dataset: Dataset, delivery: Delivery, connection: Any) -> str:
    """Return the latest period in a delivery as text that sorts; "" where the dataset has none."""
    if not dataset.period or dataset.period not in _columns_of(delivery.path):
        return ""
    column, path = duck.quoted(dataset.period), duck.literal(str(delivery.path))
    found = connection.execute(f"SELECT max({column})::VARCHAR FROM read_parquet({path})").fetchone()[0]  # noqa: S608  # quoted
    return found or ""


def _scan(dataset: Dataset, delivery: Delivery) -> str:
    """Select a batch's accepted rows with their origin; a column that was declared later is empty."""
    there = _columns_of(delivery.path)
    kinds = typed_columns(dataset)[: -len(ORIGIN)]
    cells = [
        f"TRY_CAST({duck.quoted(name)} AS {kind}) AS {duck.quoted(name)}" if name in there
        else f"CAST(NULL AS {kind}) AS {duck.quoted(name)}"
        for name, kind in kinds
    ]  # fmt: skip
    own = f"'{delivery.pk}:' || line"
    row = f"coalesce({_key(dataset, there)}, {own})" if dataset.key else own
    origin = [f"CAST({delivery.pk} AS BIGINT) AS _batch", "CAST(line AS BIGINT) AS _line", f"{row} AS _row"]
    return f"SELECT {', '.join([*cells, *origin])} FROM read_parquet({duck.literal(str(delivery.path))})"  # noqa: S608  # quoted


def _scan_table(dataset: Dataset) -> str:
    paths = ", ".join(duck.literal(str(path)) for path in layers.files("standard", dataset.name))
    names = ", ".join(duck.quoted(name) for name, _ in typed_columns(dataset))
    return f"SELECT {names} FROM read_parquet([{paths}])"  # noqa: S608  # quoted


def _key(dataset: Dataset, there: set[str]) -> str:
    """Join the key columns to one text, empty where all of them are; a bar inside a value is doubled."""
    texts = [f"coalesce(CAST({duck.quoted(name)} AS VARCHAR), '')" if name in there else "''" for name in dataset.key]
    joined = " || '|' || ".join(f"replace({text}, '|', '||')" for text in texts)
    return f"CASE WHEN {' || '.join(texts)} = '' THEN NULL ELSE {joined} END"


def _latest(dataset: Dataset, parts: Iterable[str]) -> str:
    """Of rows with one key keep the one of the latest period, and of those the one that came last."""
    union = " UNION ALL ".join(parts)
    if not dataset.key:
        return union
    period = f"{duck.quoted(dataset.period)} DESC NULLS LAST, " if dataset.period else ""
    order = f"{period}_batch DESC, _line DESC"
    return f"SELECT * FROM ({union}) QUALIFY row_number() OVER (PARTITION BY _row ORDER BY {order}) = 1"  # noqa: S608  # quoted


def _columns_of(path: Path) -> set[str]:
    return set(pq.read_schema(path).names)

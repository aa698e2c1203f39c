"""一人一档: everything the lake knows of one person, by unit, each row with its origin; every look is recorded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jinbao.data.datasets import Column, Dataset, load_dataset
from jinbao.data.linkage import sources
from jinbao.data.scenes import engines, queries
from jinbao.data.scenes.declared import scene as load_scene
from jinbao.data.supply import tables
from jinbao.data.units import unit
from jinbao.kernel import duck
from jinbao.kernel.errors import FormatError, NotAllowed, NotFound
from jinbao.kernel.money import format_fen
from jinbao.trust import masking
from jinbao.trust.actions import action, note
from jinbao.trust.actors import Actor
from jinbao.trust.models import Role

READERS = (Role.STEWARD, Role.CLERK, Role.REVIEWER, Role.AUDITOR)
SCENE = "one_person"
MOST = 100
"""Rows of one table that are shown, the newest deliveries first."""
MASKS = {
    "公民身份号码": masking.mask_id,
    "证件号码": masking.mask_id,
    "银行账号": masking.mask_account,
    "电话": masking.mask_phone,
}


@dataclass(frozen=True)
class Row:
    """One row of a table: its cells as shown, and its origin."""

    cells: tuple[str, ...]
    link: str
    batch: int
    line: int


@dataclass(frozen=True)
class Part:
    """What one table knows."""

    dataset: Dataset
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    more: int


@dataclass(frozen=True)
class PersonFile:
    """Everything about one person."""

    person_no: str
    name: str
    id_number: str
    units: tuple[tuple[str, tuple[Part, ...]], ...]
    rows: int


@action("scenes.person_file", roles=READERS)
def person_file(by: Actor, asked: str, purpose: str, *, now: datetime) -> PersonFile:
    """Look a person up by 公民身份号码 or person number, for a stated purpose; numbers and accounts come masked.

    Raises FormatError without a purpose, NotFound where nobody of the actor's region is meant, naming the person
    numbers where the lake holds several.
    """
    if not purpose.strip():
        raise FormatError("没有写用途", advice="请写明为何查阅，例如受理编号或核查任务。")
    number = _one(asked.strip().upper())
    found = _read(number)
    if not found:
        raise _nobody()
    _require_region(by, number, found)
    made = _file(number, found)
    note(
        target=number if len(number) < 16 else "", person=masking.mask_id(number), rows=made.rows, purpose=purpose[:200]
    )
    return made


def _nobody() -> NotFound:
    return NotFound("没有查到这个人", advice="请核对号码；不在您地区的人查不到。")


def _one(asked: str) -> str:
    """Return the person number that a text means."""
    if not asked or len(asked) > 32 or not asked.isascii():
        raise FormatError("没有写号码", advice="请输入公民身份号码或人员编号。")
    spoken = sources.sources()
    said = " UNION ALL ".join(source.select for source in spoken)
    with duck.connect(threads=2, folders=tables.folders()) as connection:
        tables.attach(connection, [source.dataset for source in spoken])
        engines.attach(connection, ["person"])
        found = connection.execute(
            f"SELECT DISTINCT w.person_no FROM person w JOIN ({said}) s USING (dataset, _row)"  # noqa: S608  # names from declarations
            " WHERE upper(s.number) = $asked OR w.person_no = $asked ORDER BY 1 LIMIT 10",
            {"asked": asked},
        ).fetchall()
    numbers = [str(row[0]) for row in found]
    if len(numbers) > 1:
        raise NotFound(f"这个号码下有 {len(numbers)} 个人", advice=f"请改用人员编号：{'、'.join(numbers)}。")
    if not numbers:
        raise _nobody()
    return numbers[0]


Found = list[tuple[Dataset, list[dict[str, Any]]]]


def _read(number: str) -> Found:
    """Read every row of a person from every table."""
    scene = load_scene(SCENE)
    rows = engines.on_duckdb(scene, {"person_no": number}).to_pylist()
    column = scene.column("link")
    told = (column.codes if column else None) or {}
    by_dataset: dict[str, dict[str, str]] = {}
    for row in rows:
        by_dataset.setdefault(row["dataset"], {})[row["row"]] = row["link"]
    found: Found = []
    with duck.connect(threads=2, folders=tables.folders()) as connection:
        tables.attach(connection, by_dataset)
        for name, links in by_dataset.items():
            cursor = connection.execute(
                f"SELECT * FROM {duck.quoted(name)} WHERE list_contains($rows, _row) ORDER BY _batch DESC, _line DESC",  # noqa: S608  # quoted
                {"rows": list(links)},
            )
            names = [column[0] for column in cursor.description]
            cells = [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]
            found.append((load_dataset(name), [one | {"link": told[links[one["_row"]]]} for one in cells]))
    return found


def _require_region(by: Actor, number: str, found: Found) -> None:
    """Let nobody see a person of another region; one whose region no table knows is seen by the city only."""
    regions = {row["region"] for _, rows in found for row in rows if row.get("region")}
    if by.is_system or any(queries.sees(by, region) for region in regions):
        return
    if not regions and by.region.endswith("00"):
        return
    raise NotAllowed("没有查到这个人", advice="请核对号码；不在您地区的人查不到。")


def _file(number: str, found: Found) -> PersonFile:
    parts: dict[str, list[Part]] = {}
    for dataset, rows in found:
        parts.setdefault(unit(dataset.owner).name, []).append(_part(dataset, rows))
    best = next((row for _, rows in found for row in rows if row.get("name")), {})
    units = tuple((name, tuple(parts[name])) for name in sorted(parts))
    identity = masking.mask_id(str(best.get("id_number") or ""))
    return PersonFile(number, masking.mask_name(str(best.get("name") or "")), identity, units, _count(found))


def _count(found: Found) -> int:
    return sum(len(rows) for _, rows in found)


def _part(dataset: Dataset, rows: list[dict[str, Any]]) -> Part:
    shown = tuple(
        Row(
            tuple(_cell(column, row.get(column.name)) for column in dataset.columns),
            row["link"],
            row["_batch"],
            row["_line"],
        )
        for row in rows[:MOST]
    )
    return Part(dataset, tuple(dataset.columns), shown, max(len(rows) - MOST, 0))


def _cell(column: Column, value: Any) -> str:
    if value is None:
        return ""
    if column.type == "金额":
        return format_fen(value)
    if column.type == "年月":
        return f"{value // 100}-{value % 100:02d}"
    text = str(value)
    if column.codes:
        return column.codes.get(text, text)
    mask = MASKS.get(column.type) or (masking.mask_name if column.type == "姓名" else None)
    return mask(text) if mask else text

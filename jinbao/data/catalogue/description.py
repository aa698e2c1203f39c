"""A resource as somebody describes it: in a form, a workbook or a declared dataset; and what is wrong with it.

`problems_of` says what can never be kept, `missing_of` what must still be filled in before it is published.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from jinbao.data.catalogue.models import Field, Resource
from jinbao.data.catalogue.standard import CODE, FRONT, SENSITIVITIES, standard

MOST_ITEMS = 2000
"""Information items of one resource."""


@dataclass(frozen=True)
class Item:
    """One information item (信息项)."""

    name: str
    type: str = "C"
    english: str = ""
    length: str = ""
    codes: Mapping[str, str] = field(default_factory=dict)
    key: bool = False
    required: bool = False
    sensitivity: str = "内部"
    share_type: str = ""
    about: str = ""


@dataclass(frozen=True)
class Description:
    """Everything about a resource that people write; the code may be left to the system, the category then must not."""

    region: str
    name: str
    provider: str
    category: str = ""
    code: str = ""
    provider_code: str = ""
    summary: str = ""
    format: str = ""
    share_type: str = ""
    share_terms: str = ""
    share_mode: str = ""
    open_type: str = ""
    open_terms: str = ""
    update_cycle: str = ""
    grade: str = ""
    kind: str = "table"
    dataset: str = ""
    owner: str = ""
    related: str = ""
    items: tuple[Item, ...] = ()

    @property
    def front(self) -> str:
        """The front code: of the code where there is one, else the category."""
        match = CODE.fullmatch(self.code)
        return match[1] if match else self.category


@dataclass(frozen=True)
class Problem:
    """What is wrong with one part of a description; `item` names the information item, or is empty."""

    part: str
    message: str
    item: str = ""

    def __str__(self) -> str:
        what = LABELS.get(self.part, self.part)
        return f"信息项“{self.item}”{what}：{self.message}" if self.item else f"{what}：{self.message}"


LABELS = {
    "region": "地区",
    "code": "信息资源代码",
    "name": "信息资源名称",
    "category": "信息资源分类",
    "provider": "信息资源提供方",
    "provider_code": "信息资源提供方代码",
    "summary": "信息资源摘要",
    "format": "信息资源格式",
    "share_type": "共享类型",
    "share_terms": "共享条件",
    "share_mode": "共享方式",
    "open_type": "是否开放",
    "open_terms": "开放条件",
    "update_cycle": "更新周期",
    "grade": "分级",
    "kind": "资源种类",
    "dataset": "数据集",
    "owner": "责任人",
    "related": "关联资源代码",
    "items": "信息项",
}
"""What each part of a resource is called, as the guide calls it where it has it."""

ITEM_LABELS = {
    "name": "信息项名称",
    "english": "英文名",
    "type": "数据类型",
    "length": "长度",
    "codes": "代码表",
    "key": "主键",
    "required": "必填",
    "sensitivity": "敏感程度",
    "share_type": "共享类型",
    "about": "说明",
}
PARTS = tuple(one.name for one in fields(Description) if one.name != "items")
ITEM_PARTS = tuple(one.name for one in fields(Item))
STORED = tuple(part for part in PARTS if part != "code")
_LENGTHS = {name: model.max_length for model in Resource._meta.fields if (name := model.name) in PARTS}
_ITEM_LENGTHS = {name: model.max_length for model in Field._meta.fields if (name := model.name) in ITEM_PARTS}
_NEEDED = ("name", "provider", "summary", "format", "share_type", "open_type", "update_cycle", "grade")


def problems_of(described: Description) -> list[Problem]:
    """Say what is wrong with a description, however unfinished it may be."""
    found = [Problem(part, "必须填写") for part in ("region", "name", "provider") if not getattr(described, part)]
    found += _wrong_code(described)
    found += _wrong_choices(described)
    found += _too_long(described, _LENGTHS, "")
    if len(described.items) > MOST_ITEMS:
        found.append(Problem("items", f"有 {len(described.items)} 项，最多 {MOST_ITEMS} 项"))
    taken: set[str] = set()
    for item in described.items:
        found += wrong_item(item, taken)
        taken.add(item.name)
    return found


def _wrong_code(described: Description) -> list[Problem]:
    rule = "类（1 位）项（2 位）目（3 位）细目（不定长）"
    if described.code:
        right = CODE.fullmatch(described.code)
        return [] if right else [Problem("code", f"“{described.code}”应为 {rule}/顺序码，如 317001/1")]
    if not FRONT.fullmatch(described.category):
        return [Problem("category", f"“{described.category}”应为 {rule}，如 317001")]
    return []


def _wrong_choices(described: Description) -> list[Problem]:
    known = standard()
    choices: dict[str, Iterable[str]] = {
        "share_type": known.share_types,
        "share_mode": known.share_modes,
        "open_type": known.open_types,
        "update_cycle": known.cycles,
        "grade": known.grades,
        "kind": Resource.Kind.values,
    }
    found = [
        Problem(part, f"“{value}”不在代码表中，可填：{'、'.join(listed)}")
        for part, listed in choices.items()
        if (value := getattr(described, part)) and value not in listed
    ]
    if described.format and not known.accepts_format(described.format):
        found.append(Problem("format", f"“{described.format}”应为 类/格式，如 电子表格/xlsx、自描述/Parquet"))
    return found


def _too_long(described: Description | Item, limits: Mapping[str, int | None], item: str) -> list[Problem]:
    return [
        Problem(part, f"有 {len(value)} 个字，最多 {most} 个", item)
        for part, most in limits.items()
        if most and isinstance(value := getattr(described, part), str) and len(value) > most
    ]


def wrong_item(item: Item, taken: Collection[str] = ()) -> list[Problem]:
    """Say what is wrong with one information item; `taken` are the names of those before it."""
    known = standard()
    found = _too_long(item, _ITEM_LENGTHS, item.name)
    if not item.name:
        found.append(Problem("items", "有一项没有名称"))
    elif item.name in taken:
        found.append(Problem("items", "名称重复", item.name))
    choices = {"type": known.types, "sensitivity": SENSITIVITIES, "share_type": ("", *known.share_types)}
    found += [
        Problem(part, f"“{value}”不在代码表中，可填：{'、'.join(listed)}", item.name)
        for part, listed in choices.items()
        if (value := getattr(item, part)) not in listed
    ]
    return found


def missing_of(described: Description) -> list[Problem]:
    """Say what a description lacks before it may be published."""
    found = [Problem(part, "发布前必须填写") for part in _NEEDED if not getattr(described, part)]
    if described.share_type == "2" and not described.share_terms:
        found.append(Problem("share_terms", "有条件共享的，须写明共享条件"))
    if described.share_type == "3" and not described.share_terms:
        found.append(Problem("share_terms", "不予共享的，须写明法律、行政法规或党中央、国务院政策依据"))
    if not described.items:
        found.append(Problem("items", "发布前至少要有一个信息项"))
    least = max((SENSITIVITIES.index(item.sensitivity) + 1 for item in described.items), default=1)
    if described.grade and int(described.grade) < least:
        found.append(Problem("grade", f"信息项中有“{SENSITIVITIES[least - 1]}”，分级至少为 {least} 级"))
    return found


def content_of(described: Description) -> dict[str, Any]:
    """Return a description as plain data, as a version keeps it."""
    return asdict(described)


def described_from(content: Mapping[str, Any]) -> Description:
    """Return the description that a version keeps."""
    items = tuple(Item(**item) for item in content["items"])
    return Description(**{**content, "items": items})


def description_of(resource: Resource, items: Iterable[Field]) -> Description:
    """Return a stored resource as the description it was made from."""
    parts = {part: getattr(resource, part) for part in PARTS}
    return Description(
        **parts, items=tuple(Item(**{part: getattr(item, part) for part in ITEM_PARTS}) for item in items)
    )


def differences(before: Description, after: Description) -> list[str]:
    """Say in readable lines what changed between two descriptions."""
    lines = [
        f"{LABELS[part]}：{_shown(old)} → {_shown(new)}"
        for part in PARTS
        if (old := getattr(before, part)) != (new := getattr(after, part))
    ]
    was = {item.name: item for item in before.items}
    now = {item.name: item for item in after.items}
    lines += [f"删除信息项“{name}”" for name in was if name not in now]
    for name, item in now.items():
        lines += _item_differences(was.get(name), item)
    kept = [name for name in was if name in now]
    if kept != [name for name in now if name in was]:
        lines.append("调整了信息项的顺序")
    return lines


def _item_differences(before: Item | None, after: Item) -> list[str]:
    if before is None:
        return [f"新增信息项“{after.name}”（{standard().types.get(after.type, after.type)}）"]
    return [
        f"信息项“{after.name}”{ITEM_LABELS[part]}：{_shown(old)} → {_shown(new)}"
        for part in ITEM_PARTS
        if (old := getattr(before, part)) != (new := getattr(after, part))
    ]


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Mapping):
        value = "、".join(f"{code} {meaning}" for code, meaning in value.items())
    text = str(value)
    return f"“{text if len(text) <= 60 else f'{text[:60]}…'}”" if text else "（空）"

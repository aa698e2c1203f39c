"""Service items as declared in policy/services/<item>/service.yaml: who, what form, what materials, how long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

from jinbao.cases.machine import TRANSITIONS
from jinbao.data.datasets import load_dataset
from jinbao.data.scenes.models import Finding
from jinbao.kernel.declared import read_declared
from jinbao.kernel.errors import NOWHERE, DeclarationError, NotFound, Place
from jinbao.kernel.regions import policy_folder
from jinbao.trust.models import Role

FieldType = Literal[
    "文本",
    "姓名",
    "公民身份号码",
    "统一社会信用代码",
    "银行卡号",
    "年月",
    "日期",
    "金额",
    "电话",
    "行政区划",
    "选项",
    "是否",
    "批次",
]
ApplicantName = Literal["参保人", "单位经办", "合作单位", "经办"]
OfficeName = Literal["参保人", "单位经办", "合作单位", "经办", "复核", "稽核", "数据管理"]
SubjectKind = Literal["参保人", "单位", "新单位", "单位职工", "单位新职工", "合作单位", "线索"]
ROLES: dict[str, Role] = {role.label: role for role in Role}
_OUTCOMES = set(Finding.Outcome.values)


@dataclass(frozen=True)
class FormField:
    """One field of the form."""

    name: str
    label: str
    type: FieldType
    required: bool = False
    required_when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Other field → values for which this one must be filled in."""
    required_without: str = ""
    """Another field: this one must be filled in where that one is empty."""
    help: str = ""
    default: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    """For 选项: value → what the applicant reads."""
    dataset: str = ""
    """For 批次: the dataset that the file must be of."""
    max_length: int = 128
    from_row: str = ""
    """For items of clues: the column of the row that stands here until somebody writes something else."""
    at: Place = NOWHERE

    def __post_init__(self) -> None:
        if (self.type == "选项") != bool(self.choices):
            raise DeclarationError(f"“{self.label}”：选项（且只有选项）应有 choices")
        if (self.type == "批次") != bool(self.dataset):
            raise DeclarationError(f"“{self.label}”：批次（且只有批次）应有 dataset")
        if (self.type == "金额") != self.name.endswith("_fen"):
            raise DeclarationError(f"“{self.label}”：金额的英文名（且只有金额）应以 _fen 结尾")
        if self.type == "选项" and self.default and self.default not in self.choices:
            raise DeclarationError(f"“{self.label}”的默认值“{self.default}”不在选项中")


@dataclass(frozen=True)
class MaterialNeed:
    """One document, and the law that allows to ask for it (不得要求无依据证明, 社会保险经办条例 art. 31)."""

    name: str
    need: Literal["必要", "非必要", "免提交"]
    basis: str
    confidence: str
    shared_by: str = ""
    """For 免提交: who shares the data instead."""
    required_when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Form field → values for which the document is asked for; empty: always."""
    note: str = ""
    at: Place = NOWHERE

    def __post_init__(self) -> None:
        if not self.basis.strip():
            raise DeclarationError(f"材料“{self.name}”没有依据", advice="没有法律、行政法规依据的证明不得要求提供。")
        if (self.need == "免提交") != bool(self.shared_by):
            raise DeclarationError(f"材料“{self.name}”：免提交（且只有免提交）的应写明由谁共享（shared_by）")

    def is_asked_for(self, form: Mapping[str, object]) -> bool:
        """Tell whether the document must be handed in with a form."""
        return self.need == "必要" and _fits(self.required_when, form)


@dataclass(frozen=True)
class Limit:
    """A statutory time limit as the guide states it; the clock asks the law (`timelimits.law_limit`) on the day."""

    matter: str
    """服务事项, as policy/law/service/time_limits calls it."""
    days: int
    unit: Literal["工作日", "日"]
    basis: str
    confidence: str
    note: str = ""


@dataclass(frozen=True)
class Promise:
    """The limit that the centre promises, in working days."""

    days: int
    note: str = ""


@dataclass(frozen=True)
class PlannedStep:
    """One step of the way from application to result, for whoever reads the guide."""

    verb: str
    by: tuple[OfficeName, ...]
    at: Place = NOWHERE

    def __post_init__(self) -> None:
        line = TRANSITIONS.get(self.verb)
        if line is None:
            raise DeclarationError(f"没有“{self.verb}”这一步", advice=f"可用：{'、'.join(TRANSITIONS)}。")
        wrong = [name for name in self.by if ROLES[name] not in line.roles]
        if wrong:
            raise DeclarationError(f"“{line.label}”不由{'、'.join(wrong)}办理")

    @property
    def label(self) -> str:
        """The step in words."""
        return TRANSITIONS[self.verb].label


@dataclass(frozen=True)
class Service:
    """One service item."""

    code: str
    name: str
    group: str
    about: str
    applicants: tuple[ApplicantName, ...]
    """Nobody for an item whose cases are opened by clues."""
    subject: SubjectKind
    fields: tuple[FormField, ...]
    """What the applicant fills in; of a clue, what the examiner reports."""
    materials: tuple[MaterialNeed, ...]
    statutory: tuple[Limit, ...]
    promised: Promise
    steps: tuple[PlannedStep, ...]
    effect: str
    result: str
    """The document that comes of it."""
    only_one: Literal["个人", "单位", ""] = ""
    """Of whom only one case may be open at a time."""
    statutory_note: str = ""
    at: Place = NOWHERE

    def field(self, name: str) -> FormField:
        """Return a form field by its name. Raises NotFound."""
        for each in self.fields:
            if each.name == name:
                return each
        raise NotFound(f"“{self.name}”的表单没有 {name} 这一项")

    @property
    def is_clue(self) -> bool:
        """Whether the clues of scenes open its cases, not applications."""
        return self.subject == "线索"

    @property
    def roles(self) -> tuple[Role, ...]:
        """The roles that may apply."""
        return tuple(ROLES[name] for name in self.applicants)

    def materials_for(self, form: Mapping[str, object]) -> tuple[MaterialNeed, ...]:
        """Return the documents that must be handed in with a form."""
        return tuple(need for need in self.materials if need.is_asked_for(form))


@dataclass(frozen=True)
class Expectation:
    """What a worked example expects."""

    errors: Mapping[str, str] = field(default_factory=dict)
    """Form field → a part of the message; empty: the form is accepted."""
    form: Mapping[str, str] = field(default_factory=dict)
    """Form field → the value as it is kept."""
    materials: tuple[str, ...] = ()
    """Documents that must be handed in."""
    promised_due: date | None = None
    statutory_due: date | None = None


@dataclass(frozen=True)
class WorkedExample:
    """One example of cases.yaml: a form as an applicant fills it in, and what becomes of it."""

    name: str
    on: date
    form: Mapping[str, str]
    expect: Expectation
    origin: str
    at: Place = NOWHERE


def load_services() -> dict[str, Service]:
    """Return every declared service item by its code. Raises DeclarationError with file:line."""
    files = sorted((policy_folder() / "services").glob("*/service.yaml"))
    return {file.parent.name: _load(file, file.stat().st_mtime_ns) for file in files}


def applications() -> dict[str, Service]:
    """Return the service items that somebody can apply for."""
    return {item: service for item, service in load_services().items() if not service.is_clue}


def application_of(item: str) -> Service:
    """Return an item that somebody can apply for. Raises NotFound."""
    return _one(item, applications())


def service_of(item: str) -> Service:
    """Return one service item. Raises NotFound for an unknown code."""
    return _one(item, load_services())


def clue_service(item: str, at: Place) -> Service:
    """Return the item whose cases are opened by a scene; raise DeclarationError at the scene where there is none."""
    known = {code: service for code, service in load_services().items() if service.is_clue}
    if item not in known:
        raise DeclarationError(f"没有核查事项“{item}”", at=at, advice=f"可写：{'、'.join(known)}。")
    return known[item]


def _one(item: str, services: dict[str, Service]) -> Service:
    if item not in services:
        known = "、".join(f"{code}（{service.name}）" for code, service in services.items())
        raise NotFound(f"没有“{item}”这个事项", advice=f"可办理的事项：{known}。")
    return services[item]


def worked_examples(item: str) -> tuple[WorkedExample, ...]:
    """Return the worked examples of a service item."""
    return read_declared(policy_folder() / "services" / item / "cases.yaml", tuple[WorkedExample, ...])


@cache
def _load(file: Path, _changed: int) -> Service:
    service = read_declared(file, Service)
    if service.code != file.parent.name:
        raise DeclarationError(f"code“{service.code}”应与文件夹名“{file.parent.name}”相同", at=service.at)
    _check_names(service)
    _check_limits(service)
    _check_clue(service)
    return service


def _check_clue(service: Service) -> None:
    """Refuse an item without applicants, unless its cases come from clues; of those the examiner reports a finding."""
    if service.is_clue == bool(service.applicants):
        raise DeclarationError("线索的事项没有申请人（applicants: []），其他事项必须有", at=service.at)
    outcomes = [each for each in service.fields if each.name == "finding"]
    if not service.is_clue and any(each.from_row for each in service.fields):
        raise DeclarationError("只有线索的事项可以写 from_row", at=service.at)
    if service.is_clue and not (outcomes and outcomes[0].required and set(outcomes[0].choices) == _OUTCOMES):
        raise DeclarationError(
            "线索的事项应有必填的选项 finding", at=service.at, advice=f"选项的值：{'、'.join(Finding.Outcome.values)}。"
        )


def _check_names(service: Service) -> None:
    """Refuse fields of one name, and conditions on fields or values that do not exist."""
    names = [each.name for each in service.fields]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DeclarationError(f"表单项重名：{'、'.join(twice)}", at=service.at)
    conditions = [(each.required_when, each.at) for each in service.fields]
    conditions += [(need.required_when, need.at) for need in service.materials]
    for condition, at in conditions:
        for other, values in condition.items():
            _check_condition(service, other, values, at)
    for each in service.fields:
        if each.required_without and each.required_without not in names:
            raise DeclarationError(f"“{each.label}”提到不存在的表单项 {each.required_without}", at=each.at)
        if each.dataset:
            load_dataset(each.dataset)


def _check_condition(service: Service, other: str, values: tuple[str, ...], at: Place) -> None:
    try:
        known = service.field(other).choices
    except NotFound as error:
        raise DeclarationError(error.message, at=at) from None
    wrong = [value for value in values if known and value not in known]
    if wrong:
        raise DeclarationError(f"“{service.field(other).label}”没有选项：{'、'.join(wrong)}", at=at)


def _check_limits(service: Service) -> None:
    """Refuse a promise of nothing, and a missing statutory limit without the reason."""
    if service.promised.days < 1 or any(limit.days < 1 for limit in service.statutory):
        raise DeclarationError("办理时限至少一日", at=service.at)
    if not service.statutory and not service.statutory_note:
        raise DeclarationError("没有法定时限的事项应写明原因（statutory_note）", at=service.at)


def _fits(condition: Mapping[str, tuple[str, ...]], form: Mapping[str, object]) -> bool:
    return all(str(form.get(name, "")) in values for name, values in condition.items())

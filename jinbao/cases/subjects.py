"""Whom a case is about, where it belongs, and what of the form does not fit what the registry knows.

What is found here is told to the applicant at the form's field, before there is a case. Whether a benefit is due is not
judged here: who applies has a right to a decision.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from jinbao.cases.forms import Form
from jinbao.cases.services import Service
from jinbao.cases.sharing_form import partner_of, read_terms
from jinbao.data.models import Batch
from jinbao.insurance.benefits.facts import statutory_month
from jinbao.insurance.registry import match
from jinbao.insurance.registry import queries as registry
from jinbao.insurance.registry.families import died_on
from jinbao.insurance.registry.models import Employer, Person
from jinbao.insurance.registry.names import difference
from jinbao.kernel.errors import JinbaoError, NotAllowed, NotFound
from jinbao.kernel.months import Month
from jinbao.kernel.regions import RegionTree
from jinbao.trust.actors import Actor, may_see, require_region
from jinbao.trust.models import Role

Errors = dict[str, str]


@dataclass(frozen=True)
class Subject:
    """Whom a case is about and which region handles it."""

    region: str
    name: str
    person_id_number: str = ""
    employer_uscc: str = ""


def subject_of(by: Actor, service: Service, form: Form) -> tuple[Subject | None, Errors]:
    """Find whom a form is about, as far as the applicant may see it, and what in the form does not fit.

    Raises NotAllowed for an officer of another region.
    """
    errors: Errors = {}
    try:
        subject = _KINDS[service.subject](by, form, errors)
    except _Unknown as unknown:
        return None, {unknown.field: unknown.why}
    if by.is_officer or by.is_system:
        require_region(by, subject.region)
    if check := _CHECKS.get(service.code):
        check(by, subject, form, errors)
    for field in service.fields:
        if field.type == "批次" and field.name in form:
            _check_batch(by, subject, form, field.dataset, errors)
    return subject, errors


class _Unknown(Exception):
    """Whom the form is about cannot be found; says at which field and why."""

    def __init__(self, field: str, error: JinbaoError) -> None:
        super().__init__(error.message)
        self.field = field
        self.why = f"{error.message.rstrip('。')}。{error.advice}"


def _insured(by: Actor, form: Form, errors: Errors) -> Subject:
    """The insured person himself; an employer applies for those who are enrolled with him."""
    person = _person(by, form)
    if died := died_on(person):
        errors["id_number"] = f"登记显示本人已于 {died} 死亡。登记有误的，请先到经办窗口撤销死亡登记。"
    holder = form.get("account_holder")
    if holder and difference(holder, person.name):
        errors["account_holder"] = "户名与参保登记的姓名不符。待遇只发放到本人账户，请核对。"
    return Subject(person.region, person.name, person.id_number, by.subject if by.role == Role.EMPLOYER else "")


def _check_retirement(by: Actor, subject: Subject, form: Form, errors: Errors) -> None:
    """Say where the way of retirement and the month do not fit together: the way decides what must be handed in."""
    person = Person.objects.get(id_number=subject.person_id_number)
    statutory, chosen = statutory_month(person), Month.parse(form["retire_month"])
    way = "法定" if chosen == statutory else "弹性提前" if chosen < statutory else "弹性延迟"
    if form["way"] != way:
        errors["way"] = f"法定退休年月为 {statutory}，所填退休年月 {chosen} 属于“{way}”。请改选退休方式或更正退休年月。"


def _person(by: Actor, form: Form) -> Person:
    try:
        return registry.person(by, form["id_number"])
    except NotFound as error:
        raise _Unknown("id_number", error) from None


def _employer(by: Actor, form: Form, errors: Errors) -> Subject:
    employer = _registered(by, form)
    if employer.closed_on is not None:
        errors["employer_uscc"] = f"{employer.name}已于 {employer.closed_on} 注销。请核对统一社会信用代码。"
    return Subject(employer.region, employer.name, employer_uscc=employer.uscc)


def _registered(by: Actor, form: Form) -> Employer:
    try:
        return registry.employer(by, form["employer_uscc"])
    except NotFound as error:
        raise _Unknown("employer_uscc", error) from None


def _new_employer(by: Actor, form: Form, errors: Errors) -> Subject:
    """An employer that is not registered yet; an agent registers only the employer he acts for."""
    if by.role == Role.EMPLOYER and form["uscc"] != by.subject:
        errors["uscc"] = "只能为本单位办理。请以本单位的经办账号登录。"
    if form["region"] not in RegionTree.read().codes:
        errors["region"] = "本中心不经办该地区。请核对六位行政区划代码。"
        if by.is_officer:
            raise NotAllowed(f"{by.name}无权办理地区 {form['region']} 的业务", advice="请核对参保地。")
    known = Employer.objects.filter(uscc=form["uscc"]).first()
    if known is not None:
        errors["uscc"] = f"该代码已由“{known.name}”登记。不必重复登记；信息有变的，请办理单位信息变更。"
    return Subject(form["region"], form["name"], employer_uscc=form["uscc"])


def _employee(by: Actor, form: Form, errors: Errors) -> Subject:
    """Somebody of an employer who is registered; of a file, only the employer."""
    return _with_employee(by, form, errors, may_be_new=False)


def _new_employee(by: Actor, form: Form, errors: Errors) -> Subject:
    """Somebody whom an employer has hired and who may be registered already."""
    subject = _with_employee(by, form, errors, may_be_new=True)
    number = form.get("id_number", "")
    if number and int(number[16]) % 2 == 0 and form.get("retirement_category", "") not in {"女职工55", "女职工50"}:
        errors["retirement_category"] = "女职工须选择退休类别。以劳动合同约定的岗位为准。"
    return subject


def _with_employee(by: Actor, form: Form, errors: Errors, *, may_be_new: bool) -> Subject:
    subject = _employer(by, form, errors)
    if "batch" in form:
        return subject
    found = match.find(form["id_number"], form["name"])
    if isinstance(found, match.Mismatch):
        if found.code != "unknown" or not may_be_new:
            errors["name" if found.code == "name" else "id_number"] = f"{found.reason}。"
        number = form["id_number"]
    else:
        number = found.id_number
    return Subject(subject.region, f"{form['name']}（{subject.name}）", number, subject.employer_uscc)


def _partner(by: Actor, form: Form, errors: Errors) -> Subject:
    """A partner agency; its agent applies only for the own agency."""
    code = form["partner_code"]
    if by.role == Role.PARTNER and code != by.subject:
        errors["partner_code"] = "只能为本单位申请。请以本单位的账号登录。"
    try:
        found = partner_of(code)
    except NotFound as error:
        raise _Unknown("partner_code", error) from None
    errors |= read_terms(form)[1]
    return Subject(found.region, found.name, employer_uscc=found.code)


def _check_batch(by: Actor, subject: Subject, form: Form, dataset: str, errors: Errors) -> None:
    """Say why a file cannot be handed in with the form."""
    batch = Batch.objects.filter(pk=form["batch"]).first()
    if batch is None or not may_see(by, region=batch.region, employer=batch.sender):
        errors["batch"] = "没有这个批次，或您无权使用。请重新上传文件。"
    elif batch.dataset != dataset:
        errors["batch"] = "文件不是这个事项的。请在本事项的页面上传。"
    elif not RegionTree.read().contains(batch.region, subject.region) or _is_another_senders(by, batch, subject):
        errors["batch"] = "文件不属于该单位或该参保地。请重新上传。"
    elif batch.status not in {Batch.Status.CHECKED, Batch.Status.ACCEPTED}:
        errors["batch"] = f"该批次{batch.get_status_display()}。请上传新的文件。"
    elif not batch.accepted:
        errors["batch"] = "文件没有一行通过校验。请下载有误的行，改正后重新上传。"
    elif batch.rejected and batch.status == Batch.Status.CHECKED and not form.get("partial"):
        errors["partial"] = f"文件有 {batch.rejected} 行未通过校验。请改正后重新上传，或选择有误的行先不办。"


def _is_another_senders(by: Actor, batch: Batch, subject: Subject) -> bool:
    """Tell whether a file was sent for another employer; officers also hand in what they received on paper."""
    return batch.sender != subject.employer_uscc and (by.role == Role.EMPLOYER or batch.sender != by.username)


def _check_identities(by: Actor, subject: Subject, form: Form, errors: Errors) -> None:
    """Say what is wrong with the other number; somebody who died may have two identities too."""
    errors.pop("id_number", None)
    try:
        registry.person(by, form["other_number"])
    except NotFound as error:
        errors["other_number"] = f"{error.message.rstrip('。')}。{error.advice}"
    if form["other_number"] == form["id_number"]:
        errors["other_number"] = "两个号码相同。请填写同一人的另一个号码。"


_CHECKS: dict[str, Callable[[Actor, Subject, Form, Errors], None]] = {
    "pension_application": _check_retirement,
    "identity_merge": _check_identities,
}
"""What only one item asks for."""

_KINDS: dict[str, Callable[[Actor, Form, Errors], Subject]] = {
    "参保人": _insured,
    "单位": _employer,
    "新单位": _new_employer,
    "单位职工": _employee,
    "单位新职工": _new_employee,
    "合作单位": _partner,
}

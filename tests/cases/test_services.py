"""The declarations of service items, and the worked examples beside them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from jinbao.cases import services
from jinbao.cases.clock import dues
from jinbao.cases.effects import EFFECTS
from jinbao.cases.forms import read_form
from jinbao.cases.services import Service, WorkedExample, load_services, service_of, worked_examples
from jinbao.cases.timelimits import law_limit
from jinbao.kernel.errors import DeclarationError, NotFound

ITEMS = {
    "employer_enrolment": "单位参保登记",
    "employee_enrolment": "职工参保登记",
    "contribution_declaration": "缴费申报",
    "contribution_correction": "缴费更正",
    "pension_application": "养老待遇申领",
    "bank_account_change": "银行账户变更",
    "identity_merge": "身份合并",
    "data_sharing": "数据共享申请",
    "clue_death": "死亡冒领核查",
    "clue_prison": "服刑领取核查",
    "clue_double_benefit": "重复领取核查",
    "clue_double_enrolment": "重复参保核查",
    "clue_uninsured": "应保未保核查",
    "clue_unclaimed": "应享未享告知",
    "clue_authentication": "静默认证确认",
    "clue_job_loss": "失业风险走访",
    "clue_hardship": "就业困难人员援助",
}
EXAMPLES = [(item, example) for item in ITEMS for example in worked_examples(item)]


def test_the_items_are_declared_under_their_names() -> None:
    assert {item: service.name for item, service in load_services().items()} == ITEMS


def test_every_item_has_an_effect_and_every_effect_an_item() -> None:
    assert set(EFFECTS) == set(ITEMS)


def test_every_item_has_worked_examples_of_acceptance_and_of_refusal() -> None:
    for item in ITEMS:
        expected = [bool(example.expect.errors) for example in worked_examples(item)]
        assert True in expected, item
        assert False in expected, item


def _name(example: object) -> str:
    return example.name if isinstance(example, WorkedExample) else str(example)


@pytest.mark.parametrize(("item", "example"), EXAMPLES, ids=_name)
def test_the_worked_example_holds(item: str, example: WorkedExample) -> None:
    service = service_of(item)
    form, errors = read_form(service, example.form, example.on)
    assert set(errors) == set(example.expect.errors)
    for name, part in example.expect.errors.items():
        assert part in errors[name]
    for name, value in example.expect.form.items():
        assert str(form[name]) == value
    if not errors:
        assert tuple(need.name for need in service.materials_for(form)) == example.expect.materials
    found = dues(service, example.on)
    assert example.expect.promised_due in (None, found.promised)
    assert example.expect.statutory_due in (None, found.statutory)


@pytest.mark.parametrize("service", load_services().values(), ids=lambda service: service.code)
def test_no_document_is_asked_for_without_a_basis_and_shared_ones_not_at_all(service: Service) -> None:
    for need in service.materials:
        assert need.basis
        assert need.confidence in {"A", "A-", "B"}
        assert not need.is_asked_for({}) or need.need == "必要"


@pytest.mark.parametrize("service", load_services().values(), ids=lambda service: service.code)
def test_the_guide_states_the_limit_that_the_law_has(service: Service) -> None:
    for limit in service.statutory:
        assert law_limit(limit.matter, date(2026, 11, 20)) == (limit.days, limit.unit == "工作日")


def test_an_item_that_does_not_exist_is_answered_with_those_that_do() -> None:
    with pytest.raises(NotFound) as caught:
        service_of("weather")
    assert "养老待遇申领" in caught.value.advice


WRONG = [
    ("name: 单位参保登记", "nam: 单位参保登记", "没有“nam”这个键"),
    ("code: employer_enrolment", "code: other", "应与文件夹名"),
    ("basis: 社会保险法第五十七条；社会保险经办条例（国务院令第765号）第八条", 'basis: " "', "没有依据"),
    ("{verb: accept, by: [经办]}", "{verb: accept, by: [复核]}", "不由复核办理"),
    ("{verb: accept, by: [经办]}", "{verb: admit, by: [经办]}", "没有“admit”这一步"),
    ("type: 姓名, required: true", "type: 选项, required: true", "应有 choices"),
    ("{days: 3, note: 演示承诺}", "{days: 0, note: 演示承诺}", "至少一日"),
    ("name: contact, label", "name: phone, label", "重名"),
    ("need: 免提交", "need: 必要", "应写明由谁共享"),
    ("help: 办理社会保险业务的人员", "required_when: {colour: [red]}", "没有 colour 这一项"),
    ("help: 办理社会保险业务的人员", 'required_when: {industry_class: ["9"]}', "没有选项：9"),
    ("help: 办理社会保险业务的人员", "required_without: colour", "不存在的表单项 colour"),
]


@pytest.mark.parametrize(("right", "wrong", "message"), WRONG, ids=[wrong for _, wrong, _ in WRONG])
def test_a_wrong_declaration_is_named_with_file_and_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, right: str, wrong: str, message: str
) -> None:
    text = (services.policy_folder() / "services/employer_enrolment/service.yaml").read_text(encoding="utf-8")
    assert right in text
    file = tmp_path / "services" / "employer_enrolment" / "service.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    monkeypatch.setattr(services, "policy_folder", lambda: tmp_path)
    with pytest.raises(DeclarationError) as caught:
        load_services()
    assert message in caught.value.message
    assert str(file) in str(caught.value.at)
    assert caught.value.at is not None
    assert caught.value.at.line


def test_of_two_statutory_limits_the_earlier_one_holds() -> None:
    service = service_of("employer_enrolment")
    over_spring_festival, in_summer = dues(service, date(2026, 2, 10)), dues(service, date(2026, 7, 6))
    assert over_spring_festival.statutory == date(2026, 2, 25)  # 15 days; 10 working days end on 2 March
    assert in_summer.statutory == date(2026, 7, 20)  # 10 working days; 15 days end on 21 July

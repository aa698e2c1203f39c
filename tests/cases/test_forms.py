"""Forms: every wrong field is told where it is, with what to do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jinbao.cases.forms import FormRefused, read_form, shown
from jinbao.cases.services import load_services, service_of
from tests.cases.conftest import TODAY, account_form, card
from tests.conftest import ZHANG_SAN

SERVICE = service_of("bank_account_change")


def test_a_form_is_kept_in_one_spelling() -> None:
    form, errors = read_form(
        SERVICE, account_form(account_number="６２１７ 0000 1234 5670", since="2026年4月1日"), TODAY
    )
    assert errors == {}
    assert form["account_number"] == card()
    assert form["since"] == "2026-04-01"


def test_every_wrong_field_is_named_at_once_with_advice() -> None:
    _, errors = read_form(SERVICE, account_form(account_number="6217", since="春天", bank=""), TODAY)
    assert set(errors) == {"account_number", "since", "bank"}
    assert all(why.endswith("。") for why in errors.values())


def test_fields_that_nobody_declared_are_not_read() -> None:
    form, _ = read_form(SERVICE, account_form(is_admin="1"), TODAY)
    assert "is_admin" not in form


def test_a_refused_form_says_all_of_it_in_one_sentence_too() -> None:
    refused = FormRefused(SERVICE, {"bank": "请填写“开户银行”。"})
    assert refused.errors == {"bank": "请填写“开户银行”。"}
    assert "开户银行" in refused.message


def test_officers_read_masked_numbers_and_the_applicant_his_own() -> None:
    form, _ = read_form(SERVICE, account_form(), TODAY)
    masked = {line.name: line.text for line in shown(SERVICE, form, whole=False)}
    assert ZHANG_SAN not in masked.values()
    assert card() not in masked.values()
    assert masked["account_number"].endswith(card()[-4:])
    assert {line.text for line in shown(SERVICE, form, whole=True)} >= {ZHANG_SAN, card()}


@given(st.sampled_from(sorted(load_services())), st.data())
def test_whatever_is_sent_is_read_or_told_and_never_a_traceback(item: str, data: st.DataObject) -> None:
    service = service_of(item)
    sent = {field.name: data.draw(st.text(max_size=30)) for field in service.fields}
    form, errors = read_form(service, sent, TODAY)
    assert not set(form) & set(errors)
    again, more = read_form(service, {name: str(value) for name, value in form.items()}, TODAY)
    amounts = {field.name for field in service.fields if field.type == "金额"}
    assert {k: v for k, v in again.items() if k not in amounts} | {k: form[k] for k in amounts & set(form)} == form | {
        k: v for k, v in again.items() if k not in form
    }
    assert not set(more) & set(form)


@pytest.mark.parametrize(
    ("name", "text"), [("contact", "陈" * 65), ("phone", "+86138000000000000000"), ("name", "厂" * 129)]
)
def test_what_is_longer_than_its_place_in_the_books_is_told(name: str, text: str) -> None:
    _, errors = read_form(service_of("employer_enrolment"), {name: text}, TODAY)
    assert "最多" in errors[name]


@pytest.mark.parametrize("text", ["-1", "abc", "1.234", "1e5"])
def test_a_wage_is_an_amount_of_whole_fen_and_not_negative(text: str) -> None:
    service = service_of("contribution_correction")
    _, errors = read_form(service, {"wage_fen": text}, TODAY)
    assert "wage_fen" in errors

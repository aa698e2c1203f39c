"""What lists show of personal data, and the recorded act of showing all of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jinbao.kernel.errors import FormatError, NotAllowed
from jinbao.trust.actors import Actor
from jinbao.trust.masking import MASKS, mask_account, mask_id, mask_name, mask_phone, unmask
from jinbao.trust.models import AuditEvent, User


@pytest.mark.parametrize(
    ("masked", "expected"),
    [
        (mask_id("990101196601151014"), "990***********1014"),
        (mask_id("990101660115101"), "990********5101"),
        (mask_id("H1234567"), "********"),
        (mask_phone("13800001234"), "138****1234"),
        (mask_phone("027-87654321"), "027-******21"),
        (mask_account("6222020200112233445"), "***************3445"),
        (mask_name("张三"), "张*"),
        (mask_name("欧阳修"), "欧*修"),
        (mask_name("古丽·阿依"), "古***依"),
        (mask_name("张"), "*"),
        (mask_name(""), ""),
        (mask_id(""), ""),
    ],
)
def test_the_middle_is_hidden(masked: str, expected: str) -> None:
    assert masked == expected


@given(text=st.text(alphabet=st.characters(exclude_characters="*"), max_size=30), kind=st.sampled_from(sorted(MASKS)))
def test_something_is_always_hidden_and_the_length_stays(text: str, kind: str) -> None:
    masked = MASKS[kind](text)
    assert len(masked) == len(text)
    assert not text or "*" in masked
    assert all(a in (b, "*") for a, b in zip(masked, text, strict=True))


def test_it_works(clerk: Actor) -> None:
    user = User.objects.create(username="zhangsan", name="张三丰")
    assert unmask(clerk, "name", user, "核对身份 JB0001") == "张三丰"
    event = AuditEvent.objects.get()
    assert (event.actor, event.action, event.target) == ("jingban", "trust.unmask", f"trust.User:{user.pk}")
    assert event.detail == {"kind": "name", "reason": "核对身份 JB0001", "shown": "张*丰"}


@pytest.mark.parametrize("reason", ["", "  "])
def test_without_a_reason_nothing_is_shown(clerk: Actor, reason: str) -> None:
    with pytest.raises(FormatError, match="理由"):
        unmask(clerk, "name", User.objects.create(username="x"), reason)


def test_only_masked_fields_are_shown(clerk: Actor) -> None:
    with pytest.raises(FormatError):
        unmask(clerk, "password", User.objects.create(username="x", password="secret"), "好奇")


def test_the_public_and_the_administrator_unmask_nothing(zhang_san: Actor, agent: Actor, admin: Actor) -> None:
    for by in (zhang_san, agent, admin):
        with pytest.raises(NotAllowed):
            unmask(by, "name", User.objects.create(username=f"x{by.username}"), "看看")

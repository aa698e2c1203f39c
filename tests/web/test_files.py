"""An employer's file: preview of good and bad rows, the decision about them, the corrected file that comes back."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from python_calamine import CalamineWorkbook

from jinbao.data.models import Batch
from jinbao.trust.actors import Actor
from jinbao.trust.models import AuditEvent
from tests.conftest import EMPLOYER, LI_SI, ZHANG_SAN
from tests.web.conftest import GOOD, HEAD, WRONG, Browser, Town


def file_of(*rows: str, name: str = "二月申报.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, (HEAD + "".join(rows)).encode("gb18030"))


def send(client: Client, file: SimpleUploadedFile, face: str = "unit", **data: str) -> str:
    form = {"dataset": "contribution_declaration", "file": file, "key": "k1"} | data
    prefix = "/unit/files" if face == "unit" else "/counter/files"
    return client.post(f"{prefix}/upload/", form).headers["Location"]


def test_a_file_is_shown_with_its_good_and_bad_rows_and_the_reasons(browse: Browser, agent: Actor, town: Town) -> None:
    client = browse(agent)
    html = client.get(send(client, file_of(GOOD, WRONG))).content.decode()
    assert "只接收通过的" in html
    assert "证件号码" in html
    assert "99010119710620202X" in html, "the employer sees the wrong number that it wrote"
    assert ZHANG_SAN not in html, "right numbers are masked"


def test_sending_the_same_file_twice_is_one_batch(browse: Browser, agent: Actor, town: Town) -> None:
    client = browse(agent)
    assert send(client, file_of(GOOD)) == send(client, file_of(GOOD), key="k2")
    assert Batch.objects.count() == 1


def test_bad_rows_keep_the_good_ones_waiting_until_somebody_says_so(browse: Browser, agent: Actor, town: Town) -> None:
    client = browse(agent)
    where = send(client, file_of(GOOD, WRONG))
    refused = client.post(f"{where}decide/", {"decision": "all", "key": "d1"})
    assert refused.status_code == 409
    assert Batch.objects.get().status == Batch.Status.CHECKED
    client.post(f"{where}decide/", {"decision": "partial", "key": "d2"})
    assert Batch.objects.get().status == Batch.Status.ACCEPTED


def test_pressing_accept_twice_is_one_event(browse: Browser, agent: Actor, town: Town) -> None:
    client = browse(agent)
    where = send(client, file_of(GOOD))
    for _ in range(2):
        assert client.post(f"{where}decide/", {"decision": "all", "key": "same"}).status_code == 302
    assert AuditEvent.objects.filter(action="data.accept").count() == 1


def test_the_rejected_rows_come_back_corrected_and_are_linked(browse: Browser, agent: Actor, town: Town) -> None:
    client = browse(agent)
    where = send(client, file_of(GOOD, WRONG))
    answer = client.get(f"{where}rejected.xlsx")
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]  # a file response streams
    rows = CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(0).to_python()
    assert "原因" in rows[0]
    number = Batch.objects.get().pk
    fixed = file_of(WRONG.replace("99010119710620202X", LI_SI), name=f"批次{number}-退回.csv")
    assert str(number) in client.get(send(client, fixed, key="k3")).content.decode()
    assert Batch.objects.get(corrects=number).rejected == 0


def test_an_employer_does_not_see_the_file_of_another(
    browse: Browser, agent: Actor, other_agent: Actor, town: Town
) -> None:
    where = send(browse(agent), file_of(GOOD))
    other = browse(other_agent)
    for path in ("", "rejected.xlsx", "refused.xlsx"):
        assert other.get(where + path).status_code == 404
    assert other.post(f"{where}decide/", {"decision": "all"}).status_code == 404
    assert "二月申报" not in other.get("/unit/files/").content.decode()


def test_an_officer_sends_a_file_for_an_employer_of_the_region_only(
    browse: Browser, clerk: Actor, other_clerk: Actor, town: Town
) -> None:
    client = browse(clerk)
    where = send(client, file_of(GOOD), "counter", sender=EMPLOYER)
    assert where.startswith("/counter/files/")
    assert ZHANG_SAN not in client.get(where).content.decode()
    stranger = browse(other_clerk)
    assert stranger.get(where).status_code == 404
    form = {"dataset": "contribution_declaration", "file": file_of(GOOD, name="b.csv"), "sender": EMPLOYER}
    assert stranger.post("/counter/files/upload/", form).status_code == 404


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", "没有表头的一行\n".encode()])
def test_a_file_that_is_no_table_is_refused_with_advice(
    browse: Browser, agent: Actor, town: Town, content: bytes
) -> None:
    form = {"dataset": "contribution_declaration", "file": SimpleUploadedFile("a.csv", content), "key": "k"}
    answer = browse(agent).post("/unit/files/upload/", form)
    assert answer.status_code == 400
    assert "怎么办" in answer.content.decode()
    assert not Batch.objects.exists()


def test_no_file_and_an_unknown_kind_are_refused(browse: Browser, agent: Actor, town: Town) -> None:
    client = browse(agent)
    assert client.post("/unit/files/upload/", {"dataset": "contribution_declaration"}).status_code == 400
    assert client.post("/unit/files/upload/", {"dataset": "bank_receipt", "file": file_of(GOOD)}).status_code == 404

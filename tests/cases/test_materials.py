"""Documents: kept once by their hash; what is not a document is refused."""

from __future__ import annotations

import io

import pytest

from jinbao.cases import actions, materials
from jinbao.cases.materials import LARGEST, Upload, open_material, path_of
from jinbao.cases.models import Case, Material
from jinbao.kernel.errors import Conflict, FormatError, NotAllowed, NotFound
from jinbao.trust.actors import Actor
from jinbao.trust.sm3 import sm3_hex
from tests.cases.conftest import NOW, Town
from tests.cases.test_effects import correction_form

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4 wages"
NAME = "工资发放记录"


@pytest.fixture
def case(town: Town, agent: Actor) -> Case:
    return actions.open_case(agent, "contribution_correction", correction_form(), now=NOW)


def add(by: Actor, case: Case, file_name: str = "a.pdf", content: bytes = PDF, name: str = NAME) -> Material:
    return actions.add_material(by, case, Upload(name, file_name, io.BytesIO(content)), now=NOW)


def test_a_document_lies_under_its_hash_and_reads_back(case: Case, agent: Actor) -> None:
    material = add(agent, case)
    assert material.sm3 == sm3_hex(PDF)
    with open_material(material) as file:
        assert file.read() == PDF


def test_the_same_document_again_is_the_one_that_is_there(case: Case, agent: Actor) -> None:
    assert add(agent, case) == add(agent, case, "b.pdf")
    assert Material.objects.count() == 1


@pytest.mark.parametrize(
    ("file_name", "content", "why"),
    [
        ("run.exe", b"MZ\x90", "不接受.exe"),
        ("page.html", b"<script>", "不接受.html"),
        ("picture.svg", b"<svg onload=alert(1)>", "不接受.svg"),
        ("macro.docm", b"PK\x03\x04", "不接受.docm"),
        ("noend", PDF, "没有扩展名"),
        ("disguised.pdf", b"MZ\x90\x00", "内容不是 PDF"),
        ("script.png", b"#!/bin/sh", "内容不是 PNG"),
        ("a.pdf.exe", PDF, "不接受.exe"),
        ("empty.pdf", b"", "空文件"),
    ],
)
def test_programs_pages_and_disguises_are_refused(
    case: Case, agent: Actor, file_name: str, content: bytes, why: str
) -> None:
    with pytest.raises(FormatError) as caught:
        add(agent, case, file_name, content)
    assert why in caught.value.message
    assert not Material.objects.exists()


def test_a_file_that_is_too_large_is_refused_and_leaves_nothing(case: Case, agent: Actor) -> None:
    with pytest.raises(FormatError, match="超过 10 MB"):
        add(agent, case, content=PDF + b"0" * LARGEST)
    assert [path for path in materials.folder().rglob("*") if path.is_file()] == []


def test_a_document_without_a_legal_basis_is_not_taken(case: Case, agent: Actor) -> None:
    with pytest.raises(FormatError, match="不需要材料"):
        add(agent, case, name="无犯罪记录证明")


@pytest.mark.parametrize("file_name", ["../../etc/passwd.pdf", "C:\\temp\\passwd.pdf", "\u202epasswd.pdf"])
def test_a_file_name_keeps_no_way_and_no_tricks(case: Case, agent: Actor, file_name: str) -> None:
    assert add(agent, case, file_name).file_name == "passwd.pdf"


def test_bytes_that_were_changed_on_disk_are_not_handed_out(case: Case, agent: Actor) -> None:
    material = add(agent, case)
    path_of(material.sm3).write_bytes(b"%PDF-1.4 other")
    with pytest.raises(Conflict, match="摘要不符"):
        open_material(material)
    path_of(material.sm3).unlink()
    with pytest.raises(NotFound):
        open_material(material)


def test_nobody_else_adds_documents_and_a_closed_case_takes_none(case: Case, agent: Actor, other_agent: Actor) -> None:
    with pytest.raises(NotAllowed):
        add(other_agent, case)
    actions.withdraw(agent, case, version=case.version, now=NOW)
    with pytest.raises(Conflict):
        add(agent, case)

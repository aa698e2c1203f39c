"""公开文件体检 in the portal: findings with place and reason; what cannot be read is told; nothing is kept."""

from __future__ import annotations

from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

ACCOUNT = """演示局2024年度部门决算
收入支出决算总表
收入 决算数 支出 决算数
一、一般公共预算财政拨款收入 100.00 一、社会保障和就业支出 120.00
本年收入合计 100.00 本年支出合计 130.00
"""


def send(client: Client, content: bytes, name: str) -> str:
    return client.post("/see/disclosure/", {"file": SimpleUploadedFile(name, content)}).content.decode()


def test_a_document_is_checked_and_not_kept(client: Client, var: Path) -> None:
    html = send(client, ACCOUNT.encode(), "决算.txt")
    assert "核对的关系" in html
    assert list(var.rglob("*")) == []


def test_no_file_and_an_unreadable_one_are_refused_with_advice(client: Client) -> None:
    assert client.post("/see/disclosure/").status_code == 400
    answer = client.post("/see/disclosure/", {"file": SimpleUploadedFile("a.pdf", b"%PDF-broken")})
    assert answer.status_code == 400
    assert "怎么办" in answer.content.decode()

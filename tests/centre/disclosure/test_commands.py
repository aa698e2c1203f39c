"""`jinbao disclosure`: check, batch, template, produce."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from jinbao.project.commands.disclosure import command
from tests.centre.disclosure.documents import HERE, produced


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(command, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout


def test_the_json_has_the_promised_keys() -> None:
    code, text = run("check", str(HERE / "wuhan_2024.txt"), "--json")
    found = json.loads(text)
    assert code == 0
    assert found["file"] == "wuhan_2024.txt"
    assert len(found["model"]["tables"]) == 9
    assert found["model"]["facts"] > 50
    assert found["checked"] > 500
    keys = {"severity", "kind", "line", "page", "table", "quote", "relation", "printed", "recomputed", "suggestion"}
    assert all(keys <= set(f) for f in found["findings"])
    assert {f["severity"] for f in found["findings"]} <= {"high", "medium", "low", "rounding", "unverifiable"}


def test_strict_checking_fails_a_document_with_errors() -> None:
    assert run("check", str(HERE / "wuhan_2024.txt"), "--strict")[0] == 1
    assert run("check", str(HERE / "national_2024.txt"), "--strict")[0] == 0


def test_a_refused_file_does_not_keep_the_others_from_being_checked(tmp_path: Path) -> None:
    (tmp_path / "空.pdf").write_bytes(b"")
    code, text = run("check", str(tmp_path / "空.pdf"), str(HERE / "national_2024.txt"), "--json")
    found = json.loads(text)
    assert code == 2
    assert [("error" in f, f["file"]) for f in found] == [(False, "national_2024.txt"), (True, "空.pdf")]


def test_reports_are_written_in_three_forms(tmp_path: Path) -> None:
    for suffix, start in ((".html", b"<!doctype"), (".xlsx", b"PK"), (".pdf", b"%PDF")):
        path = tmp_path / f"报告{suffix}"
        assert run("check", str(HERE / "wuhan_2024.txt"), "--report", str(path))[0] == 0
        assert path.read_bytes().startswith(start)
    page = (tmp_path / "报告.html").read_text(encoding="utf-8")
    assert "517.56" in page
    assert 'data-severity="high"' in page


def test_a_folder_is_ranked_and_one_unit_compared_over_years(tmp_path: Path) -> None:
    text = (HERE / "national_2024.txt").read_text(encoding="utf-8")
    (tmp_path / "b.txt").write_text(text, encoding="utf-8")
    (tmp_path / "a.txt").write_text(text.replace("2024", "2025").replace("444.96", "325.10"), encoding="utf-8")
    (tmp_path / "c.docx").write_bytes(b"PK\x03\x04")
    code, out = run("batch", str(tmp_path), "--json", "--workers", "1", "--out", str(tmp_path / "结果"))
    found = json.loads(out)
    assert code == 0
    assert [Path(r["file"]).name for r in found["ranking"]] == ["a.txt", "b.txt", "c.docx"]
    assert found["ranking"][2]["refused"]
    closing = next(x for x in found["years"] if x["name"] == "年末结转和结余")
    assert closing["values"] == {"2024": "325.10", "2025": "325.10"}
    assert [f["relation"] for f in found["between_years"]] == ["R26 年初结转等于上年年末结转"]
    assert (tmp_path / "结果" / "问题清单.csv").stat().st_size > 1000


def test_the_template_goes_in_and_checked_documents_come_out(tmp_path: Path) -> None:
    figures, out = tmp_path / "数据.xlsx", tmp_path / "公开"
    assert run("template", "--out", str(figures), "--sample", "9")[0] == 0
    code, said = run("produce", str(figures), "--out", str(out))
    assert code == 0
    assert said.count("检查通过，没有发现问题") == 4
    assert {p.suffix for p in out.iterdir()} == {".docx", ".pdf", ".xlsx", ".html"}


def test_content_may_be_given_as_bytes_with_a_name() -> None:
    from jinbao.centre.disclosure import check

    report = check(produced(1, "决算", "pdf"), "公开.pdf")
    assert report.document.lines[0].page == 1
    assert report.as_json()["file"] == "公开.pdf"

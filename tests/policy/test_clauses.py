"""Each clause of policy/law is coded and cited, or says why it is not."""

from __future__ import annotations

import re
from datetime import date

import pytest

from jinbao.rules import Law, load_law
from jinbao.rules.errors import NotInProduction
from jinbao.rules.lawtext import Clause, LawTexts

LAW = load_law(production=False)
FOLDER = LAW.book.folder / "law"
PROVISIONS = sorted(path.parent.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("law.md"))
CITED = {(clause.file, clause.anchor) for known in LAW.rules.values() for rule in known for clause in rule.cites}
NOT_CODED = re.compile(r"^未编码：.{6,}", re.MULTILINE)
QUESTIONS = (FOLDER.parents[1] / "docs" / "law-open-questions.md").read_text(encoding="utf-8")


def clauses(provision: str) -> list[Clause]:
    return list(LawTexts(FOLDER).clauses(provision).values())


@pytest.mark.parametrize("provision", PROVISIONS)
def test_every_clause_is_cited_or_says_why_it_is_not_coded(provision: str) -> None:
    silent = [c.link for c in clauses(provision) if (c.file, c.anchor) not in CITED and not NOT_CODED.search(c.text)]
    assert silent == []


@pytest.mark.parametrize("provision", PROVISIONS)
def test_every_heading_below_a_document_has_an_anchor_and_a_text(provision: str) -> None:
    text = (FOLDER / provision / "law.md").read_text(encoding="utf-8")
    headings = [line for line in text.splitlines() if line.startswith("##")]
    assert all(re.search(r"\{#[\w.-]+\}$", line) for line in headings)
    assert len(headings) == len(clauses(provision))
    assert all(clause.text for clause in clauses(provision))


@pytest.mark.parametrize("provision", PROVISIONS)
def test_a_provision_has_the_files_of_every_provision(provision: str) -> None:
    folder = FOLDER / provision
    assert (folder / "cases.yaml").exists()
    assert list(folder.glob("rules*.py"))


def test_there_is_no_folder_of_rules_without_its_text() -> None:
    assert {path.parent.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("rules*.py")} == set(PROVISIONS)


def test_every_value_of_confidence_c_is_an_open_question() -> None:
    """Whoever finds the source finds the question too: the names of uncertain values stand in the open questions."""
    uncertain = {
        name
        for name, parameter in LAW.book.parameters.items()
        for region, known in parameter.values.items()
        for dated in known
        if dated.confidence == "C" and region != "990100"
    }
    uncertain |= {name for name, known in LAW.rules.items() for rule in known if rule.source.confidence == "C"}
    assert {name for name in uncertain if f"`{name}`" not in QUESTIONS} == set()


def test_a_name_of_the_glossary_is_used(law: Law) -> None:
    """Everything declared is read by a rule, or is a rule; one parameter is kept for a check."""
    read = {name for known in law.rules.values() for rule in known for name in rule.reads}
    kept = {"一年期存款基准利率"}
    assert {name for name, term in law.glossary.items() if term.kind != "规则" and name not in read} == kept


def test_crediting_rates_are_not_below_the_legal_floor() -> None:
    """社会保险法 art. 14: not below the bank's rate for one year, in force at the end of the year."""
    floor = LAW.book.parameters["一年期存款基准利率"]
    for dated in (d for known in LAW.book.parameters["记账利率"].values.values() for d in known if not d.missing):
        end = dated.start.replace(month=12, day=31)
        assert dated.value >= floor.find(["000000"], end).dated.value or dated.note.startswith("演示值"), dated


def test_parameters_of_the_demonstration_city_say_so() -> None:
    for path in FOLDER.rglob("parameters.990100.yaml"):
        assert "演示市是虚构的城市" in path.read_text(encoding="utf-8").splitlines()[0]
    for parameter in LAW.book.parameters.values():
        for dated in parameter.values.get("990100", ()):
            assert (dated.source, dated.confidence) == ("演示值", "C")
            assert dated.note.startswith("演示值")


def test_production_refuses_what_is_uncertain_and_answers_the_rest() -> None:

    strict = load_law(production=True)
    form = {"计发基数": 8880, "平均缴费工资指数": "0.8219", "缴费年限": "30.67", "视同缴费年限": "2.08"}
    account = {"个人账户储存额": 122933, "计发月数": 195}
    on = date(2024, 3, 1)
    assert str(strict.evaluate("基本养老金", form | account, on=on, region="420000").value) == "3293.57"
    transfer = [name for name, known in strict.rules.items() if any(r.provision.startswith("transfer/") for r in known)]
    facts = {"月": [{"年月": "2020-01", "缴费基数": 5000}], "关系在户籍地": True}
    with pytest.raises(NotInProduction):
        strict.evaluate("转移统筹基金", facts, on=date(2026, 8, 1), region="420000")
    with pytest.raises(NotInProduction):
        strict.evaluate("待遇领取地", facts, on=date(2026, 8, 1), region="420000")
    assert len(transfer) > 10

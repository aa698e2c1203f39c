"""DCAT: what is written is read back, and says what the catalogue says."""

from __future__ import annotations

import pytest
from rdflib import Graph

from jinbao.data.catalogue import actions, exporting
from jinbao.kernel.errors import FormatError
from jinbao.trust.actors import Actor
from tests.data.catalogue.conftest import NOW, Make

BASE = "https://example.cn/see/data/"
PARSERS = {"turtle": "turtle", "rdfxml": "xml", "jsonld": "json-ld"}
ASK = """
PREFIX dcat: <http://www.w3.org/ns/dcat#> PREFIX dct: <http://purl.org/dc/terms/>
PREFIX odrl: <http://www.w3.org/ns/odrl/2/> PREFIX foaf: <http://xmlns.com/foaf/0.1/>
SELECT ?code ?name ?unit ?how ?format WHERE {
  ?catalog a dcat:Catalog ; dcat:dataset ?d .
  ?d a dcat:Dataset ; dct:identifier ?code ; dct:title ?name ; dct:publisher/foaf:name ?unit ;
     odrl:hasPolicy/dct:title ?how ; dcat:distribution ?where . ?where a dcat:Distribution ; dct:format ?format . }
"""


@pytest.mark.parametrize("form", PARSERS)
def test_what_is_written_is_read_back_the_same(form: str, make: Make, steward: Actor) -> None:
    make()
    make(name="参保查询", kind="interface", share_type="1", items=())
    graph = Graph().parse(exporting.export(steward, form, base=BASE, now=NOW, items=True), format=PARSERS[form])
    assert [tuple(map(str, row)) for row in graph.query(ASK)] == [
        ("317001/1", "企业职工基本养老保险缴费明细", "演示市人力资源和社会保障局", "有条件共享", "自描述/Parquet")
    ]
    services = "SELECT ?t WHERE { ?c <http://www.w3.org/ns/dcat#service> ?s . ?s <http://purl.org/dc/terms/title> ?t }"
    assert [str(row[0]) for row in graph.query(services)] == ["参保查询"]
    columns = "SELECT ?n WHERE { ?c a <http://www.w3.org/ns/csvw#Column> ; <http://www.w3.org/ns/csvw#name> ?n }"
    assert {str(row[0]) for row in graph.query(columns)} == {"id_number", "name", "base_fen", "scheme"}


def test_the_public_exports_only_what_is_published(make: Make, second_steward: Actor, partner: Actor) -> None:
    resource = make()
    for actor in (None, partner):
        assert "养老" not in exporting.export(actor, "turtle", base=BASE, now=NOW).decode()
    actions.publish(second_steward, resource, version=1, now=NOW)
    for actor in (None, partner):
        assert "养老" in exporting.export(actor, "turtle", base=BASE, now=NOW).decode()


def test_another_form_is_refused(steward: Actor) -> None:
    with pytest.raises(FormatError, match="没有格式"):
        exporting.export(steward, "pdf", base=BASE, now=NOW)


def test_the_exchange_tables_have_the_columns_of_the_guide(make: Make, steward: Actor) -> None:
    from io import BytesIO

    from python_calamine import CalamineWorkbook

    make()
    book = CalamineWorkbook.from_filelike(BytesIO(exporting.export(steward, "tables", base=BASE, now=NOW)))
    head, row = book.get_sheet_by_name("核心元数据").to_python()
    assert head == list(exporting.CORE)
    assert dict(zip(head, row, strict=False))["共享属性"] == "有条件共享；用于本部门法定职责，逐次申请"
    assert book.get_sheet_by_name("信息项信息").to_python()[1] == ["317001/1", "证件号码", "字符C(18)"]

"""The catalogue as DCAT 3: a dcat:Catalog of Datasets and DataServices, in Turtle, RDF/XML or JSON-LD.

Names of the guide that DCAT has go to its terms; share types are ODRL policies and grades a note, for which no shared
vocabulary is known. Information items are CSVW columns, and only written when asked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import quote

from rdflib import BNode, Graph, Literal, Namespace, URIRef
from rdflib.collection import Collection
from rdflib.namespace import DCAT, DCTERMS, FOAF, ODRL2, RDF, XSD
from rdflib.term import Node

from jinbao.data.catalogue.description import Description, Item
from jinbao.data.catalogue.models import Resource
from jinbao.data.catalogue.standard import standard
from jinbao.kernel.errors import FormatError

ADMS = Namespace("http://www.w3.org/ns/adms#")
CSVW = Namespace("http://www.w3.org/ns/csvw#")
FREQUENCY = Namespace("http://purl.org/cld/freq/")
FORMATS = {"turtle": ("turtle", "ttl"), "rdfxml": ("xml", "rdf"), "jsonld": ("json-ld", "jsonld")}
"""Name → serializer of rdflib, ending of the file."""

MEDIA = {"turtle": "text/turtle", "rdfxml": "application/rdf+xml", "jsonld": "application/ld+json"}
_CYCLES = {
    "实时": "continuous",
    "每日": "daily",
    "每周": "weekly",
    "每月": "monthly",
    "每季度": "quarterly",
    "每半年": "semiannual",
    "每年": "annual",
    "不更新/自定义": "irregular",
}
_SHARING = {"1": ODRL2.permission, "2": ODRL2.permission, "3": ODRL2.prohibition}
_TYPES = {"C": XSD.string, "N": XSD.decimal, "D": XSD.date, "T": XSD.dateTime, "B": XSD.boolean}


def dcat(
    described: Iterable[tuple[Resource, Description]], *, base: str, title: str, now: datetime, items: bool = False
) -> Graph:
    """Return the graph of a catalogue; `base` begins every address, such as https://host/see/data/."""
    graph = Graph()
    for prefix, space in (("dcat", DCAT), ("adms", ADMS), ("odrl", ODRL2), ("csvw", CSVW), ("freq", FREQUENCY)):
        graph.bind(prefix, space)
    catalogue = URIRef(base)
    graph.add((catalogue, RDF.type, DCAT.Catalog))
    graph.add((catalogue, DCTERMS.title, Literal(title, lang="zh")))
    graph.add((catalogue, DCTERMS.modified, Literal(now)))
    graph.add((catalogue, DCTERMS.conformsTo, Literal(standard().source, lang="zh")))
    for resource, one in described:
        _Entry(graph, catalogue, base, resource, one).write(items=items)
    return graph


def serialized(graph: Graph, form: str) -> bytes:
    """Write a graph as turtle, rdfxml or jsonld. Raises FormatError for another form."""
    if form not in FORMATS:
        raise FormatError(f"没有格式“{form}”", advice=f"可用的格式：{'、'.join(FORMATS)}。")
    return graph.serialize(format=FORMATS[form][0], encoding="utf-8")


class _Entry:
    """One resource: a dcat:Dataset with its distribution, or a dcat:DataService."""

    def __init__(self, graph: Graph, catalogue: URIRef, base: str, resource: Resource, one: Description) -> None:
        self.graph, self.catalogue, self.base, self.resource, self.one = graph, catalogue, base, resource, one
        self.subject = URIRef(base + quote(one.code) + "/")

    def write(self, *, items: bool) -> None:
        is_service = self.one.kind == Resource.Kind.INTERFACE
        self.add(RDF.type, DCAT.DataService if is_service else DCAT.Dataset)
        self.graph.add((self.catalogue, DCAT.service if is_service else DCAT.dataset, self.subject))
        self._describe()
        self._share()
        if is_service:
            self.add(DCAT.endpointURL, self.subject)
        else:
            self._distribute()
        if items:
            self._items(self.one.items)

    def add(self, predicate: URIRef, value: Any) -> None:
        self.graph.add((self.subject, predicate, value))

    def _describe(self) -> None:
        one, known = self.one, standard()
        self.add(DCTERMS.title, Literal(one.name, lang="zh"))
        if one.summary:
            self.add(DCTERMS.description, Literal(one.summary, lang="zh"))
        self.add(
            ADMS.identifier, self._node(ADMS.Identifier, {URIRef(str(ADMS) + "schemaAgency"): known.source}, one.code)
        )
        self.add(DCTERMS.identifier, Literal(one.code))
        self.add(DCAT.theme, URIRef(f"{self.base}category/{one.category[:3]}"))
        self.add(DCAT.keyword, Literal(known.category_name(one.category), lang="zh"))
        self.add(ADMS.status, Literal(self.resource.status))
        self.add(URIRef(f"{DCAT}version"), Literal(str(self.resource.version)))
        if self.resource.published_on:
            self.add(DCTERMS.issued, Literal(self.resource.published_on))
        if one.update_cycle in _CYCLES:
            self.add(DCTERMS.accrualPeriodicity, FREQUENCY[_CYCLES[one.update_cycle]])
        for code in one.related.split():
            self.add(DCTERMS.relation, URIRef(self.base + quote(code) + "/"))
        publisher = URIRef(f"{self.base}unit/{quote(one.provider_code or one.provider)}")
        self.add(DCTERMS.publisher, publisher)
        self.graph.add((publisher, RDF.type, FOAF.Organization))
        self.graph.add((publisher, FOAF.name, Literal(one.provider, lang="zh")))

    def _share(self) -> None:
        """Write how it is shared as a policy: what is allowed, what is not, on which condition; and the grade."""
        one, known = self.one, standard()
        if one.grade:
            self.add(DCTERMS.accessRights, Literal(known.grades[one.grade], lang="zh"))
        if not one.share_type:
            return
        rule = BNode()
        self.graph.add((rule, ODRL2.action, ODRL2.use))
        self.graph.add((rule, ODRL2.target, self.subject))
        if one.share_terms:
            self.graph.add((rule, DCTERMS.description, Literal(one.share_terms, lang="zh")))
        policy = self._node(ODRL2.Policy, {DCTERMS.title: known.share_types[one.share_type]})
        self.graph.add((policy, ODRL2.uid, URIRef(f"{self.subject}#policy")))
        self.graph.add((policy, _SHARING[one.share_type], rule))
        self.add(ODRL2.hasPolicy, policy)

    def _distribute(self) -> None:
        place = URIRef(f"{self.subject}#distribution")
        self.add(DCAT.distribution, place)
        self.graph.add((place, RDF.type, DCAT.Distribution))
        self.graph.add((place, DCAT.accessURL, self.subject))
        if self.one.format:
            self.graph.add((place, DCTERMS["format"], Literal(self.one.format, lang="zh")))

    def _items(self, items: Iterable[Item]) -> None:
        columns: list[Node] = [self._column(item) for item in items]
        schema = self._node(CSVW.Schema, {})
        self.graph.add((schema, CSVW.column, Collection(self.graph, BNode(), columns).uri))
        self.add(CSVW.tableSchema, schema)

    def _column(self, item: Item) -> BNode:
        column = self._node(CSVW.Column, {CSVW.title: item.name})
        self.graph.add((column, CSVW.name, Literal(item.english or item.name)))
        self.graph.add((column, CSVW.datatype, _TYPES[item.type]))
        self.graph.add((column, CSVW.required, Literal(item.required)))
        return column

    def _node(self, kind: URIRef, titles: dict[URIRef, str], notation: str = "") -> BNode:
        node = BNode()
        self.graph.add((node, RDF.type, kind))
        for predicate, text in titles.items():
            self.graph.add((node, predicate, Literal(text, lang="zh")))
        if notation:
            self.graph.add((node, URIRef("http://www.w3.org/2004/02/skos/core#notation"), Literal(notation)))
        return node

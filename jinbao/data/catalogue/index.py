"""The full-text table beside SearchEntry: FTS5 on SQLite, tsvector on PostgreSQL, the same words and the same answers.

Words are made by `words.py`; the databases only keep and match them. It is written in the transaction of the resource.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from jinbao.data.catalogue.words import document_words, query_terms

NAME, ITEMS, SUMMARY = 1, 2, 3
"""Where all words of a query were found: in the name, in name and items, or only with the summary."""

CREATE = {
    "sqlite": (
        "CREATE VIRTUAL TABLE catalogue_search USING fts5(name, items, summary, tokenize='ascii', detail='column')",
    ),
    "postgresql": (
        "CREATE TABLE catalogue_search (rowid bigint PRIMARY KEY, document tsvector NOT NULL)",
        "CREATE INDEX catalogue_search_document ON catalogue_search USING gin (document)",
    ),
}
DROP = "DROP TABLE IF EXISTS catalogue_search"
_INSERT = {
    "sqlite": "INSERT INTO catalogue_search (rowid, name, items, summary) VALUES (%s, %s, %s, %s)",
    "postgresql": "INSERT INTO catalogue_search (rowid, document) VALUES (%s, %s::tsvector)",
}
_MATCH = {
    "sqlite": "SELECT rowid FROM catalogue_search WHERE catalogue_search MATCH %s",
    "postgresql": "SELECT rowid FROM catalogue_search WHERE document @@ %s::tsquery",
}
_AT_ONCE = 500


@dataclass(frozen=True)
class Document:
    """The texts of one search entry."""

    number: int
    name: str
    items: str
    summary: str


def write(documents: Sequence[Document]) -> None:
    """Replace the words of some entries."""
    remove([document.number for document in documents])
    with connection.cursor() as cursor:
        cursor.executemany(_INSERT[connection.vendor], [_row(document) for document in documents])


def remove(numbers: Sequence[int]) -> None:
    """Take entries out of the full-text table."""
    with connection.cursor() as cursor:
        for start in range(0, len(numbers), _AT_ONCE):
            part = numbers[start : start + _AT_ONCE]
            slots = ", ".join(["%s"] * len(part))
            cursor.execute(f"DELETE FROM catalogue_search WHERE rowid IN ({slots})", part)  # noqa: S608  # placeholders


def matching(text: str) -> dict[int, int] | None:
    """Return the entries that hold every term of a query, with where (NAME, ITEMS, SUMMARY); None for no query."""
    terms = query_terms(text)
    if not terms:
        return None
    found: dict[int, int] = {}
    with connection.cursor() as cursor:
        for place in (SUMMARY, ITEMS, NAME):
            cursor.execute(_MATCH[connection.vendor], [_QUERY[connection.vendor](terms, place)])
            found |= dict.fromkeys((number for (number,) in cursor.fetchall()), place)
    return found


def _row(document: Document) -> tuple[Any, ...]:
    words = [document_words(part) for part in (document.name, document.items, document.summary)]
    if connection.vendor == "sqlite":
        return (document.number, *(" ".join(sorted(part)) for part in words))
    weighted = (
        f"'{word}':" + ",".join(f"{at}{weight}" for at, weight in enumerate("ABC", 1) if word in words[at - 1])
        for word in sorted(set().union(*words))
    )
    return (document.number, " ".join(weighted))


def _fts5(terms: list[list[list[str]]], place: int) -> str:
    columns = ["name", "items", "summary"][:place]

    def quoted(word: str) -> str:
        return f'"{word[:-1]}" *' if word.endswith("*") else f'"{word}"'

    return f"{{{' '.join(columns)}}} : ({_combined(terms, quoted, 'AND', 'OR')})"


def _tsquery(terms: list[list[list[str]]], place: int) -> str:
    weights = "ABC"[:place]

    def quoted(word: str) -> str:
        return f"'{word[:-1]}':*{weights}" if word.endswith("*") else f"'{word}':{weights}"

    return _combined(terms, quoted, "&", "|")


def _combined(terms: Iterable[list[list[str]]], quoted: Any, both: str, either: str) -> str:
    """Write terms as an expression; words hold only letters, digits and Han characters, so nothing needs escaping."""

    def every(words: list[str]) -> str:
        return "(" + f" {both} ".join(map(quoted, words)) + ")"

    return f" {both} ".join("(" + f" {either} ".join(map(every, term)) + ")" for term in terms)


_QUERY = {"sqlite": _fts5, "postgresql": _tsquery}

"""Words of Chinese text for search: jieba's words, every pair of characters, pinyin initials, and Latin names.

jieba alone would miss a two-character word that it cut across; pairs of characters alone would miss 养老保险…缴费 in
养老保险月缴费. A document holds both, and a query is answered by either.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

import rjieba
from pypinyin import Style, lazy_pinyin

_RUN = re.compile(r"([\u3400-\u9fff\U00020000-\U0003ffff]+)|([a-z0-9]+)")
LONGEST_QUERY = 64
MOST_TERMS = 8


def _plain(text: str) -> str:
    """Write full-width letters and digits as ordinary ones, and everything in lower case."""
    return unicodedata.normalize("NFKC", text).lower()


def document_words(text: str) -> set[str]:
    """Return every word under which a text is found."""
    found: set[str] = set()
    for line in _plain(text).splitlines():
        for han, latin in _RUN.findall(line):
            found |= _han_words(han) if han else {latin}
    return found


@lru_cache(maxsize=65_536)
def _han_words(run: str) -> frozenset[str]:
    words = set(rjieba.cut_for_search(run)) | set(run) | {a + b for a, b in pairwise(run)}
    initials = [_initials(word) for word in rjieba.cut(run)]
    words |= {"".join(initials[start:]) for start in range(len(initials))}
    return frozenset(words)


@lru_cache(maxsize=65_536)
def _initials(word: str) -> str:
    letters = "".join(lazy_pinyin(word, style=Style.FIRST_LETTER, errors="ignore")).lower()
    return re.sub(r"[^a-z]", "", letters)


def query_terms(text: str) -> list[list[list[str]]]:
    """Split a query into terms; each is a list of alternatives, each a list of words that must all be there.

    A Latin term is one word that ends with "*": it is found as the beginning of a word.
    """
    terms: list[list[list[str]]] = []
    for han, latin in _RUN.findall(_plain(text)[:LONGEST_QUERY])[:MOST_TERMS]:
        terms.append(_alternatives(han) if han else [[f"{latin}*"]])
    return terms


def _alternatives(run: str) -> list[list[str]]:
    if len(run) == 1:
        return [[run]]
    words = sorted(set(rjieba.cut(run)))
    pairs = sorted({a + b for a, b in pairwise(run)})
    return [words] if words == pairs else [words, pairs]


def marks(text: str) -> list[str]:
    """Return what to highlight for a query, the longest first: its runs as typed, then their words."""
    found: set[str] = set()
    for han, latin in _RUN.findall(_plain(text)[:LONGEST_QUERY])[:MOST_TERMS]:
        found |= {han, *(word for word in rjieba.cut(han) if len(word) > 1)} if han else {latin}
    return sorted(found, key=lambda word: (-len(word), word))

"""The provisions from which everything is computed, in the words that the rules cite, and what the terms mean."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jinbao.rules import Law, load_law
from jinbao.rules.lawbook import Rule
from jinbao.rules.lawtext import Clause, LawTexts


@dataclass(frozen=True)
class Provision:
    """One folder of policy/law: its clauses and the rules that follow from them."""

    path: str
    clauses: tuple[Clause, ...]
    rules: tuple[Rule, ...]

    @property
    def documents(self) -> list[str]:
        """The documents it quotes, each once."""
        return list(dict.fromkeys(clause.document for clause in self.clauses))


def provisions(law: Law) -> dict[str, Provision]:
    """Gather the provisions that have rules or texts, by path."""
    texts = LawTexts(law.book.folder / "law")
    rules: dict[str, list[Rule]] = defaultdict(list)
    for definitions in law.rules.values():
        for rule in definitions:
            rules[rule.provision].append(rule)
    return {path: Provision(path, tuple(texts.clauses(path).values()), tuple(rules[path])) for path in sorted(rules)}


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List the provisions with their documents and the rules made of them."""
    return render(request, "portal/law.html", {"provisions": provisions(load_law()).values()})


@require_safe
def text(request: HttpRequest, path: str) -> HttpResponse:
    """Show one provision: every clause at its anchor, and the rules that cite it."""
    found = provisions(load_law()).get(path)
    if found is None:
        raise Http404
    glossary = load_law().glossary
    meanings = {rule.name: glossary[rule.name].meaning for rule in found.rules}
    return render(request, "portal/law_text.html", {"provision": found, "meanings": meanings})


@require_safe
def glossary(request: HttpRequest) -> HttpResponse:
    """List the statutory terms with meaning, unit and source; ?q= keeps those that contain it."""
    wanted = request.GET.get("q", "").strip()[:40]
    terms = [
        (name, term)
        for name, term in load_law().glossary.items()
        if not wanted or wanted in name or wanted in term.meaning
    ]
    return render(request, "portal/glossary.html", {"terms": terms, "q": wanted})


@require_safe
def ask(request: HttpRequest) -> HttpResponse:
    """Show 我要问: the hotline and where each question is answered."""
    return render(request, "portal/ask.html")

"""The catalogue of messages: Chinese sources in templates and code, English beside them.

`python -m jinbao.web.catalogue` collects new messages into locale/en/LC_MESSAGES/django.po, keeps translations, and
compiles django.mo. Terms of policy/ and of models' choices are listed in `terms.py`, so that they are collected too.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

HOME = Path(__file__).parent
PO = HOME / "locale" / "en" / "LC_MESSAGES" / "django.po"
MO = PO.with_suffix(".mo")
KEYWORDS: dict[str, None] = dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop", "ngettext"))

Message = str | tuple[str, str]


def messages() -> Iterator[tuple[Message, str]]:
    """Go through every message of templates and code with its file, in a stable order."""
    for path in sorted([*HOME.rglob("*.html"), *HOME.rglob("*.py")]):
        text = path.read_text(encoding="utf-8")
        source = templatize(text, origin=str(path)) if path.suffix == ".html" else text
        calls: Iterable[Any] = extract_python(io.BytesIO(source.encode()), KEYWORDS, [], {})
        for _line, function, found, _comments in calls:
            message = _message(function, found)
            if message:
                yield message, str(path.relative_to(HOME))


def _message(function: str, found: str | Iterable[str | None] | None) -> Message | None:
    parts = [part for part in ((found,) if isinstance(found, str) else found or ()) if part]
    if not parts:
        return None
    return (parts[0], parts[1]) if function == "ngettext" and len(parts) > 1 else parts[0]


def updated() -> Catalog:
    """Return the catalogue with every message of today and the translations there are."""
    old = read_po(io.BytesIO(PO.read_bytes()), locale="en") if PO.exists() else Catalog(locale="en")
    new = Catalog(locale="en", project="jinbao", charset="utf-8", header_comment="# English of Jinbao's faces.")
    new.creation_date, new.revision_date = old.creation_date, old.revision_date
    for message, place in messages():
        new.add(message, _translation(old, message), locations=[(place, 1)])
    return new


def _translation(old: Catalog, message: Message) -> str | tuple[str, ...] | None:
    known = old.get(message if isinstance(message, str) else message[0])
    string = known.string if known else None
    if isinstance(message, tuple) and not isinstance(string, tuple | list):
        return (string or "", string or "")
    return tuple(string) if isinstance(string, list) else string


def compiled(catalogue: Catalog) -> bytes:
    """Return the bytes of django.mo."""
    buffer = io.BytesIO()
    write_mo(buffer, catalogue)
    return buffer.getvalue()


def missing(catalogue: Catalog) -> list[str]:
    """List the messages without English."""
    return [str(message.id) for message in catalogue if message.id and not _complete(message.string)]


def _complete(string: str | Iterable[str] | None) -> bool:
    return bool(string) if string is None or isinstance(string, str) else all(string)


@click.command()
def main() -> None:
    """Write django.po and django.mo, and name what still lacks English."""
    catalogue = updated()
    buffer = io.BytesIO()
    write_po(buffer, catalogue, width=0, omit_header=False, sort_output=False, include_lineno=False)
    PO.parent.mkdir(parents=True, exist_ok=True)
    PO.write_bytes(buffer.getvalue())
    MO.write_bytes(compiled(read_po(io.BytesIO(PO.read_bytes()), locale="en")))
    lacking = missing(catalogue)
    click.echo(f"{PO}: {len(catalogue)} messages, {len(lacking)} without English")
    for message in lacking:
        click.echo(f"  {message}")


if __name__ == "__main__":
    main()

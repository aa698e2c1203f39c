"""The result as one page that needs nothing else, to be printed or saved as PDF by the browser."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import Any

from jinbao.oversight.simulation.printed import Table, laws, summary, tables_of, text_of
from jinbao.rules.bulk.lake import write_in_one_step

_STYLE = """
@page{size:A4 landscape;margin:12mm}
body{font:14px/1.6 "Noto Sans CJK SC","Microsoft YaHei",sans-serif;max-width:90rem;margin:0 auto;padding:1rem}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:1.6rem;break-after:avoid}
table{border-collapse:collapse;width:100%;font-size:.78rem}
th,td{border:1px solid #8888;padding:.2rem .35rem;text-align:right;white-space:nowrap}
thead th{white-space:normal;background:#eef2f8}th:first-child,.pairs td{text-align:left;white-space:normal}
tr{break-inside:avoid}
"""


def write_sheet(results: Mapping[str, Any], path: Path) -> None:
    """Write the page in one step."""
    write_in_one_step(path, html_of(results).encode())


def html_of(results: Mapping[str, Any]) -> str:
    """Return the page."""
    title = escape(results["title"])
    tables = "".join(_table(table) for table in tables_of(results))
    notes = "".join(f"<li>{escape(note)}</li>" for note in results["notes"])
    return (
        '<!doctype html><html lang="zh-Hans"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body><h1>{title}</h1>"
        f"<p>只是假设之下的估计，不是核定，也不是政策预告。</p>{_pairs(summary(results))}"
        f"<h2>两套规定</h2>{_pairs(laws(results))}{tables}<h2>方法与假设</h2><ul>{notes}</ul></body></html>\n"
    )


def _pairs(pairs: Iterable[tuple[str, str]]) -> str:
    rows = "".join(f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in pairs)
    return f'<table class="pairs">{rows}</table>'


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in table.head)
    rows = "".join(
        f'<tr><th scope="row">{escape(text_of(row[0]))}</th>'
        f"{''.join(f'<td>{escape(text_of(value))}</td>' for value in row[1:])}</tr>"
        for row in table.rows
    )
    return f"<h2>{escape(table.title)}</h2><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"

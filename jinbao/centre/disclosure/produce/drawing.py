"""Charts, drawn by typst as bars: one drawing for every format."""

from __future__ import annotations

from typing import Literal

from jinbao.centre.disclosure.produce.blocks import Chart
from jinbao.centre.disclosure.produce.rounding import text
from jinbao.centre.disclosure.writers.paper import quoted

WIDEST_CM = 8
_PAGE = (
    "#set page(width: 15cm, height: auto, margin: 4pt)\n#set text(font: "
    '("Noto Sans CJK SC", "Noto Serif CJK SC"), size: 10pt, lang: "zh")\n'
)


def bars(chart: Chart) -> str:
    """The typst source of a chart: a labelled bar for each value, its length in proportion."""
    largest = max(v for _, v in chart.bars)
    rows = []
    for name, value in chart.bars:
        width = f"{WIDEST_CM * value / largest:.3f}cm"
        rows.append(
            f"[#{quoted(name)}], [#box(rect(width: {width}, height: 9pt, "
            f'fill: rgb("#2f6fb0"), stroke: none)) #{quoted(text(value))}]'
        )
    return (
        f"#grid(columns: (4cm, 1fr), row-gutter: 5pt, align: (right + "
        f"horizon, left + horizon), column-gutter: 6pt, {', '.join(rows)})\n"
    )


def image(chart: Chart, form: Literal["png", "svg"]) -> bytes:
    """The chart as a picture: png or svg."""
    import typst

    found = typst.compile((_PAGE + bars(chart)).encode("utf-8"), format=form, ppi=144.0)
    return bytes(found if isinstance(found, bytes) else found[0])

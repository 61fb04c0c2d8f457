"""The figures as a picture: one panel of bars for each row, in SVG that suits light and dark pages."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from benchmarks.report import OURS, figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.results import Results, Row

WIDTH, LABEL, VALUE = 400, 95, 75
LINE, TITLE, GAP = 19, 30, 22
COLUMNS = 2
STYLE = """
text { font: 12px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600 }
.note { font-size: 11px; fill: #57606a }
.bar { fill: #8c959f }
.ours { fill: #0969da }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .note { fill: #9198a1 }
  .bar { fill: #6e7681 }
  .ours { fill: #4493f8 }
}
"""


def picture(results: Results, rows: Sequence[Row], columns: Sequence[str]) -> str:
    """Draw the rows that have figures; the longest bar of a panel is its largest figure."""
    body: list[str] = []
    heights = [0] * COLUMNS
    for row in rows:
        bars = [(name, middle) for name in columns if (middle := results.median(row.key, name)) is not None]
        if bars:
            column = heights.index(min(heights))
            body += _panel(row, bars, column * (WIDTH + GAP), heights[column])
            heights[column] += TITLE + LINE * len(bars) + GAP
    width, height = COLUMNS * WIDTH + (COLUMNS - 1) * GAP, max(heights, default=0)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">'
    title = "<title>procman beside other process managers</title>"
    return "\n".join((head, title, f"<style>{STYLE}</style>", *body, "</svg>")) + "\n"


def _panel(row: Row, bars: Sequence[tuple[str, float]], left: int, top: int) -> list[str]:
    room = WIDTH - LABEL - VALUE
    largest = max(value for _, value in bars) or 1.0
    note = f'<tspan class="note" dx="6">{escape(row.unit)}, {row.better} is better</tspan>'
    lines = [f'<text class="title" x="{left}" y="{top + 14}">{escape(row.title)}{note}</text>']
    best_first = sorted(bars, key=lambda bar: bar[1], reverse=row.better == "more")
    for index, (name, value) in enumerate(best_first):
        y = top + TITLE + index * LINE
        length = max(1.0, room * value / largest)
        kind = "bar ours" if name == OURS else "bar"
        lines += [
            f'<text x="{left + LABEL - 6}" y="{y + 4}" text-anchor="end">{escape(name)}</text>',
            f'<rect class="{kind}" x="{left + LABEL}" y="{y - 7}" width="{length:.1f}" height="13" rx="2"/>',
            f'<text class="note" x="{left + LABEL + length + 5:.1f}" y="{y + 4}">{figure(value)}</text>',
        ]
    return lines

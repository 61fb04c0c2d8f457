"""The figures as a Markdown table, as they stand in docs/benchmarks.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.results import Results, Row

OURS = "procman"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
_THOUSAND = 1000
_UNITS = ((1_000_000, " M"), (1_000, " k"))


def figure(value: float) -> str:
    """Three digits, as many as the measuring is worth."""
    for size, letter in _UNITS:
        if value >= size * 0.9995 and (size > _THOUSAND or value >= _THOUSAND * 10):
            return f"{_digits(value / size)}{letter}"
    return _digits(value)


def table(results: Results, rows: Sequence[Row], columns: Sequence[str]) -> str:
    """Give a row for each thing measured, a column for each contender, ratios in parentheses."""
    lines = [
        f"| | unit | {' | '.join(columns)} | ratios to |",
        f"|---|---|{'---:|' * len(columns)}---|",
    ]
    for row in rows:
        cells = [_cell(results, row, name) for name in columns]
        if any(cells):
            lines.append(
                f"| {row.title} | {row.unit} | {' | '.join(cells)} | {_against(results, row, columns)} |"
            )
    return "\n".join(lines) + "\n"


def replaced(page: str, text: str) -> str:
    """Put the figures in the place of older ones; a page without such a place becomes the figures."""
    before, begin, rest = page.partition(f"{BEGIN}\n")
    _, end, after = rest.partition(END)
    return f"{before}{begin}{text}{end}{after}" if begin and end else text


def _cell(results: Results, row: Row, name: str) -> str:
    middle, remark = results.median(row.key, name), results.remarked(row.key, name)
    if middle is None:
        return remark
    baseline = row.baseline or OURS
    ratio = results.ratio(row.key, name, baseline) if name != baseline else None
    parts = [figure(middle), "" if ratio is None else f"({_digits(ratio)})", remark and f"*{remark}*"]
    return " ".join(filter(None, parts))


def _against(results: Results, row: Row, columns: Sequence[str]) -> str:
    baseline = row.baseline or OURS
    if baseline in columns:
        return baseline
    middle = results.median(row.key, baseline)
    return baseline if middle is None else f"{baseline}: {figure(middle)}"


def _digits(value: float) -> str:
    for least, places in ((99.95, 0), (9.995, 1), (0.9995, 2)):
        if value >= least:
            return f"{value:.{places}f}"
    return f"{value:.2f}" if value else "0"

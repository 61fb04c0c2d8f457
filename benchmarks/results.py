"""What was measured: figures by row and contender, and what they come to."""

from __future__ import annotations

from statistics import median
from typing import NamedTuple


class Row(NamedTuple):
    """A line of the table.

    better: "more" or "less". baseline: the contender that the ratios are to, "" for none.
    """

    key: str
    title: str
    unit: str
    better: str = "less"
    baseline: str = ""


class Results:
    """Figures as they come in, a round at a time, and remarks for what is not a figure."""

    def __init__(self) -> None:
        self._figures: dict[tuple[str, str], dict[int, float]] = {}
        self._remarks: dict[tuple[str, str], str] = {}

    def add(self, key: str, contender: str, turn: int, figure: float) -> None:
        self._figures.setdefault((key, contender), {})[turn] = figure

    def remark(self, key: str, contender: str, text: str) -> None:
        """Note the first thing that went wrong; it stands in the table beside the figure."""
        self._remarks.setdefault((key, contender), text)

    def remarked(self, key: str, contender: str) -> str:
        return self._remarks.get((key, contender), "")

    def median(self, key: str, contender: str) -> float | None:
        figures = self._figures.get((key, contender))
        return median(figures.values()) if figures else None

    def ratio(self, key: str, contender: str, baseline: str) -> float | None:
        """Give the median over the rounds of figure by baseline: both of one round met the same weather."""
        ours, theirs = self._figures.get((key, contender), {}), self._figures.get((key, baseline), {})
        ratios = [ours[turn] / theirs[turn] for turn in ours if theirs.get(turn)]
        return median(ratios) if ratios else None

    def contenders(self) -> list[str]:
        return list(dict.fromkeys(name for _, name in (*self._figures, *self._remarks)))

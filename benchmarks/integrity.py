"""Whether what came out is what went in: every line whole, once, in order for each producer."""

from __future__ import annotations

import re
from typing import NamedTuple

LINE = 80
_MARKED = re.compile(rb"^[^\n<>]*<(\d+) (\d{9}) (\.+)>(?:\x1b\[[0-9;]*m)*\r?$", re.MULTILINE)


class Verdict(NamedTuple):
    """missing, torn: lines. ordered: whether each producer's lines came in the order of their numbers."""

    missing: int
    torn: int
    ordered: bool

    @property
    def intact(self) -> bool:
        return not self.missing and not self.torn and self.ordered

    def __str__(self) -> str:
        if self.intact:
            return "intact"
        parts = [f"{self.torn} torn" if self.torn else "", f"{self.missing} missing" if self.missing else ""]
        return ", ".join(filter(None, (*parts, "" if self.ordered else "out of order")))


def check(output: bytes, producers: int, lines: int) -> Verdict:
    """Judge the output of a number of producers that wrote so many lines each (child.c, `produce`)."""
    numbers: list[list[int]] = [[] for _ in range(producers)]
    torn = 0
    for name, number, filler in _MARKED.findall(output):
        if int(name) < producers and len(name) + len(number) + len(filler) == LINE - 5:
            numbers[int(name)].append(int(number))
        else:
            torn += 1
    whole = sum(map(len, numbers))
    torn += max(0, output.count(b"<") - whole - torn)
    missing = sum(lines - len({*found}) for found in numbers)
    ordered = all(found == sorted(set(found)) for found in numbers)
    return Verdict(missing, torn, ordered)

"""Follows a page of the docs to the letter: writes its files, runs its commands, compares what they print.

A fence is told by the comment above it: `<!-- file: NAME -->`, `<!-- run -->`, `<!-- not run: why -->`.
In a block to run, lines with `$ ` are commands and the others what they print, `...` being any lines. Times,
pids and measures differ every time, so every number is as good as any other, and blanks as many.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FENCE = re.compile(r"(?:^<!-- (.*?) -->\n)?^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INTERRUPT = "^C"
ANYTHING = "..."


class Fence(NamedTuple):
    """mark: the comment above it, "" without one. text: ends with a newline."""

    mark: str
    language: str
    text: str


class Step(NamedTuple):
    """A command, and the lines that it prints; interrupted: Ctrl-C ends it."""

    command: str
    shown: list[str]
    interrupted: bool


def fences(text: str) -> list[Fence]:
    return [Fence(*(part or "" for part in match.groups())) for match in _FENCE.finditer(text)]


def section(text: str, title: str) -> str:
    """Give what stands below a heading of the second level, up to the next one."""
    (found,) = re.findall(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return str(found)


def steps(block: str) -> Iterator[Step]:
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, *shown = part.rstrip("\n").split("\n")
        yield Step(command, [line for line in shown if line != INTERRUPT], INTERRUPT in shown)


def write_file(folder: Path, fence: Fence) -> bool:
    """Write the file that a fence holds; False when it holds none."""
    kind, _, name = fence.mark.partition(": ")
    if kind == "file":
        (folder / name).write_text(fence.text, "utf-8")
    return kind == "file"


def same(line: str) -> str:
    """Give what of a line is the same every time."""
    return re.sub(r"-+", "-", re.sub(r"\s+", " ", re.sub(r"[\d.]+", "#", line))).strip()


def agrees(expected: list[str], printed: list[str]) -> bool:
    """Whether lines are those of the page, `...` standing for any number of them."""
    if not expected:
        return not printed
    if expected[0] == ANYTHING:
        return any(agrees(expected[1:], printed[at:]) for at in range(len(printed) + 1))
    return bool(printed) and same(expected[0]) == same(printed[0]) and agrees(expected[1:], printed[1:])

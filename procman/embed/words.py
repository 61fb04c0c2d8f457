"""From arguments to the words of `procman start`."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from os import PathLike

EVERYTHING = ("--quiet", "", "--only", "", "--grep", "")
"""What the project's options hide from the screen is not hidden here."""


def command_line(
    *,
    procfile: str | PathLike[str] | None,
    root: str | PathLike[str] | None,
    types: str | Iterable[str],
    formation: Mapping[str, int] | str,
    grace: float | None,
    options: Iterable[str],
) -> list[str]:
    words = [*EVERYTHING]
    if procfile is not None:
        words += ["--procfile", os.fspath(procfile)]
    if root is not None:
        words += ["--root", os.fspath(root)]
    if formation:
        words += ["--formation", _counts(formation)]
    if grace is not None:
        words += ["--timeout", f"{grace:g}"]
    names = types.split(",") if isinstance(types, str) else types
    # What is asked for goes above what is chosen here, but the lines have to be read.
    return [*words, *options, "--format", "json", *filter(None, names)]


def most_of_a_type(formation: Mapping[str, int] | str) -> int:
    """Give the largest number of instances that is asked for, 1 at least."""
    return max(1, *map(int, re.findall(r"=\s*(\d{1,5})", _counts(formation))), 1)


def _counts(formation: Mapping[str, int] | str) -> str:
    if isinstance(formation, str):
        return formation
    return ",".join(f"{name}={count}" for name, count in formation.items())

"""Which process types run, and how many instances of each (`-c web=2,worker=4`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.config.nearest import did_you_mean
from procman.errors import USAGE, ProcmanError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

MOST_INSTANCES = 10_000
ALL = "all"
ONE_OF_EACH: Mapping[str, int] = {}


def parse_formation(
    texts: Sequence[str], types: Sequence[str], usual: Mapping[str, int] = ONE_OF_EACH
) -> dict[str, int]:
    """Return the number of instances of every type, in the file's order; else the usual one, else 1.

    `all=N` is for the types that no text names, wherever it stands; of two counts for one name the later
    wins. Raises ProcmanError with the status of a usage error.
    """
    counts: dict[str, int] = {}
    for part in _parts(texts):
        name = part.partition("=")[0].strip()
        if name != ALL and name not in types:
            raise ProcmanError(
                f"-c {part}: no process type {name!r}, known: {', '.join(types) or 'none'}",
                hint=did_you_mean(name, types),
                exit_code=USAGE,
            )
        counts[name] = _count(part, types)
    return {name: counts.get(name, counts.get(ALL, usual.get(name, 1))) for name in types}


def counted(texts: Sequence[str]) -> frozenset[str]:
    """Return the types that a formation names one by one, so not those that `all=N` covers."""
    return frozenset(part.partition("=")[0].strip() for part in _parts(texts)) - {ALL}


def select(types: Sequence[str], only: Sequence[str], excluded: Sequence[str]) -> tuple[str, ...]:
    """Return the types to run, in the file's order: those of `only` (all when empty) without the excluded."""
    for name in (*only, *excluded):
        if name not in types:
            raise ProcmanError(
                f"no process type {name!r} in the procfile, known: {', '.join(types) or 'none'}",
                hint=did_you_mean(name, types),
            )
    return tuple(name for name in types if name not in excluded and (not only or name in only))


def _parts(texts: Iterable[str]) -> Iterator[str]:
    """Yield each `name=count`; an empty part (`web=2,`) is no part, as in foreman."""
    for text in texts:
        yield from filter(None, map(str.strip, text.split(",")))


def _count(part: str, types: Sequence[str]) -> int:
    text = part.partition("=")[2].strip()
    if not (text.isascii() and text.isdecimal()):
        raise ProcmanError(
            f"-c {part}: a count is a whole number from 0 to {MOST_INSTANCES}",
            hint=f"write for example -c web=2; known types: {', '.join(types) or 'none'}",
            exit_code=USAGE,
        )
    digits = text.lstrip("0") or "0"
    # The length first: int() refuses thousands of digits with an error of its own.
    if len(digits) > len(str(MOST_INSTANCES)) or int(digits) > MOST_INSTANCES:
        raise ProcmanError(
            f"-c {part}: more than {MOST_INSTANCES} instances of one process type", exit_code=USAGE
        )
    return int(digits)

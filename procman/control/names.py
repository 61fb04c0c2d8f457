"""Which processes a user's words mean: `web.1`, `web` for all of its instances, `w*`, `*.1`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_GLOB = frozenset("*?[")


def is_glob(word: str) -> bool:
    return not _GLOB.isdisjoint(word)


def matches(word: str, name: str, process_type: str) -> bool:
    """Whether a word means this instance."""
    if not is_glob(word):
        return word in (name, process_type)
    from fnmatch import fnmatchcase

    return fnmatchcase(name, word) or fnmatchcase(process_type, word)


def chosen(words: Sequence[str], types: Mapping[str, str]) -> tuple[list[str], str]:
    """Give all instances that are meant, each once and in order, and the first word that means none.

    types: the process type of each instance.
    """
    of_type: dict[str, list[str]] = {}
    for name, process_type in types.items():
        of_type.setdefault(process_type, []).append(name)
    found: set[str] = set()
    for word in words:
        if word in types:
            found.add(word)
        elif word in of_type:
            found.update(of_type[word])
        elif is_glob(word) and (
            meant := {n for n, process_type in types.items() if matches(word, n, process_type)}
        ):
            found |= meant
        else:
            return [], word
    return [name for name in types if name in found], ""

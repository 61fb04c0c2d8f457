"""Where each key of a TOML document stands: tomllib reads the values and forgets the lines.

The text is known to be valid when it comes here, so that strings, brackets, commas and line ends are all that
has to be told apart; what stands between them is a key's or a value's.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from procman.config.diagnostics import Span
from procman.quicktuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Path = tuple[str, ...]

_TOKEN = re.compile(
    r"""
      (?P<gap> [ \t\r]+ | \#[^\n]* )
    | (?P<string> \"{3}(?:\\.|[^\\])*?\"{3,5}(?!\") | '{3}.*?'{3,5}(?!')
                | \"(?:\\.|[^\"\\])*\" | '[^']*' )
    | (?P<mark> [\[\]{},=\n] )
    | (?P<bare> [^\s\[\]{},=\"'\#]+ )
    """,
    re.VERBOSE | re.DOTALL,
)


class Place(NamedTuple):
    """Offsets into the text: where a key begins and ends, and where its value begins (a table has none)."""

    start: int
    end: int
    value: int = -1


class _Token(NamedTuple):
    text: str
    start: int
    end: int
    is_mark: bool


def find_places(text: str) -> dict[Path, Place]:
    """Return the place of every table, key and key of an inline table; of two, the first."""
    places: dict[Path, Place] = {}
    tokens = list(_tokens(text))
    table: Path = ()
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token.is_mark and token.text == "[":
            while tokens[at].is_mark and tokens[at].text == "[":
                at += 1
            table, place, at = _key(tokens, at)
            _note(places, table, place, new=1)
            while at < len(tokens) and tokens[at].text != "\n":
                at += 1
        elif token.is_mark:
            at += 1
        else:
            at = _pair(tokens, at, table, places)
            while at < len(tokens) and not (tokens[at].is_mark and tokens[at].text == "\n"):
                at += 1
    return places


def span_at(file: str, text: str, start: int, end: int) -> Span:
    """Return where a piece of a text stands, with its whole line."""
    begin = text.rfind("\n", 0, start) + 1
    line = text[begin:].partition("\n")[0].rstrip("\r")
    return Span(file, text.count("\n", 0, start) + 1, start - begin + 1, max(1, end - start), line)


def nearest_place(places: Mapping[Path, Place], path: Path) -> Place:
    """Return the place of a path, or of the innermost table round it that is known."""
    while path and path not in places:
        path = path[:-1]
    return places.get(path, Place(0, 0))


def _tokens(text: str) -> Iterator[_Token]:
    for found in _TOKEN.finditer(text):
        if found.lastgroup != "gap":
            yield _Token(found[0], found.start(), found.end(), found.lastgroup == "mark")


def _key(tokens: list[_Token], at: int) -> tuple[Path, Place, int]:
    """Read `a."b".c` up to the mark that ends it."""
    start = tokens[at].start
    parts: list[str] = []
    while at < len(tokens) and not tokens[at].is_mark:
        text = tokens[at].text
        parts += [text[1:-1]] if text[0] in "\"'" else filter(None, text.split("."))
        at += 1
    return tuple(parts), Place(start, tokens[at - 1].end), at


def _pair(tokens: list[_Token], at: int, table: Path, places: dict[Path, Place]) -> int:
    """Read `key = value`; return the index of what follows."""
    key, place, at = _key(tokens, at)
    path = (*table, *key)
    at += 1  # the =
    _note(places, path, place._replace(value=tokens[at].start), new=len(table) + 1)
    return _value(tokens, at, path, places)


def _note(places: dict[Path, Place], path: Path, place: Place, *, new: int) -> None:
    """Note a path, and the tables that its key goes through, from that many names on."""
    for names in range(new, len(path)):
        places.setdefault(path[:names], place._replace(value=-1))
    places.setdefault(path, place)


def _value(tokens: list[_Token], at: int, path: Path, places: dict[Path, Place]) -> int:
    """Step over a value; the keys of a table in it are read."""
    opened = tokens[at]
    at += 1
    if not opened.is_mark:
        return at
    end = "]" if opened.text == "[" else "}"
    while not (tokens[at].is_mark and tokens[at].text == end):
        if tokens[at].is_mark and tokens[at].text in ",\n":
            at += 1
        elif end == "]":
            # Tables in a list have no path of their own.
            at = _value(tokens, at, path, {})
        else:
            at = _pair(tokens, at, path, places)
    return at + 1

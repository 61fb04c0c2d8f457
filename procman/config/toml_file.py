"""The file that holds the options: which one, what it says, and where it says so."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from procman.config.diagnostics import Diagnostic, Severity, Span
from procman.config.options import OWN_FILE, SHARED_FILE
from procman.config.sourcefile import read_source
from procman.config.toml_places import find_places, nearest_place, span_at
from procman.quicktuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from procman.config.sourcefile import SourceFile
    from procman.config.toml_places import Path, Place

IN_SHARED = ("tool", "procman")


class TomlFile(NamedTuple):
    """table: what is procman's in the file. prefix: the path of that table."""

    source: SourceFile
    text: str
    table: Mapping[str, Any]
    prefix: Path
    places: Mapping[Path, Place]

    def key_span(self, *path: str) -> Span:
        """Return where a key stands, or the innermost table round it that has a place."""
        place = nearest_place(self.places, (*self.prefix, *path))
        return span_at(self.source.name, self.text, place.start, place.end)

    def text_span(self, *path: str) -> Span:
        """Return where the first word of a text begins, its quotes and blanks left out."""
        place = nearest_place(self.places, (*self.prefix, *path))
        start = place.value
        if start < 0:
            return span_at(self.source.name, self.text, place.start, place.end)
        quotes = 3 if self.text[start : start + 3] in {'"' * 3, "'" * 3} else 1
        start += quotes
        while self.text[start : start + 1].isspace():
            start += 1
        return span_at(self.source.name, self.text, start, start + 1)


def read_options_file(folder: str) -> tuple[TomlFile | None, list[Diagnostic]]:
    """Read `procman.toml`, else `[tool.procman]` of `pyproject.toml`; folder "" is the current one.

    Returns None where neither says anything. Raises ProcmanError for a file that can't be read.
    """
    problems: list[Diagnostic] = []
    own = _read(os.path.join(folder, OWN_FILE), (), problems)
    shared = _read(os.path.join(folder, SHARED_FILE), IN_SHARED, [] if own else problems)
    if own is None or shared is None:
        return own or shared, problems
    message = f"not read, since there is a {own.source.name}"
    hint = f"move these settings into {own.source.name}, or delete one of the two"
    span = shared.key_span()
    return own, [*problems, Diagnostic("options-twice", Severity.WARNING, message, span, hint)]


def _read(path: str, prefix: Path, problems: list[Diagnostic]) -> TomlFile | None:
    if not os.path.exists(path):
        return None
    source = read_source(path)
    # Most projects' pyproject.toml is not about procman: no parser is loaded for it.
    if prefix and prefix[-1].encode() not in source.data:
        return None
    try:
        text = source.data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        message = f"byte 0x{error.object[error.start]:02x} is not utf-8"
        problems.append(_fatal("options-encoding", message, Span(path, line), "save it as utf-8"))
        return None
    import tomllib

    try:
        table: Any = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problems.append(_syntax_error(path, text, str(error)))
        return None
    places = find_places(text)
    for name in prefix:
        table = table.get(name) if isinstance(table, dict) else None
        if table is None:
            return None
    if not isinstance(table, dict):
        place = nearest_place(places, prefix)
        span = span_at(path, text, place.start, place.end)
        hint = "write a table: [tool.procman]"
        problems.append(_fatal("options-type", "not a table", span, hint))
        return None
    return TomlFile(source, text, table, prefix, places)


def _syntax_error(path: str, text: str, message: str) -> Diagnostic:
    """Take the place out of `… (at line 3, column 5)`, which is where Python up to 3.13 has it."""
    what, _, where = message.partition(" (at ")
    numbers = [int(word) for word in where.replace(",", " ").replace(")", " ").split() if word.isdecimal()]
    lines = text.split("\n")
    if len(numbers) == 2:  # noqa: PLR2004 - line and column
        line, column = numbers
    else:
        line, column = len(lines), len(lines[-1]) + 1
    span = Span(path, line, column, 1, lines[line - 1])
    return _fatal("options-syntax", f"not toml: {what[:1].lower()}{what[1:]}", span, "see https://toml.io")


def _fatal(code: str, message: str, span: Span, hint: str) -> Diagnostic:
    return Diagnostic(code, Severity.ERROR, message, span, hint, fatal=True)

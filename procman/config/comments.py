"""Settings inside a Procfile: `# procman: key=value` lines directly above an entry.

Every other program skips them as comments. Words are parted by blanks and quoted as for a shell.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from procman.config.diagnostics import Diagnostic, Severity, Span
from procman.config.nearest import did_you_mean
from procman.config.options import Raw
from procman.config.procfile import BLANKS
from procman.config.type_settings import KEYS
from procman.quicktuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from procman.config.procfile import Procfile
    from procman.config.sourcefile import SourceFile

_COMMENT = re.compile(r"[ \t]*#[ \t]*procman:")
_FLAGS = frozenset({"singleton", "restart_over"})
_NUMBERS = frozenset({"stop_timeout", "ready_timeout", "count"})
_LISTS = frozenset({"needs", "watch"})
_TABLES = frozenset({"env", "mounts", "relationships"})
_YES, _NO = frozenset({"true", "yes", "on", "1"}), frozenset({"false", "no", "off", "0"})


class Comments(NamedTuple):
    """types: the settings of each type, by key, as TOML would have them."""

    types: Mapping[str, Mapping[str, Raw]]
    diagnostics: tuple[Diagnostic, ...]


def read_comments(source: SourceFile, procfile: Procfile) -> Comments:
    """Read the settings above every entry; what stands above none is a diagnostic."""
    lines = source.lines()
    types: dict[str, dict[str, Raw]] = {}
    problems: list[Diagnostic] = []
    heard: set[int] = set()
    for entry in procfile.entries:
        first = entry.line
        while first > 1 and lines[first - 2].lstrip(BLANKS).startswith("#"):
            first -= 1
        for number in range(first, entry.line):
            if _COMMENT.match(lines[number - 1]):
                heard.add(number)
                line = _Line(source.name, number, lines[number - 1])
                types.setdefault(entry.name, {}).update(line.settings(problems))
    for number, text in enumerate(lines, start=1):
        if number not in heard and _COMMENT.match(text):
            span = Span(source.name, number, 1, len(text), text)
            message = "these settings stand above no entry and mean nothing"
            hint = "put them on the line above the entry"
            problems.append(Diagnostic("comment-alone", Severity.WARNING, message, span, hint))
    return Comments(types, tuple(problems))


class _Line(NamedTuple):
    file: str
    number: int
    text: str

    def settings(self, problems: list[Diagnostic]) -> Iterator[tuple[str, Raw]]:
        for word in self._words(problems):
            written, equals, value = word.partition("=")
            key = written.replace("-", "_")
            if key == "command":
                self._wrong(problems, written, "the command is the line below", "take command out")
            elif not equals:
                hint = "settings are key=value, parted by blanks; quote a value that holds a blank"
                self._wrong(problems, word, f"{word} has no value", hint)
            elif key not in KEYS:
                hint = did_you_mean(key, sorted(KEYS))
                self._wrong(problems, written, f"no setting is called {written}", hint, fatal=False)
            else:
                yield key, self._raw(written, key, value)

    def _words(self, problems: list[Diagnostic]) -> list[str]:
        from shlex import split

        try:
            return split(self.text.partition("procman:")[2])
        except ValueError as error:
            hint = "close the quote, or put a \\ before it"
            self._wrong(problems, "procman:", f"not words of a shell: {str(error).lower()}", hint)
            return []

    def _raw(self, written: str, key: str, value: str) -> Raw:
        span = self._span(written)
        typed = from_text(key, value)
        inner = dict.fromkeys(typed, span) if isinstance(typed, dict) else {}
        return Raw(typed, span, inner)

    def _wrong(
        self, problems: list[Diagnostic], word: str, message: str, hint: str, *, fatal: bool = True
    ) -> None:
        code = "option-value" if fatal else "option-unknown"
        problems.append(Diagnostic(code, Severity.ERROR, message, self._span(word), hint, fatal=fatal))

    def _span(self, word: str) -> Span:
        at = self.text.find(word, self.text.find("procman:") + (0 if word == "procman:" else len("procman:")))
        return Span(self.file, self.number, at + 1, max(1, len(word)), self.text)


def from_text(key: str, text: str) -> Any:  # noqa: ANN401 - whatever TOML would have there
    """Give a text the type that TOML has for a key; one that can't have it stays a text."""
    if key in _FLAGS and text.lower() in _YES | _NO:
        return text.lower() in _YES
    if key in _NUMBERS:
        return _number(text)
    if key in _LISTS:
        return list(_items(text))
    if key in _TABLES:
        return _table(text, named=key == "env")
    return text


def _number(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _items(text: str) -> Iterable[str]:
    return filter(None, map(str.strip, text.split(",")))


def _table(text: str, *, named: bool) -> dict[str, str] | list[str]:
    """Read `A=1,B=2`; without any = it is a list of names."""
    items = list(_items(text))
    if not named and not any("=" in item for item in items):
        return items
    pairs = (item.partition("=") for item in items)
    return {name.strip(): value if equals else name for name, equals, value in pairs}

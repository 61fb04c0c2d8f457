"""Guess what a line that is not an entry was meant to be: the likely slip, its column, and the line to write.

A table: the first pattern that fits the whole line decides. Its group `at` is what is underlined, `name` and
`command` are what the hint puts together. Blanks are spaces and tabs, as in the grammar.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from procman.config.diagnostics import Diagnostic, Severity, Span
from procman.config.procfile import BLANKS, LONGEST_NAME
from procman.quicktuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_KNOWN_TYPES = frozenset(
    {"web", "worker", "release", "clock", "scheduler", "beat", "cron", "api", "css", "js"}
)
_LONGEST_HINT = 60
_NAME = r"(?P<name>[A-Za-z0-9_-]+)"
_REST = r"[ \t]*(?P<command>.*)"
_WRITE = "write `{name}: {command}`"


class Slip(NamedTuple):
    """One row: pattern fits the whole line; the hint may use {name}, {command}, {bare} (unquoted)."""

    code: str
    pattern: str
    message: str
    hint: str


_SLIPS = (
    Slip(
        "merge-marker",
        r"(?P<at>={7}|(?:<{7}|\|{7}|>{7})(?: .*)?)",
        "a merge conflict was left in the file",
        "keep one side and delete the marker lines",
    ),
    Slip(
        "yaml",
        r"[ \t]*(?P<at>---|\.\.\.|- .*)",
        "this looks like yaml, and a procfile isn't",
        "write each process on one line: `name: command`",
    ),
    Slip(
        "comment-mark",
        r"[ \t]*(?P<at>//|;).*",
        "not an entry, and not a comment either",
        "a comment starts with #",
    ),
    Slip(
        "name-long",
        rf"[ \t]*(?P<at>(?P<name>[A-Za-z0-9_-]{{{LONGEST_NAME + 1},}}))[ \t]*:{_REST}",
        f"the name is longer than {LONGEST_NAME} characters",
        "shorten it",
    ),
    Slip(
        "entry-indented",
        rf"(?P<at>[ \t]+){_NAME}:[ \t]*(?P<command>[^ \t].*)",
        "the entry is indented, and a name starts at the line's first column",
        _WRITE,
    ),
    Slip(
        "command-empty",
        rf"[ \t]*{_NAME}(?P<at>:)[ \t]*",
        "{name} has no command",
        "write `{name}: COMMAND`, or delete the line",
    ),
    Slip("name-blank", rf"[ \t]*{_NAME}(?P<at>[ \t]+):{_REST}", "blank before the colon", _WRITE),
    Slip(
        "colon-fullwidth",
        rf"[ \t]*{_NAME}[ \t]*(?P<at>[\uff1a\ufe55\u2236\ua789]){_REST}",
        "this colon is another character than the : of the keyboard",
        _WRITE,
    ),
    Slip(
        "colon-equals",
        rf"[ \t]*(?P<name>[A-Z][A-Z0-9_]*)[ \t]*(?P<at>=){_REST}",
        "= instead of a colon",
        "a variable belongs in .env; an entry is `name: command`",
    ),
    Slip("colon-equals", rf"[ \t]*{_NAME}[ \t]*(?P<at>=){_REST}", "= instead of a colon", _WRITE),
    Slip("name-missing", rf"[ \t]*(?P<at>:){_REST}", "no name before the colon", "write `web: {command}`"),
    Slip(
        "name-character",
        rf"[ \t]*(?P<at>[{{\"'`]+){_NAME}[\"'`]*:{_REST}",
        "quotes and braces round an entry are not part of a procfile",
        "write `{name}: {bare}`",
    ),
    Slip(
        "name-character",
        rf"[ \t]*(?P<name>[A-Za-z0-9_-]*(?P<at>[^A-Za-z0-9_: \t-])[^: \t]*):{_REST}",
        "`{at}` can't stand in a name: letters, digits, _ and - can",
        _WRITE,
    ),
    Slip(
        "name-character",
        r"[ \t]*(?P<name>[A-Za-z0-9_-]+(?P<at>[ \t]+)[^: \t]+):(?:[ \t]+(?P<command>.*))?",
        "a blank can't stand in a name: letters, digits, _ and - can",
        _WRITE,
    ),
    Slip(
        "colon-missing", rf"[ \t]*{_NAME}(?P<at>)(?:[ \t]+(?P<command>.*))?", "no colon after a name", _WRITE
    ),
    Slip(
        "line-unknown",
        r"[ \t]*(?P<at>[^ \t].*|)",
        "neither an entry nor a comment",
        "an entry is `name: command`, a comment starts with #",
    ),
)


def guess_slips(
    file: str, lines: Sequence[str], others: Iterable[int], entries: Iterable[int]
) -> list[Diagnostic]:
    """Give one diagnostic for each line number of `others`; `entries` are the lines that hold entries."""
    problems: list[Diagnostic] = []
    read = set(entries)
    codes: dict[int, str] = {}
    for number in others:
        text = lines[number - 1]
        problem = _of_the_block(file, number, lines, read, codes) or _of_the_line(file, number, text)
        codes[number] = problem.code
        problems.append(problem)
    return problems


def _of_the_block(
    file: str, number: int, lines: Sequence[str], read: set[int], codes: dict[int, str]
) -> Diagnostic | None:
    """Judge a line by its neighbours: part of a YAML block, or of a command broken by a backslash."""
    text = lines[number - 1]
    if "\0" in text:
        return None
    span = Span(file, number, *_extent(text), text)
    above = lines[number - 2].rstrip(BLANKS) if number > 1 else ""
    if above.endswith("\\") and (number - 1 in read or codes.get(number - 1) == "backslash"):
        message = f"line {number - 1} ends in a backslash, and a line can't be continued"
        return Diagnostic("backslash", Severity.ERROR, message, span, "write the whole command on one line")
    heads_block = text.rstrip(BLANKS).endswith(":") and " " not in text.strip(BLANKS)
    below = next((line for line in lines[number : number + 3] if line.strip(BLANKS)), "")
    if (heads_block and below[:1] in {" ", "\t"} and below.strip(BLANKS)[:1] != "#") or (
        text[:1] in {" ", "\t"} and codes.get(number - 1) == "yaml"
    ):
        message = "this looks like a block of yaml, and a procfile isn't"
        hint = "write each process on one line: `name: command`"
        return Diagnostic("yaml", Severity.ERROR, message, span, hint)
    return None


def _of_the_line(file: str, number: int, text: str) -> Diagnostic:
    if "\0" in text:
        span = Span(file, number, text.index("\0") + 1, 1, text)
        hint = "delete it, or save the file again as plain text"
        return Diagnostic("nul", Severity.ERROR, "a nul byte", span, hint, fatal=True)
    # DOTALL changes nothing for a line, which holds no newline, but makes sure that the last row always fits.
    matches = ((slip, re.fullmatch(slip.pattern, text, re.DOTALL)) for slip in _SLIPS)
    slip, found = next((slip, found) for slip, found in matches if found)
    start, end = found.span("at")
    return _told(slip, Span(file, number, start + 1, max(end - start, 1), text), found.groupdict())


def _told(slip: Slip, span: Span, groups: dict[str, str | None]) -> Diagnostic:
    raw = groups.get("name") or ""
    command = (groups.get("command") or "").rstrip(BLANKS)
    words = {
        "at": _character(groups["at"] or ""),
        "name": re.sub(r"[^A-Za-z0-9_-]+", "-", raw).strip("-") or "web",
        "command": _short(command) or "COMMAND",
        "bare": _short(command.strip("\"'`,{}")) or "COMMAND",
    }
    hint = slip.hint.format_map(words)
    if slip.code == "colon-missing" and command and raw not in _KNOWN_TYPES:
        hint += f", or put a name in front: `web: {_short(span.text.strip(BLANKS))}`"
    return Diagnostic(slip.code, Severity.ERROR, slip.message.format_map(words), span, hint)


def _character(text: str) -> str:
    """Show a character; one that can't be seen by its number, as Unicode writes it."""
    if len(text) == 1 and "\udc80" <= text <= "\udcff":
        return f"byte 0x{ord(text) - 0xDC00:02x}"
    return text if text.isprintable() else " ".join(f"U+{ord(char):04X}" for char in text)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_HINT else text[: _LONGEST_HINT - 3] + "..."


def _extent(text: str) -> tuple[int, int]:
    """Column and length of what is not blank."""
    start = len(text) - len(text.lstrip(BLANKS))
    return start + 1, max(len(text.strip(BLANKS)), 1)

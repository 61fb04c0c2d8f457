"""Parse a Procfile: every line is an entry, a comment, blank, or a diagnostic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.config.diagnostics import Diagnostic, Severity, Span
from procman.quicktuple import NamedTuple

if TYPE_CHECKING:
    from procman.config.sourcefile import SourceFile

LONGEST_NAME = 63
BLANKS = " \t"
NAME_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"


class Entry(NamedTuple):
    """A line of the file; line and column (of the command) count from 1."""

    name: str
    command: str
    line: int
    column: int


class Procfile(NamedTuple):
    """What a file says, in its order; diagnostics by line, one of the whole file (line 0) last.

    With a fatal diagnostic the entries are what could be read, for showing and not for running.
    """

    entries: tuple[Entry, ...]
    diagnostics: tuple[Diagnostic, ...]


def is_name(text: str) -> bool:
    """Say whether text can name a process type: [A-Za-z0-9_-]{1,63}."""
    return 0 < len(text) <= LONGEST_NAME and not text.strip(NAME_CHARACTERS)


def parse_procfile(source: SourceFile) -> Procfile:
    """Read entries as Foreman does, and find every problem at once; nothing is skipped silently."""
    unreadable = _not_text(source)
    if unreadable:
        return Procfile((), (unreadable,))
    entries: list[Entry] = []
    others: list[int] = []
    lines = source.lines()
    for number, text in enumerate(lines, start=1):
        entry = _entry(number, text)
        if entry:
            entries.append(entry)
        elif "\0" in text or text.lstrip(BLANKS)[:1] not in {"", "#"}:
            others.append(number)
    diagnostics = [problem for entry in entries for problem in _entry_problems(source.name, entry, lines)]
    diagnostics += _duplicates(source.name, entries, lines)
    if others:
        # Good files, the usual case, never load the patterns of bad lines.
        from procman.config.slips import guess_slips

        diagnostics += guess_slips(source.name, lines, others, [entry.line for entry in entries])
    if not entries and not any(problem.fatal for problem in diagnostics):
        hint = (
            "correct the lines above" if others else "add a line such as `web: python3 -m http.server $PORT`"
        )
        whole = Span(source.name)
        diagnostics.append(
            Diagnostic("no-entries", Severity.ERROR, "no entry at all", whole, hint, fatal=True)
        )
    diagnostics.sort(key=lambda problem: (not problem.span.line, *problem.span[1:3]))
    return Procfile(tuple(entries), tuple(diagnostics))


def _entry(number: int, text: str) -> Entry | None:
    name, colon, rest = text.partition(":")
    command = rest.strip(BLANKS)
    if not (colon and command and is_name(name)) or "\0" in text:
        return None
    column = len(name) + 1 + len(rest) - len(rest.lstrip(BLANKS)) + 1
    return Entry(name, command, number, column)


def _not_text(source: SourceFile) -> Diagnostic | None:
    data = source.data
    whole = Span(source.name)
    hint = "save it as utf-8"
    # Without a byte order mark UTF-16 still shows: every second byte of plain ASCII is NUL.
    even, odd = data[0:64:2], data[1:64:2]
    unmarked = len(data) > 1 and (
        (not odd.strip(b"\0") and b"\0" not in even) or (not even.strip(b"\0") and b"\0" not in odd)
    )
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or unmarked:
        hint += " (in powershell: `... | Out-File -Encoding utf8 Procfile`)"
        return Diagnostic("utf-16", Severity.ERROR, "not utf-8 but utf-16", whole, hint, fatal=True)
    if b"\0" in data and not _is_utf8(data):
        message = "not a text file: it holds nul bytes and is not utf-8"
        return Diagnostic("binary", Severity.ERROR, message, whole, hint, fatal=True)
    return None


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _entry_problems(file: str, entry: Entry, lines: list[str]) -> list[Diagnostic]:
    text = lines[entry.line - 1]
    name, command = entry.name, entry.command
    problems = []

    def add(code: str, severity: Severity, message: str, column: int, length: int, hint: str) -> None:
        span = Span(file, entry.line, column, length, text)
        problems.append(Diagnostic(code, severity, message, span, hint))

    backslashes = len(command) - len(command.rstrip("\\"))
    if backslashes % 2:
        message = "the command ends in a backslash, and a line can't be continued"
        hint = "write the whole command on one line, or put it in a script"
        add("backslash", Severity.ERROR, message, entry.column + len(command) - 1, 1, hint)
    if name.startswith("-"):
        hint = f"rename it, to `{name.strip('-') or 'web'}` perhaps"
        add(
            "name-dash",
            Severity.WARNING,
            "a name with a leading - looks like an option",
            1,
            len(name),
            hint,
        )
    if command.startswith("//") or (len(name) == 1 and name.isalpha() and command.startswith("\\")):
        what = "a url" if command.startswith("//") else "a windows path"
        message = f"this looks like {what} and is read as an entry called {name}"
        add("not-an-entry", Severity.WARNING, message, 1, len(name) + 1, "put `# ` in front of a remark")
    odd = next((at for at, char in enumerate(text) if "\udc80" <= char <= "\udcff"), None)
    if odd is not None:
        message = f"byte 0x{ord(text[odd]) - 0xDC00:02x} is not utf-8; the shell gets it as it is"
        add("not-utf-8", Severity.WARNING, message, odd + 1, 1, "save the file as utf-8")
    return problems


def _duplicates(file: str, entries: list[Entry], lines: list[str]) -> list[Diagnostic]:
    """Give one diagnostic for each name that stands on several lines, at the second of them."""
    by_name: dict[str, list[int]] = {}
    for entry in entries:
        by_name.setdefault(entry.name, []).append(entry.line)
    problems = []
    for name, numbers in by_name.items():
        if len(numbers) > 1:
            *first, last = map(str, numbers)
            message = f"{name} is declared more than once: lines {', '.join(first)} and {last}"
            hint = "rename one, or join the commands with `&&`"
            span = Span(file, numbers[1], 1, len(name), lines[numbers[1] - 1])
            problems.append(Diagnostic("duplicate-name", Severity.ERROR, message, span, hint, fatal=True))
    return problems

r"""Write diagnostics down: for people, for programs, for GitHub. Pure text, without a final newline.

A user's file can hold anything, and a terminal obeys escapes: what is not printable is shown escaped, bytes
that are not UTF-8 as \xNN, other characters as \x1b or \uNNNN. Nothing here can fail on odd text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.config.diagnostics import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from procman.config.diagnostics import Diagnostic, Span
    from procman.config.procfile import Entry

NO_TIMES: Mapping[str, Sequence[str]] = {}
_WIDEST = 100
_TAB = "    "
_CUT = "..."
_BOLD, _RED, _YELLOW, _GREEN = "1", "1;31", "1;33", "1;32"


def render_text(diagnostics: Iterable[Diagnostic], *, color: bool = False) -> str:
    """Render as compilers do: place, severity and message, then the line, a caret and the hint."""

    def paint(code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if color else text

    lines = []
    for problem in diagnostics:
        tone = _RED if problem.severity is Severity.ERROR else _YELLOW
        severity = paint(tone, f"{problem.severity.value}:")
        lines.append(f"{paint(_BOLD, _place(problem.span) + ':')} {severity} {visible(problem.message)}")
        if problem.span.text:
            line, caret = _excerpt(problem.span)
            lines.append(f"  {line}")
            if caret:
                indent = " " * (caret.index("^") + 2)
                lines.append(indent + paint(_GREEN, caret.lstrip()))
        if problem.hint:
            lines.append(f"  hint: {visible(problem.hint)}")
    return "\n".join(lines)


def render_json(
    entries: Iterable[Entry],
    kinds: Mapping[str, str],
    diagnostics: Iterable[Diagnostic],
    times: Mapping[str, Sequence[str]] = NO_TIMES,
) -> str:
    """Render one JSON document; line and column are 0 for a whole file, odd bytes become U+FFFD.

    kinds: the kind of each process type by name; `process` where it has none. times: the next ones of the
    types that have any, as the document is to have them.
    """
    import json

    document = {
        "entries": [
            {
                "name": entry.name,
                "command": _valid(entry.command),
                "line": entry.line,
                "kind": kinds.get(entry.name, "process"),
                **({"next": list(times[entry.name])} if entry.name in times else {}),
            }
            for entry in entries
        ],
        "diagnostics": [
            {
                "file": _valid(problem.span.file),
                "line": problem.span.line,
                "column": problem.span.column,
                "severity": problem.severity.value,
                "code": problem.code,
                "message": _valid(problem.message),
                "hint": _valid(problem.hint),
            }
            for problem in diagnostics
        ],
    }
    return json.dumps(document, indent=2)


def render_github(diagnostics: Iterable[Diagnostic]) -> str:
    """Render workflow commands, one a line; the hint is the second line of the annotation."""
    lines = []
    for problem in diagnostics:
        span = problem.span
        places = {"file": span.file, "line": span.line, "col": span.column, "title": problem.code}
        properties = ",".join(f"{key}={_property(str(value))}" for key, value in places.items() if value)
        text = _data(problem.message) + (f"%0A{_data(problem.hint)}" if problem.hint else "")
        lines.append(f"::{problem.severity.value} {properties}::{text}")
    return "\n".join(lines)


def visible(text: str) -> str:
    """Return text with whatever a terminal might obey, or not show, escaped."""
    return text if text.isprintable() else "".join(map(_visible, text))


def _visible(char: str) -> str:
    if char.isprintable():
        return char
    if "\udc80" <= char <= "\udcff":  # a byte that was not UTF-8 (PEP 383)
        return f"\\x{ord(char) - 0xDC00:02x}"
    if char.isascii():
        return f"\\x{ord(char):02x}"
    return f"\\u{ord(char):04x}" if char <= "\uffff" else f"\\U{ord(char):08x}"


def _valid(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _data(text: str) -> str:
    """Escape as the runner's toolkit does for a command's data; a message keeps its newlines."""
    lines = (visible(line).replace("%", "%25") for line in text.split("\n"))
    return "%0A".join(lines)


def _property(text: str) -> str:
    escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return visible(escaped.replace(":", "%3A").replace(",", "%2C"))


def _place(span: Span) -> str:
    numbers = [str(number) for number in (span.line, span.column) if number]
    return ":".join([visible(span.file), *numbers])


def _excerpt(span: Span) -> tuple[str, str]:
    """Return the line as shown and the caret under it; a long line is cut to a window round the column."""
    start, end = _window(len(span.text), span.column - 1)
    cells = [_TAB if char == "\t" else _visible(char) for char in span.text[start:end]]
    left = _CUT if start else ""
    right = _CUT if end < len(span.text) else ""
    line = f"{left}{''.join(cells)}{right}".rstrip()
    if not span.column:
        return line, ""
    first = min(span.column - 1 - start, len(cells))
    before = len(left) + _width(cells[:first])
    under = _width(cells[first : first + span.length])
    return line, " " * before + "^" + "~" * (under - 1)


def _window(length: int, at: int) -> tuple[int, int]:
    if length <= _WIDEST:
        return 0, length
    start = min(max(at - _WIDEST // 2, 0), length - _WIDEST)
    return start, start + _WIDEST


def _width(cells: list[str]) -> int:
    """Count terminal columns: East Asian wide characters take two, combining marks none."""
    text = "".join(cells)
    if text.isascii():
        return len(text)
    from unicodedata import category, east_asian_width

    wide = sum(east_asian_width(char) in "WF" for char in text)
    marks = sum(category(char) in {"Mn", "Me"} for char in text)
    return len(text) + wide - marks

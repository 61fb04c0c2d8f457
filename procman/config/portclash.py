"""Ports that commands name themselves and that another process gets, too."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from procman.config.diagnostics import Diagnostic, Severity, Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from procman.config.procfile import Procfile
    from procman.config.sourcefile import SourceFile

# `-p 3000`, `--port=3000`, `-b :3000`, `127.0.0.1:3000`; an address of another service (`//db:5432`) is none.
_NAMED = re.compile(
    r"(?:(?<!\S)-p[ =]?|--port[ =]|(?<!\S):|\b(?:0\.0\.0\.0|127\.0\.0\.1|localhost):)(\d{2,5})(?![\w.:])"
)
_TAKES_PORT = re.compile(r"\$(?:PORT\b|\{PORT\b)")


def clashes(source: SourceFile, procfile: Procfile, ports: Mapping[str, int]) -> Iterator[Diagnostic]:
    """Yield a warning for every port a command names that another one names before it, or gets as its PORT.

    ports: the PORT of each type's first instance.
    """
    taken = {
        ports[entry.name]: f"{entry.name} gets as its PORT"
        for entry in procfile.entries
        if _TAKES_PORT.search(entry.command)
    }
    lines = source.lines()
    for entry in procfile.entries:
        for found in _NAMED.finditer(entry.command):
            port = int(found[1])
            holder = taken.get(port)
            if holder is None:
                taken[port] = f"{entry.name} listens on"
            elif not holder.startswith(f"{entry.name} "):
                start = entry.column + found.start(1)
                span = Span(source.name, entry.line, start, len(found[1]), lines[entry.line - 1])
                message = f"port {port} is the one that {holder}"
                yield Diagnostic(
                    "port-clash", Severity.WARNING, message, span, "use $PORT, or another number"
                )

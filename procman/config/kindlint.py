"""What there is to say of the kinds in a Procfile: slips that change them, lines piku reads otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.config.cron import parse_schedule
from procman.config.diagnostics import Diagnostic, Severity, Span
from procman.config.kinds import CRON_PREFIX, Kind, classify, is_one_word
from procman.config.servers import static_folders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from procman.config.procfile import Entry, Procfile
    from procman.config.sourcefile import SourceFile

PIKU_ONLY = {"jwsgi": "a java", "rwsgi": "a ruby", "php": "a php"}


def kind_problems(
    source: SourceFile,
    procfile: Procfile,
    *,
    plain: bool,
    is_directory: Callable[[str], bool],
    is_program: Callable[[str], bool],
) -> tuple[Diagnostic, ...]:
    """Return errors and warnings in the order of the lines; none with plain. The questions are classify's."""
    if plain:
        return ()
    lines = source.lines()
    names = {entry.name for entry in procfile.entries}
    found: list[Diagnostic] = []
    for entry in procfile.entries:
        text = lines[entry.line - 1]
        kind = classify(entry, plain=False, is_directory=is_directory, is_program=is_program)
        if entry.name.startswith(CRON_PREFIX):
            from procman.config.cronslips import cron_problems

            found += cron_problems(source.name, entry, text)
        found += _names(source.name, entry, text, is_program)
        if kind is Kind.STATIC:
            found += _folders(source.name, entry, text, is_directory)
        if kind is Kind.WSGI and "web" in names:
            message = "piku leaves web out where there is a wsgi line; procman runs both"
            span = Span(source.name, entry.line, 1, len(entry.name), text)
            found.append(
                Diagnostic("wsgi-beside-web", Severity.WARNING, message, span, "delete one of the two")
            )
    return tuple(found)


def _names(file: str, entry: Entry, text: str, is_program: Callable[[str], bool]) -> Iterator[Diagnostic]:
    span = Span(file, entry.line, 1, len(entry.name), text)
    if not entry.name.startswith(CRON_PREFIX) and parse_schedule(entry.command):
        message = f"{entry.name} is an ordinary process, though its command begins like a cron line"
        hint = f"did you mean `cron-{entry.name}`?"
        yield Diagnostic("cron-name", Severity.WARNING, message, span, hint)
    if entry.name in PIKU_ONLY and is_one_word(entry.command) and not is_program(entry.command):
        message = f"only piku serves {PIKU_ONLY[entry.name]} app from such a line; here it is a command"
        hint = "write the command that serves it on $PORT"
        yield Diagnostic("piku-only", Severity.WARNING, message, span, hint)


def _folders(file: str, entry: Entry, text: str, is_directory: Callable[[str], bool]) -> Iterator[Diagnostic]:
    for folder in static_folders(entry.command, is_directory):
        if not is_directory(folder.path):
            start = entry.command.find(folder.path.strip("/"))
            span = Span(
                file, entry.line, entry.column + max(start, 0), max(len(folder.path.strip("/")), 1), text
            )
            alone = "" if ":" in entry.command else ", and no program of this name either"
            message = f"{folder.path} is no folder{alone}"
            hint = "create it; until then every path is answered with 404"
            yield Diagnostic("static-missing", Severity.ERROR, message, span, hint)

"""Warn of commands that are entries by the grammar and yet will hardly do what was meant.

No process is started here: `which` and `syntax` are handed in.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from procman.config.diagnostics import Diagnostic, Severity, Span
from procman.config.kinds import PHASES, Kind, kind_of
from procman.config.shellwords import first_word, is_simple_command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from procman.config.procfile import Entry, Procfile
    from procman.config.sourcefile import SourceFile

ALL_ORDINARY: Mapping[str, Kind] = {}
# What procman gives each child, and what a login or the shell itself sets.
ALWAYS_SET = frozenset(
    {"PORT", "PS", "PROC_TYPE", "PYTHONUNBUFFERED"}
    | {"HOME", "PWD", "PATH", "USER", "LOGNAME", "SHELL", "TERM"}
    | {"IFS", "OPTIND", "OPTARG", "PPID", "OLDPWD", "LINENO"},
)
_ASSIGNED = re.compile(r"(?<![\w$-])([A-Za-z_]\w*)=|\b(?:for|read|getopts\s+\S+)\s+([A-Za-z_]\w*)", re.ASCII)
# Quoted text and comments are consumed first, so that only what the shell would expand is left to `name`.
_EXPANSION = re.compile(
    r"""
    \\. | (?:^|(?<=[\s;&|(])) \#.*
    | (?P<quoted> '[^']*' ) | (?P<double> " )
    | \$ (?: (?P<name>[A-Za-z_]\w*) | \{(?P<braced>[A-Za-z_]\w*)\} )
    """,
    re.VERBOSE | re.ASCII | re.DOTALL,
)
# Not a date (`%Y%m`: one letter) nor an encoded url (`%3A%2F`: two hexadecimal digits).
_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2}%)([A-Za-z_]\w+)%", re.ASCII)


def command_warnings(
    source: SourceFile,
    procfile: Procfile,
    environ: Mapping[str, str],
    which: Callable[[str], str | None],
    syntax: Callable[[str], str | None],
    kinds: Mapping[str, Kind] = ALL_ORDINARY,
) -> tuple[Diagnostic, ...]:
    """Return the warnings of all entries in the file's order.

    environ: what the children would get. which: the path of a program or None, as shutil.which.
    syntax: what the shell has to say against a command or None, as `sh -n`. kinds: by name; no shell reads
    what stands in a wsgi or static line, nor the fields of a cron line.
    """
    lines = source.lines()
    found: list[Diagnostic] = []
    for written in procfile.entries:
        entry = _for_the_shell(written, kinds.get(written.name))
        if entry is None:
            continue

        def at(start: int, end: int, entry: Entry = entry) -> Span:
            return Span(source.name, entry.line, entry.column + start, end - start, lines[entry.line - 1])

        found += _executable(entry, which, at)
        found += _syntax(entry, syntax, at)
        found += _variables(entry, environ, at)
        found += _percents(entry, at)
    found += _phases(source, procfile, lines)
    return tuple(sorted(found, key=lambda problem: problem.span[1:3]))


def _for_the_shell(entry: Entry, kind: Kind | None) -> Entry | None:
    """Return the part of an entry that a shell reads, in its place; None when there is none."""
    if kind in {Kind.WSGI, Kind.STATIC}:
        return None
    if kind is Kind.CRON:
        from procman.config.cron import parse_schedule

        parsed = parse_schedule(entry.command)
        if parsed is not None:
            command = parsed[1]
            column = entry.column + len(entry.command) - len(command)
            return entry._replace(command=command, column=column)
    return entry


def unset_variables(command: str, environ: Mapping[str, str]) -> Iterator[tuple[str, int, int]]:
    """Yield (name, start, end) of the first use of each variable that has neither a value nor a default."""
    known = {name for pair in _ASSIGNED.findall(command) for name in pair}
    at, double = 0, False
    while found := _EXPANSION.search(command, at):
        at = found.end()
        if found["double"]:
            double = not double
        elif double and found["quoted"]:
            at = found.start() + 1  # inside double quotes a single quote quotes nothing
        elif double and found[0].startswith("#"):
            at = found.start() + 1  # nor does # begin a comment
        name = found["name"] or found["braced"]
        if name and name not in known and name not in ALWAYS_SET and name not in environ:
            known.add(name)
            yield name, *found.span()


def _warning(code: str, message: str, span: Span, hint: str) -> Diagnostic:
    return Diagnostic(code, Severity.WARNING, message, span, hint)


def _executable(
    entry: Entry, which: Callable[[str], str | None], at: Callable[[int, int], Span]
) -> Iterator[Diagnostic]:
    program = first_word(entry.command)
    if is_simple_command(entry.command) and which(program) is None:
        hint = (
            "create it, or make it executable" if "/" in program else "install it, or put its folder on PATH"
        )
        yield _warning("executable-missing", f"{program} is not found", at(0, len(program)), hint)


def _syntax(
    entry: Entry, syntax: Callable[[str], str | None], at: Callable[[int, int], Span]
) -> Iterator[Diagnostic]:
    complaint = syntax(entry.command)
    if complaint is not None:
        message = f"the shell can't read this command: {complaint}"
        span = at(0, len(entry.command))
        yield _warning("shell-syntax", message, span, "look for a quote or bracket that is not closed")


def _variables(
    entry: Entry, environ: Mapping[str, str], at: Callable[[int, int], Span]
) -> Iterator[Diagnostic]:
    for name, start, end in unset_variables(entry.command, environ):
        hint = f"set it in .env, or give a default: ${{{name}:-value}}"
        yield _warning("variable-unset", f"{name} is not set", at(start, end), hint)


def _percents(entry: Entry, at: Callable[[int, int], Span]) -> Iterator[Diagnostic]:
    for found in _PERCENT.finditer(entry.command):
        message = f"{found[0]} is how windows writes a variable; sh leaves it as it is"
        yield _warning("percent-variable", message, at(*found.span()), f"write ${found[1]}")


def _phases(source: SourceFile, procfile: Procfile, lines: list[str]) -> Iterator[Diagnostic]:
    phases = [entry for entry in procfile.entries if kind_of(entry) in PHASES]
    if len(phases) == len(procfile.entries):
        return
    for entry in phases:
        message = f"{entry.name} runs once, before the others: start leaves it out"
        span = Span(source.name, entry.line, 1, len(entry.name), lines[entry.line - 1])
        hint = f"`procman start --release` runs it first, `procman run {entry.name}` alone"
        yield _warning("phase-beside-others", message, span, hint)

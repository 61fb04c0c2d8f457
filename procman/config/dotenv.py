"""`.env` files: python-dotenv's syntax, with the file and line of every value.

python-dotenv's parser and its `${VAR}` grammar are used apart: its own front door knows no line numbers,
expands against one file and os.environ only, and reports problems to a logger.
"""

from __future__ import annotations

import os
import stat
from collections import ChainMap
from typing import TYPE_CHECKING

from procman.config.diagnostics import Diagnostic, Severity, Span
from procman.config.sourcefile import read_source
from procman.errors import ProcmanError
from procman.quicktuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from procman.config.sourcefile import SourceFile

MOST_BYTES = 131_071
"""The longest KEY=value that Linux hands to a program (MAX_ARG_STRLEN in execve(2), without its NUL)."""


class Setting(NamedTuple):
    """One value with the file and line that its statement starts on."""

    value: str
    file: str
    line: int


class DotenvFile(NamedTuple):
    values: dict[str, Setting]
    diagnostics: tuple[Diagnostic, ...]


class _Statement(NamedTuple):
    """key and value are None where the statement has none; text is the line that it starts on."""

    key: str | None
    value: str | None
    line: int
    text: str
    valid: bool


def parse_dotenv(
    source: SourceFile, environ: Mapping[str, str], earlier: Mapping[str, str], *, override: bool
) -> DotenvFile:
    """Parse one file; earlier holds the values of the files before it.

    `${VAR}` is the value that the final environment will have: with override what this file and the earlier
    ones say comes before environ, else after it. Keys without a value are skipped.
    """
    text = _decode(source)
    if isinstance(text, Diagnostic):
        return DotenvFile({}, (text,))
    values: dict[str, Setting] = {}
    diagnostics: list[Diagnostic] = []
    known, given = dict(earlier), dict(environ)
    scope = ChainMap(known, given) if override else ChainMap(given, known)
    for statement in _statements(text):
        if not statement.valid:
            diagnostics.append(_syntax_error(source.name, statement))
        elif statement.key is not None and statement.value is not None:
            value = _expand(statement.value, scope)
            # The children get the file's bytes, also where the locale's encoding is not UTF-8.
            key_bytes, value_bytes = statement.key.encode(), value.encode("utf-8", "surrogateescape")
            problem = _refusal(key_bytes, value_bytes, Span(source.name, statement.line))
            if problem is None:
                setting = Setting(os.fsdecode(value_bytes), source.name, statement.line)
                values[os.fsdecode(key_bytes)] = setting
                known[statement.key] = value
            else:
                diagnostics.append(problem)
    return DotenvFile(values, tuple(diagnostics))


def read_dotenv_files(
    explicit: Sequence[str] | None, directory: str, environ: Mapping[str, str], *, override: bool
) -> tuple[dict[str, Setting], tuple[Diagnostic, ...]]:
    """Read the files that `-e` names, or the directory's `.env` when explicit is None and there is one.

    Each text of explicit may name several files, parted by commas; relative ones are looked up in the current
    directory, as foreman does, and "" names none. Later files win. Raises ProcmanError for a file that can't
    be read, and for a `.env` that would block or never end.
    """
    values: dict[str, Setting] = {}
    diagnostics: list[Diagnostic] = []
    if explicit is None:
        here = directory in {"", "."}
        paths, diagnostics = _implicit(".env" if here else os.path.join(directory, ".env"))
    else:
        paths = [path for text in explicit for path in map(str.strip, text.split(",")) if path]
    for path in paths:
        earlier = {key: setting.value for key, setting in values.items()}
        parsed = parse_dotenv(read_source(path), environ, earlier, override=override)
        values.update(parsed.values)
        diagnostics.extend(parsed.diagnostics)
    return values, tuple(diagnostics)


def _implicit(path: str) -> tuple[list[str], list[Diagnostic]]:
    """Return the path if there is a file to read, as a list of one or none."""
    try:
        mode = os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return [], []
    except OSError as error:
        raise ProcmanError(f"{path} can't be read: {error}", hint="-e '' reads none") from error
    if stat.S_ISDIR(mode):
        message, hint = "is a directory and not read", "name the file with -e"
        return [], [Diagnostic("dotenv-directory", Severity.WARNING, message, Span(path), hint)]
    if not stat.S_ISREG(mode):
        raise ProcmanError(
            f"{path} is not a regular file", hint="name a file with -e, or read none with -e ''"
        )
    return [path], []


def _decode(source: SourceFile) -> str | Diagnostic:
    """Return the text with newlines as its only line ends, as python-dotenv itself gets it from open()."""
    data = source.data
    # Without its mark UTF-16 is valid UTF-8 as long as it is ASCII: every second byte is NUL.
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or (data[:2].count(0) == 1 and data[2:4].count(0) == 1):
        return _fatal("dotenv-encoding", "not utf-8 but utf-16", Span(source.name, 1), "save it as utf-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].replace(b"\r\n", b"\n")
        line = 1 + before.count(b"\n") + before.count(b"\r")
        message = f"byte 0x{error.object[error.start]:02x} is not utf-8"
        return _fatal("dotenv-encoding", message, Span(source.name, line), "save it as utf-8")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _statements(text: str) -> Iterator[_Statement]:
    if not text.strip():
        return
    from io import StringIO

    from dotenv.parser import parse_stream

    for binding in parse_stream(StringIO(text)):
        original = binding.original.string
        # python-dotenv counts the blank lines before a statement as its beginning.
        blank = original[: len(original) - len(original.lstrip())]
        line = binding.original.line + blank.count("\n")
        first = original[blank.rfind("\n") + 1 :].partition("\n")[0]
        yield _Statement(binding.key, binding.value, line, first, not binding.error)


def _expand(value: str, scope: Mapping[str, str]) -> str:
    if "${" not in value:
        return value
    from dotenv.variables import parse_variables

    return "".join(atom.resolve(scope) for atom in parse_variables(value))


def _refusal(key: bytes, value: bytes, span: Span) -> Diagnostic | None:
    """Return why no program could be given this variable."""
    name, size = key.decode(), len(key) + 1 + len(value)
    if not key or b"=" in key or b"\0" in key:
        message, hint = f"{name!r} can't be the name of a variable", "a name holds neither = nor nul"
        return _fatal("dotenv-key", message, span, hint)
    if b"\0" in value:
        return _fatal("dotenv-nul", f"the value of {name} contains a nul byte", span, "take the nul byte out")
    if size > MOST_BYTES:
        message = f"{name[:40]} takes {size} bytes, a program can be given {MOST_BYTES} in one variable"
        return _fatal("dotenv-size", message, span, "put the value in a file and its path here")
    return None


def _fatal(code: str, message: str, span: Span, hint: str) -> Diagnostic:
    return Diagnostic(code, Severity.ERROR, message, span, hint, fatal=True)


def _syntax_error(file: str, statement: _Statement) -> Diagnostic:
    """Say what is wrong with a statement; its value, which may be a secret, is not shown."""
    name, equals, value = statement.text.partition("=")
    quote = value.lstrip()[:1]
    if not name.strip():
        message, hint = "the name before the = is missing", "write NAME=value"
    elif not equals:
        message, hint = "not NAME=value", "write NAME=value, or # before a comment"
    elif quote and quote in "'\"":
        message = f"the quote {quote} is not closed, or text follows the closing quote"
        hint = f"end the value with {quote}, and quote all of it or none"
    else:
        message, hint = "not NAME=value", "the name is one word: letters, digits and _"
    indent = len(name) - len(name.lstrip())
    # A line without = may be the inside of a key whose opening quote is missing: its first word will do.
    shown = f"{name}=…" if equals else f"{name[:indent]}{name.split(maxsplit=1)[0][:20]} …"
    span = Span(file, statement.line, indent + 1, max(1, len(name.strip())), shown)
    return Diagnostic("dotenv-syntax", Severity.ERROR, message, span, hint)

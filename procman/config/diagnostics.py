"""A problem in a user's file, as a value: the same for text, JSON and GitHub output."""

from __future__ import annotations

from enum import Enum

from procman.quicktuple import NamedTuple


class Severity(Enum):
    ERROR = "error"
    WARNING = "warning"


class Span(NamedTuple):
    """Where in a file: line and column count from 1, column and length in characters, text is the line."""

    file: str
    line: int = 0
    column: int = 0
    length: int = 1
    text: str = ""


class Diagnostic(NamedTuple):
    """One problem: code is a stable kebab-case word (`name-blank`), message says what, hint what to do next.

    fatal: `start` and `run` refuse to go on (SPEC: never runnable); others they print as warnings.
    """

    code: str
    severity: Severity
    message: str
    span: Span
    hint: str = ""
    fatal: bool = False

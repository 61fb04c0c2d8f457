"""What kind of process an entry is: its name and its shape decide, all else is an ordinary process."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from procman.quicktuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from procman.config.procfile import Entry


class Kind(Enum):
    PROCESS = "process"
    RELEASE = "release"
    PREFLIGHT = "preflight"
    CRON = "cron"
    WSGI = "wsgi"
    STATIC = "static"


class Meaning(NamedTuple):
    """What an entry comes to: command is what the shell gets, schedule the five fields of a cron line."""

    kind: Kind
    command: str
    schedule: str | None = None


PHASES = (Kind.PREFLIGHT, Kind.RELEASE)
"""One-off kinds, in the order in which they run before everything else."""
CRON_PREFIX = "cron"
SHELL_CHARACTERS = " \t\"'\\$`;&|<>(){}[]*?~#!="

_BY_NAME = {kind.value: kind for kind in PHASES}


def kind_of(entry: Entry) -> Kind:
    """Tell the phases, which their names alone make, from all else."""
    return _BY_NAME.get(entry.name, Kind.PROCESS)


def classify(
    entry: Entry, *, plain: bool, is_directory: Callable[[str], bool], is_program: Callable[[str], bool]
) -> Kind:
    """Return an entry's kind as piku means it; plain: as Heroku does, which knows the phases only.

    is_directory: asked of a path as written, from the project's root. is_program: whether the shell would
    find a program of this name.
    """
    kind = kind_of(entry)
    if plain or kind is not Kind.PROCESS:
        return kind
    if entry.name.startswith(CRON_PREFIX):
        from procman.config.cron import parse_schedule

        return Kind.CRON if parse_schedule(entry.command) else Kind.PROCESS
    if entry.name == Kind.WSGI.value and is_application(entry.command):
        return Kind.WSGI
    if entry.name == Kind.STATIC.value and _is_static(entry.command, is_directory, is_program):
        return Kind.STATIC
    return Kind.PROCESS


def is_application(command: str) -> bool:
    """Say whether a command is nothing but `package.module:callable`."""
    module, colon, function = command.partition(":")
    return bool(colon) and function.isidentifier() and all(part.isidentifier() for part in module.split("."))


def is_one_word(command: str) -> bool:
    """Say whether a command is one word in which the shell would find nothing to do."""
    return not any(char in SHELL_CHARACTERS for char in command)


def _is_static(command: str, is_directory: Callable[[str], bool], is_program: Callable[[str], bool]) -> bool:
    if not is_one_word(command):
        return False
    return ":" in command or is_directory(command) or not is_program(command)

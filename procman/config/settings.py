"""What can be said of a process type beyond its command: the keys of SPEC's section 9, as values."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from procman.quicktuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

READY_WITHIN = 30.0
"""Seconds after which a process that isn't ready is said not to be."""


class Restart(Enum):
    NEVER = "never"
    ON_FAILURE = "on-failure"
    ALWAYS = "always"


class ReadyWhen(Enum):
    PORT = "port"
    HTTP = "http"
    LOG = "log"
    EXEC = "exec"
    RUNS = ""


class Ready(NamedTuple):
    """What makes a process ready: its PORT, a path, a regular expression, a command (target); that it runs.

    within: seconds. required: not being ready in time is a failure (it isn't for a web process by default).
    """

    when: ReadyWhen
    target: str = ""
    within: float = READY_WITHIN
    required: bool = True


class Size(NamedTuple):
    """limit: bytes of the whole tree. restart_over: restart beyond it, not only warn."""

    limit: int
    restart_over: bool = False


class TypeSettings(NamedTuple):
    """One type's settings, everything inherited and resolved; None or empty is the default.

    stop_signal: a number. stop_timeout: seconds. needs: types. watch: globs below the root.
    mounts: name to folder name. relationships: name the type sees to the variable it stands for;
    None where the type may see everything. count: instances a bare start makes.
    """

    command: str | None = None
    env: Mapping[str, str] = {}
    cwd: str | None = None
    restart: Restart | None = None
    stop_signal: int | None = None
    stop_timeout: float | None = None
    needs: tuple[str, ...] = ()
    ready: Ready | None = None
    watch: tuple[str, ...] = ()
    size: Size | None = None
    mounts: Mapping[str, str] = {}
    relationships: Mapping[str, str] | None = None
    singleton: bool = False
    count: int | None = None  # type: ignore[assignment]  # hides tuple.count, which nobody asks of settings

"""How a run comes to its end: by whose fault, on which signal, and what is said on the way."""

from __future__ import annotations

import signal
from enum import Enum
from typing import TYPE_CHECKING

from procman.core.actions import SYSTEM, Action, Announce, Kill, Signal
from procman.quicktuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from procman.core.events import Status

ENDING_SIGNALS = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT})
FORWARDED_SIGNALS = frozenset({signal.SIGUSR1, signal.SIGUSR2})

SECOND_THOUGHTS = 0.4
"""Seconds within which a repeated signal is the same one: npm and others deliver Ctrl-C twice."""


class Cause(NamedTuple):
    """The first crash: what `start` ends with and what its summary names."""

    name: str
    status: Status
    reason: str = ""


class Insistence(Enum):
    FIRST = "first"
    SAME = "same"
    AGAIN = "again"


class Ending:
    """cause: the first crash before the end began. signal: the first ending signal that arrived, 0 for none.

    closing: the end has begun.
    """

    def __init__(self) -> None:
        self.cause: Cause | None = None
        self.signal = 0
        self.closing = False
        self.taken_down: frozenset[str] = frozenset()
        self._signal_at: float | None = None
        self._terminating = False
        self._killing = False

    def begin(self, active: Iterable[str]) -> None:
        """Take in that all comes down, and who did not rest by then."""
        self.closing = True
        self.taken_down = frozenset(active)

    def blame(self, cause: Cause) -> None:
        if self.cause is None and not self.closing:
            self.cause = cause

    def interrupted(self, signum: int, now: float) -> Insistence:
        """Take an ending signal in; whoever sends a second one, and means it, has no patience left."""
        if self._signal_at is None:
            self._signal_at = now
            self.signal = signum
            return Insistence.FIRST
        return Insistence.SAME if now - self._signal_at < SECOND_THOUGHTS else Insistence.AGAIN

    def introduced(self, actions: list[Action]) -> list[Action]:
        """Say once each that signals are sent, before the first of them: a late spawn's may be it."""
        if not self.closing:
            return actions
        for index, action in enumerate(actions):
            line = self._introduction(action)
            if line is not None:
                return [*actions[:index], line, *actions[index:]]
        return actions

    def _introduction(self, action: Action) -> Announce | None:
        if isinstance(action, Signal) and not self._terminating:
            self._terminating = True
            return Announce(SYSTEM, "sending SIGTERM to all processes", "stopping")
        if isinstance(action, Kill) and not self._killing:
            self._killing = True
            return Announce(SYSTEM, "sending SIGKILL to all processes", "stopping")
        return None

"""Standard input as a lifeline: when whoever started procman lets go of the other end, procman ends.

For programs that embed procman (`procman.embed`): the kernel closes a pipe however its holder ends,
SIGKILL included, and on every system alike. The children notice nothing: each has a standard input of
its own.
"""

from __future__ import annotations

import os
import selectors
from typing import TYPE_CHECKING

from procman.core.events import QuitAsked
from procman.errors import ProcmanError

if TYPE_CHECKING:
    from procman.core.events import Event

PIECE = 65536


class Lifeline:
    """A feed with a selector of its own: an end that was heard would wake the engine again and again."""

    def __init__(self, fd: int = 0) -> None:
        self._selector = selectors.DefaultSelector()
        try:
            self._selector.register(fd, selectors.EVENT_READ)
        except PermissionError:
            raise ProcmanError(
                "PROCMAN_LIFELINE is set, and standard input can't be waited for",
                hint="give it a pipe whose other end you hold",
            ) from None
        self._fd = fd
        self.deadline: float | None = None

    def fileno(self) -> int:
        return self._selector.fileno()

    def read(self, now: float) -> list[Event]:  # noqa: ARG002 - as feeds are read
        """Ask for an orderly end when it has been let go; what is written to it means nothing."""
        if not self._selector.select(0):
            return []
        try:
            data = os.read(self._fd, PIECE)
        except BlockingIOError:
            return []
        except OSError:
            data = b""
        if data:
            return []
        self._selector.unregister(self._fd)
        return [QuitAsked()]

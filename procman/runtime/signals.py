"""Signals as a feed: the handlers do nothing, the numbers arrive as bytes on a socketpair."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from procman.core.events import SignalArrived

if TYPE_CHECKING:
    from collections.abc import Iterable

HANDLED = (
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGTSTP,
    signal.SIGCHLD,
    signal.SIGUSR1,
    signal.SIGUSR2,
    signal.SIGWINCH,
)
KEPT_IGNORED = (signal.SIGHUP, signal.SIGTSTP)
"""Left ignored where procman was started so: nohup(1), a shell without job control."""


def _note(_signum: int, _frame: object) -> None:
    """Be a handler: the work is done where the wake-up byte is read."""


class Signals:
    """Catches what `HANDLED` lists from the moment it is made until `restore`."""

    def __init__(self, signums: Iterable[signal.Signals] = HANDLED) -> None:
        # A pipe would do; both ends non-blocking, as set_wakeup_fd asks for.
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)
        signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        self._before = {}
        for signum in signums:
            if signum in KEPT_IGNORED and signal.getsignal(signum) is signal.SIG_IGN:
                continue
            self._before[signum] = signal.signal(signum, _note)
        # A parent that blocked them (SIGCHLD above all) would leave procman without news for ever.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, self._before)
        self.children_changed = False
        self.window_changed = False

    def fileno(self) -> int:
        return self._reader

    def read(self) -> list[SignalArrived]:
        """Give each signal that arrived once, in order; what concerns only the hands is noted aside.

        `children_changed` and `window_changed` stay set until whoever acts on them clears them.
        """
        try:
            numbers = os.read(self._reader, 4096)
        except BlockingIOError:
            return []
        events = []
        for number in dict.fromkeys(numbers):
            if number == signal.SIGCHLD:
                self.children_changed = True
            elif number == signal.SIGWINCH:
                self.window_changed = True
            else:
                events.append(SignalArrived(number))
        return events

    def default(self, signum: int) -> None:
        """Let a signal act as if procman didn't catch it."""
        signal.signal(signum, signal.SIG_DFL)

    def catch(self, signum: int) -> None:
        signal.signal(signum, _note)

    def restore(self) -> None:
        signal.set_wakeup_fd(-1)
        for signum, handler in self._before.items():
            signal.signal(signum, handler)
        os.close(self._reader)
        os.close(self._writer)

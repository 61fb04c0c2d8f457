"""`start --status`: what the line at the bottom says, and when it is looked after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.cli.ps import size
from procman.control.run import condition, is_ready
from procman.control.usage import Meter, Usage
from procman.core.process import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from procman.cli.supervise import Run
    from procman.core.events import Event
    from procman.output.statusline import StatusLine

EVERY = 2.0
"""Seconds between two measurements of CPU and memory."""


class Status:
    """A feed without a descriptor, and an observer. put: takes what is to be written to the terminal."""

    def __init__(self, line: StatusLine, run: Run, put: Callable[[bytes], None]) -> None:
        self._line = line
        self._instances = run.supervisor.instances
        self._snapshot = run.supervisor.snapshot
        self._paused = run.paused
        self._members = run.children.members
        self._put = put
        self._meter = Meter()
        self._usages: dict[str, Usage] = {}
        self.deadline: float | None = 0.0

    def fileno(self) -> int:
        return -1

    def read(self, now: float) -> list[Event]:
        self.deadline = now + EVERY
        trees = {name: self._members(name) for name, process in self._snapshot.items() if process.pid}
        self._usages = self._meter.read(trees, now)
        self._show()
        return []

    def notice(self, event: Event, now: float) -> None:  # noqa: ARG002 - as observers are told
        self._show()

    def renew(self) -> None:
        """Set the line anew: the window has another size, or a shell had the terminal meanwhile."""
        self._line.forget()
        self._show()

    def _show(self) -> None:
        self._put(self._line.show("  ".join(self._of(name) for name in self._instances)))

    def _of(self, name: str) -> str:
        process, port, usage = self._snapshot[name], self._instances[name].port, self._usages.get(name)
        words = [name, condition(process, is_paused=name in self._paused)]
        if process.state is State.UP and not is_ready(process):
            words[1] = "not ready"
        if process.pid is not None:
            words += [] if port is None else [f":{port}"]
            words += [] if usage is None else [f"{usage.cpu:.0f}%", size(usage.memory)]
        return " ".join(words)

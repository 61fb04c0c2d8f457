"""What wakes the engine: anything with a descriptor, a deadline, or both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from procman.core.events import Event
    from procman.output.block import Block


class Feed(Protocol):
    """A source of events.

    fileno: what to wait for, -1 where there is nothing but the deadline.
    deadline: monotonic seconds at which `read` wants to be called even if nothing arrived, or None.
    fileno: -1 where only time tells anything.
    """

    @property
    def deadline(self) -> float | None: ...

    def fileno(self) -> int: ...

    def read(self, now: float) -> Sequence[Event]: ...


class Observer(Protocol):
    """Whoever is told of every event once the supervisor has handled it."""

    def notice(self, event: Event, now: float) -> None: ...


class Sink(Protocol):
    """Whoever takes blocks: the console, log files, the last lines."""

    def write(self, block: Block) -> None: ...

"""Children in pytest's own process: what `procman start` wires, without its command line."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from procman.core.events import Exited, Spawned, SpawnFailed, Status
from procman.runtime.census import MARK
from procman.runtime.children import Children
from procman.runtime.guardian import Guardian
from procman.runtime.spawn import Limits, Spawner
from procman.runtime.tree import Tree
from tests.core.acts import instance
from tests.harness import eventually

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from procman.config.plan import Instance
    from procman.core.events import Event


def runs(name: str, command: str, **options: Any) -> Instance:
    return instance(name, **options)._replace(command=command)


class Crew:
    """terminal: the descriptor of a terminal to give the children terminals of their own."""

    def __init__(
        self,
        run: str,
        *instances: Instance,
        portable: bool = False,
        terminal: int | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.run = run
        self.instances = {one.name: one for one in instances}
        self.environ = {k: v for k, v in os.environ.items() if k != MARK} | {**(environ or {})}
        self.guardian = Guardian(run, portable=portable)
        self.tree = Tree(run, portable=portable, ignored=[self.guardian.pid])
        spawner = Spawner(os.getcwd(), Limits())
        self.children = Children(
            self.instances,
            lambda one: {**self.environ, **one.environ},
            run,
            spawner,
            self.tree,
            self.guardian,
            terminal=terminal,
        )
        self.opened: list[int] = []
        self._ended: dict[str, Status] = {}

    def start(self, name: str = "web.1", *, until: bytes = b"ready\n") -> int:
        """Spawn, and wait until it has said so; give its pid."""
        from procman.core.actions import Spawn

        (event,) = self.children.act(Spawn(name), 0.0)
        assert isinstance(event, Spawned), event
        child = self.children.opened(name)
        fd = child.streams[0].fd
        self.opened.append(fd)
        os.set_blocking(fd, True)
        heard = b""
        while not heard.endswith(until):
            piece = os.read(fd, 100)
            assert piece, heard
            heard += piece
        return event.pid

    def hear(self, until: bytes) -> bytes:
        """Read what the last one that was started says, up to that."""
        heard = b""
        while not heard.endswith(until):
            heard += os.read(self.opened[-1], 100)
        return heard

    def refused(self, name: str = "web.1") -> str:
        from procman.core.actions import Spawn

        (event,) = self.children.act(Spawn(name), 0.0)
        assert isinstance(event, SpawnFailed), event
        return event.reason

    def reaped(self, name: str = "web.1") -> Status:
        """Wait for a child's end."""
        eventually(lambda: self.reap() == [] and name in self._ended)
        return self._ended.pop(name)

    def reap(self) -> list[Event]:
        """Collect ends to be asked for by `reaped`; give whatever else was reported."""
        events = self.children.reap()
        self._ended |= {event.name: event.status for event in events if isinstance(event, Exited)}
        return [event for event in events if not isinstance(event, Exited)]

    def emptied(self, now: float = 0.0) -> list[Event]:
        """Wait for awaited trees to be empty."""

        def look() -> list[Event]:
            self.children.reap()
            return self.tree.read(now)

        return eventually(look)

    def close(self) -> None:
        self.guardian.dismiss()
        for fd in self.opened:
            os.close(fd)

"""Readiness as a feed: looks whether a process that has started is ready, and cues `Readied`.

A probe begins when its process is spawned and ends when it is ready or gone. A port is looked for
every 50 ms at first, every half second later; a path is fetched by a thread, since a server may take
its time to answer; a command runs as a child of its own; a line of the log is seen as it passes.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from procman.config.settings import Ready, ReadyWhen
from procman.core.events import Event, Exited, Readied, Spawned
from procman.quicktuple import NamedTuple
from procman.runtime.listeners import linux_listeners, portable_listeners

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Mapping

    from procman.config.plan import Instance
    from procman.core.events import Status
    from procman.output.block import Block

FIRST_PAUSE = 0.05
LONGEST_PAUSE = 0.5
HTTP_TIMEOUT = 5.0
LOOK_LASTS = 4
"""Times what it took that a look at the listening sockets serves all who ask: a thousand starts share a few.

The kernel walks a table sized for the machine's memory: 1 to 20 ms, however few sockets there are.
"""


class Probe(NamedTuple):
    """One process that isn't ready yet. before: the sockets on its port that were there before it."""

    name: str
    ready: Ready
    port: int
    next_at: float
    pause: float
    before: frozenset[int] = frozenset()
    asking: bool = False


class Probes:
    """Feed, sink and observer for the readiness of all instances that have something to wait for.

    instances: by name, live (scale adds to it). members: the pids of an instance's tree.
    beside: runs an instance's probe command, and calls back with how it ended.
    """

    def __init__(
        self,
        instances: Mapping[str, Instance],
        *,
        portable: bool,
        members: Callable[[str], list[int]],
        beside: Callable[[str, str, Callable[[Status], None]], None],
    ) -> None:
        self._instances = instances
        self._portable = portable
        self._members = members
        self._beside = beside
        self._probes: dict[str, Probe] = {}
        self._patterns: dict[str, re.Pattern[bytes]] = {}
        self._answers: list[tuple[str, bool]] = []
        self._listeners: Mapping[int, set[int]] = {}
        self._look_at = 0.0
        self._reader, self._bell = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._bell, False)

    @property
    def deadline(self) -> float | None:
        return min((probe.next_at for probe in self._probes.values() if not probe.asking), default=None)

    def fileno(self) -> int:
        return self._reader

    def notice(self, event: Event, now: float) -> None:
        """Begin with a process that was spawned, forget one that has gone."""
        match event:
            case Spawned(name=name):
                instance = self._instances.get(name)
                if instance is not None and instance.ready is not None:
                    self._begin(instance, instance.ready, now)
            case Exited(name=name):
                self._forget(name)
            case _:
                pass

    def write(self, block: Block) -> None:
        """See the log pass by, for those who wait for a line of it."""
        pattern = self._patterns.get(block.name)
        if pattern is not None and block.event is None:
            from procman.output.escapes import plain

            if pattern.search(plain(block.data)):
                self._answer(block.name, ready=True)

    def read(self, now: float) -> list[Event]:
        """Ask whom it is time to ask; tell who has become ready."""
        with suppress(BlockingIOError):
            while os.read(self._reader, 4096):
                pass
        answers, self._answers = self._answers, []
        ready = [name for name, is_ready in answers if is_ready and name in self._probes]
        for name, is_ready in answers:
            if not is_ready and name in self._probes:
                self._probes[name] = self._later(self._probes[name], now)._replace(asking=False)
        for name, probe in list(self._probes.items()):
            if probe.next_at <= now and not probe.asking and name not in ready and self._ask(probe, now):
                ready.append(name)
        for name in ready:
            self._forget(name)
        return [Readied(name) for name in ready]

    def _begin(self, instance: Instance, ready: Ready, now: float) -> None:
        probe = Probe(instance.name, ready, instance.port or 0, now + FIRST_PAUSE, FIRST_PAUSE)
        if ready.when is ReadyWhen.PORT and not self._portable:
            # Who listens later and not yet is this process, or somebody it asked to (docker run -p).
            probe = probe._replace(before=frozenset(self._look(now).get(probe.port, ())))
        if ready.when is ReadyWhen.LOG:
            import re

            self._patterns[instance.name] = re.compile(ready.target.encode("utf-8", "surrogateescape"))
            probe = probe._replace(asking=True)
        self._probes[instance.name] = probe

    def _forget(self, name: str) -> None:
        self._probes.pop(name, None)
        self._patterns.pop(name, None)

    def _ask(self, probe: Probe, now: float) -> bool:
        """Look (a port), or begin to look (what takes its time)."""
        if probe.ready.when is ReadyWhen.PORT:
            if self._listens(probe, now):
                return True
            self._probes[probe.name] = self._later(probe, now)
            return False
        self._probes[probe.name] = probe._replace(asking=True)
        if probe.ready.when is ReadyWhen.EXEC:
            name = probe.name
            self._beside(name, probe.ready.target, lambda end: self._answer(name, ready=not end.failed))
        else:
            from threading import Thread

            Thread(target=self._fetch, args=(probe,), daemon=True).start()
        return False

    def _listens(self, probe: Probe, now: float) -> bool:
        if self._portable:
            return probe.port in portable_listeners(self._members(probe.name))
        there = self._look(now).get(probe.port, set())
        if not probe.before >= there:
            return True
        # On a busy machine it may have listened before its start was taken note of: then who holds the socket
        # is looked at, which takes longer, once it is late.
        late = bool(there) and probe.pause >= LONGEST_PAUSE
        return late and probe.port in portable_listeners(self._members(probe.name))

    def _look(self, now: float) -> Mapping[int, set[int]]:
        if now >= self._look_at:
            begun = time.monotonic()
            self._listeners = linux_listeners() or {}
            self._look_at = now + (1 + LOOK_LASTS) * (time.monotonic() - begun)
        return self._listeners

    def _fetch(self, probe: Probe) -> None:
        from http.client import HTTPConnection, HTTPException

        connection = HTTPConnection("127.0.0.1", probe.port, timeout=HTTP_TIMEOUT)
        try:
            connection.request("GET", probe.ready.target)
            ready = 200 <= connection.getresponse().status < 400  # noqa: PLR2004 - as Kubernetes' probes
        except (OSError, HTTPException):
            ready = False
        finally:
            connection.close()
        self._answer(probe.name, ready=ready)

    def _answer(self, name: str, *, ready: bool) -> None:
        self._answers.append((name, ready))
        with suppress(BlockingIOError):  # it rings already
            os.write(self._bell, b"!")

    @staticmethod
    def _later(probe: Probe, now: float) -> Probe:
        return probe._replace(next_at=now + probe.pause, pause=min(LONGEST_PAUSE, probe.pause * 1.3))

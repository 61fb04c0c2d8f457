"""A real supervisor with hands that obey at once, and clients without sockets in front of it."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any

from procman.config.kinds import Kind
from procman.config.plan import Instance
from procman.control.protocol import request_line
from procman.control.run import Run
from procman.control.session import Session
from procman.control.verbs import Verbs
from procman.core.actions import AwaitEmpty, Kill, Signal, Spawn
from procman.core.events import Emptied, Event, Exited, Spawned, Status
from procman.core.supervisor import Supervisor
from procman.output.history import History

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from procman.config.settings import Ready
    from procman.core.actions import Action

FIRST_PID = 101


def instance(name: str, **more: Any) -> Instance:
    process_type, _, number = name.rpartition(".")
    port = 5000 + int(number) - 1
    return Instance(name, process_type, int(number), f"run {process_type}", {}, port, Kind.PROCESS, **more)


class Bench:
    """stubborn: names that ignore their stop signal. ready: what the instances wait for, None for nothing."""

    def __init__(self, *names: str, ready: Ready | None = None) -> None:
        self.supervisor = Supervisor(
            [instance(name, ready=ready) for name in names],
            multiply=lambda process_type, number: instance(f"{process_type}.{number}", ready=ready),
        )
        self.now = 100.0
        self.stubborn: set[str] = set()
        self.signals: list[tuple[str, int]] = []
        self.masters: dict[str, int] = {}
        self.taps: dict[str, list[Callable[[bytes], None]]] = {}
        self.history = History()
        self.refusal = ""
        self._pids = FIRST_PID
        self.run = Run(
            info={"pid": 1},
            types=list(dict.fromkeys([*(name.rpartition(".")[0] for name in names), "spare"])),
            instances=self.supervisor.instances,
            snapshot=self.supervisor.snapshot,
            history=self.history,
            clock=lambda: self.now,
            closing=lambda: self.supervisor.closing,
            all_started=lambda: self.supervisor.all_started,
            refuse_scale=lambda process_type, quantity: self.refusal,  # noqa: ARG005 - the fake refuses all or none
            signal=lambda name, signum: self.signals.append((name, signum)),
            terminal_of=lambda name: self.masters.get(name, -1),
            tap=lambda name, listener: self.taps.setdefault(name, []).append(listener),
            untap=self._untap,
        )
        self.verbs = Verbs(self.run)
        self.awake: list[Session] = []
        self._carry_out(self.supervisor.begin(self.now))

    def client(self) -> Caller:
        return Caller(self)

    def tell(self, *events: Event) -> None:
        for event in events:
            self._carry_out(self.supervisor.handle(event, self.now))
            self.verbs.asking.noticed(event)

    def put(self) -> None:
        """Carry to the supervisor what the verbs put to it."""
        while self.verbs.asking.events:
            self.tell(self.verbs.asking.events.pop(0))

    def pass_time(self, seconds: float) -> None:
        end = self.now + seconds
        while (deadline := self.supervisor.deadline) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            self._carry_out(self.supervisor.tick(self.now))
        self.now = end

    def _carry_out(self, actions: Iterable[Action]) -> None:
        for action in actions:
            match action:
                case Spawn(name=name):
                    self._pids += 1
                    self.tell(Spawned(name, self._pids - 1))
                case Signal(name=name, signum=signum) if name not in self.stubborn:
                    self.tell(Exited(name, Status(signal=signum)))
                case Kill(name=name) if self.supervisor.snapshot[name].pid is not None:
                    self.tell(Exited(name, Status(signal=signal.SIGKILL)))
                case AwaitEmpty(name=name):
                    self.tell(Emptied(name))
                case _:
                    pass

    def _untap(self, name: str, listener: Callable[[bytes], None]) -> None:
        if listener in self.taps.get(name, []):
            self.taps[name].remove(listener)


class Caller:
    """One client. heard: what it was answered so far."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self.session = Session(bench.verbs.answer, bench.awake.append, bench.now)
        self.heard: list[dict[str, Any]] = []

    def ask(self, verb: str, **arguments: object) -> list[dict[str, Any]]:
        """Put a request; give what was answered at once."""
        return self.send(request_line(verb, **arguments))

    def send(self, data: bytes) -> list[dict[str, Any]]:
        before = len(self.heard)
        self.session.receive(data)
        self.look()
        return self.heard[before:]

    def look(self) -> list[dict[str, Any]]:
        """Let everything settle, and read all there is."""
        self._read()
        while self._bench.verbs.asking.events:
            self._bench.put()
            self._read()
        return self.heard

    def _read(self) -> None:
        self.session.go_on(self._bench.now)
        while self.session.outbox:
            lines = bytes(self.session.outbox)
            self.session.sent(len(lines), self._bench.now)
            self.heard += map(json.loads, lines.splitlines())
            self.session.go_on(self._bench.now)

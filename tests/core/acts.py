"""A supervisor and its answers, without a world."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

from procman.config.kinds import Kind
from procman.config.plan import Instance, Need
from procman.core.actions import SYSTEM, Action, Announce
from procman.core.events import Emptied, Event, Exited, SignalArrived, Spawned, Status
from procman.core.process import State
from procman.core.rules import StopOn
from procman.core.supervisor import Supervisor

if TYPE_CHECKING:
    from collections.abc import Iterable

CLEAN = Status()
FAILED = Status(code=3)
INT = SignalArrived(signal.SIGINT)
TERMINATING = Announce(SYSTEM, "sending SIGTERM to all processes", "stopping")
KILLING = Announce(SYSTEM, "sending SIGKILL to all processes", "stopping")


class Acts(list[Action]):
    """Actions that are equal only when their types are: as tuples, Spawn("web.1") is Kill("web.1")."""

    __hash__ = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, list) and _typed(self) == _typed(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __contains__(self, action: object) -> bool:
        return (type(action), action) in _typed(self)

    def count(self, action: Action) -> int:
        return _typed(self).count((type(action), action))


def _typed(actions: Iterable[Action]) -> list[tuple[type, object]]:
    return [(type(action), action) for action in actions]


def instance(name: str, **options: Any) -> Instance:
    process_type, _, number = name.partition(".")
    kind = options.pop("kind", Kind.PROCESS)
    port = options.pop("port", None)
    return Instance(name, process_type, int(number), "run", {}, port, kind, **options)


def running(*instances: Instance | str, stop_on: StopOn = StopOn.CRASH) -> Supervisor:
    """Give a supervisor whose processes are all up since 0.0, the first with pid 1."""
    made = [instance(one) if isinstance(one, str) else one for one in instances]
    supervisor = Supervisor(made, stop_on=stop_on)
    begin(supervisor)
    for pid, one in enumerate(made, start=1):
        tell(supervisor, Spawned(one.name, pid), now=0.0)
    assert set(states(supervisor).values()) == {State.UP}
    return supervisor


def with_phases(**restart: Any) -> Supervisor:
    preflight = instance("preflight.1", kind=Kind.PREFLIGHT)
    release = instance("release.1", kind=Kind.RELEASE, needs=(Need("preflight.1", completed=True),))
    web = instance("web.1", needs=(Need("release.1", completed=True),), **restart)
    return Supervisor([preflight, release, web])


def begin(supervisor: Supervisor) -> Acts:
    return Acts(supervisor.begin(0.0))


def tell(supervisor: Supervisor, *events: Event, now: float) -> Acts:
    return Acts(action for event in events for action in supervisor.handle(event, now))


def tick(supervisor: Supervisor, now: float) -> Acts:
    return Acts(supervisor.tick(now))


def acted(actions: Iterable[Action]) -> Acts:
    """Leave out what is only said."""
    return Acts(action for action in actions if not isinstance(action, Announce))


def said(actions: Iterable[Action]) -> list[str]:
    return [f"{a.name} | {a.text}" for a in actions if isinstance(a, Announce)]


def states(supervisor: Supervisor) -> dict[str, State]:
    return {name: process.state for name, process in supervisor.snapshot.items()}


def is_closing(supervisor: Supervisor) -> bool:
    """Ask anew (mypy takes a property that was False for False for good)."""
    return supervisor.closing


def is_finished(supervisor: Supervisor) -> bool:
    return supervisor.finished


def gone(supervisor: Supervisor, name: str, now: float) -> Acts:
    return tell(supervisor, Exited(name, Status(signal=15)), Emptied(name), now=now)


def end_all(supervisor: Supervisor, now: float) -> None:
    """Let everything that is on its way out be gone."""
    for name, process in supervisor.snapshot.items():
        if process.state is State.STOPPING:
            if process.pid is not None:
                supervisor.handle(Exited(name, Status(signal=15)), now)
            supervisor.handle(Emptied(name), now)

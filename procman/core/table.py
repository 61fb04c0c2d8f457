"""All processes of a run by name: their conditions, who is not at rest, who has a deadline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.core.actions import SYSTEM
from procman.core.lifecycle import step
from procman.core.process import Process, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from procman.config.plan import Instance
    from procman.core.actions import Action
    from procman.core.events import ProcessEvent

WEB_KINDS = frozenset({"wsgi", "static"})


class Table:
    """Conditions are replaced here and nowhere else; `strays` stands for what belongs to no instance.

    leaving: names to be dropped once at rest (a formation that was scaled down).
    """

    def __init__(self, instances: Iterable[Instance]) -> None:
        self.instances: dict[str, Instance] = {}
        self.processes: dict[str, Process] = {}
        self.active: set[str] = set()
        self.deadlines: dict[str, float] = {}
        self.leaving: set[str] = set()
        for instance in instances:
            self.add(instance)
        patience = max((instance.grace for instance in self.instances.values()), default=5.0)
        self.strays = Process(SYSTEM, grace=patience, state=State.EXITED)

    def add(self, instance: Instance) -> None:
        self.instances[instance.name] = instance
        self.processes[instance.name] = _at_first(instance)

    def get(self, name: str) -> Process | None:
        return self.strays if name == SYSTEM else self.processes.get(name)

    def apply(self, event: ProcessEvent, now: float) -> list[Action]:
        """Take one step of one process; an event for a name that is unknown means nothing."""
        name = event.name
        process = self.get(name)
        if process is None:
            return []
        after, actions = step(process, event, now)
        if after.deadline is None:
            self.deadlines.pop(name, None)
        else:
            self.deadlines[name] = after.deadline
        if name == SYSTEM:
            self.strays = after
            return actions
        self.processes[name] = after
        (self.active.discard if after.at_rest else self.active.add)(name)
        if after.at_rest and name in self.leaving:
            self.leaving.discard(name)
            del self.processes[name], self.instances[name]
        return actions

    def due(self, now: float) -> list[str]:
        return [name for name, deadline in self.deadlines.items() if deadline <= now]

    def scale(
        self, process_type: str, quantity: int, multiply: Callable[[str, int], Instance]
    ) -> tuple[list[str], list[str]]:
        """Give who is to be started and who to be stopped (the highest numbers first)."""
        names = {i.number: i.name for i in self.instances.values() if i.process_type == process_type}
        starting = []
        for number in range(1, quantity + 1):
            if number not in names:
                instance = multiply(process_type, number)
                names[number] = instance.name
                self.add(instance)
            name = names[number]
            self.leaving.discard(name)
            is_down = self.processes[name].at_rest or self.processes[name].state is State.STOPPING
            if is_down and not self.instances[name].schedule:  # a cron line waits for its time
                starting.append(name)
        stopping = [names[number] for number in sorted(names, reverse=True) if number > quantity]
        self.leaving.update(stopping)
        return starting, stopping


def _at_first(instance: Instance) -> Process:
    ready = instance.ready
    return Process(
        instance.name,
        instance.stop_signal,
        instance.grace,
        instance.restart,
        patience=None if ready is None else ready.within,
        late_fails=ready is not None and ready.required,
        address=_address(instance),
    )


def _address(instance: Instance) -> str:
    if instance.port is None or instance.ready is None:
        return ""
    if instance.process_type == "web" or instance.kind.value in WEB_KINDS:
        return f" on http://localhost:{instance.port}"
    return f" on port {instance.port}" if instance.ready.when.value in {"port", "http"} else ""

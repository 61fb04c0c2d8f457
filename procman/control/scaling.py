"""`scale`: how many instances of a type there are to be, and when that is so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.control.asking import closing, unknown
from procman.control.protocol import Refusal
from procman.core.events import ScaleAsked
from procman.core.process import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from procman.control.asking import Asking
    from procman.control.run import Run
    from procman.control.session import Answer


class Scaling:
    def __init__(self, run: Run, asking: Asking) -> None:
        self._run = run
        self._asking = asking
        self._quantities: dict[str, int] = {}

    def scale(self, changes: Sequence[tuple[str, str, int]]) -> Answer:
        """Change the formation: all of what was asked for, or nothing; without changes only tell it.

        changes: type, "=" "+" or "-", number.
        """
        if changes:
            self._asking.refuse_while_closing()
        wanted = self._wanted(changes)
        for process_type, quantity in wanted.items():
            if why := self._run.refuse_scale(process_type, quantity):
                raise Refusal("refused", why)
        self._quantities.update(wanted)
        yield from self._asking.put([ScaleAsked(*change) for change in wanted.items()])
        for process_type, quantity in wanted.items():
            while not self._is_so(process_type, quantity):
                if self._run.closing():
                    raise closing()
                if self._quantities[process_type] != quantity:
                    raise Refusal("overtaken", f"{process_type} was scaled otherwise meanwhile")
                yield None
            yield {"type": process_type, "quantity": quantity, "running": self._running(process_type)}
        yield {"formation": {name: self._quantity(name) for name in self._run.types}, "ok": True}

    def begin(self, types: Sequence[str]) -> Answer:
        """Give types that have no instance their first one."""
        for process_type in types:
            if why := self._run.refuse_scale(process_type, 1):
                raise Refusal("refused", why)
        self._quantities.update(dict.fromkeys(types, 1))
        yield from self._asking.put([ScaleAsked(process_type, 1) for process_type in types])

    def _wanted(self, changes: Sequence[tuple[str, str, int]]) -> dict[str, int]:
        wanted: dict[str, int] = {}
        for process_type, sign, number in changes:
            if process_type not in self._run.types:
                raise unknown("process type", process_type, self._run.types)
            now = wanted.get(process_type, self._quantity(process_type))
            quantity = number if sign == "=" else now + (number if sign == "+" else -number)
            wanted[process_type] = max(0, quantity)
        return wanted

    def _quantity(self, process_type: str) -> int:
        found = self._quantities.get(process_type)
        if found is None:
            found = sum(i.process_type == process_type for i in self._run.instances.values())
        return found

    def _is_so(self, process_type: str, quantity: int) -> bool:
        settled = {State.UP, State.EXITED, State.BACKOFF}
        if self._run.all_started():
            # One that stays down although nobody waits any more: it has its time, or lacks what it needs.
            settled.add(State.DOWN)
        instances = [i for i in self._run.instances.values() if i.process_type == process_type]
        return len(instances) == quantity and all(
            self._run.snapshot[instance.name].state in settled for instance in instances
        )

    def _running(self, process_type: str) -> int:
        return sum(
            instance.process_type == process_type and self._run.snapshot[name].pid is not None
            for name, instance in self._run.instances.items()
        )

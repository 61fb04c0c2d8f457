"""Whose turn it is: to start once all it needs is there, to stop once nobody needs it any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.core.rules import dependants, failed_need, is_coming_back, may_start, may_stop

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from procman.config.plan import Instance
    from procman.core.process import Process


class Turns:
    """The two queues, in the plan's order.

    waiting: for a first start. stopping: for the stop, while all comes down. held: stopped by hand.
    """

    def __init__(self, waiting: Iterable[str]) -> None:
        self.waiting: dict[str, None] = dict.fromkeys(waiting)
        self.stopping: dict[str, None] = {}
        self.held: set[str] = set()
        self._skipped: set[str] = set()

    def join(self, names: Iterable[str]) -> None:
        self.waiting |= dict.fromkeys(names)

    def leave(self, names: Iterable[str]) -> None:
        for name in names:
            self.waiting.pop(name, None)

    def hold(self, name: str, *, held: bool) -> None:
        (self.held.add if held else self.held.discard)(name)

    def close(self, names: Iterable[str]) -> None:
        self.waiting.clear()
        self.stopping = dict.fromkeys(names)

    def next_start(self, instances: Mapping[str, Instance], snapshot: Mapping[str, Process]) -> str | None:
        for name in self.waiting:
            if may_start(instances[name], snapshot):
                del self.waiting[name]
                self.held.discard(name)
                return name
        return None

    def hopeless(
        self, instances: Mapping[str, Instance], snapshot: Mapping[str, Process]
    ) -> list[tuple[str, str]]:
        """Give those that will never start, each with what it needs that has failed; they wait no longer."""
        found: list[tuple[str, str]] = []
        before = -1
        while len(found) > before:  # whoever needs one of them will not start either
            before = len(found)
            for name in list(self.waiting):
                if failed := failed_need(instances[name], snapshot, self._skipped):
                    del self.waiting[name]
                    self._skipped.add(name)
                    found.append((name, failed))
        return found

    def next_stops(self, instances: Mapping[str, Instance], snapshot: Mapping[str, Process]) -> list[str]:
        """Give whom nobody needs any more, and whoever would come back otherwise."""
        needing = dependants(instances)
        names = [
            name
            for name in self.stopping
            if is_coming_back(snapshot.get(name)) or may_stop(needing.get(name, ()), snapshot)
        ]
        for name in names:
            del self.stopping[name]
        return names

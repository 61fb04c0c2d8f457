"""Putting something to the supervisor and waiting until it is so: what all verbs that change things do.

The supervisor decides, the verb only looks: events go in as a feed's do, and every event that was
handled is a reason to look again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.control.protocol import Refusal, Reply
from procman.control.run import condition, ended
from procman.core.process import State, Want

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from procman.control.run import Run
    from procman.control.session import Answer, Session
    from procman.core.events import Event
    from procman.core.process import Process

SETTLED = 0.25
"""Seconds within which most of what fails at once has failed: no such file, a wrong option."""


class Asking:
    """events: what is put to the supervisor next, for whoever carries it there and takes it out."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._undecided: list[Event] = []
        self.events: list[Event] = []

    def noticed(self, event: Event) -> None:
        """Hear that the supervisor has dealt with an event."""
        if self._undecided:
            self._undecided = [other for other in self._undecided if other is not event]

    def put(self, events: Iterable[Event]) -> Answer:
        """Put events to the supervisor, and wait until it has dealt with them."""
        put = list(events)
        self.events += put
        self._undecided += put
        while any(event is other for event in put for other in self._undecided):
            yield None

    def each(self, names: Sequence[str], reached: Callable[[str, Process], Reply | None]) -> Answer:
        """Say of each process when it has got there; the last word is whether all have.

        reached: what to say of a process, None while there is nothing to say; with "error" it has failed.
        """
        left = dict.fromkeys(names)
        failed = []
        while left:
            for name in list(left):
                process = self._run.snapshot.get(name)
                said = {"process": name, "done": "gone"} if process is None else reached(name, process)
                if said is not None:
                    del left[name]
                    failed += [name] if "error" in said else []
                    yield said
            if left:
                if self._run.closing() and not all(map(self._is_going, left)):
                    raise closing()
                yield None
        if failed:
            raise Refusal("failed", f"not as asked: {', '.join(failed)}")
        yield {"ok": True}

    def refuse_while_closing(self) -> None:
        if self._run.closing():
            raise closing()

    def _is_going(self, name: str) -> bool:
        process = self._run.snapshot.get(name)
        return process is None or (process.state is State.STOPPING and process.want is Want.DOWN)


def running(
    name: str, process: Process, before: Process | None, done: str, session: Session, now: float
) -> Reply | None:
    """Say that a process runs, or failed to; None while neither is so. before: as it was when asked."""
    if process.state is State.UP:
        if not is_settled(process, session, now):
            return None
        return {"process": name, "done": done, "pid": process.pid, "ready": process.ready}
    failed_again = before is not None and process.failures > before.failures
    if process.state is State.EXITED or failed_again:
        return {"process": name, "error": ended(process) or condition(process)}
    return None


def is_settled(process: Process, session: Session, now: float) -> bool:
    """Whether a process that can't show that it is ready has at least not failed at once."""
    if process.patience is not None or process.since is None:
        return True
    left = process.since + SETTLED - now
    if left > 0:
        session.again = left
    return left <= 0


def closing() -> Refusal:
    return Refusal("closing", "procman is shutting down")


def unknown(what: str, word: str, known: Sequence[str]) -> Refusal:
    return Refusal("unknown", f"no {what} {word!r} is running here", word=word, known=list(known))

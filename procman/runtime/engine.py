"""The only place that blocks: sleeps until a descriptor or a deadline, then lets the core decide.

One turn: wait; read what is ready (signals first, then feeds, then children); reap; hand every event
to the supervisor and carry out what it answers; write. Output has a shorter way: as long as nothing
else is ready it is written at once, some times over, before the turn goes on. No work in signal
handlers, no polling, no locks. What an action leads to at once (`Spawned`) is handled in the next
turn, so that a signal is looked at between any two of a thousand spawns.
"""

from __future__ import annotations

import os
import signal
import time
from collections import deque
from typing import TYPE_CHECKING

from procman.core.actions import SYSTEM, Abandon, Action, Announce, Suspend
from procman.core.events import DeadlinePassed, Event, Exited, OutputLost, Spawned
from procman.output.block import Block
from procman.runtime.child import READ_SIZE, Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from procman.core.supervisor import Supervisor
    from procman.output.writer import Writer
    from procman.runtime.children import Children
    from procman.runtime.feed import Feed, Observer, Sink
    from procman.runtime.intake import Intake
    from procman.runtime.signals import Signals
    from procman.runtime.tree import Tree

LAST_PATIENCE = 1.0
"""Seconds for a reader that has stopped reading, once everything else is over."""
RELAYED = 32
"""How often output is passed on, as long as nothing else wants anything, before a turn goes on."""


class Engine:
    def __init__(
        self,
        supervisor: Supervisor,
        children: Children,
        tree: Tree,
        signals: Signals,
        intake: Intake,
        sinks: Sequence[Sink],
        writer: Writer,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._supervisor = supervisor
        self._children = children
        self._tree = tree
        self._signals = signals
        self._intake = intake
        self._sinks = sinks
        self._writer = writer
        self._feeds: list[Feed] = []
        self._observers: list[Observer] = []
        self._when_started: Callable[[], None] | None = None
        self._when_resized: list[Callable[[], None]] = []
        self._clock = clock
        self._events: deque[Event] = deque()
        self._watched = 0
        self._told_lost = False

    def attend(self, feed: Feed) -> None:
        """Take events from a feed, too; before `run` or while it runs."""
        self._feeds.append(feed)
        if feed.fileno() >= 0:
            self._intake.watch(feed.fileno(), feed)

    def tell(self, observer: Observer) -> None:
        """Tell somebody of every event, too."""
        self._observers.append(observer)

    def when_started(self, call: Callable[[], None]) -> None:
        """Have something done once nothing waits for its start: what may come late costs no start-up."""
        self._when_started = call

    def when_resized(self, call: Callable[[], None]) -> None:
        """Have something done whenever the window has another size, or the terminal is ours again."""
        self._when_resized.append(call)

    def run(self) -> None:
        """Supervise until nothing that was started is alive, and show what it said last."""
        self._intake.watch(self._signals.fileno(), self._signals)
        self._carry_out(self._supervisor.begin(self._clock()))
        while not self._supervisor.finished:
            # Before the first turn, too: where all wait for their time it would be a long one.
            if self._when_started is not None and self._supervisor.all_started:
                call, self._when_started = self._when_started, None
                if not self._supervisor.closing:  # not for a start that failed, maybe for want of descriptors
                    call()
            self._turn(self._deadlines())

    def finish(self) -> None:
        """Show what is left, for as long as somebody reads it."""
        give_up_at = self._clock() + LAST_PATIENCE
        written = self._writer.written
        while (self._intake.open or self._writer.pending) and self._clock() < give_up_at:
            self._turn([give_up_at])
            if self._writer.written != written:
                written = self._writer.written
                give_up_at = self._clock() + LAST_PATIENCE
        self._writer.close()

    def _deadlines(self) -> list[float]:
        found = [self._supervisor.deadline, self._tree.deadline]
        if not self._writer.congested:
            found.append(self._intake.deadline)
        found += [feed.deadline for feed in self._feeds]
        return [deadline for deadline in found if deadline is not None]

    def _turn(self, deadlines: list[float]) -> None:
        soonest = min(deadlines, default=None)
        timeout = None
        if self._events:
            timeout = 0.0
        elif soonest is not None:
            timeout = max(0.0, soonest - self._clock())
        only_output = self._wait_and_read(timeout)
        for _ in range(RELAYED):
            if not only_output or self._events or (soonest is not None and soonest <= self._clock()):
                break
            self._write()
            self._intake.pass_on()
            only_output = self._wait_and_read(0.0)
        self._intake.pass_on()
        now = self._clock()
        if self._signals.children_changed:
            self._signals.children_changed = False
            self._events.extend(self._children.reap())
            self._events.extend(self._tree.read(now))
        elif self._tree.deadline is not None and self._tree.deadline <= now:
            self._events.extend(self._tree.read(now))
        if self._signals.window_changed:
            self._signals.window_changed = False
            self._children.resize()
            for call in self._when_resized:
                call()
        for feed in self._feeds:
            if feed.deadline is not None and feed.deadline <= now:
                self._events.extend(feed.read(now))
        self._decide(now)
        if self._intake.deadline is not None and not self._writer.congested:
            self._intake.expire(now)
        self._write()

    def _wait_and_read(self, timeout: float | None) -> bool:
        """Take what is ready, if not all of it; whether that was output of children and nothing else."""
        selector = self._intake.own if self._writer.congested else self._intake.everything
        ready = selector.select(timeout)
        now = self._clock()
        only_output = bool(ready)
        # Who floods alone is read in pieces as large as the output takes; of many at once they would fill the
        # memory.
        most = max(READ_SIZE, self._writer.takes // max(1, len(ready)))
        for key, _ in ready:
            source = key.data
            if type(source) is Stream:
                self._intake.read(source, now, most)
                continue
            only_output = False
            if source is self._signals:
                self._events.extend(self._signals.read())
            elif source is not self._writer:
                self._events.extend(source.read(now))
            elif not self._writer.pending:
                self._writer.reader_gone()
        return only_output

    def _decide(self, now: float) -> None:
        self._tree.look_again()
        for _ in range(len(self._events)):
            event = self._events.popleft()
            if isinstance(event, Exited):
                self._intake.drain(event.name, now)
            self._carry_out(self._supervisor.handle(event, now))
            if isinstance(event, Spawned):
                self._intake.add(self._children.opened(event.name))
            for observer in self._observers:
                observer.notice(event, now)
        deadline = self._supervisor.deadline
        if deadline is not None and deadline <= now:
            self._carry_out(self._supervisor.tick(now))
            for observer in self._observers:
                observer.notice(DeadlinePassed(""), now)

    def _carry_out(self, actions: Iterable[Action]) -> None:
        now = self._clock()
        for action in actions:
            match action:
                case Announce(name=name, text=text, event=event):
                    self._say(name, text, event)
                case Suspend():
                    self._suspend()
                case Abandon(name=name):
                    self._abandon(name)
                case _:
                    self._events.extend(self._children.act(action, now))

    def _say(self, name: str, text: str, event: str) -> None:
        block = Block(name, text.encode("utf-8", "surrogateescape") + b"\n", event=event)
        for sink in self._sinks:
            sink.write(block)

    def _abandon(self, name: str) -> None:
        left = ", ".join(str(pid) for pid in self._tree.abandon(name))
        if left:
            self._say(
                SYSTEM,
                f"could not kill what is left of {name}: pid {left} (uninterruptible, or not ours)",
                "abandoned",
            )

    def _write(self) -> None:
        writer = self._writer
        if writer.pending:
            writer.flush()
        if writer.lost and not self._told_lost:
            self._told_lost = True
            self._events.append(OutputLost(writer.lost))
        events = writer.events
        if events != self._watched:
            if self._watched:
                self._intake.unwatch(writer.fileno())
            if events:
                self._intake.watch(writer.fileno(), writer, events)
            self._watched = events

    def _suspend(self) -> None:
        """Ctrl-Z: the children first, then procman; `fg` wakes procman, and procman the children."""
        self._write()
        self._children.signal_all(signal.SIGSTOP)
        self._signals.default(signal.SIGTSTP)
        os.kill(os.getpid(), signal.SIGTSTP)
        self._signals.catch(signal.SIGTSTP)
        self._children.signal_all(signal.SIGCONT)
        self._signals.window_changed = True

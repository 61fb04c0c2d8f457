"""Everything the children say: read as it comes, cut into blocks, handed to the sinks.

Theory of operation. Two selectors: `everything` watches the children's descriptors beside procman's
own, `own` only procman's own. While the output is congested the engine sleeps on `own`, and the
children wait in their writes: nothing is registered or unregistered for that. An unfinished line is
shown after a moment of silence; the streams that have one stand in the order of their deadlines.

Somebody may wait for what the first sink shows; the others (history, log files) hear of it a moment later,
when it has been written.
"""

from __future__ import annotations

import selectors
from typing import TYPE_CHECKING

from procman.output.widepipe import WIDE
from procman.runtime.child import READ_SIZE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from procman.output.block import Block
    from procman.runtime.child import Child, Stream
    from procman.runtime.feed import Sink

DRAINED = WIDE
"""Bytes read at most after the exit of a child: what a pipe or a terminal holds, not a flood of its heirs."""
MOST_WIDE = 16
"""Pipes made wider at a time: a user may have 64 MiB in all of them together."""


class Intake:
    """sinks: the first is the one in front; more may be added to the list while all runs.

    on_prompt: told the name and terminal of a process whose unfinished line has just been shown.
    """

    def __init__(self, sinks: Sequence[Sink], *, on_prompt: Callable[[str, int], None] | None = None) -> None:
        self._sinks = sinks
        self._on_prompt = on_prompt
        self.everything = selectors.DefaultSelector()
        self.own = selectors.DefaultSelector()
        self._streams: dict[str, list[Stream]] = {}
        self._impatient: dict[Stream, None] = {}
        self._shown: list[Block] = []
        self._wide = 0
        self.open = 0

    @property
    def deadline(self) -> float | None:
        for stream in self._impatient:
            return stream.splitter.deadline
        return None

    def watch(self, fd: int, data: object, events: int = selectors.EVENT_READ) -> None:
        """Watch a descriptor of procman's own."""
        self.everything.register(fd, events, data)
        self.own.register(fd, events, data)

    def unwatch(self, fd: int) -> None:
        self.everything.unregister(fd)
        self.own.unregister(fd)

    def add(self, child: Child) -> None:
        # A predecessor's heirs may still hold its pipe: those streams are read on.
        self._streams.setdefault(child.name, []).extend(child.streams)
        for stream in child.streams:
            self.everything.register(stream.fd, selectors.EVENT_READ, stream)
            self.open += 1

    def read(self, stream: Stream, now: float, most: int = READ_SIZE) -> int:
        """Read once, show what became whole; give the bytes shown, -1 at the end of the stream.

        most: bytes, of one that floods.
        """
        block, ended = stream.read(now, most)
        if most > READ_SIZE and stream.flooding and not (stream.wide or stream.terminal):
            self._widen(stream)
        if block is not None:
            self._show(block)
        if ended:
            self._finish(stream)
            return -1
        if stream.splitter.deadline is not None:
            self._impatient.pop(stream, None)
            self._impatient[stream] = None
        elif self._impatient:
            self._impatient.pop(stream, None)
        return 0 if block is None else len(block.data)

    def drain(self, name: str, now: float) -> None:
        """Show what a child said before it ended, an unfinished last line included."""
        for stream in list(self._streams.get(name, ())):
            total = 0
            while total < DRAINED:
                before = stream.received
                if self.read(stream, now) < 0 or stream.received == before:
                    break
                total += stream.received - before
            if stream in self._streams.get(name, ()):
                self._show_rest(stream)
        self.pass_on()

    def pass_on(self) -> None:
        """Tell the other sinks what the first has shown; before anything else is said."""
        for block in self._shown:
            for sink in self._sinks[1:]:
                sink.write(block)
        self._shown.clear()

    def expire(self, now: float) -> None:
        """Show the unfinished lines whose time has come.

        A busy machine or a congested output may have kept procman from reading what the child went on to say:
        only who has nothing to read is silent.
        """
        for stream in list(self._impatient):
            deadline = stream.splitter.deadline
            if deadline is not None and deadline > now:
                break
            if self.read(stream, now) < 0:
                continue
            block = stream.splitter.expire(now)
            if stream.splitter.deadline is None:
                self._impatient.pop(stream, None)
            if block is not None:
                self._show(block)
                self.pass_on()
                if self._on_prompt is not None and stream.terminal:
                    self._on_prompt(stream.name, stream.fd)
        self.pass_on()

    def tap(self, name: str, listener: Callable[[bytes], None]) -> None:
        """Let somebody hear what a process says, byte for byte, as it is read (`connect`)."""
        for stream in self._streams.get(name, ()):
            stream.listeners.append(listener)

    def untap(self, name: str, listener: Callable[[bytes], None]) -> None:
        for stream in self._streams.get(name, ()):
            if listener in stream.listeners:
                stream.listeners.remove(listener)

    def _widen(self, stream: Stream) -> None:
        if self._wide < MOST_WIDE:
            self._wide += 1
            stream.widen()

    def _finish(self, stream: Stream) -> None:
        self._show_rest(stream)
        self.everything.unregister(stream.fd)
        stream.close()
        self._wide -= stream.wide
        self._streams[stream.name].remove(stream)
        if not self._streams[stream.name]:
            del self._streams[stream.name]
        self.open -= 1

    def _show_rest(self, stream: Stream) -> None:
        self._impatient.pop(stream, None)
        block = stream.splitter.close()
        if block is not None:
            self._show(block)

    def _show(self, block: Block) -> None:
        self._sinks[0].write(block)
        self._shown.append(block)

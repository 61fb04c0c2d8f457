"""Blocks as lines for people: a prefix before each, whole lines never mixed, an open line for a prompt."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from procman.output.escapes import Escapes, redraws

if TYPE_CHECKING:
    from collections.abc import Callable

    from procman.output.block import Block
    from procman.output.prefix import Prefixes

_ERASE_TO_END = b"\x1b[K"


class Console:
    """Renders blocks for a terminal, or for a pipe or file that people read.

    At most one line is open (shown without its end). Its own continuation goes on behind it; any other block
    ends it first, and the continuation then starts a line of its own.
    """

    def __init__(
        self,
        prefixes: Prefixes,
        *,
        terminal: bool,
        mark_stderr: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._prefixes = prefixes
        self._terminal = terminal
        self._mark_stderr = mark_stderr
        self._clock = clock
        self._escapes: dict[tuple[str, str], Escapes] = {}
        self._open: tuple[str, str] | None = None
        self._broken: set[tuple[str, str]] = set()

    def render(self, block: Block) -> bytes | memoryview:
        marked = self._mark_stderr and block.stream == "stderr"
        prefix = self._prefixes.of(block.name, self._clock(), marked=marked)
        data = self._clean(block)
        if self._open is None and not block.continues and data.endswith(b"\n"):
            return _prefixed(data, prefix)
        return self._render_open(block, data, prefix)

    def close(self) -> bytes:
        """End a line that is still open."""
        was_open, self._open = self._open, None
        return b"\n" if was_open else b""

    def _clean(self, block: Block) -> bytes:
        if block.event is not None:
            # What procman says has nothing to do with a colour the child left open, and a new child with none
            # of its predecessor's.
            if block.event == "started":
                self._escapes.pop((block.name, "stdout"), None)
                self._escapes.pop((block.name, "stderr"), None)
            return Escapes().clean(block.data)
        key = (block.name, block.stream)
        escapes = self._escapes.get(key)
        if escapes is None:
            escapes = self._escapes[key] = Escapes()
        return escapes.clean(block.data)

    def _render_open(self, block: Block, data: bytes, prefix: bytes) -> bytes:
        key = (block.name, block.stream)
        if block.continues and self._open == key:
            shown, rest = self._continued(block, data, prefix)
        else:
            shown, rest = self._interrupted(), data
            if key in self._broken:
                self._broken.discard(key)
                # Of a line that was shown and then interrupted only the newline came: nothing to show.
                if block.continues and rest.startswith(b"\n"):
                    rest = rest[1:]
        if not rest:
            return shown
        if not rest.endswith(b"\n"):
            self._open = key
        return shown + _prefixed(rest, prefix)

    def _interrupted(self) -> bytes:
        if self._open is not None:
            self._broken.add(self._open)
        return self.close()

    def _continued(self, block: Block, data: bytes, prefix: bytes) -> tuple[bytes, bytes]:
        """Split into what goes on behind the open line and the lines after it."""
        head, end, rest = data.partition(b"\n")
        if end:
            self._open = None
        if b"\r" not in block.data or not redraws(block.data.partition(b"\n")[0]):
            return head + end, rest
        if self._terminal:
            return b"".join((b"\r", prefix, head, _ERASE_TO_END, end)), rest
        return b"".join((b"\n", prefix, head, end)), rest


def _prefixed(data: bytes, prefix: bytes) -> memoryview:
    """Put the prefix before each line, in one pass over the bytes.

    A newline in front gives the first line its prefix, a view leaves that newline and the last prefix away:
    every further copy of a block was measured to cost as much as the pass itself.
    """
    text = memoryview((b"\n" + data).replace(b"\n", b"\n" + prefix))
    return text[1 : len(text) - len(prefix)] if data.endswith(b"\n") else text[1:]

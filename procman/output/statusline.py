r"""One line at the bottom of the terminal under the log that scrolls: a renderer around another one.

Theory of operation. The log scrolls in a region that ends one row above the bottom (DECSTBM), so that
it never touches the status. Setting a region moves the cursor, which is therefore saved and restored
around it; before the first time the cursor is moved off the bottom row (IND, then up: its column
stays, which an unfinished line needs). What is below the cursor is never the log: when the window has
another size all of that is erased, wherever the terminal has moved the old status to, and the region
is set anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from procman.output.block import Block
    from procman.output.filters import Sink

SAVE, RESTORE = b"\x1b7", b"\x1b8"
WHOLE = SAVE + b"\x1b[r" + RESTORE + b"\x1b[J"
OFF_THE_BOTTOM = b"\x1bD\x1b[A"
LOWEST = 4
"""Rows below which a window is too low to give one away."""


class StatusLine:
    """inner: what renders the log. size: gives rows and columns of the window."""

    def __init__(self, inner: Sink, size: Callable[[], tuple[int, int]]) -> None:
        self._inner = inner
        self._size = size
        self._set: tuple[int, int] | None = None
        self._text = ""
        self._stale = False
        self._closed = False

    def render(self, block: Block) -> bytes | memoryview:
        if self._closed:
            return self._inner.render(block)
        # Asked every time (a third of a microsecond): a log written for the old window would scroll the
        # status into itself.
        framed = self._framed() if self._stale or self._size() != self._set else b""
        return framed + self._inner.render(block)

    def show(self, text: str) -> bytes:
        """Replace the status; what to write for that."""
        stale = self._stale or self._size() != self._set
        if self._closed or (text == self._text and not stale):
            return b""
        self._text = text
        return self._framed() if stale else self._drawn()

    def forget(self) -> None:
        """Set everything anew next time: the window has changed, or somebody else has had the terminal."""
        self._stale = True

    def close(self) -> bytes:
        rest = self._inner.close()
        self._closed = True
        return rest if self._set is None else rest + WHOLE

    def _framed(self) -> bytes:
        before = b"" if self._set is None else WHOLE
        rows, columns = self._set = self._size()
        self._stale = False
        if rows < LOWEST or columns < LOWEST:
            return before
        region = SAVE + b"\x1b[1;%dr" % (rows - 1) + RESTORE
        return before + OFF_THE_BOTTOM + region + self._drawn()

    def _drawn(self) -> bytes:
        if self._set is None or min(self._set) < LOWEST:
            return b""
        rows, columns = self._set
        text = self._text if len(self._text) < columns else self._text[: columns - 2] + "…"
        return SAVE + b"\x1b[%d;1H\x1b[0m\x1b[2K" % rows + text.encode() + RESTORE

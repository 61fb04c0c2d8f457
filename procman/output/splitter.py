"""Cut what a child prints into whole lines, at whatever points the reads happen to cut it.

A read almost always ends in the middle of a line. Whole lines go on at once; the rest waits for its newline.
If the child falls silent first (a prompt, a progress bar), the rest is shown as an open partial line and what
follows is marked as its continuation. Pieces are collected in a list and joined once, so that a line of
10 MiB costs as much as 10 MiB of short lines; only a read that may carry a line beyond the limit is looked at
line by line.
"""

from __future__ import annotations

from procman.output.block import Block
from procman.output.escapes import unfinished

LIMIT = 16 * 1024 * 1024
PATIENCE = 0.25
MARK = b" [procman: line continues]\n"


class Splitter:
    """The lines of one stream of one process.

    limit: bytes of a line that are passed on whole; a longer line comes in pieces that end with `MARK`.
    patience: seconds of silence after which an unfinished line is shown.
    deadline: when `expire` has something to show (monotonic seconds), None while there is nothing.
    """

    def __init__(
        self, name: str, stream: str = "stdout", limit: int = LIMIT, patience: float = PATIENCE
    ) -> None:
        self.deadline: float | None = None
        self._name = name
        self._stream = stream
        self._limit = limit
        self._patience = patience
        self._pending: list[bytes] = []
        self._size = 0  # of the unfinished line, what was shown of it included
        self._open = False  # its beginning was shown

    def feed(self, data: bytes, now: float) -> Block | None:
        if self._size + len(data) > self._limit:
            whole, rest = self._cut_long(data)
        else:
            cut = data.rfind(b"\n") + 1
            if not cut:
                self._keep(data, now)
                return None
            whole, rest = data, b""
            if cut < len(data) or self._pending:
                whole, rest = b"".join((*self._pending, memoryview(data)[:cut])), data[cut:]
        block = Block(self._name, whole, self._stream, None, self._open)
        self._pending = [rest] if rest else []
        self._size = len(rest)
        self._open = False
        self.deadline = now + self._patience if rest else None
        return block

    def expire(self, now: float) -> Block | None:
        """Show the unfinished line once its deadline is past, but no half character or half escape."""
        if self.deadline is None or now < self.deadline:
            return None
        self.deadline = None
        data = b"".join(self._pending)
        cut = len(data) - unfinished(data)
        if not cut:
            return None
        self._pending = [data[cut:]] if cut < len(data) else []
        block = Block(self._name, data[:cut], self._stream, None, self._open)
        self._open = True
        return block

    def close(self) -> Block | None:
        """Give up what is left when the child is gone, with the newline that it lacks."""
        if not self._pending and not self._open:
            return None
        block = Block(self._name, b"".join((*self._pending, b"\n")), self._stream, None, self._open)
        self._pending = []
        self._size = 0
        self._open = False
        self.deadline = None
        return block

    def _keep(self, data: bytes, now: float) -> None:
        if data:
            self._pending.append(data)
            self._size += len(data)
            self.deadline = now + self._patience

    def _cut_long(self, data: bytes) -> tuple[bytes, bytes]:
        """Whole lines and the rest, where a line may have outgrown the limit."""
        data = b"".join((*self._pending, data))
        pieces = []
        start = 0
        room = self._limit - (self._size - sum(map(len, self._pending)))
        while True:
            end = data.find(b"\n", start, start + room + 1) + 1
            if end:
                pieces.append(data[start:end])
            elif len(data) - start > room:
                piece = data[start : start + room]
                piece = piece[: len(piece) - unfinished(piece)] or piece
                pieces.append(piece + MARK)
                end = start + len(piece)
            else:
                return b"".join(pieces), data[start:]
            start = end
            room = self._limit

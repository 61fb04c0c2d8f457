"""A request's body, which ends where its length says, not where the connection does."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

DRAINED = 1 << 20
"""Bytes read on of what nobody wants: closed on unread data, a connection loses the answer."""
DIGITS = 18
"""Of a length; nobody sends as many bytes as a longer one says."""


class Body(io.RawIOBase):
    """length: as the header says it; what is no number is none (PEP 3333)."""

    def __init__(self, stream: io.BufferedIOBase, length: str) -> None:
        self._stream = stream
        self._left = int(length[:DIGITS]) if length.isascii() and length.isdecimal() else 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        room = memoryview(buffer)
        data = self._stream.read1(min(len(room), self._left)) if self._left else b""
        self._left -= len(data)
        room[: len(data)] = data
        return len(data)

    def drain(self) -> None:
        until = max(0, self._left - DRAINED)
        while self._left > until and self.readinto(bytearray(65536)):
            pass

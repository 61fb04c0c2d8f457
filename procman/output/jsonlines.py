"""Blocks as JSON, one object a line, for programs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from procman.output.block import Block, Joiner
from procman.output.escapes import plain

if TYPE_CHECKING:
    from collections.abc import Callable


class JsonLines:
    """`{"time", "process", "stream", "text", "event"}` a line, in UTF-8.

    time: ISO 8601, local, with offset and milliseconds. text: without escapes and newline; a byte that is not
    UTF-8 becomes U+FFFD. event: null for a child's output. A line comes when it is whole, never half.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        from json import JSONEncoder

        self._clock = clock
        self._joiner = Joiner()
        self._encode = JSONEncoder(ensure_ascii=False).encode

    def render(self, block: Block) -> bytes:
        whole = self._joiner.join(block)
        return self._objects(whole) if whole else b""

    def close(self) -> bytes:
        """Give up the lines that never got their end."""
        return b"".join(map(self._objects, self._joiner.close()))

    def _objects(self, block: Block) -> bytes:
        from datetime import datetime

        encode = self._encode
        at = datetime.fromtimestamp(self._clock()).astimezone().isoformat(timespec="milliseconds")
        head = (
            f'{{"time": "{at}", "process": {encode(block.name)}, "stream": {encode(block.stream)}, "text": '
        )
        event = "null" if block.event is None else encode(block.event)
        tail = f', "event": {event}}}\n'
        lines = plain(block.data).decode("utf-8", "replace").removesuffix("\n").split("\n")
        return "".join([f"{head}{encode(line)}{tail}" for line in lines]).encode()

"""The last lines of every process, for the summary after a crash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.output.escapes import plain

if TYPE_CHECKING:
    from procman.output.block import Block

KEPT = 4096
"""Bytes kept of each process: a few lines, whatever it prints."""


class Recent:
    def __init__(self) -> None:
        self._tails: dict[str, bytes] = {}

    def write(self, block: Block) -> None:
        if block.event is None:
            data = block.data
            if len(data) < KEPT:
                data = self._tails.get(block.name, b"") + data
            self._tails[block.name] = data[-KEPT:]

    def lines(self, name: str, count: int) -> list[bytes]:
        """Give the last non-empty lines, without escapes; the first may lack its beginning."""
        lines = plain(self._tails.get(name, b"")).split(b"\n")
        return [line for line in lines if line.strip()][-count:]

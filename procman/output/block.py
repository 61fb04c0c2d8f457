"""What one process printed, as it was read: the unit that every sink takes."""

from __future__ import annotations

from procman.quicktuple import NamedTuple

SYSTEM = "system"


class Block(NamedTuple):
    """Lines of one process, read at one moment.

    name: `web.1`, or `system` for what procman says about all of them.
    data: raw bytes; every line but possibly the last ends with a newline.
    stream: "stdout" or "stderr".
    event: what happened ("started", "exited", "terminated", "system"), None for a child's own output.
    continues: data begins in the middle of a line of which the beginning was shown already.
    """

    name: str
    data: bytes
    stream: str = "stdout"
    event: str | None = None
    continues: bool = False


class Joiner:
    """Holds an unfinished line back until its end has come, for sinks that can't show half a line."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, str], list[bytes]] = {}

    def join(self, block: Block) -> Block | None:
        """Only whole lines, or None while there are none; what procman itself says passes at once."""
        if block.event is not None:
            return block
        key = (block.name, block.stream)
        pieces = self._held.pop(key, [])
        if pieces and not block.continues:
            pieces.append(b"\n")
        cut = block.data.rfind(b"\n") + 1
        whole, rest = (block.data, b"") if cut == len(block.data) else (block.data[:cut], block.data[cut:])
        if whole:
            pieces.append(whole)
        if rest and pieces and pieces[-1].endswith(b"\n"):
            self._held[key] = [rest]
        elif rest:
            self._held[key] = [*pieces, rest]
            return None
        return block._replace(data=b"".join(pieces), continues=False) if pieces else None

    def close(self) -> list[Block]:
        """Give up the lines that never ended, each with the newline it lacked."""
        blocks = [
            Block(name, b"".join((*held, b"\n")), stream) for (name, stream), held in self._held.items()
        ]
        self._held.clear()
        return blocks

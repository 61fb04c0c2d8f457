"""The answer to `ps`: a thousand a second are to cost next to nothing.

A condition is a value that is replaced and never changed, so what was written down for it holds as
long as it is the same one. Only the age is written anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.control.protocol import encode
from procman.control.run import condition, is_ready
from procman.quicktuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from procman.config.plan import Instance
    from procman.control.run import Run
    from procman.core.process import Process


class Row(NamedTuple):
    """A process in JSON, up to its age and from there on. since: monotonic seconds, None for no age."""

    process: Process
    is_paused: bool
    head: str
    tail: str
    since: float | None


class Listing:
    def __init__(self, run: Run) -> None:
        self._run = run
        self._rows: dict[str, Row] = {}

    def answer(self, names: Iterable[str], now: float) -> bytes:
        """Give the line that says how these processes are: docs/protocol.md, "ps"."""
        snapshot, paused, rows = self._run.snapshot, self._run.paused, self._rows
        texts = []
        for name in names:
            row, is_paused = rows.get(name), name in paused
            if row is None or row.process is not snapshot[name] or row.is_paused is not is_paused:
                row = rows[name] = _written(self._run.instances[name], snapshot[name], is_paused)
            age = "null" if row.since is None else f"{max(0.0, now - row.since):.3f}"
            texts.append(f"{row.head}{age}{row.tail}")
        return f'{{"processes":[{",".join(texts)}],"ok":true}}\n'.encode("ascii")


def _written(instance: Instance, process: Process, is_paused: bool) -> Row:
    status = process.status
    fields = {
        "process": instance.name,
        "type": instance.process_type,
        "state": condition(process, is_paused=is_paused),
        "ready": is_ready(process),
        "pid": process.pid,
        "port": instance.port,
        "restarts": process.restarts,
        "exit_code": None if status is None else status.exit_code,
        "command": instance.command,
    }
    return Row(
        process, is_paused, '{"since":', "," + encode(fields).decode("ascii").strip()[1:], process.since
    )

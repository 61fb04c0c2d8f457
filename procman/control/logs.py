"""`logs`: what is remembered of some processes, then what they say as they say it."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING, Any

from procman.control.names import matches
from procman.output.block import Block
from procman.output.history import Moment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from procman.control.protocol import Reply
    from procman.control.run import Run
    from procman.control.session import Answer, Session

BEHIND = 1024 * 1024
"""Bytes that wait for a follower who doesn't keep up; what comes beyond them is left out, and said so."""


def logs(run: Run, arguments: Mapping[str, Any], session: Session) -> Answer:
    chosen = Chosen(arguments.get("names", []), run.types_of_instances())
    tail = Tail(chosen, session)
    if arguments.get("follow"):
        session.watching = True
        run.history.follow(tail.add)
    try:
        since = time.time() - arguments["since"] if "since" in arguments else 0.0
        for moment in run.history.moments(chosen, since=since, lines=arguments.get("lines")):
            yield told(moment)
        if arguments.get("follow"):
            yield {"live": True}
        while arguments.get("follow"):
            if tail.lost:
                yield {"lost": tail.take_lost()}
            yield told(tail.take()) if tail.waiting else None
        yield {"ok": True}
    finally:
        if arguments.get("follow"):
            run.history.unfollow(tail.add)


class Chosen:
    """The processes whose lines are wanted: also those that come later, or have been scaled away."""

    def __init__(self, words: Sequence[str], types: Mapping[str, str]) -> None:
        self._words = words
        self._types = dict(types)
        self._wanted: dict[object, bool] = {}

    def __contains__(self, name: object) -> bool:
        wanted = self._wanted.get(name)
        if wanted is None and isinstance(name, str):
            process_type = self._types.get(name) or name.rpartition(".")[0] or name
            wanted = not self._words or any(matches(word, name, process_type) for word in self._words)
            self._wanted[name] = wanted
        return bool(wanted)


class Tail:
    """What a follower has not been sent yet."""

    def __init__(self, chosen: Chosen, session: Session) -> None:
        self._chosen = chosen
        self._session = session
        self._size = 0
        self.waiting: deque[Moment] = deque()
        self.lost = 0

    def add(self, moment: Moment) -> None:
        if moment.block.name not in self._chosen:
            return
        size = len(moment.block.data)
        if self._size + size > BEHIND and self.waiting:
            self.lost += size
            return
        self._size += size
        self.waiting.append(moment)
        self._session.wake()

    def take(self) -> Moment:
        moment = self.waiting.popleft()
        self._size -= len(moment.block.data)
        return moment

    def take_lost(self) -> int:
        lost, self.lost = self.lost, 0
        return lost


def told(moment: Moment) -> Reply:
    """Put a moment into words: docs/protocol.md, "logs"."""
    block = moment.block
    return {
        "process": block.name,
        "at": round(moment.at, 6),
        "stream": block.stream,
        "event": block.event,
        "continues": block.continues,
        "text": block.data.decode("utf-8", "surrogateescape"),
    }


def heard(reply: Reply) -> Moment | None:
    """Read what `told` wrote; None for anything else."""
    try:
        data = reply["text"].encode("utf-8", "surrogateescape")
        event = reply["event"]
        block = Block(
            str(reply["process"]),
            data,
            "stderr" if reply["stream"] == "stderr" else "stdout",
            None if event is None else str(event),
            bool(reply["continues"]),
        )
        return Moment(float(reply["at"]), block)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None

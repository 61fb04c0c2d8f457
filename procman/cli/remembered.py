"""What `logs` shows: moments rendered as `start` renders them, the last lines of them, then what comes."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any

from procman.control.logs import Chosen
from procman.output.block import SYSTEM
from procman.output.console import Console
from procman.output.filters import Filter, compile_pattern
from procman.output.jsonlines import JsonLines
from procman.output.palette import Palette, want_color
from procman.output.prefix import Prefixes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from procman.output.filters import Sink as Renderer
    from procman.output.history import Moment

LINES = 100


class Remembered:
    """Renders moments as `start` shows them; holds them back until the last lines are known."""

    def __init__(self, **options: Any) -> None:
        self.lines: int | None = options["lines"]
        if self.lines is None and options["since"] is None:
            self.lines = LINES
        self._at = 0.0
        self._options = options
        self._held: list[bytes | memoryview] | None = []
        self._pattern = None if options["grep"] is None else compile_pattern(options["grep"])
        self.learn([])

    def learn(self, names: Sequence[str]) -> None:
        """Prepare for these processes; others may come."""
        options = self._options
        renderer: Renderer
        if options["as_json"]:
            renderer = JsonLines(lambda: self._at)
        else:
            colored = want_color(options["color"], os.environ, os.isatty(1))
            types = list(dict.fromkeys(name.rpartition(".")[0] for name in names))
            template = "" if options["no_prefix"] else None
            prefixes = Prefixes(
                names,
                Palette(types, colored),
                timestamp=options["timestamp"],
                template=template,
                start=time.time(),
            )
            renderer = Console(prefixes, terminal=os.isatty(1), clock=lambda: self._at)
        self._renderer = renderer if self._pattern is None else Filter(renderer, pattern=self._pattern)

    def add(self, moment: Moment) -> None:
        block = moment.block
        if self._pattern is not None and block.event is not None and not self._pattern.search(block.data):
            return
        self._at = moment.at
        data = self._renderer.render(block)
        if self._held is None:
            _put(data)
        else:
            self._held.append(data)

    def flush(self) -> None:
        """Show what is remembered, as many lines of it as are wanted; then all is shown as it comes."""
        held, self._held = self._held, None
        if held is not None:
            data = b"".join(held)
            _put(data if self.lines is None else _last_lines(data, self.lines))

    def close(self) -> None:
        self.flush()
        _put(self._renderer.close())

    def all(self, moments: Iterable[Moment], words: Sequence[str], age: float | None) -> None:
        since = 0.0 if age is None else time.time() - age
        chosen = Chosen(words, {})
        wanted = [m for m in moments if m.block.name in chosen and m.at >= since]
        names = dict.fromkeys(moment.block.name for moment in wanted)
        self.learn([name for name in names if name != SYSTEM])
        for moment in wanted:
            self.add(moment)
        self.close()


def _last_lines(data: bytes, count: int) -> bytes:
    if not count:
        return b""
    at = len(data)
    for _ in range(count + (0 if data.endswith(b"\n") else -1) + 1):
        at = data.rfind(b"\n", 0, at)
        if at < 0:
            return data
    return data[at + 1 :]


def _put(data: bytes | memoryview) -> None:
    if data:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()

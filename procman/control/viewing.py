"""`connect`: one process's terminal, seen by several, written to by one.

Theory of operation. A viewer gets what the process writes, raw, as procman reads it; the log goes on
as ever. Of those who want to write the first may, and when it leaves the next one. The terminal has
the writer's size, and procman's own again when no writer is left. procman switches the terminal's
output processing off (a newline stays a newline), so it is made up for here, as long as the program
itself has not asked for bare newlines (ONLCR).
"""

from __future__ import annotations

import fcntl
import os
import struct
import termios
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from procman.control.protocol import LONGEST_REQUEST, Refusal, decode
from procman.control.run import condition, ended
from procman.core.process import State

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from procman.control.protocol import Reply
    from procman.control.run import Run
    from procman.control.session import Answer, Session

BEHIND = 1024 * 1024
"""Bytes that wait for a viewer who doesn't keep up; what comes beyond them is not shown."""
PIECE = 32 * 1024
AGAIN = 0.02
"""Seconds until a terminal whose program doesn't read is tried again."""
OFLAG = 1


class Viewing:
    """All who are connected, by process; the first writer of each has the keyboard."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._writers: dict[str, list[View]] = {}
        self._sizes: dict[str, bytes] = {}

    def connect(self, name: str, arguments: Mapping[str, Any], session: Session) -> Answer:
        if self._run.snapshot[name].pid is None:
            raise Refusal("not-running", f"{name} isn't running: {condition(self._run.snapshot[name])}")
        if self._run.terminal_of(name) < 0:
            raise Refusal("no-terminal", f"{name} has no terminal: procman was started with --no-pty")
        return self._view(name, arguments, session)

    def is_taken(self, name: str) -> bool:
        return bool(self._writers.get(name))

    def _view(self, name: str, arguments: Mapping[str, Any], session: Session) -> Answer:
        view = View(self._run, name, session, tuple(arguments.get("size", ())))
        writers = self._writers.setdefault(name, [])
        if arguments.get("write", True):
            writers.append(view)
        session.watching = True
        self._run.tap(name, view.hear)
        try:
            yield view.greeting(writer=writers[:1] == [view])
            while True:
                self._seat(view)
                yield from view.news()
                self._seat(view)  # its window may be another by now
                if view.has_left():
                    yield {"ok": True, "ended": ""}
                    return
                if reason := view.end():
                    yield {"ok": True, "ended": reason}
                    return
                yield None
        finally:
            self._run.untap(name, view.hear)
            self._leave(view)

    def _seat(self, view: View) -> None:
        """Give the keyboard and the say over the size to the first in the line."""
        if self._writers.get(view.name, [])[:1] != [view]:
            return
        master = self._run.terminal_of(view.name)
        if master >= 0 and view.size and view.sized != master:
            with suppress(OSError):
                if view.name not in self._sizes:
                    self._sizes[view.name] = fcntl.ioctl(master, termios.TIOCGWINSZ, bytes(8))
                set_size(master, struct.pack("HHHH", *view.size, 0, 0))
            view.sized = master
        if not view.writer:
            view.writer = True
            view.told_writer = False

    def _leave(self, view: View) -> None:
        writers = self._writers.get(view.name, [])
        if view in writers:
            writers.remove(view)
        if writers:
            writers[0].session.wake()
            return
        self._writers.pop(view.name, None)
        size = self._sizes.pop(view.name, None)
        master = self._run.terminal_of(view.name)
        if size is not None and master >= 0:
            with suppress(OSError):
                set_size(master, size)


class View:
    """One who is connected. size: rows and columns of its window, () when it has none."""

    def __init__(self, run: Run, name: str, session: Session, size: tuple[int, ...]) -> None:
        self._run = run
        self._pid = run.snapshot[name].pid
        self._heard = bytearray()
        self._keys = b""
        self._left = False
        self.name = name
        self.session = session
        self.size = size
        self.sized = -1
        self.writer = False
        self.told_writer = True

    def greeting(self, *, writer: bool) -> Reply:
        """Begin with the last screenful, the prompt at its end included."""
        rows = self.size[0] if self.size else 24
        moments = self._run.history.moments({self.name}, lines=rows - 1)
        data = b"".join(moment.block.data for moment in moments)
        self.writer = writer
        text = data[-PIECE:].replace(b"\n", b"\r\n").decode("utf-8", "surrogateescape")
        return {"process": self.name, "writer": writer, "text": text}

    def hear(self, data: bytes) -> None:
        if len(self._heard) < BEHIND:
            self._heard += data
            self.session.wake()

    def news(self) -> Iterator[Reply]:
        """Say what happened, and pass the client's keys on."""
        while self._heard:
            data = bytes(self._heard[:PIECE])
            del self._heard[:PIECE]
            if self._wants_returns():
                data = data.replace(b"\n", b"\r\n")
            yield {"text": data.decode("utf-8", "surrogateescape")}
        if not self.told_writer:
            self.told_writer = True
            yield {"writer": True}
        process = self._run.snapshot.get(self.name)
        if process is not None and process.pid is not None and process.pid != self._pid:
            self._pid = process.pid
            self.sized = -1
            # A new child has a new terminal; of the old one an heir may still be heard.
            self._run.untap(self.name, self.hear)
            self._run.tap(self.name, self.hear)
            yield {"event": f"started with pid {process.pid}"}
        while len(self._keys) < LONGEST_REQUEST and (line := self.session.take()) is not None:
            self._obey(decode(line))
        self._type()

    def has_left(self) -> bool:
        return self._left

    def end(self) -> str:
        """Say how the process ended, "" as long as it runs or comes back."""
        process = self._run.snapshot.get(self.name)
        if process is None:
            return "gone"
        return ended(process) if process.state is State.EXITED else ""

    def _obey(self, message: Reply) -> None:
        if message.get("detach"):
            self._left = True
        text = message.get("text")
        if isinstance(text, str) and self.writer:
            try:
                self._keys += text.encode("utf-8", "surrogateescape")
            except UnicodeEncodeError:
                raise Refusal("bad-request", "text has a surrogate that stands for no byte") from None
        size = message.get("size")
        if isinstance(size, list) and len(size) == 2:  # noqa: PLR2004 - rows and columns
            rows, columns = size
            if all(type(side) is int and 0 < side < 1 << 16 for side in (rows, columns)):
                self.size = (rows, columns)
                self.sized = -1

    def _type(self) -> None:
        master = self._run.terminal_of(self.name)
        self.session.again = None
        if not self._keys:
            return
        if master < 0:
            self._keys = b""
            return
        try:
            count = os.write(master, self._keys)
        except BlockingIOError:
            count = 0
        except OSError:
            count = len(self._keys)
        self._keys = self._keys[count:]
        if self._keys:
            self.session.again = AGAIN

    def _wants_returns(self) -> bool:
        master = self._run.terminal_of(self.name)
        try:
            return bool(termios.tcgetattr(master)[OFLAG] & termios.ONLCR)
        except (termios.error, OSError, ValueError):
            return True


def set_size(master: int, size: bytes) -> None:
    fcntl.ioctl(master, termios.TIOCSWINSZ, size)

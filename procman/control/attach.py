"""The near end of `connect`: our terminal becomes that of a process, until the detach keys or its end.

Our own terminal is taken out of its usual mode and put back whatever happens: an end, an error, a
signal. The program at the other end keeps what it has set there; what it did to our screen
(bracketed paste, mouse, the other screen, a hidden cursor) is undone.
"""

from __future__ import annotations

import os
import re
import select
import signal
import sys
import termios
import tty
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NoReturn

from procman.control.client import GoneError
from procman.errors import USAGE, ProcmanError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from procman.control.client import Client

DETACH = "ctrl-]"
SCREENS = re.compile(rb"\x1b\[\?(?:1049|47|1047)([hl])")
UNDONE = b"\x1b[0m\x1b[?25h\x1b[?2004l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1004l\x1b>"
ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


def parse_keys(text: str) -> bytes:
    """Read `ctrl-]` or `ctrl-p,ctrl-q`, as docker writes them; raises ProcmanError."""
    keys = b""
    for word in text.split(","):
        name = word.strip().lower()
        if (
            name.startswith("ctrl-")
            and len(name) == len("ctrl-x")
            and name[-1] in "@abcdefghijklmnopqrstuvwxyz[\\]^_"
        ):
            keys += bytes([ord(name[-1].upper()) & 0x1F])
        elif len(word.strip()) == 1 and word.isascii():
            keys += word.strip().encode()
        else:
            raise ProcmanError(
                f"--detach-keys {text!r}: {word!r} is no key",
                hint="write ctrl-] or ctrl-p,ctrl-q",
                exit_code=USAGE,
            )
    return keys


class Keys:
    """Tells the detach keys from the others; the beginning of them waits for what follows."""

    def __init__(self, sequence: bytes) -> None:
        self._sequence = sequence
        self._held = b""
        self.left = False

    def pass_on(self, data: bytes) -> bytes:
        """Give what is for the process; `left` is true once the whole sequence was typed."""
        data = self._held + data
        before, found, _ = data.partition(self._sequence)
        if found:
            self._held, self.left = b"", True
            return before
        size = next(
            (n for n in range(len(self._sequence) - 1, 0, -1) if data.endswith(self._sequence[:n])), 0
        )
        self._held = data[len(data) - size :]
        return data[: len(data) - size]


def attach(client: Client, name: str, *, write: bool, keys: bytes) -> None:
    """Sit at a process's terminal until it ends, or goes on without us; which of them is said at the end."""
    size = [*window(1)]
    greeting = next(client.stream("connect", name=name, write=write, size=size))
    name = greeting["process"]
    notice(
        f"connected to {name}, {spelled(keys)} leaves"
        + ("" if greeting["writer"] else " (somebody else types)")
    )
    screen = Screen()
    with raw_terminal(0, screen):
        screen.show(greeting["text"])
        try:
            reason = _relay(client, screen, Keys(keys))
        except GoneError:
            reason = "procman has ended"
    notice(f"{name}: {reason}" if reason else f"left {name}, it goes on", fresh=True)


def _relay(client: Client, screen: Screen, keys: Keys) -> str:
    with resizes() as bell:
        while True:
            while (reply := client.next()) is not None:
                if "ok" in reply:
                    return str(reply.get("ended", reply.get("message", "")))
                if "event" in reply:
                    notice(str(reply["event"]), fresh=True)
                if reply.get("writer"):
                    notice("you type now", fresh=True)
                screen.show(str(reply.get("text", "")))
            ready, _, _ = select.select([0, client.fileno(), bell], [], [])
            if bell in ready:
                os.read(bell, 64)
                client.say(size=[*window(1)])
            if client.fileno() in ready:
                client.fill()
            if 0 in ready:
                data = os.read(0, 4096)
                typed = keys.pass_on(data)
                if typed:
                    client.say(text=typed.decode("utf-8", "surrogateescape"))
                if keys.left or not data:
                    client.say(detach=True)
                    return ""


class Screen:
    """Our terminal's face. other: the process has switched to the other screen (an editor, a pager)."""

    def __init__(self) -> None:
        self.other = False

    def show(self, text: str) -> None:
        data = text.encode("utf-8", "surrogateescape")
        found = SCREENS.findall(data)
        if found:
            self.other = found[-1] == b"h"
        while data:
            data = data[os.write(1, data) :]

    def undo(self) -> None:
        with suppress(OSError):
            os.write(1, (b"\x1b[?1049l" if self.other else b"") + UNDONE)


def notice(text: str, *, fresh: bool = False) -> None:
    """Say something of our own; fresh: on a line of its own, wherever the process has left the cursor."""
    begin = "\r\n" if fresh else ""
    sys.stderr.write(f"{begin}[procman: {text}]\r\n")
    sys.stderr.flush()


def spelled(keys: bytes) -> str:
    return " ".join(f"Ctrl-{chr(key | 0x40)}" if key < 0x20 else chr(key) for key in keys)  # noqa: PLR2004 - ASCII


def window(fd: int) -> tuple[int, int]:
    """Give rows and columns."""
    try:
        size = os.get_terminal_size(fd)
    except OSError:
        return 24, 80
    return size.lines or 24, size.columns or 80


@contextmanager
def raw_terminal(fd: int, screen: Screen) -> Iterator[None]:
    """Have every key as it is typed; the terminal is as before at the end, and when a signal ends us."""
    before = termios.tcgetattr(fd)

    def restore() -> None:
        screen.undo()
        with suppress(termios.error):
            termios.tcsetattr(fd, termios.TCSADRAIN, before)

    def end(signum: int, _frame: object) -> NoReturn:
        restore()
        os._exit(128 + signum)

    handlers = {signum: signal.signal(signum, end) for signum in ENDING}
    try:
        tty.setraw(fd, termios.TCSADRAIN)
        yield
    finally:
        restore()
        for signum, handler in handlers.items():
            signal.signal(signum, handler)


@contextmanager
def resizes() -> Iterator[int]:
    """Give a descriptor that becomes readable whenever our window has another size."""
    reader, writer = os.pipe()
    for fd in (reader, writer):
        os.set_blocking(fd, False)

    def ring(_signum: int, _frame: object) -> None:
        with suppress(BlockingIOError):
            os.write(writer, b"!")

    before = signal.signal(signal.SIGWINCH, ring)
    try:
        yield reader
    finally:
        signal.signal(signal.SIGWINCH, before)
        os.close(reader)
        os.close(writer)

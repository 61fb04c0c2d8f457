"""Asking a running procman: finds its socket, speaks the protocol, tells refusals as ProcmanError."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from procman.control.address import Address, found
from procman.control.protocol import LONGEST_REPLY, Inbox, Refusal, Reply, decode, encode, request_line
from procman.errors import ProcmanError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType

NOTHING_RUNS = 3
"""The status of a command that found no running procman."""
PIECE = 65536


class RefusedError(ProcmanError):
    """procman said no. reply: in its own words, with what else it said."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        super().__init__(str(reply.get("message", "refused")), hint=_hint(reply))

    @property
    def code(self) -> str:
        return str(self.reply.get("error", ""))


class Client:
    """A connection to a running procman; a request's answer is read to its end before the next is put."""

    def __init__(self, connection: socket.socket, root: str) -> None:
        self.root = root
        self._socket = connection
        self._inbox = Inbox(LONGEST_REPLY)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def fileno(self) -> int:
        return self._socket.fileno()

    def ask(self, verb: str, **arguments: object) -> Reply:
        """Put a request and give the last word of its answer; raises RefusedError."""
        last: Reply = {}
        for last in self.stream(verb, **arguments):  # noqa: B007 - only the last one counts
            pass
        return last

    def stream(self, verb: str, **arguments: object) -> Iterator[Reply]:
        """Put a request and give its answer as it comes, the last word included; raises RefusedError."""
        self._send(request_line(verb, **arguments))
        while True:
            reply = self.receive()
            if "ok" in reply and not reply["ok"]:
                raise RefusedError(reply)
            yield reply
            if "ok" in reply:
                return

    def say(self, **words: object) -> None:
        """Send what belongs to the request that is being answered."""
        self._send(encode(words))

    def receive(self) -> Reply:
        """Give the next object, waiting for it; raises ProcmanError when procman has gone."""
        while (reply := self.next()) is None:
            self.fill()
        return reply

    def fill(self) -> None:
        """Read once, waiting for something."""
        try:
            data = self._socket.recv(PIECE)
        except ConnectionError:
            data = b""
        if not data:
            raise GoneError
        if not self._inbox.feed(data):
            raise ProcmanError("procman's answer is too long")

    def next(self) -> Reply | None:
        """Give the next object that has been read already."""
        line = self._inbox.pop()
        if line is None:
            return None
        try:
            return decode(line)
        except Refusal as refusal:
            raise ProcmanError(f"procman's answer can't be read: {refusal}") from None

    def _send(self, data: bytes) -> None:
        # What it has to say before it hangs up is still there to be read.
        with suppress(ConnectionError):
            self._socket.sendall(data)


class GoneError(ProcmanError):
    """The connection ended in the middle of an answer."""

    def __init__(self) -> None:
        super().__init__("procman has ended")


def connect(address: Address) -> Client | None:
    """Connect to a running procman, None when nobody listens (a socket that was left behind)."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(address.socket)
    except (ConnectionError, FileNotFoundError):
        connection.close()
        return None
    except OSError as error:
        connection.close()
        raise ProcmanError(f"{address.socket}: {(error.strerror or str(error)).lower()}") from None
    return Client(connection, address.root)


def reach(start: str | None, environ: Mapping[str, str]) -> Client:
    """Connect to what runs in a folder; None: in the current one, or else in one above it.

    Raises ProcmanError with its own status when nothing runs there.
    """
    for address in found(start or os.getcwd(), environ, below=start is None):
        client = connect(address)
        if client is not None:
            return client
    where = f"in {start}" if start is not None else "here or in a folder above"
    raise ProcmanError(
        f"nothing is running {where}", hint="`procman start` starts it", exit_code=NOTHING_RUNS
    )


def _hint(reply: Reply) -> str:
    known = reply.get("known")
    if not isinstance(known, list) or not known:
        return ""
    names = [str(name) for name in known]
    if reply.get("error") == "ambiguous":
        return f"name one of {', '.join(names)}"
    from procman.config.nearest import did_you_mean

    return did_you_mean(str(reply.get("word", "")), names) or f"known: {', '.join(names)}"

"""The socket of a running procman: a feed with a selector of its own, so that one descriptor stands for all.

Nobody can stop the supervision from here: sockets don't block, what a client sends and what it is
owed is bounded, and its patience with us is ours with it. Others than the user are refused by uid.
"""

from __future__ import annotations

import errno
import os
import selectors
from contextlib import suppress
from typing import TYPE_CHECKING

from procman.control.listener import listen, peer_uid
from procman.control.protocol import Refusal, encode
from procman.control.session import Session
from procman.control.verbs import Verbs

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from procman.control.run import Run
    from procman.core.events import Event

MOST_CLIENTS = 64
AT_ONCE = 32 * 1024
"""Bytes read from one client in one turn."""
PAUSE = 1.0
"""Seconds without new clients after the system ran out of descriptors."""


class Server:
    """A feed and an observer. peer: gives the uid at the other end of a connection."""

    def __init__(self, path: str, run: Run, *, peer: Callable[[socket.socket], int] | None = None) -> None:
        self._path = path
        self._clock = run.clock
        self._verbs = Verbs(run)
        self._peer = peer or peer_uid
        self._sockets: dict[Session, socket.socket] = {}
        self._awake: dict[Session, None] = {}
        self._accept_at: float | None = None
        self._next: float | None = None
        self._listener = listen(path)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)

    @property
    def deadline(self) -> float | None:
        if self._verbs.over:
            return None
        return 0.0 if self._awake or self._verbs.asking.events else self._next

    def fileno(self) -> int:
        return self._selector.fileno()

    def read(self, now: float) -> list[Event]:
        """Serve whoever is ready; give what is put to the supervisor."""
        if self._verbs.over:
            return []
        if self._accept_at is not None and self._accept_at <= now:
            self._accept_at = None
            self._selector.register(self._listener, selectors.EVENT_READ)
        for key, events in self._selector.select(0):
            session: Session | None = key.data
            if session is None:
                self._accept(now)
                continue
            if not events & selectors.EVENT_READ or self._receive(session):
                self._serve(session, now)
        awake, self._awake = self._awake, {}
        for session in awake:
            self._serve(session, now)
        if self._next is not None and self._next <= now:
            self._look_at_clocks(now)
        put, self._verbs.asking.events = self._verbs.asking.events, []
        return put

    def notice(self, event: Event, now: float) -> None:
        """Hear what happened: those who wait for it get their answer."""
        self._verbs.asking.noticed(event)
        if self._sockets and not self._verbs.over:
            for session in list(self._sockets):
                self._serve(session, now)

    def is_connected(self, name: str) -> bool:
        """Whether somebody sits at a process's terminal."""
        return self._verbs.viewing.is_taken(name)

    def close(self, before_last_words: Callable[[], None]) -> None:
        """Be reachable no longer, and let the last answers go: nothing that was started is alive any more."""
        with suppress(OSError):
            os.unlink(self._path)
        if self._accept_at is None:
            self._selector.unregister(self._listener)
        self._listener.close()
        before_last_words()
        self._verbs.over = True
        for session in list(self._sockets):
            self._serve(session, self._clock())
        for session in list(self._sockets):
            self._drop(session)
        self._selector.close()
        self._next = None

    def _look_at_clocks(self, now: float) -> None:
        """Find whose time has come, and when the next one's will have."""
        self._next = self._accept_at
        for session in list(self._sockets):
            if session.again_at is not None and session.again_at <= now:
                self._serve(session, now)
            if session.deadline is not None and session.deadline <= now:
                self._drop(session)
            else:
                self._mind(session.deadline)
                self._mind(session.again_at)

    def _mind(self, moment: float | None) -> None:
        """Look at the clocks no later than then; that it may be too early costs less than to know better."""
        if moment is not None and (self._next is None or moment < self._next):
            self._next = moment

    def _accept(self, now: float) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS):
                # It would be ready again at once, for ever.
                self._selector.unregister(self._listener)
                self._accept_at = now + PAUSE
                self._mind(self._accept_at)
            return
        connection.setblocking(False)
        refusal = None
        if self._peer(connection) != os.geteuid():
            refusal = Refusal("forbidden", "this procman is another user's")
        elif len(self._sockets) >= MOST_CLIENTS:
            refusal = Refusal("too-many", f"{MOST_CLIENTS} clients are connected already")
        if refusal is not None:
            with suppress(OSError):
                connection.send(encode(refusal.reply))
            connection.close()
            return
        session = Session(self._verbs.answer, self._wake, now)
        self._sockets[session] = connection
        session.watched = selectors.EVENT_READ
        self._selector.register(connection, selectors.EVENT_READ, session)
        self._mind(session.deadline)

    def _wake(self, session: Session) -> None:
        if not session.full:
            self._awake[session] = None

    def _receive(self, session: Session) -> bool:
        """Read once; false when that was the end."""
        connection = self._sockets.get(session)
        if connection is None:
            return False
        try:
            data = connection.recv(AT_ONCE)
        except BlockingIOError:
            return True
        except OSError:
            data = b""
        if not data:
            self._drop(session)
            return False
        session.receive(data)
        return True

    def _serve(self, session: Session, now: float) -> None:
        """Answer, send, and say what to wait for: room to send, or the next request."""
        connection = self._sockets.get(session)
        if connection is None:
            return
        if not session.over:
            session.go_on(now)
        try:
            if session.outbox:
                session.sent(connection.send(session.outbox), now)
        except BlockingIOError:
            pass
        except OSError:
            self._drop(session)
            return
        if session.over and not session.outbox:
            self._drop(session)
            return
        self._mind(session.deadline)
        self._mind(session.again_at)
        wanted = selectors.EVENT_READ if session.hungry and not session.over else 0
        # Whoever reads fast still gets one portion a turn: there is more to do than to talk.
        wanted |= selectors.EVENT_WRITE if session.outbox or session.full else 0
        self._watch(connection, wanted, session)

    def _watch(self, connection: socket.socket, wanted: int, session: Session) -> None:
        if wanted == session.watched:
            return
        if session.watched and wanted:
            self._selector.modify(connection, wanted, session)
        elif wanted:
            self._selector.register(connection, wanted, session)
        else:
            self._selector.unregister(connection)
        session.watched = wanted

    def _drop(self, session: Session) -> None:
        connection = self._sockets.pop(session, None)
        if connection is None:
            return
        self._awake.pop(session, None)
        self._watch(connection, 0, session)
        session.close()
        connection.close()

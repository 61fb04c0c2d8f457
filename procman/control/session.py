"""One client, without its socket: what it sent, what it is owed, how long it may keep us waiting.

Theory of operation. A request is answered by a generator: it yields objects to send (or a line that
is written already), or None while there is nothing to say yet; then it is asked again after whatever
may have changed. It is only asked while there is room in the outbox, so that a client that doesn't
read holds up itself and nobody else: what waits for one client is never more than ROOM and the one
object that went over it. Requests that came meanwhile lie in the inbox, whose size is bounded as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.control.protocol import LONGEST_REQUEST, Inbox, Refusal, encode, parse_request

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from procman.control.protocol import Reply, Request

    Answer = Generator[Reply | bytes | None, None, None]

ROOM = 64 * 1024
IDLE = 60.0
"""Seconds within which a client has to finish its line, ask something, or read what it is owed."""
STALLED_VIEW = 900.0
"""Seconds for one that watches (logs, a terminal): a pager may stand still for a while."""


class Session:
    """answer: begins an answer, or raises Refusal. awaken: called when there may be something to send.

    again: seconds after which the answer wants to be asked although nothing happened, None for never.
    """

    def __init__(
        self,
        answer: Callable[[Request, Session], Answer],
        awaken: Callable[[Session], None],
        now: float,
    ) -> None:
        self._begin = answer
        self._awaken = awaken
        self._inbox = Inbox(LONGEST_REQUEST)
        self._answer: Answer | None = None
        self._moved_at = now
        self.outbox = bytearray()
        self.again: float | None = None
        self.again_at: float | None = None
        self.watching = False
        self.full = False
        self.over = False
        self.watched = 0

    @property
    def deadline(self) -> float | None:
        """When patience ends; none while it is the client that waits."""
        if self._answer is not None and not self.outbox:
            return None
        return self._moved_at + (STALLED_VIEW if self.watching else IDLE)

    @property
    def hungry(self) -> bool:
        """Whether more may be read; else there are requests enough that wait for their turn."""
        return len(self._inbox) < LONGEST_REQUEST // 2 or not self._inbox.has_line

    def wake(self) -> None:
        self._awaken(self)

    def receive(self, data: bytes) -> None:
        """Take in what the client sent; `go_on` answers it."""
        if not self._inbox.feed(data):
            self.over = True
            self.outbox += encode(Refusal("too-long", f"a line has at most {LONGEST_REQUEST} bytes").reply)

    def sent(self, count: int, now: float) -> None:
        del self.outbox[:count]
        self._moved_at = now

    def take(self) -> bytes | None:
        """Give the next line that the client sent while its request is being answered."""
        return self._inbox.pop()

    def go_on(self, now: float) -> None:
        """Answer what can be answered, as far as there is room; full: there is more to say."""
        while len(self.outbox) < ROOM:
            if self._answer is None and not self._next(now):
                break
            if self._answer is not None:
                reply = self._reply(self._answer)
                if reply is None and self._answer is not None:
                    break
                if reply is not None:
                    self._owe(reply, now)
        self.full = len(self.outbox) >= ROOM
        self.again_at = None if self.again is None else now + self.again

    def close(self) -> None:
        """End what is being answered: it lets go of what it holds."""
        answer, self._answer = self._answer, None
        self.over = True
        if answer is not None:
            answer.close()

    def _next(self, now: float) -> bool:
        line = self._inbox.pop()
        if line is None:
            return False
        self._moved_at = now
        self.watching = False
        try:
            self._answer = self._begin(parse_request(line), self)
        except Refusal as refusal:
            self._owe(refusal.reply, now)
        return True

    def _reply(self, answer: Answer) -> Reply | bytes | None:
        try:
            return next(answer)
        except StopIteration:
            self._answer = self.again = None
        except Refusal as refusal:
            self._answer = self.again = None
            return refusal.reply
        return None

    def _owe(self, reply: Reply | bytes, now: float) -> None:
        if not self.outbox:
            self._moved_at = now
        self.outbox += reply if isinstance(reply, bytes) else encode(reply)

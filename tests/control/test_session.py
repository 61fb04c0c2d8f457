"""One client: what it is owed, what it may leave lying here, how long it may keep us waiting."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from procman.control.protocol import LONGEST_REQUEST, request_line
from procman.control.session import IDLE, ROOM, STALLED_VIEW, Session
from tests.control.bench import Bench

if TYPE_CHECKING:
    from procman.control.protocol import Request
    from procman.control.session import Answer

PS = request_line("ps")


class Talker:
    """Answers every request with so many objects of a kilobyte, and knows how many it was asked for."""

    def __init__(self, count: int) -> None:
        self._count = count
        self.asked = 0
        self.closed = False

    def answer(self, request: Request, session: Session) -> Answer:  # noqa: ARG002 - as Verbs answers
        try:
            for _ in range(self._count):
                self.asked += 1
                yield {"text": "x" * 1000}
            yield {"ok": True}
        finally:
            self.closed = True


def never_awake(session: Session) -> None:
    raise AssertionError(session)


def test_requests_are_answered_in_their_order() -> None:
    client = Bench("web.1").client()
    heard = client.send(PS + request_line("info") + b"nonsense\n" + PS[:-1])
    assert ["processes" in heard[0], "pid" in heard[1], heard[2]["ok"]] == [True, True, False]
    assert len(heard) == 3
    assert "processes" in client.send(b"\n")[0]


def test_after_nonsense_the_next_request_is_answered_as_ever() -> None:
    client = Bench("web.1").client()
    assert client.send(b"\x00\xff\n\n{}\n" + PS)[-1]["ok"] is True


def test_one_who_does_not_read_is_owed_no_more_than_there_is_room_for() -> None:
    talker = Talker(10_000)
    session = Session(talker.answer, never_awake, 0.0)
    session.receive(PS * 100)
    session.go_on(0.0)
    assert session.full
    assert ROOM <= len(session.outbox) < ROOM + 2000
    assert talker.asked < 100
    for _ in range(100):
        session.go_on(0.0)
    assert talker.asked < 100


def test_one_who_reads_gets_all_of_it() -> None:
    session = Session(Talker(500).answer, never_awake, 0.0)
    session.receive(PS)
    session.go_on(0.0)
    heard = b""
    while session.outbox:
        heard += bytes(session.outbox)
        session.sent(len(session.outbox), 0.0)
        session.go_on(0.0)
    lines = [json.loads(line) for line in heard.splitlines()]
    assert len(lines) == 501
    assert lines[-1] == {"ok": True}


def test_a_line_that_never_ends_is_refused_and_the_client_dropped() -> None:
    session = Session(Talker(1).answer, never_awake, 0.0)
    for _ in range(LONGEST_REQUEST // 1000 + 1):
        session.receive(b"x" * 1000)
        session.go_on(0.0)
    assert session.over
    assert json.loads(session.outbox)["error"] == "too-long"


def test_with_requests_enough_no_more_are_read() -> None:
    session = Session(Talker(10_000).answer, never_awake, 0.0)
    session.receive(PS * (LONGEST_REQUEST // 2 // len(PS) + 2))
    session.go_on(0.0)
    session.receive(b"")
    session.go_on(0.0)
    assert not session.hungry
    assert not session.over


def test_half_a_line_is_waited_for_and_dripping_does_not_help() -> None:
    session = Session(Talker(1).answer, never_awake, 0.0)
    for second in range(50):
        session.receive(b"x")
        session.go_on(float(second))
    assert session.deadline == IDLE


def test_each_request_begins_the_patience_anew() -> None:
    client = Bench("web.1").client()
    before = client.session.deadline
    client._bench.now += 30
    client.send(PS)
    assert before is not None
    assert client.session.deadline == before + 30


def test_patience_is_no_matter_while_it_is_the_client_who_waits() -> None:
    bench = Bench("web.1")
    bench.stubborn.add("web.1")
    client = bench.client()
    assert client.ask("stop", names=["web"]) == []
    assert client.session.deadline is None


def test_one_who_watches_may_stand_still_for_longer() -> None:
    bench = Bench("web.1")
    client = bench.client()
    client.ask("logs", follow=True)
    assert client.session.deadline is None
    client.session.outbox += b"x"
    assert client.session.deadline == bench.now + STALLED_VIEW


def test_an_answer_that_is_given_up_lets_go_of_what_it_holds() -> None:
    talker = Talker(10_000)
    session = Session(talker.answer, never_awake, 0.0)
    session.receive(PS)
    session.go_on(0.0)
    session.close()
    assert talker.closed

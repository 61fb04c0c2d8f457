from __future__ import annotations

import http.server
import os
import select
import socket
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from procman.config.instance import Instance
from procman.config.kinds import Kind
from procman.config.settings import Ready, ReadyWhen
from procman.core.events import Event, Exited, Readied, Spawned, Status
from procman.output.block import Block
from procman.runtime.probes import FIRST_PAUSE, Probes
from tests.harness import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


class Looking:
    """Probes of one process that was spawned at second 0, with a clock that goes on at every look."""

    def __init__(
        self, ready: Ready | None, port: int = 0, *, portable: bool = False, members: Sequence[int] = ()
    ) -> None:
        instance = Instance("web.1", "web", 1, "serve", {}, port or None, Kind.PROCESS, ready=ready)
        self.commands: list[tuple[str, Callable[[Status], None]]] = []
        self.probes = Probes(
            {"web.1": instance},
            portable=portable,
            members=lambda _name: [*members],
            beside=lambda _name, command, told: self.commands.append((command, told)),
        )
        self.now = 0.0
        self.probes.notice(Spawned("web.1", 1), self.now)

    def look(self) -> list[Event]:
        self.now += 1.0
        return self.probes.read(self.now)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        yield found


def test_a_process_without_a_probe_is_not_looked_at() -> None:
    looking = Looking(None)
    assert looking.probes.deadline is None


def test_a_port_makes_it_ready_once_somebody_listens(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    looking = Looking(Ready(ReadyWhen.PORT), port)
    assert looking.probes.deadline == FIRST_PAUSE
    assert looking.look() == []
    listener.listen()
    assert looking.look() == [Readied("web.1")]
    assert looking.probes.deadline is None


def test_who_listened_before_it_was_spawned_does_not_make_it_ready(listener: socket.socket) -> None:
    listener.listen()
    looking = Looking(Ready(ReadyWhen.PORT), listener.getsockname()[1])
    assert not any(looking.look() for _ in range(12))


def test_one_that_listened_before_its_start_was_noticed_is_ready_a_little_later(
    listener: socket.socket,
) -> None:
    listener.listen()
    looking = Looking(Ready(ReadyWhen.PORT), listener.getsockname()[1], members=[os.getpid()])
    assert looking.look() == []
    assert any(looking.look() for _ in range(12))


def test_one_that_has_gone_is_not_looked_at_any_more(listener: socket.socket) -> None:
    looking = Looking(Ready(ReadyWhen.PORT), listener.getsockname()[1])
    looking.probes.notice(Exited("web.1", Status()), 0.5)
    listener.listen()
    assert looking.look() == []


def test_a_line_of_its_log_makes_it_ready_whatever_its_colour() -> None:
    looking = Looking(Ready(ReadyWhen.LOG, r"accepting \d+"))
    assert looking.probes.deadline is None
    looking.probes.write(Block("db.1", b"accepting 9\n"))
    looking.probes.write(Block("web.1", b"starting\n"))
    looking.probes.write(Block("web.1", b"accepting 9 lives\n", event="system"))
    assert looking.look() == []
    looking.probes.write(Block("web.1", b"x\n\x1b[32maccepting\x1b[0m 12\n"))
    assert select.select([looking.probes.fileno()], [], [], 10.0)[0]
    assert looking.look() == [Readied("web.1")]


def test_a_command_is_asked_again_until_it_ends_well() -> None:
    looking = Looking(Ready(ReadyWhen.EXEC, "pg_isready"))
    assert looking.look() == []
    assert looking.look() == []
    assert [command for command, _ in looking.commands] == ["pg_isready"], "one at a time"
    looking.commands[0][1](Status(code=2))
    looking.look()
    looking.look()
    assert len(looking.commands) == 2
    looking.commands[1][1](Status())
    assert looking.look() == [Readied("web.1")]


def test_a_path_makes_it_ready_when_it_is_answered_well() -> None:
    answers = [503, 200]

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(answers.pop(0) if self.path == "/health" else 500)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's name
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        looking = Looking(Ready(ReadyWhen.HTTP, "/health"), server.server_port)
        assert eventually(looking.look) == [Readied("web.1")]
        server.shutdown()
    assert answers == []


def test_a_path_that_nobody_answers_does_not_make_it_ready(listener: socket.socket) -> None:
    looking = Looking(Ready(ReadyWhen.HTTP, "/"), listener.getsockname()[1])
    looking.look()
    assert select.select([looking.probes.fileno()], [], [], 10.0)[0]
    assert looking.look() == []

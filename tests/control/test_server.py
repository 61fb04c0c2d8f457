"""The socket: real connections, a server that is driven as the engine drives a feed."""

from __future__ import annotations

import json
import os
import resource
import select
import socket
import stat
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from procman.control.listener import peer_uid
from procman.control.protocol import request_line
from procman.control.server import MOST_CLIENTS, PAUSE, Server
from procman.control.session import IDLE
from procman.output.block import Block
from tests.control.bench import Bench

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PS = request_line("ps")


class Host:
    """A server in front of a bench, in a folder of its own."""

    def __init__(self, folder: str, peer: Callable[[socket.socket], int] | None = None) -> None:
        self.bench = Bench("web.1", "worker.1")
        self.bench.now = 1000.0
        self.path = os.path.join(folder, "s")
        self.server = Server(self.path, self.bench.run, peer=peer)
        self._open: list[socket.socket] = []

    def turn(self) -> None:
        """Do what the engine does in one turn, and never wait."""
        ready, _, _ = select.select([self.server], [], [], 0)
        deadline = self.server.deadline
        if ready or (deadline is not None and deadline <= self.bench.now):
            for event in self.server.read(self.bench.now):
                self.bench.tell(event)
                self.server.notice(event, self.bench.now)

    def connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX)
        self._open.append(connection)
        connection.connect(self.path)
        connection.setblocking(False)
        self.turn()
        return connection

    def read(self, connection: socket.socket, enough: Callable[[bytes], bool]) -> bytes:
        data = b""
        give_up_at = time.monotonic() + 10
        while not enough(data) and time.monotonic() < give_up_at:
            self.turn()
            with suppress(BlockingIOError):
                piece = connection.recv(65536)
                data += piece
                if not piece:
                    break
        return data

    def ask(self, connection: socket.socket, line: bytes) -> dict[str, Any]:
        with suppress(BrokenPipeError):
            connection.send(line)
        found: dict[str, Any] = json.loads(self.read(connection, lambda data: data.endswith(b"\n")))
        return found

    def close(self) -> None:
        for connection in self._open:
            connection.close()
        self.server.close(lambda: None)


def connection_is_open(connection: socket.socket) -> bool:
    try:
        return bool(connection.recv(1))
    except BlockingIOError:
        return True
    except ConnectionError:
        return False


@contextmanager
def hosting(folder: str, peer: Callable[[socket.socket], int] | None = None) -> Iterator[Host]:
    found = Host(folder, peer)
    try:
        yield found
    finally:
        found.close()


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("s"))


@pytest.fixture
def host(folder: str) -> Iterator[Host]:
    with hosting(folder) as found:
        yield found


def test_the_socket_is_the_users_alone_whatever_the_umask(folder: str) -> None:
    before = os.umask(0)
    try:
        with hosting(folder) as host:
            assert stat.S_IMODE(os.stat(host.path).st_mode) == 0o600
            assert os.umask(0) == 0
    finally:
        os.umask(before)


def test_a_dead_socket_is_replaced_and_ours_taken_away(folder: str) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(os.path.join(folder, "s"))
    with hosting(folder) as host:
        assert host.ask(host.connect(), PS)["ok"]
    assert os.listdir(folder) == []


def test_what_is_no_socket_of_ours_stays(folder: str) -> None:
    with open(os.path.join(folder, "s"), "wb") as file:
        file.write(b"precious")
    with pytest.raises(OSError, match="in use"):
        Host(folder)
    assert os.path.getsize(os.path.join(folder, "s")) == 8


def test_one_connection_has_many_answers(host: Host) -> None:
    connection = host.connect()
    for _ in range(20):
        assert len(host.ask(connection, PS)["processes"]) == 2


def test_another_user_is_refused(folder: str) -> None:
    with hosting(folder, peer=lambda _: os.geteuid() + 1) as host:
        connection = host.connect()
        assert json.loads(host.read(connection, lambda data: b"\n" in data))["error"] == "forbidden"


def test_the_user_at_the_other_end_is_known() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert peer_uid(ours) == os.geteuid()


def test_more_clients_than_there_is_room_for_are_refused_and_welcome_later(host: Host) -> None:
    first = [host.connect() for _ in range(MOST_CLIENTS)]
    extra = host.connect()
    assert json.loads(host.read(extra, lambda data: b"\n" in data))["error"] == "too-many"
    first[0].close()
    host.turn()
    assert host.ask(host.connect(), PS)["ok"]


def test_half_a_line_is_waited_for_only_so_long(host: Host) -> None:
    connection = host.connect()
    connection.send(b'{"procman":1,')
    host.turn()
    assert host.server.deadline == host.bench.now + IDLE
    host.bench.now += IDLE
    host.turn()
    assert not connection_is_open(connection)


def test_ten_megabytes_without_an_end_are_not_kept(host: Host) -> None:
    connection = host.connect()
    sent = 0
    while sent < 10_000_000:
        try:
            sent += connection.send(b"x" * 65536)
        except BlockingIOError:
            host.turn()
        except (BrokenPipeError, ConnectionResetError):
            break
    assert sent < 1_000_000


def test_one_who_asks_and_never_reads_is_held_up_alone_and_dropped_at_last(host: Host) -> None:
    rude, kind = host.connect(), host.connect()
    for _ in range(400):
        with suppress(BlockingIOError):
            rude.send(PS * 50)
        host.turn()
    session = next(s for s, c in host.server._sockets.items() if s.outbox)
    assert len(session.outbox) < 200_000
    assert host.ask(kind, PS)["ok"]
    host.bench.now += IDLE
    host.turn()
    assert host.ask(host.connect(), PS)["ok"]
    assert session not in host.server._sockets


def test_one_who_hangs_up_in_the_middle_is_forgotten(host: Host) -> None:
    host.bench.stubborn.add("web.1")
    connection = host.connect()
    connection.send(request_line("stop", names=["web"]))
    host.turn()
    connection.close()
    host.turn()
    assert not host.server._sockets


def test_a_long_log_comes_in_portions_and_whole(host: Host) -> None:
    for number in range(40):
        host.bench.history.write(Block("web.1", b"%d" % number + b"x" * 6000 + b"\n"))
    connection = host.connect()
    connection.send(request_line("logs"))
    data = host.read(connection, lambda data: data.endswith(b'{"ok":true}\n'))
    assert len(data.splitlines()) == 41


def test_a_follower_is_served_without_being_asked(host: Host) -> None:
    connection = host.connect()
    connection.send(request_line("logs", follow=True))
    host.read(connection, lambda data: b"live" in data)
    host.bench.history.write(Block("web.1", b"now\n"))
    assert host.server.deadline == 0.0
    assert b"now" in host.read(connection, lambda data: data.endswith(b"\n"))
    assert host.server.deadline != 0.0


def test_without_descriptors_there_is_a_pause_and_no_busy_loop(host: Host) -> None:
    waiting = [socket.socket(socket.AF_UNIX) for _ in range(2)]
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        waiting[0].connect(host.path)
        resource.setrlimit(resource.RLIMIT_NOFILE, (waiting[1].fileno() + 1, hard))
        taken = []
        with suppress(OSError):
            while True:
                taken.append(os.open(os.devnull, os.O_RDONLY))
        host.server.read(host.bench.now)
        assert host.server.deadline == host.bench.now + PAUSE
        host.server.read(host.bench.now)
        for fd in taken:
            os.close(fd)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    host.bench.now += PAUSE
    host.turn()
    waiting[0].send(PS)
    waiting[0].setblocking(False)
    assert b"web.1" in host.read(waiting[0], lambda data: data.endswith(b"\n"))
    for connection in waiting:
        connection.close()


def test_quit_is_answered_once_the_root_is_free_again(folder: str) -> None:
    host = Host(folder)
    connection = host.connect()
    connection.send(request_line("quit"))
    host.turn()
    said: list[str] = []
    host.server.close(lambda: said.append("free"))
    assert said == ["free"]
    connection.setblocking(True)
    assert connection.recv(100) == b'{"ok":true}\n'
    connection.close()


def test_after_its_end_a_server_is_silent(folder: str) -> None:
    host = Host(folder)
    host.close()
    assert host.server.read(host.bench.now + 1000) == []
    assert host.server.deadline is None


lines = st.one_of(
    st.binary(max_size=300),
    st.sampled_from(
        [
            PS,
            request_line("info"),
            request_line("logs", follow=True),
            request_line("wait", timeout=0),
            request_line("restart", all=True),
            request_line("scale", changes=[["web", "+", 1]]),
            request_line("connect", name="web.1"),
            b'{"text":"x"}\n',
            b"\n",
            b"{",
        ]
    ),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 3), st.one_of(lines, st.none()), st.floats(0, 40)), max_size=15))
def test_whatever_comes_at_whatever_time_it_goes_on(
    folder: str, script: list[tuple[int, bytes | None, float]]
) -> None:
    with hosting(folder) as host:
        clients: dict[int, socket.socket] = {}
        for who, data, seconds in script:
            if who not in clients:
                clients[who] = host.connect()
            if data is None:
                clients.pop(who).close()
            else:
                with suppress(BlockingIOError, BrokenPipeError, ConnectionResetError):
                    clients[who].send(data)
            for _ in range(3):
                host.turn()
            host.bench.pass_time(seconds)
            host.bench.history.write(Block("web.1", b"line\n"))
            host.turn()
        host.bench.pass_time(5)
        assert host.ask(host.connect(), PS)["ok"]

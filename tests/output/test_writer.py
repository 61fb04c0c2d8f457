from __future__ import annotations

import fcntl
import os
import select
import selectors
import socket
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from procman.output.widepipe import WIDE
from procman.output.writer import HIGH, LOW, PIECES, ThreadedWriter, Writer, open_writer
from tests.harness import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc/self/fd is Linux's")


class Pipe:
    """A pipe whose writer is procman's standard output, with us as its reader."""

    def __init__(self) -> None:
        self.reader, self.fd = os.pipe()
        self.flags = fcntl.fcntl(self.fd, fcntl.F_GETFL)
        os.set_blocking(self.reader, False)

    def read(self) -> bytes:
        pieces = []
        while piece := _read(self.reader):
            pieces.append(piece)
        return b"".join(pieces)

    def stop_reading(self) -> None:
        if self.reader >= 0:
            os.close(self.reader)
            self.reader = -1

    def close(self) -> None:
        self.stop_reading()
        os.close(self.fd)


def _read(fd: int) -> bytes:
    try:
        return os.read(fd, 1 << 20)
    except BlockingIOError:
        return b""


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    pipe = Pipe()
    yield pipe
    pipe.close()


def opened(fd: int) -> Writer:
    """Open a writer that must not be a thread's."""
    writer = open_writer(fd)
    assert type(writer) is Writer
    return writer


# --- a pipe or a terminal


@linux_only
def test_the_given_descriptor_stays_as_it_is(pipe: Pipe) -> None:
    writer = opened(pipe.fd)
    writer.put(b"x" * HIGH)
    writer.flush()
    assert fcntl.fcntl(pipe.fd, fcntl.F_GETFL) == pipe.flags
    assert os.get_blocking(pipe.fd)
    assert not os.get_blocking(writer.fileno())
    assert not os.get_inheritable(writer.fileno())


@linux_only
def test_a_terminal_that_is_shared_stays_as_it_is() -> None:
    master, slave = os.openpty()
    before = fcntl.fcntl(slave, fcntl.F_GETFL)
    writer = opened(slave)
    writer.put(b"hello\n")
    writer.flush()
    assert os.read(master, 100) == b"hello\r\n"
    assert fcntl.fcntl(slave, fcntl.F_GETFL) == before
    for fd in (master, slave, writer.fileno()):
        os.close(fd)


@linux_only
def test_blocks_go_out_in_order_and_once(pipe: Pipe) -> None:
    writer = opened(pipe.fd)
    for number in range(1000):
        writer.put(b"%d\n" % number)
    writer.flush()
    assert pipe.read() == b"".join(b"%d\n" % number for number in range(1000))
    assert (writer.pending, writer.lost) == (0, "")


@linux_only
def test_a_reader_that_stops_makes_nobody_wait_and_loses_nothing(pipe: Pipe) -> None:
    writer = opened(pipe.fd)
    data = bytes(range(256)) * 4096
    for start in range(0, len(data), 10_000):
        writer.put(data[start : start + 10_000])
    writer.flush()
    writer.flush()  # nothing goes in any more: no error, nothing sent twice
    taken = writer.written
    assert 0 < taken < len(data)
    assert writer.pending == len(data) - taken
    found = b""
    while writer.pending:
        found += pipe.read()
        writer.flush()
    assert found + pipe.read() == data
    assert writer.written == len(data)


@linux_only
def test_a_pipe_that_was_full_once_holds_more_from_then_on(pipe: Pipe) -> None:
    writer = opened(pipe.fd)
    before = fcntl.fcntl(pipe.fd, fcntl.F_GETPIPE_SZ)
    writer.put(b"=" * before)
    writer.flush()
    assert (fcntl.fcntl(pipe.fd, fcntl.F_GETPIPE_SZ), writer.takes) == (before, 0)
    writer.put(b"=")
    writer.flush()
    assert (fcntl.fcntl(pipe.fd, fcntl.F_GETPIPE_SZ), writer.takes) == (WIDE, PIECES)
    writer.flush()
    assert (writer.pending, len(pipe.read())) == (0, before + 1)


@linux_only
def test_one_block_larger_than_the_pipe_arrives_whole(pipe: Pipe) -> None:
    writer = opened(pipe.fd)
    data = os.urandom(700_000)
    writer.put(data)
    found = b""
    while writer.pending:
        writer.flush()
        found += pipe.read()
    assert found == data


@linux_only
def test_there_is_something_to_wait_for_exactly_when_the_reader_has_made_room(pipe: Pipe) -> None:
    writer = opened(pipe.fd)
    writer.put(b"x" * 1_000_000)
    writer.flush()  # now the pipe holds more
    writer.flush()
    assert select.select([], [writer.fileno()], [], 0)[1] == []
    pipe.read()
    assert select.select([], [writer.fileno()], [], 0)[1] == [writer.fileno()]


@linux_only
def test_congestion_begins_high_and_ends_low(pipe: Pipe) -> None:
    writer = opened(pipe.fd)
    writer.put(b"x" * HIGH)
    at_high = writer.congested
    writer.put(b"x")
    assert (at_high, writer.congested) == (False, True)
    seen = []
    while writer.pending:
        writer.flush()
        seen.append((writer.pending > LOW, writer.congested))
        pipe.read()
    # Far below HIGH it is still congested, and only from LOW on it isn't.
    assert set(seen) == {(True, True), (False, False)}


@linux_only
def test_a_reader_that_has_gone_is_noticed_and_nothing_is_kept_for_it(pipe: Pipe) -> None:
    writer = opened(pipe.fd)
    pipe.stop_reading()
    writer.put(b"x")
    writer.flush()
    assert writer.lost == "Broken pipe"
    writer.put(b"y" * HIGH)
    assert (writer.pending, writer.congested) == (0, False)


@linux_only
def test_a_pipe_tells_that_its_reader_has_gone_though_nobody_writes(pipe: Pipe) -> None:
    writer = opened(pipe.fd)
    with selectors.DefaultSelector() as selector:
        selector.register(writer.fileno(), writer.events)
        assert selector.select(0) == []
        pipe.stop_reading()
        assert len(selector.select(0)) == 1
    writer.reader_gone()
    assert (writer.lost, writer.events) == ("Broken pipe", 0)


@linux_only
def test_what_is_given_up_is_not_written(pipe: Pipe) -> None:
    writer = opened(pipe.fd)
    writer.put(b"x")
    writer.close()
    writer.flush()
    assert (pipe.read(), writer.pending) == (b"", 0)


def test_an_empty_block_is_nothing(pipe: Pipe) -> None:
    writer = Writer(pipe.fd)
    writer.put(b"")
    writer.flush()
    assert (writer.pending, writer.written) == (0, 0)


# --- a file


def test_a_file_is_appended_to_where_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"before\n")
    fd = os.open(path, os.O_WRONLY)
    os.lseek(fd, 0, os.SEEK_END)
    writer = opened(fd)
    for _ in range(100):
        writer.put(b"x" * 9_999 + b"\n")
    writer.flush()
    os.close(fd)
    assert (writer.pending, writer.fileno()) == (0, fd)
    assert path.read_bytes() == b"before\n" + (b"x" * 9_999 + b"\n") * 100


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="/dev/full is Linux's")
def test_a_full_disk_is_noticed_in_its_own_words() -> None:
    fd = os.open("/dev/full", os.O_WRONLY)
    writer = open_writer(fd)
    writer.put(b"x")
    writer.flush()
    os.close(fd)
    assert writer.lost == "No space left on device"


# --- what can't be opened again: a socket


class Socket:
    def __init__(self) -> None:
        self.near, self.far = socket.socketpair()
        self.flags = fcntl.fcntl(self.near, fcntl.F_GETFL)
        self.writer = open_writer(self.near.fileno())

    def news(self) -> bool:
        """Wait for the writer's descriptor as the engine does, then let it go on."""
        ready = select.select([self.writer.fileno()], [], [], 0)[0]
        self.writer.flush()
        return bool(ready)

    def close(self) -> None:
        self.writer.close()
        self.far.close()
        self.near.close()


@pytest.fixture
def connection() -> Iterator[Socket]:
    connection = Socket()
    yield connection
    connection.close()


def test_a_socket_has_a_thread_and_stays_as_it_is(connection: Socket) -> None:
    assert isinstance(connection.writer, ThreadedWriter)
    connection.writer.put(b"one\n")
    connection.writer.put(b"two\n")
    connection.writer.flush()
    assert connection.far.recv(8, socket.MSG_WAITALL) == b"one\ntwo\n"
    assert fcntl.fcntl(connection.near, fcntl.F_GETFL) == connection.flags


def test_a_stalled_socket_makes_nobody_wait_and_loses_nothing(connection: Socket) -> None:
    writer = connection.writer
    data = os.urandom(3 * HIGH)
    for start in range(0, len(data), 100_000):
        writer.put(data[start : start + 100_000])
        writer.flush()
    assert writer.congested
    found = []
    reader = threading.Thread(target=lambda: found.append(connection.far.recv(len(data), socket.MSG_WAITALL)))
    reader.start()
    eventually(lambda: connection.news() and writer.pending == 0)
    reader.join()
    assert found == [data]
    assert (writer.written, writer.congested) == (len(data), False)


def test_a_socket_whose_reader_has_gone_rings_and_says_why(connection: Socket) -> None:
    connection.far.close()
    connection.writer.put(b"x" * 100_000)
    connection.writer.flush()
    # The thread may have been so quick that `flush` has heard the bell already.
    eventually(lambda: connection.news() or connection.writer.lost)
    assert connection.writer.lost == "Broken pipe"
    connection.writer.put(b"y")
    assert connection.writer.pending == 0


def test_a_threads_bell_does_not_ring_without_news(connection: Socket) -> None:
    assert not connection.news()
    connection.writer.put(b"x")
    connection.writer.flush()
    eventually(lambda: connection.news() or not connection.writer.pending)
    eventually(lambda: not connection.news())

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from procman.output.block import Block
from procman.runtime.child import READ_SIZE, Child, Stream
from procman.runtime.pty import open_pty
from procman.runtime.spawn import Pipes

if TYPE_CHECKING:
    from collections.abc import Iterator


class Source:
    """A stream, and the other end of what it reads."""

    def __init__(self, *, terminal: bool) -> None:
        reader, self.writer = open_pty((24, 80))[:2] if terminal else os.pipe()
        os.set_blocking(reader, False)
        self.stream = Stream("web.1", reader, "stdout", terminal=terminal)

    def end(self) -> None:
        if self.writer >= 0:
            os.close(self.writer)
            self.writer = -1


@pytest.fixture(params=[False, True], ids=["pipe", "terminal"])
def source(request: pytest.FixtureRequest) -> Iterator[Source]:
    source = Source(terminal=request.param)
    yield source
    source.end()
    source.stream.close()


def test_whole_lines_are_a_block_and_the_rest_waits(source: Source) -> None:
    os.write(source.writer, b"one\ntwo\nthr")
    assert source.stream.read(1.0) == (Block("web.1", b"one\ntwo\n"), False)
    os.write(source.writer, b"ee\n")
    assert source.stream.read(2.0) == (Block("web.1", b"three\n"), False)


def test_silence_is_no_end(source: Source) -> None:
    assert source.stream.read(1.0) == (None, False)


def test_the_end_comes_after_the_last_words(source: Source) -> None:
    os.write(source.writer, b"last\n")
    source.end()
    assert source.stream.read(1.0) == (Block("web.1", b"last\n"), False)
    assert source.stream.read(1.0) == (None, True)


def test_what_is_read_is_counted_and_heard_by_listeners_byte_for_byte(source: Source) -> None:
    heard: list[bytes] = []
    source.stream.listeners.append(heard.append)
    os.write(source.writer, b"\x1b[2Jone\r\n\0half")
    source.stream.read(1.0)
    assert (b"".join(heard), source.stream.received) == (b"\x1b[2Jone\r\n\0half", 14)


def test_a_listener_may_leave_while_it_listens(source: Source) -> None:
    def once(_: bytes) -> None:
        source.stream.listeners.remove(once)

    heard: list[bytes] = []
    source.stream.listeners += [once, heard.append]
    os.write(source.writer, b"x\n")
    source.stream.read(1.0)
    assert (heard, source.stream.listeners) == ([b"x\n"], [heard.append])


def test_a_flood_comes_in_large_blocks_and_nothing_is_lost() -> None:
    for terminal in (False, True):
        source = Source(terminal=terminal)
        os.set_blocking(source.writer, False)
        sent, sizes = b"", []
        for number in range(3000):
            line = b"line %d of a flood that nobody can read\n" % number
            while True:
                try:
                    sent += line[: os.write(source.writer, line)]
                    break
                except BlockingIOError:
                    sizes.append(_read(source.stream))
        source.end()
        while (size := _read(source.stream)) > 0:
            sizes.append(size)
        assert sum(sizes) == len(sent)
        assert max(sizes) <= READ_SIZE
        source.stream.close()


def _read(stream: Stream) -> int:
    before = stream.received
    stream.read(0.0)
    return stream.received - before


def test_closing_twice_is_harmless(source: Source) -> None:
    source.stream.close()
    source.stream.close()


def test_a_child_has_a_stream_for_each_descriptor_it_writes_to() -> None:
    one = Child("web.1", Pipes(42, -1, 10, -1, terminal=True))
    assert [(s.name, s.fd, s.terminal) for s in one.streams] == [("web.1", 10, True)]
    assert (one.pid, one.master) == (42, 10)
    two = Child("web.1", Pipes(42, -1, 10, 11, terminal=False))
    assert [(s.fd, s.terminal) for s in two.streams] == [(10, False), (11, False)]
    assert two.master == -1


def test_letting_go_of_a_child_closes_its_input_once() -> None:
    reader, writer = os.pipe()
    child = Child("web.1", Pipes(42, writer, 10, -1, terminal=False))
    child.release()
    assert os.read(reader, 1) == b""
    child.release()
    os.close(reader)

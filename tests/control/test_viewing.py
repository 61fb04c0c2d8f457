"""`connect`, from the server's side: real pseudo-terminals, no processes."""

from __future__ import annotations

import fcntl
import os
import struct
import termios
from typing import TYPE_CHECKING, Any

import pytest

from procman.control.protocol import encode
from procman.output.block import Block
from procman.runtime.pty import open_pty, window_size
from tests.control.bench import Bench

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.control.bench import Caller


class Stage:
    """web.1 and its terminal. slave: what the process would have."""

    def __init__(self) -> None:
        self.bench = Bench("web.1", "web.2", "worker.1")
        self.master, self.slave, _ = open_pty((24, 80))
        os.set_blocking(self.master, False)
        self.bench.masters["web.1"] = self.master

    def says(self, data: bytes) -> None:
        for listener in self.bench.taps["web.1"]:
            listener(data)

    def viewer(self, **arguments: Any) -> Caller:
        client = self.bench.client()
        client.ask("connect", name="web.1", **arguments)
        return client


@pytest.fixture
def stage() -> Iterator[Stage]:
    found = Stage()
    yield found
    os.close(found.master)
    os.close(found.slave)


def raw(slave: int) -> None:
    attributes = termios.tcgetattr(slave)
    attributes[1] &= ~termios.ONLCR
    attributes[3] &= ~(termios.ICANON | termios.ECHO)
    termios.tcsetattr(slave, termios.TCSANOW, attributes)


def test_one_who_comes_sees_the_last_lines_and_the_prompt(stage: Stage) -> None:
    stage.bench.history.write(Block("web.1", b"before\n"))
    stage.bench.history.write(Block("worker.1", b"tick\n"))
    stage.bench.history.write(Block("web.1", b"(Pdb) "))
    assert stage.viewer().heard == [{"process": "web.1", "writer": True, "text": "before\r\n(Pdb) "}]


def test_what_the_process_writes_arrives_with_returns(stage: Stage) -> None:
    client = stage.viewer()
    stage.says(b"a\nb\n\xff")
    assert client.look()[1:] == [{"text": "a\r\nb\r\n\udcff"}]


def test_a_program_that_wants_bare_newlines_gets_them(stage: Stage) -> None:
    client = stage.viewer()
    raw(stage.slave)
    stage.says(b"a\nb\n")
    assert client.look()[1:] == [{"text": "a\nb\n"}]


def test_keys_reach_the_process(stage: Stage) -> None:
    client = stage.viewer()
    client.send(encode({"text": "p x\n"}))
    assert os.read(stage.slave, 100) == b"p x\n"


def test_the_first_writes_the_second_looks_until_the_first_has_left(stage: Stage) -> None:
    first, second = stage.viewer(), stage.viewer()
    assert [client.heard[0]["writer"] for client in (first, second)] == [True, False]
    second.send(encode({"text": "no\n"}))
    first.send(encode({"text": "yes\n"}))
    assert os.read(stage.slave, 100) == b"yes\n"
    first.send(encode({"detach": True}))
    assert second.session in stage.bench.awake
    assert second.look()[-1] == {"writer": True}
    second.send(encode({"text": "now\n"}))
    assert os.read(stage.slave, 100) == b"now\n"


def test_one_who_only_looks_never_writes(stage: Stage) -> None:
    client = stage.viewer(write=False)
    assert client.heard[0]["writer"] is False
    client.send(encode({"text": "no\n"}))
    os.set_blocking(stage.slave, False)
    with pytest.raises(BlockingIOError):
        os.read(stage.slave, 100)


def test_the_terminal_has_the_writers_size_and_its_own_again_afterwards(stage: Stage) -> None:
    client = stage.viewer(size=[50, 120])
    stage.viewer(size=[10, 10])
    assert window_size(stage.slave) == (50, 120)
    client.send(encode({"size": [30, 90]}))
    assert window_size(stage.slave) == (30, 90)
    client.session.close()
    assert window_size(stage.slave) == (30, 90)


def test_the_last_writer_gives_the_size_back(stage: Stage) -> None:
    client = stage.viewer(size=[50, 120])
    client.session.close()
    assert window_size(stage.slave) == (24, 80)


def test_leaving_ends_the_answer_and_frees_the_terminal(stage: Stage) -> None:
    client = stage.viewer()
    assert client.send(encode({"detach": True})) == [{"ok": True, "ended": ""}]
    assert stage.bench.taps["web.1"] == []
    assert not stage.bench.verbs.viewing.is_taken("web.1")


def test_the_end_of_the_process_is_the_end_of_the_view(stage: Stage) -> None:
    client = stage.viewer()
    stage.bench.client().ask("stop", names=["web.1"])
    assert client.look()[-1] == {"ok": True, "ended": "terminated by SIGTERM"}


def test_a_restart_is_said_and_the_new_one_is_heard(stage: Stage) -> None:
    client = stage.viewer()
    stage.bench.pass_time(5)
    stage.bench.client().ask("restart", names=["web.1"])
    stage.bench.pass_time(1)
    pid = stage.bench.run.snapshot["web.1"].pid
    assert client.look()[-1] == {"event": f"started with pid {pid}"}
    stage.says(b"hello\n")
    assert client.look()[-1] == {"text": "hello\r\n"}


def test_keys_that_nobody_reads_wait_and_are_tried_again(stage: Stage) -> None:
    client = stage.viewer()
    raw(stage.slave)
    for _ in range(40):
        client.send(encode({"text": "x" * 1000}))
    assert client.session.again_at is not None
    read = 0
    while read < 40_000:
        read += len(os.read(stage.slave, 65536))
        client.look()
    assert read == 40_000
    assert client.session.again_at is None


@pytest.mark.parametrize(
    ("name", "error"), [("web", "ambiguous"), ("worker", "no-terminal"), ("nobody", "unknown")]
)
def test_what_cannot_be_connected_to_is_refused(stage: Stage, name: str, error: str) -> None:
    assert stage.bench.client().ask("connect", name=name)[0]["error"] == error


def test_what_does_not_run_cannot_be_connected_to(stage: Stage) -> None:
    stage.bench.client().ask("stop", names=["web.1"])
    assert stage.viewer().heard[0]["error"] == "not-running"


@pytest.mark.parametrize(
    "line", [b"{}\n", b'{"text":7}\n', b'{"size":["a",1]}\n', b'{"size":[0,0]}\n', b'{"size":[true,2]}\n']
)
def test_words_that_mean_nothing_are_passed_over(stage: Stage, line: bytes) -> None:
    client = stage.viewer(size=[20, 20])
    assert client.send(line) == []
    assert window_size(stage.slave) == (20, 20)


@pytest.mark.parametrize("line", [b"nonsense\n", b'{"text":"\\ud800"}\n'])
def test_nonsense_ends_the_view(stage: Stage, line: bytes) -> None:
    client = stage.viewer()
    assert client.send(line)[0]["error"] == "bad-request"
    assert not stage.bench.verbs.viewing.is_taken("web.1")


def test_a_size_is_told_to_the_terminal_as_it_is(stage: Stage) -> None:
    stage.viewer(size=[33, 44])
    packed = fcntl.ioctl(stage.slave, termios.TIOCGWINSZ, bytes(8))
    assert struct.unpack("HHHH", packed)[:2] == (33, 44)

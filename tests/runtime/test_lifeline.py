from __future__ import annotations

import os
import select
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from procman.core.events import QuitAsked
from procman.errors import ProcmanError
from procman.runtime.lifeline import Lifeline

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Pipe:
    def __init__(self) -> None:
        self.reader, self.writer = os.pipe()

    def let_go(self) -> None:
        os.close(self.writer)
        self.writer = -1

    def close(self) -> None:
        for fd in (self.reader, self.writer):
            with suppress(OSError):
                os.close(fd)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    pipe = Pipe()
    yield pipe
    pipe.close()


def is_ready(line: Lifeline) -> bool:
    return bool(select.select([line.fileno()], [], [], 0)[0])


def test_while_somebody_holds_it_nothing_happens(pipe: Pipe) -> None:
    line = Lifeline(pipe.reader)
    assert not is_ready(line)
    assert line.deadline is None
    assert line.read(0.0) == []


def test_when_it_is_let_go_an_orderly_end_is_asked_for_once(pipe: Pipe) -> None:
    line = Lifeline(pipe.reader)
    pipe.let_go()
    assert is_ready(line)
    assert line.read(0.0) == [QuitAsked()]
    assert not is_ready(line)
    assert line.read(0.0) == []


def test_what_is_written_to_it_means_nothing(pipe: Pipe) -> None:
    line = Lifeline(pipe.reader)
    os.write(pipe.writer, b"quit\n")
    assert line.read(0.0) == []
    assert not is_ready(line)
    pipe.let_go()
    assert line.read(0.0) == [QuitAsked()]


def test_what_can_not_be_waited_for_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    fd = os.open(tmp_path / "file", os.O_RDONLY)
    try:
        with pytest.raises(ProcmanError, match="standard input can't be waited for"):
            Lifeline(fd)
    finally:
        os.close(fd)

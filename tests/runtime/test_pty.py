from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest

from procman.runtime.pty import FALLBACK_SIZE, open_pty, set_size, window_size

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def pty() -> Iterator[tuple[int, int, str]]:
    master, slave, path = open_pty((10, 33))
    yield master, slave, path
    for fd in (master, slave):
        os.close(fd)


def test_the_size_is_the_one_that_was_asked_for(pty: tuple[int, int, str]) -> None:
    master, slave, _ = pty
    assert (window_size(master), window_size(slave)) == ((10, 33), (10, 33))
    set_size(master, (50, 132))
    assert window_size(slave) == (50, 132)


def test_a_newline_stays_a_newline(pty: tuple[int, int, str]) -> None:
    master, slave, _ = pty
    os.write(slave, b"one\ntwo\r\n")
    assert os.read(master, 100) == b"one\ntwo\r\n"


def test_the_path_leads_to_the_same_terminal(pty: tuple[int, int, str]) -> None:
    master, _, path = pty
    again = os.open(path, os.O_WRONLY | os.O_NOCTTY)
    os.write(again, b"x")
    os.close(again)
    assert os.read(master, 100) == b"x"


def test_the_last_words_are_read_before_the_end() -> None:
    master, slave, _ = open_pty((24, 80))
    os.write(slave, b"last words\n")
    os.close(slave)
    assert os.read(master, 100) == b"last words\n"
    with pytest.raises(OSError, match="Input/output error") as caught:
        os.read(master, 100)
    assert caught.value.errno == errno.EIO
    os.close(master)


def test_what_has_no_window_has_the_usual_one() -> None:
    reader, writer = os.pipe()
    assert window_size(reader) == FALLBACK_SIZE
    os.close(reader)
    os.close(writer)


def test_a_window_that_does_not_know_its_size_has_the_usual_one(pty: tuple[int, int, str]) -> None:
    master, _, _ = pty
    set_size(master, (0, 0))
    assert window_size(master) == FALLBACK_SIZE
    set_size(master, (0, 120))
    assert window_size(master) == (FALLBACK_SIZE[0], 120)


def test_neither_end_is_inherited(pty: tuple[int, int, str]) -> None:
    assert [os.get_inheritable(fd) for fd in pty[:2]] == [False, False]

from __future__ import annotations

import os
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from procman.control.lock import HeldError, Lock, tidy

if TYPE_CHECKING:
    from pathlib import Path


def test_the_second_is_told_who_was_first(tmp_path: Path) -> None:
    path = str(tmp_path / "x.lock")
    first = Lock(path)
    first.take()
    with pytest.raises(HeldError) as held:
        Lock(path).take()
    assert held.value.pid == os.getpid()
    first.release()
    Lock(path).take()


def test_nothing_is_left_of_one_that_was_let_go(tmp_path: Path) -> None:
    lock = Lock(str(tmp_path / "x.lock"))
    lock.take()
    lock.release()
    lock.release()
    assert os.listdir(tmp_path) == []


def test_a_file_that_nobody_holds_is_no_obstacle(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    path.write_text("4711\n")
    Lock(str(path)).take()
    assert path.read_text() == f"{os.getpid()}\n"
    assert path.stat().st_mode & 0o777 in (0o600, 0o644)


def test_a_new_file_is_the_users_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    before = os.umask(0)
    try:
        Lock(str(path)).take()
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "x.lock").symlink_to(tmp_path / "theirs")
    with pytest.raises(OSError, match="symbolic"):
        Lock(str(tmp_path / "x.lock")).take()
    assert not (tmp_path / "theirs").exists()


def test_a_fifo_in_its_place_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.lock")
    lock = Lock(str(tmp_path / "x.lock"))
    with pytest.raises(OSError):  # noqa: PT011 - each system has its own word for it
        lock.take()


def test_only_what_nobody_holds_is_tidied_away(tmp_path: Path) -> None:
    import socket

    held = Lock(str(tmp_path / "live.lock"))
    held.take()
    for name in ("live.sock", "dead.sock"):
        with closing(socket.socket(socket.AF_UNIX)) as listener:
            listener.bind(str(tmp_path / name))
    (tmp_path / "dead.lock").touch()
    (tmp_path / "other").touch()
    tidy(str(tmp_path))
    assert sorted(os.listdir(tmp_path)) == ["live.lock", "live.sock", "other"]
    held.release()

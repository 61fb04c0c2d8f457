from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procman.output.block import Block
from procman.output.history import MOST_BLOCKS, OVERHEAD, History, Moment, keep, prune, recalled

if TYPE_CHECKING:
    from pathlib import Path


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


def filled(*blocks: tuple[str, bytes], each: int = 10_000, total: int = 100_000) -> History:
    history = History(each=each, total=total, clock=Clock())
    for name, data in blocks:
        history.write(Block(name, data))
    return history


def texts(moments: list[Moment]) -> list[bytes]:
    return [moment.block.data for moment in moments]


def test_what_was_said_comes_back_in_the_order_of_time() -> None:
    history = filled(("web.1", b"a\n"), ("worker.1", b"b\n"), ("web.1", b"c\n"))
    assert texts(history.moments()) == [b"a\n", b"b\n", b"c\n"]
    assert texts(history.moments({"web.1"})) == [b"a\n", b"c\n"]
    assert texts(history.moments(since=102.0)) == [b"b\n", b"c\n"]


def test_the_last_lines_are_counted_as_lines() -> None:
    history = filled(("web.1", b"1\n2\n"), ("web.1", b"3\n"), ("web.1", b"4\n5\n"), ("web.1", b"$ "))
    assert texts(history.moments(lines=2)) == [b"4\n5\n", b"$ "]
    assert texts(history.moments(lines=3)) == [b"3\n", b"4\n5\n", b"$ "]
    assert texts(history.moments(lines=99)) == texts(history.moments())
    assert texts(history.moments(lines=0)) == []


def test_one_who_floods_forgets_its_own_past_and_nobody_elses() -> None:
    history = filled(("quiet.1", b"important\n"))
    for _ in range(1000):
        history.write(Block("loud.1", b"x" * 999 + b"\n"))
    assert texts(history.moments({"quiet.1"})) == [b"important\n"]
    assert 1 < len(history.moments({"loud.1"})) <= 10


def test_small_blocks_are_bounded_by_their_number() -> None:
    history = filled(*[("web.1", b"x\n")] * (MOST_BLOCKS + 500), each=10_000_000, total=100_000_000)
    assert len(history.moments()) == MOST_BLOCKS


def test_of_a_block_beyond_all_bounds_the_end_is_kept() -> None:
    history = filled(("web.1", b"old\n"), ("web.1", b"x" * 50_000 + b"\nlast line\n"))
    assert texts(history.moments()) == [b"old\n", b"last line\n"]
    assert len(texts(filled(("web.1", b"y" * 50_000)).moments())[0]) == 10_000


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 3000)), max_size=200))
def test_all_together_stay_within_their_bounds(said: list[tuple[int, int]]) -> None:
    history = History(each=4000, total=20_000, clock=Clock())
    for number, size in said:
        history.write(Block(f"web.{number}", b"x" * size))
        kept = history.moments()
        assert history.size == sum(len(m.block.data) + OVERHEAD for m in kept)
        assert history.size <= 20_000 + 31 * (4000 + OVERHEAD)
    if said:
        assert history.moments()[-1].block.name == f"web.{said[-1][0]}"


def test_followers_hear_all_that_comes_until_they_leave() -> None:
    history, heard = filled(("web.1", b"before\n")), list[Moment]()
    history.follow(heard.append)
    history.write(Block("web.1", b"now\n"))
    history.unfollow(heard.append)
    history.write(Block("web.1", b"later\n"))
    assert texts(heard) == [b"now\n"]


def as_line(moment: Moment) -> bytes:
    return moment.block.data.rstrip() + b"\n"


def as_moment(line: bytes) -> Moment | None:
    return None if line == b"bad\n" else Moment(0.0, Block("web.1", line))


def test_a_log_is_kept_for_the_user_alone_in_place_of_the_older_one(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.write_text("older")
    before = os.umask(0)
    try:
        keep(str(path), as_line, filled(("web.1", b"a\n"), ("web.1", b"bad\n"), ("web.1", b"c\n")).moments())
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    assert texts(list(recalled(str(path), as_moment))) == [b"a\n", b"c\n"]
    assert os.listdir(tmp_path) == ["x.log"]


def test_a_log_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    def fail(moment: Moment) -> bytes:
        raise OSError(28, "no space left", moment.block.name)

    with pytest.raises(OSError, match="no space"):
        keep(str(tmp_path / "x.log"), fail, filled(("web.1", b"a\n")).moments())
    assert os.listdir(tmp_path) == []


def test_the_oldest_logs_go(tmp_path: Path) -> None:
    for number in range(5):
        path = tmp_path / f"{number}.log"
        path.touch()
        os.utime(path, (number, number))
    (tmp_path / "other").touch()
    prune(str(tmp_path), 2, ".log")
    assert sorted(os.listdir(tmp_path)) == ["3.log", "4.log", "other"]

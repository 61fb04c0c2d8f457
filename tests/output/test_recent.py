from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from procman.output.block import Block
from procman.output.recent import KEPT, Recent


def filled(*blocks: Block) -> Recent:
    recent = Recent()
    for block in blocks:
        recent.write(block)
    return recent


def test_the_last_lines_of_each_process_are_kept_apart() -> None:
    recent = filled(
        Block("web.1", b"one\ntwo\n"), Block("worker.1", b"other\n"), Block("web.1", b"three\nfour\n")
    )
    assert recent.lines("web.1", 3) == [b"two", b"three", b"four"]
    assert recent.lines("worker.1", 3) == [b"other"]


def test_of_one_that_never_spoke_there_is_nothing() -> None:
    assert filled().lines("web.1", 5) == []


def test_a_line_that_came_in_pieces_is_one() -> None:
    recent = filled(Block("web.1", b"half "), Block("web.1", b"a line\n", continues=True))
    assert recent.lines("web.1", 5) == [b"half a line"]


def test_what_procman_says_itself_is_not_the_processs_last_word() -> None:
    recent = filled(Block("web.1", b"mine\n"), Block("web.1", b"exited with code 1\n", event="exited"))
    assert recent.lines("web.1", 5) == [b"mine"]


def test_empty_lines_do_not_push_out_what_was_said() -> None:
    assert filled(Block("web.1", b"error\n\n  \n\n")).lines("web.1", 5) == [b"error"]


def test_escapes_are_gone() -> None:
    assert filled(Block("web.1", b"\x1b[31mred\x1b[0m\n")).lines("web.1", 5) == [b"red"]


@settings(max_examples=30)
@given(st.lists(st.binary(min_size=1, max_size=2 * KEPT), max_size=4))
def test_little_is_kept_of_one_that_says_much(blocks: list[bytes]) -> None:
    recent = filled(*(Block("web.1", data) for data in blocks))
    assert sum(map(len, recent.lines("web.1", 10**6))) <= KEPT


def test_the_end_of_a_flood_is_what_is_kept() -> None:
    lines = [b"line %d" % number for number in range(5000)]
    recent = filled(Block("web.1", b"\n".join(lines) + b"\n"))
    assert recent.lines("web.1", 3) == lines[-3:]

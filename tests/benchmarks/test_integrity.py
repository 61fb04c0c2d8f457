from __future__ import annotations

from itertools import zip_longest

from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.integrity import LINE, Verdict, check


def line(producer: int, number: int) -> bytes:
    text = f"<{producer} {number:09} ".encode()
    return text + b"." * (LINE - 2 - len(text)) + b">\n"


def lines(producer: int, count: int) -> list[bytes]:
    return [line(producer, number) for number in range(count)]


@settings(max_examples=50)
@given(st.integers(1, 5), st.integers(1, 20))
def test_whole_lines_in_each_producers_order_are_intact(producers: int, count: int) -> None:
    turns = zip_longest(*(lines(producer, count) for producer in range(producers)))
    output = b"".join(b"09:00:00 p.1  | " + line for turn in turns for line in turn)
    assert check(output, producers, count) == Verdict(0, 0, ordered=True)
    assert check(output, producers, count).intact


def test_colours_and_carriage_returns_of_a_terminal_do_no_harm() -> None:
    output = b"".join(b"\x1b[36mp0 | \x1b[0m" + text[:-1] + b"\x1b[0m\r\n" for text in lines(0, 3))
    assert check(output, 1, 3).intact


def test_a_lost_line_is_missing() -> None:
    found = check(line(0, 0) + line(0, 2), 1, 3)
    assert (found, str(found)) == (Verdict(1, 0, ordered=True), "1 missing")


def test_two_halves_are_a_torn_line_and_a_missing_one() -> None:
    whole = line(0, 0)
    found = check(whole[:30] + b"\n09:00:00 p0 | " + whole[30:], 1, 1)
    assert (found, str(found)) == (Verdict(1, 1, ordered=True), "1 torn, 1 missing")


def test_a_line_with_another_in_its_middle_is_torn_with_it() -> None:
    one, other = line(0, 0), line(1, 0)
    assert check(one[:40] + other[:-1] + one[40:], 2, 1).torn > 0


def test_a_line_that_came_twice_is_out_of_order() -> None:
    found = check(line(0, 0) + line(0, 1) + line(0, 1), 1, 2)
    assert (found.intact, str(found)) == (False, "out of order")


def test_lines_that_overtook_each_other_are_out_of_order() -> None:
    assert not check(line(0, 1) + line(0, 0), 1, 2).ordered


def test_a_shortened_line_is_torn() -> None:
    assert check(line(0, 0).replace(b"...", b"..", 1), 1, 1) == Verdict(1, 1, ordered=True)

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procman.output.escapes import Escapes, plain, redraws

PIECES = st.sampled_from(
    [b"\x1b", b"[", b"]", b"8;;", b"0", b"31", b";", b"m", b"\\", b"\x07", b"\r", b"\n", b"a", b"(", b"P"]
)


def clean(data: bytes) -> bytes:
    return Escapes().clean(data)


@pytest.mark.parametrize(
    "data",
    [
        b"plain\n\n\0\xff\xfe\f\v\x85\xe2\x80\xa8\n",
        b"\x1b[31mred\x1b[0m\n",
        b"\x1b[1;38;5;12mx\x1b[m\n",
        b"\x1b[4:3mcurly\x1b[4:0m\n",
        b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\\n",
        b"\x1b[1mb\x1b[22m\x1b[38;2;1;2;3mc\x1b[39m\n",
    ],
)
def test_text_closed_colours_and_links_pass_untouched(data: bytes) -> None:
    assert clean(data) == data


def test_a_block_without_escapes_is_the_very_same_object() -> None:
    data = b"a line\n" * 10
    assert clean(data) is data


@pytest.mark.parametrize(
    "sequence",
    [
        b"\x1b[2J", b"\x1b[H", b"\x1b[10;5H", b"\x1b[K", b"\x1b[?25l", b"\x1b[?1049h", b"\x1b[>4;2m",
        b"\x1bc", b"\x1b7", b"\x1b(B", b"\x1b]0;title\x07", b"\x1b]0;title\x1b\\", b"\x1bPq#0\x1b\\",
        b"\x1b[6n", b"\x1b[12", b"\x1b", b"\x1b\x1b[2J", b"\x1b]52;c;aGk=\x07",
    ],
)  # fmt: skip
def test_what_moves_the_cursor_or_sets_the_terminal_goes(sequence: bytes) -> None:
    assert clean(b"a" + sequence + b"\nb\n") == b"a\nb\n"


def test_an_unfinished_title_cannot_swallow_the_next_line() -> None:
    assert clean(b"\x1b]0;title\nb\n") == b"0;title\nb\n"


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, max_size=25))
def test_after_cleaning_only_colours_and_links_are_left(pieces: list[bytes]) -> None:
    cleaned = clean(b"".join(pieces))
    assert Escapes().clean(cleaned) == cleaned
    for part in cleaned.split(b"\x1b")[1:]:
        assert (
            part[:1] == b"\\"
            or part[:3] == b"]8;"
            or part[1 : part.index(b"m")].strip(b"0123456789;:") == b""
        )
    assert b"\x1b" not in plain(b"".join(pieces))
    assert b"\r" not in cleaned


def test_an_open_colour_ends_with_its_line_and_begins_again_on_the_next() -> None:
    escapes = Escapes()
    assert escapes.clean(b"\x1b[1;31mred\n\nstill\n") == b"\x1b[1;31mred\x1b[0m\n\n\x1b[1;31mstill\x1b[0m\n"
    assert escapes.clean(b"more\x1b[39m\n") == b"\x1b[1;31mmore\x1b[39m\x1b[0m\n"
    assert escapes.clean(b"bold\x1b[0m\n") == b"\x1b[1mbold\x1b[0m\n"
    assert escapes.clean(b"none\n") == b"none\n"


def test_an_open_link_ends_with_its_line_and_begins_again_on_the_next() -> None:
    link, end = b"\x1b]8;;http://x\x07", b"\x1b]8;;\x1b\\"
    escapes = Escapes()
    assert (
        escapes.clean(link + b"a\nb\x1b[0m\n") == link + b"a" + end + b"\n" + link + b"b\x1b[0m" + end + b"\n"
    )
    assert escapes.clean(b"c" + end + b"d\n") == link + b"c" + end + b"d\n"
    assert escapes.clean(b"e\n") == b"e\n"


def test_the_open_colour_does_not_grow() -> None:
    escapes = Escapes()
    escapes.clean(b"".join(b"\x1b[%dmx" % (30 + n % 8) for n in range(1000)) + b"\n")
    assert escapes.clean(b"x\n") == b"\x1b[37mx\x1b[0m\n"


def test_numbers_too_long_for_a_colour_are_not_carried_on() -> None:
    escapes = Escapes()
    escapes.clean(b"\x1b[" + b"9" * 5000 + b"m\n")
    assert escapes.clean(b"x\n") == b"x\n"


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (b"dos\r\n", b"dos\n"),
        (b"1%\r50%\r100%\n", b"100%\n"),
        (b"\r1%\r2%\r\n", b"2%\n"),
        (b"100%\r\x1b[K\n", b"100%\n"),
        (b"100%\r    \rdone  \r\n", b"done  \n"),
        (b"100%\r     \r\n", b"100%\n"),
        (b"\x1b[32m1%\r2%\x1b[0m\n", b"\x1b[32m2%\x1b[0m\n"),
        (b"1%\r2%\r\x1b[0m\n", b"2%\x1b[0m\n"),
        (b"\r\r\r\n", b"\n"),
    ],
)
def test_progress_is_shown_in_its_last_state(data: bytes, shown: bytes) -> None:
    assert clean(data) == shown
    assert plain(data) == plain(shown)


def test_plain_text_keeps_nothing_but_text() -> None:
    assert plain(b"\x1b[31ma\x1b]8;;u\x1b\\b\x1b[2Kc\x1bcd\n\xff\0\n") == b"abcd\n\xff\0\n"


def test_only_visible_text_after_a_return_redraws() -> None:
    assert redraws(b"\r60%")
    assert redraws(b"x\r60%\r")
    assert not redraws(b"more\r")
    assert not redraws(b"more\r\x1b[K ")


@pytest.mark.parametrize(
    "unit", [b"\x1b", b"\r", b"\x1b]", b"\x1b[", b"\x1bP", b"\x1b[1;", b"x\r", b"\x1b]8;;", b"\r "]
)
def test_a_hostile_line_costs_in_proportion_to_its_length(unit: bytes) -> None:
    def cost(count: int) -> float:
        data = unit * count + b"\n"
        times = []
        for _ in range(3):
            start = time.process_time()
            clean(data)
            plain(data)
            times.append(time.process_time() - start)
        return min(times)

    # Quadratic would be 64 times as much for eight times the length.
    assert cost(16_000) < 32 * cost(2_000) + 0.01

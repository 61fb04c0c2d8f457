from hypothesis import given, settings
from hypothesis import strategies as st

from procman.output.block import Block
from procman.output.splitter import MARK, Splitter

PIECES = st.sampled_from(
    [b"\n", b"\r", b"\x1b[3", b"1m", "é".encode(), b"\xff", b"\0", b"ab", b"cdefgh", b""]
)


def collect(chunks: list[bytes], limit: int) -> bytes:
    splitter = Splitter("web.1", limit=limit)
    blocks = [*[splitter.feed(chunk, 0.0) for chunk in chunks], splitter.close()]
    return b"".join(block.data for block in blocks if block)


@settings(max_examples=60, deadline=None)
@given(st.lists(PIECES, max_size=30), st.integers(1, 12))
def test_the_lines_do_not_depend_on_how_the_reads_cut_them(chunks: list[bytes], limit: int) -> None:
    assert collect(chunks, limit) == collect([b"".join(chunks)], limit)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(PIECES, st.booleans()), max_size=30))
def test_every_byte_comes_once_and_in_order_whenever_silence_falls(steps: list[tuple[bytes, bool]]) -> None:
    splitter = Splitter("web.1")
    blocks: list[Block | None] = []
    for now, (data, silence) in enumerate(steps):
        blocks.append(splitter.feed(data, now))
        if silence:
            blocks.append(splitter.expire(now + 0.5))
    blocks.append(splitter.close())
    sent = b"".join(data for data, _ in steps)
    end = b"" if not sent or sent.endswith(b"\n") else b"\n"
    assert b"".join(block.data for block in blocks if block) == sent + end
    line_open = False
    for block in filter(None, blocks):
        assert block.continues == line_open
        line_open = not block.data.endswith(b"\n")


def test_whole_lines_go_on_and_the_rest_waits() -> None:
    splitter = Splitter("web.1", "stderr")
    assert splitter.feed(b"a\nb\nc", 1.0) == Block("web.1", b"a\nb\n", "stderr")
    deadlines = [splitter.deadline]
    assert splitter.feed(b"d\n", 1.1) == Block("web.1", b"cd\n", "stderr")
    assert [*deadlines, splitter.deadline] == [1.25, None]
    assert splitter.close() is None


def test_a_prompt_is_shown_after_a_quarter_of_a_second_of_silence() -> None:
    splitter = Splitter("web.1")
    splitter.feed(b"Na", 1.0)
    splitter.feed(b"me: ", 1.2)
    assert splitter.expire(1.44) is None
    assert splitter.expire(1.45) == Block("web.1", b"Name: ")
    assert splitter.deadline is None
    assert splitter.feed(b"Ada\nok\n", 3.0) == Block("web.1", b"Ada\nok\n", continues=True)
    assert splitter.feed(b"x\n", 3.0) == Block("web.1", b"x\n")


def test_half_a_character_half_an_escape_and_a_carriage_return_are_not_shown_yet() -> None:
    ends = (
        b"\xc3",
        b"\xe2\x82",
        b"\xf0\x9f\x98",
        b"\x1b",
        b"\x1b[31;",
        b"\x1b]8;;http://x",
        b"\x1b]8;;x\x1b",
        b"\r",
    )
    for end in ends:
        splitter = Splitter("web.1")
        splitter.feed(b"text" + end, 0.0)
        assert splitter.expire(1.0) == Block("web.1", b"text"), end
        assert splitter.deadline is None
        assert splitter.close() == Block("web.1", end + b"\n", continues=True)


def test_a_shown_line_gets_its_newline_when_the_child_is_gone() -> None:
    splitter = Splitter("web.1")
    splitter.feed(b"bye", 0.0)
    splitter.expire(1.0)
    assert splitter.close() == Block("web.1", b"\n", continues=True)
    assert splitter.close() is None


def test_a_line_of_exactly_the_limit_is_whole_and_a_longer_one_is_marked() -> None:
    assert collect([b"12345678\n"], 8) == b"12345678\n"
    assert collect([b"123456789\n"], 8) == b"12345678" + MARK + b"9\n"


def test_a_marked_piece_does_not_end_in_half_a_character() -> None:
    assert collect(["1234567é\n".encode()], 8) == b"1234567" + MARK + "é\n".encode()


def test_what_was_shown_counts_towards_the_limit() -> None:
    splitter = Splitter("web.1", limit=8)
    splitter.feed(b"12345", 0.0)
    splitter.expire(1.0)
    assert splitter.feed(b"6789", 1.0) == Block("web.1", b"678" + MARK, continues=True)
    assert splitter.close() == Block("web.1", b"9\n")


def test_a_line_of_ten_mebibytes_arrives_whole() -> None:
    line = b"x" * (10 * 1024 * 1024)
    chunks = [line[at : at + 65536] for at in range(0, len(line), 65536)]
    assert collect([*chunks, b"\n"], 16 * 1024 * 1024) == line + b"\n"

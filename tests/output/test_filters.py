import pytest

from procman.errors import ProcmanError
from procman.output.block import Block
from procman.output.filters import Filter, compile_pattern


class Plain:
    """Shows every block as it is."""

    def render(self, block: Block) -> bytes:
        return block.name.encode() + b":" + block.data

    def close(self) -> bytes:
        return b"closed"


def test_a_muted_type_and_a_muted_instance_are_not_shown() -> None:
    quiet = Filter(Plain(), muted=frozenset({"web", "worker.2"}))
    assert quiet.render(Block("web.1", b"a\n")) == b""
    assert quiet.render(Block("worker.2", b"a\n")) == b""
    assert quiet.render(Block("worker.1", b"a\n")) == b"worker.1:a\n"


def test_only_leaves_the_named_ones() -> None:
    only = Filter(Plain(), only=frozenset({"web"}), muted=frozenset({"web.2"}))
    assert only.render(Block("web.1", b"a\n")) == b"web.1:a\n"
    assert only.render(Block("web.2", b"a\n")) == b""
    assert only.render(Block("worker.1", b"a\n")) == b""


def test_events_and_the_system_are_always_shown() -> None:
    quiet = Filter(
        Plain(), muted=frozenset({"web"}), only=frozenset({"db"}), pattern=compile_pattern("never")
    )
    assert (
        quiet.render(Block("web.1", b"exited with code 1\n", event="exited")) == b"web.1:exited with code 1\n"
    )
    assert quiet.render(Block("system", b"bye\n")) == b"system:bye\n"


def test_grep_keeps_the_lines_whose_plain_text_matches() -> None:
    grep = Filter(Plain(), pattern=compile_pattern("^GET .* 50[0-9]$"))
    data = b"GET / 200\n\x1b[31mGET\x1b[0m /x 500\r\nPOST / 500\n"
    assert grep.render(Block("web.1", data)) == b"web.1:\x1b[31mGET\x1b[0m /x 500\r\n"
    assert grep.render(Block("web.1", b"nothing\n")) == b""


def test_grep_looks_at_whole_lines() -> None:
    grep = Filter(Plain(), pattern=compile_pattern("half a line"))
    assert grep.render(Block("web.1", b"half ")) == b""
    assert grep.render(Block("web.1", b"a line\n", continues=True)) == b"web.1:half a line\n"
    grep.render(Block("web.1", b"half a line"))
    assert grep.close() == b"web.1:half a line\nclosed"


def test_without_grep_half_a_line_passes() -> None:
    assert Filter(Plain()).render(Block("web.1", b"Name: ")) == b"web.1:Name: "


def test_letters_beyond_ascii_match_their_bytes() -> None:
    assert compile_pattern("é+").search("café".encode())
    assert compile_pattern("[[a]").search(b"[")


def test_a_bad_pattern_is_a_usage_error() -> None:
    with pytest.raises(ProcmanError, match=r"--grep '\(' is no regular expression") as error:
        compile_pattern("(")
    assert error.value.exit_code == 2

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procman.output.block import Block
from procman.output.console import Console
from procman.output.palette import Palette
from procman.output.prefix import Prefixes
from procman.output.splitter import Splitter

P1, P2 = b"web.1  | ", b"web.2  | "


def console(terminal: bool = False, mark_stderr: bool = False, template: str | None = None) -> Console:
    palette = Palette(["web"], enabled=False)
    prefixes = Prefixes(["web.1", "web.2"], palette, timestamp="none", template=template, start=0)
    return Console(prefixes, terminal=terminal, mark_stderr=mark_stderr, clock=lambda: 0.0)


def shown(sink: Console, *blocks: Block) -> bytes:
    return b"".join([*map(sink.render, blocks), sink.close()])


def test_every_line_gets_the_prefix() -> None:
    block = Block("web.1", b"a\n\n\xff\0b\n")
    assert console().render(block) == P1 + b"a\n" + P1 + b"\n" + P1 + b"\xff\0b\n"


def test_without_a_prefix_the_lines_are_as_they_were() -> None:
    assert console(template="").render(Block("web.1", b"a\n\nb\n")) == b"a\n\nb\n"


def test_an_empty_block_shows_nothing() -> None:
    assert shown(console(), Block("web.1", b"")) == b""


def test_an_open_line_goes_on_without_a_prefix() -> None:
    blocks = (Block("web.1", b"x\nName: "), Block("web.1", b"Ada", continues=True))
    end = Block("web.1", b"!\nok\n", continues=True)
    assert shown(console(), *blocks, end) == P1 + b"x\n" + P1 + b"Name: Ada!\n" + P1 + b"ok\n"


def test_another_process_ends_the_open_line_and_its_rest_starts_again() -> None:
    blocks = (Block("web.1", b"half"), Block("web.2", b"other\n"), Block("web.1", b" rest\n", continues=True))
    assert shown(console(), *blocks) == P1 + b"half\n" + P2 + b"other\n" + P1 + b" rest\n"


def test_the_bare_newline_of_an_interrupted_line_is_not_a_line() -> None:
    blocks = (Block("web.1", b"half"), Block("web.2", b"other\n"), Block("web.1", b"\nx\n", continues=True))
    assert shown(console(), *blocks) == P1 + b"half\n" + P2 + b"other\n" + P1 + b"x\n"


def test_two_open_lines_never_share_one() -> None:
    blocks = (Block("web.1", b"a"), Block("web.2", b"b"), Block("web.1", b"c", continues=True))
    assert shown(console(), *blocks) == P1 + b"a\n" + P2 + b"b\n" + P1 + b"c\n"


def test_an_event_ends_the_open_line_of_its_own_process() -> None:
    blocks = (Block("web.1", b"half"), Block("web.1", b"exited with code 1\n", event="exited"))
    assert shown(console(), *blocks) == P1 + b"half\n" + P1 + b"exited with code 1\n"


def test_progress_is_redrawn_in_its_place_on_a_terminal() -> None:
    blocks = (Block("web.1", b"1%"), Block("web.1", b"\r2%", continues=True))
    end = Block("web.1", b"\r3%\r\nx\n", continues=True)
    redrawn = P1 + b"1%" + b"\r" + P1 + b"2%\x1b[K" + b"\r" + P1 + b"3%\x1b[K\n" + P1 + b"x\n"
    assert shown(console(terminal=True), *blocks, end) == redrawn


def test_progress_takes_a_new_line_in_a_file() -> None:
    blocks = (
        Block("web.1", b"1%"),
        Block("web.1", b"\r2%", continues=True),
        Block("web.1", b"\r\n", continues=True),
    )
    assert shown(console(), *blocks) == P1 + b"1%\n" + P1 + b"2%\n"


@pytest.mark.parametrize("terminal", [False, True])
def test_a_return_before_the_newline_redraws_nothing(terminal: bool) -> None:
    blocks = (Block("web.1", b"dos"), Block("web.1", b" line\r\n", continues=True))
    assert shown(console(terminal), *blocks) == P1 + b"dos line\n"


def test_an_open_colour_never_reaches_the_next_prefix() -> None:
    sink = console()
    first = sink.render(Block("web.1", b"\x1b[31mred\n"))
    assert first == P1 + b"\x1b[31mred\x1b[0m\n"
    assert sink.render(Block("web.2", b"b\n")) == P2 + b"b\n"
    assert sink.render(Block("web.1", b"err\n", "stderr")) == P1 + b"err\n"
    assert (
        sink.render(Block("web.1", b"exited with code 1\n", event="exited")) == P1 + b"exited with code 1\n"
    )
    assert sink.render(Block("web.1", b"still\n")) == P1 + b"\x1b[31mstill\x1b[0m\n"
    sink.render(Block("web.1", b"started with pid 7\n", event="started"))
    assert sink.render(Block("web.1", b"fresh\n")) == P1 + b"fresh\n"


def test_stderr_is_marked_when_asked() -> None:
    err = Block("web.1", b"e\n", "stderr")
    assert console(mark_stderr=True).render(err) == b"web.1  ! e\n"
    assert console().render(err) == P1 + b"e\n"


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["web.1", "web.2"]), st.sampled_from([b"a", b"b\n", b"\n", b"cc\nd"]), st.booleans()
    ),
    max_size=20,
)


@settings(max_examples=50, deadline=None)
@given(STEPS)
def test_every_line_of_the_screen_is_one_processs_and_nothing_is_lost(
    steps: list[tuple[str, bytes, bool]],
) -> None:
    sink = console()
    splitters = {name: Splitter(name) for name in ("web.1", "web.2")}
    blocks = []
    for now, (name, data, silence) in enumerate(steps):
        blocks.append(splitters[name].feed(data, now))
        if silence:
            blocks.append(splitters[name].expire(now + 0.5))
    blocks += [splitter.close() for splitter in splitters.values()]
    screen = shown(sink, *filter(None, blocks))
    assert not screen or screen.endswith(b"\n")
    for name, prefix in (("web.1", P1), ("web.2", P2)):
        text = b"".join(line.removeprefix(prefix) for line in screen.splitlines() if line.startswith(prefix))
        assert text == b"".join(data for of, data, _ in steps if of == name).replace(b"\n", b"")
        assert all(line.startswith((P1, P2)) and line.count(b"|") == 1 for line in screen.splitlines())

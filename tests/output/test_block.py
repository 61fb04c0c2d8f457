from procman.output.block import Block, Joiner


def test_whole_lines_pass_at_once() -> None:
    block = Block("web.1", b"a\nb\n")
    assert Joiner().join(block) == block


def test_half_a_line_waits_for_its_other_half() -> None:
    joiner = Joiner()
    assert joiner.join(Block("web.1", b"a\nhal")) == Block("web.1", b"a\n")
    assert joiner.join(Block("web.1", b"f a", continues=True)) is None
    assert joiner.join(Block("web.1", b" line\nc\n", continues=True)) == Block("web.1", b"half a line\nc\n")


def test_streams_and_processes_wait_apart() -> None:
    joiner = Joiner()
    assert joiner.join(Block("web.1", b"out")) is None
    assert joiner.join(Block("web.1", b"err\n", "stderr")) == Block("web.1", b"err\n", "stderr")
    assert joiner.join(Block("web.2", b"other\n")) == Block("web.2", b"other\n")
    assert joiner.join(Block("web.1", b"put\n", continues=True)) == Block("web.1", b"output\n")


def test_an_event_does_not_end_the_waiting_line() -> None:
    joiner = Joiner()
    joiner.join(Block("web.1", b"wait"))
    event = Block("web.1", b"exited with code 0\n", event="exited")
    assert joiner.join(event) == event
    assert joiner.close() == [Block("web.1", b"wait\n")]
    assert joiner.close() == []


def test_a_new_line_ends_one_that_nobody_finished() -> None:
    joiner = Joiner()
    joiner.join(Block("web.1", b"old"))
    assert joiner.join(Block("web.1", b"new\n")) == Block("web.1", b"old\nnew\n")
    joiner.join(Block("web.1", b"old"))
    assert joiner.join(Block("web.1", b"new")) == Block("web.1", b"old\n")
    assert joiner.close() == [Block("web.1", b"new\n")]

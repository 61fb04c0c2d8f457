from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from procman.control.logs import BEHIND, heard, told
from procman.control.protocol import decode, encode
from procman.output.block import Block
from procman.output.history import Moment
from tests.control.bench import Bench

if TYPE_CHECKING:
    from tests.control.bench import Caller


def texts(replies: list[dict[str, Any]]) -> list[str]:
    return [reply["text"] for reply in replies if "text" in reply]


def bench_that_spoke() -> Bench:
    bench = Bench("web.1", "worker.1")
    bench.history.write(Block("web.1", b"one\ntwo\n"))
    bench.history.write(Block("worker.1", b"tick\n"))
    bench.history.write(Block("web.1", b"three\n"))
    return bench


def follower(bench: Bench, **arguments: object) -> Caller:
    client = bench.client()
    client.ask("logs", follow=True, **arguments)
    return client


def test_logs_are_all_that_is_remembered_in_the_order_of_time() -> None:
    heard_ = bench_that_spoke().client().ask("logs")
    assert texts(heard_) == ["one\ntwo\n", "tick\n", "three\n"]
    assert heard_[-1] == {"ok": True}


def test_logs_of_some_are_theirs_alone_by_name_type_or_glob() -> None:
    bench = bench_that_spoke()
    assert texts(bench.client().ask("logs", names=["worker"])) == ["tick\n"]
    assert texts(bench.client().ask("logs", names=["w?b.*"])) == ["one\ntwo\n", "three\n"]
    assert texts(bench.client().ask("logs", names=["nobody"])) == []


def test_the_last_lines_leave_out_what_is_older() -> None:
    assert texts(bench_that_spoke().client().ask("logs", lines=2)) == ["tick\n", "three\n"]
    assert texts(bench_that_spoke().client().ask("logs", lines=0)) == []


def test_a_follower_hears_what_comes_and_the_marker_where_that_begins() -> None:
    bench = bench_that_spoke()
    client = follower(bench, lines=1)
    bench.history.write(Block("web.1", b"four\n"))
    assert client.session in bench.awake
    assert [reply.get("text", reply) for reply in client.look()] == ["three\n", {"live": True}, "four\n"]


def test_a_follower_hears_those_that_came_later() -> None:
    bench = bench_that_spoke()
    client = follower(bench, names=["web"], lines=0)
    bench.history.write(Block("web.7", b"new\n"))
    bench.history.write(Block("worker.1", b"tick\n"))
    assert texts(client.look()) == ["new\n"]


def test_a_follower_who_does_not_keep_up_is_told_how_much_it_missed() -> None:
    bench = bench_that_spoke()
    client = follower(bench, lines=0)
    size = BEHIND // 4
    for _ in range(6):
        bench.history.write(Block("web.1", b"x" * (size - 1) + b"\n"))
    heard_ = client.look()[1:]
    assert heard_[0] == {"lost": 2 * size}
    assert len(texts(heard_)) == 4


def test_one_who_has_left_is_not_followed_any_more() -> None:
    bench = bench_that_spoke()
    client = follower(bench)
    client.session.close()
    bench.awake.clear()
    bench.history.write(Block("web.1", b"more\n"))
    assert bench.awake == []


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=50), st.sampled_from([None, "started"]), st.booleans(), st.floats(0, 1e10))
def test_a_moment_comes_back_as_it_was(data: bytes, event: str | None, continues: bool, at: float) -> None:
    moment = Moment(round(at, 6), Block("web.1", data, "stderr", event, continues))
    assert heard(decode(encode(told(moment)))) == moment


def test_what_is_no_moment_is_none() -> None:
    assert heard({"ok": True}) is None
    assert heard({**told(Moment(1.0, Block("web.1", b""))), "text": "\ud800"}) is None

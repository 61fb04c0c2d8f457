"""The language: what is understood, what is refused, and that nothing else can happen."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procman.control.protocol import (
    LONGEST_REQUEST,
    MOST_GLOBS,
    VERBS,
    Inbox,
    Refusal,
    Request,
    encode,
    parse_request,
    request_line,
)


def refused(line: bytes) -> str:
    with pytest.raises(Refusal) as refusal:
        parse_request(line)
    assert refusal.value.reply["ok"] is False
    return str(refusal.value.reply["error"])


def test_a_request_is_a_verb_and_what_belongs_to_it() -> None:
    line = request_line("scale", changes=[["web", "=", 3]])
    assert parse_request(line.rstrip()) == Request("scale", {"changes": [["web", "=", 3]]})


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"", "bad-request"),
        (b"GET / HTTP/1.1\r", "bad-request"),
        (b"[1]", "bad-request"),
        (b'"ps"', "bad-request"),
        (b"\xff\xfe", "bad-request"),
        (b"[" * 60_000, "bad-request"),
        (b'{"a":' * 10_000, "bad-request"),
        (b'{"procman":1,"verb":"wait","timeout":1' + b"0" * 5000 + b"}", "bad-request"),
        (b'{"verb":"ps"}', "version"),
        (b'{"procman":2,"verb":"ps"}', "version"),
        (b'{"procman":true,"verb":"ps"}', "version"),
        (b'{"procman":1}', "unknown-verb"),
        (b'{"procman":1,"verb":["ps"]}', "unknown-verb"),
        (b'{"procman":1,"verb":"run","command":"id"}', "unknown-verb"),
        (b'{"procman":1,"verb":"env"}', "unknown-verb"),
        (b'{"procman":1,"verb":"ps","name":"web"}', "bad-request"),
        (b'{"procman":1,"verb":"stop","names":"web"}', "bad-request"),
        (b'{"procman":1,"verb":"stop","names":[1]}', "bad-request"),
        (b'{"procman":1,"verb":"wait","timeout":NaN}', "bad-request"),
        (b'{"procman":1,"verb":"wait","timeout":Infinity}', "bad-request"),
        (b'{"procman":1,"verb":"wait","timeout":true}', "bad-request"),
        (b'{"procman":1,"verb":"signal","all":true,"signal":-9}', "bad-request"),
        (b'{"procman":1,"verb":"scale","changes":[["web","=",-1]]}', "bad-request"),
        (b'{"procman":1,"verb":"scale","changes":[["web","*",1]]}', "bad-request"),
        (b'{"procman":1,"verb":"connect","name":"web","size":[0,80]}', "bad-request"),
        (b'{"procman":1,"verb":"connect","name":"web","size":[24,70000]}', "bad-request"),
    ],
)
def test_what_is_no_request_is_refused_with_a_word_for_it(line: bytes, error: str) -> None:
    assert refused(line) == error


def test_globs_are_few_since_each_is_matched_with_all_names() -> None:
    assert refused(request_line("ps", names=["*"] * (MOST_GLOBS + 1))) == "bad-request"
    assert parse_request(request_line("ps", names=["*"] * MOST_GLOBS)).verb == "ps"


@settings(max_examples=50, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=200), st.text(max_size=100).map(lambda text: text.encode("utf-8", "replace"))
    )
)
def test_any_bytes_are_a_request_or_refused(line: bytes) -> None:
    try:
        assert parse_request(line).verb in VERBS
    except Refusal as refusal:
        encode(refusal.reply)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
keys = sorted({key for arguments in VERBS.values() for key in arguments})


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(sorted(VERBS)), st.dictionaries(st.sampled_from(keys), json_values, max_size=3))
def test_any_arguments_are_understood_or_refused(verb: str, arguments: dict[str, object]) -> None:
    line = json.dumps({**arguments, "procman": 1, "verb": verb}).encode()
    try:
        assert set(parse_request(line).arguments) <= set(VERBS[verb])
    except Refusal as refusal:
        encode(refusal.reply)


def test_a_byte_that_is_no_text_comes_back_as_it_was() -> None:
    data = bytes(range(256))
    line = encode({"text": data.decode("utf-8", "surrogateescape")})
    assert line.isascii()
    assert line.count(b"\n") == 1
    assert json.loads(line)["text"].encode("utf-8", "surrogateescape") == data


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=30)), st.integers(1, 40))
def test_lines_come_out_as_they_went_in_however_they_were_cut(pieces: list[bytes], size: int) -> None:
    data = b"".join(pieces)
    inbox = Inbox(LONGEST_REQUEST)
    found = []
    for start in range(0, len(data), size):
        assert inbox.feed(data[start : start + size])
        while (line := inbox.pop()) is not None:
            found.append(line)
    assert found == data.split(b"\n")[:-1]
    assert len(inbox) == len(data.split(b"\n")[-1])


def test_an_inbox_says_when_it_is_too_full() -> None:
    inbox = Inbox(10)
    assert inbox.feed(b"x" * 10)
    assert not inbox.feed(b"x")

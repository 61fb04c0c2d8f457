from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procman.control.attach import DETACH, Keys, parse_keys, spelled
from procman.errors import ProcmanError


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        (DETACH, b"\x1d"),
        ("ctrl-p,ctrl-q", b"\x10\x11"),
        ("Ctrl-A, d", b"\x01d"),
        ("ctrl-@", b"\x00"),
        ("~,.", b"~."),
    ],
)
def test_keys_are_written_as_docker_writes_them(text: str, keys: bytes) -> None:
    assert parse_keys(text) == keys


@pytest.mark.parametrize("text", ["", "ctrl-", "ctrl-1", "alt-x", "ctrl-pp", "é"])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(ProcmanError, match="no key"):
        parse_keys(text)


def test_keys_are_told_as_people_say_them() -> None:
    assert spelled(b"\x1d") == "Ctrl-]"
    assert spelled(b"\x10q") == "Ctrl-P q"


def test_the_beginning_of_the_sequence_waits_for_what_follows() -> None:
    keys = Keys(b"\x10\x11")
    assert keys.pass_on(b"a\x10") == b"a"
    assert keys.pass_on(b"b") == b"\x10b"
    assert keys.pass_on(b"\x10") == b""
    assert keys.pass_on(b"\x11ignored") == b""
    assert keys.left


@settings(max_examples=80, deadline=None)
@given(st.lists(st.binary(max_size=6).map(lambda data: data.replace(b"\x11", b"")), max_size=8))
def test_all_other_keys_pass_in_order(pieces: list[bytes]) -> None:
    keys = Keys(b"\x10\x11")
    passed = b"".join(keys.pass_on(piece) for piece in pieces)
    assert not keys.left
    assert passed + b"\x10" * (len(b"".join(pieces)) - len(passed)) == b"".join(pieces)
    assert len(b"".join(pieces)) - len(passed) <= 1

from __future__ import annotations

import socket
from contextlib import ExitStack, closing

import pytest

from procman.embed.freeports import BASES, FIRST, LAST, SIZE, claim_block
from procman.errors import ProcmanError

OURS = range(11_300, 11_800, SIZE)
"""Two blocks that no other test uses (tests/conftest.py)."""


def claim(held: ExitStack) -> int:
    base, lock = claim_block(OURS)
    held.enter_context(lock)
    return base


def test_blocks_that_are_held_are_different_ones_and_then_there_is_none() -> None:
    with ExitStack() as held:
        assert {claim(held), claim(held)} == set(OURS)
        with pytest.raises(ProcmanError, match="no 250 ports in a row are free from 11300 on"):
            claim(held)
    with ExitStack() as held:
        assert claim(held) in OURS


def test_a_block_in_which_somebody_listens_is_passed_over() -> None:
    with closing(socket.socket()) as listener, ExitStack() as held:
        listener.bind(("127.0.0.1", OURS[0] + 7))
        listener.listen()
        assert claim(held) == OURS[1]
        with pytest.raises(ProcmanError):
            claim(held)
        listener.close()
        assert claim(held) == OURS[0]


def test_all_blocks_lie_between_the_ports_of_people_and_those_of_the_system() -> None:
    assert BASES[0] == FIRST
    assert BASES[-1] + SIZE - 1 <= LAST < 32_768
    assert len(BASES) > 60

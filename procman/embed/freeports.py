"""A block of ports that nobody uses, for formations that run beside each other.

A bound socket on the last port of a block is the lock on it. procman inherits the socket and holds it
as long as it lives: who embeds it may be killed while its processes still listen.
"""

from __future__ import annotations

import secrets
import socket

from procman.errors import ProcmanError
from procman.quicktuple import NamedTuple
from procman.runtime.listeners import is_free, linux_listeners

FIRST, LAST = 16_000, 32_749
"""Below are the ports that people and `-p auto` choose, above those that systems hand out by themselves."""
SIZE = 250
STEP = 10
"""Ports of one type: room for 25 types of at most 10, unless more are asked for."""
BASES = range(FIRST, LAST + 1 - SIZE, SIZE)


class Block(NamedTuple):
    base: int
    lock: socket.socket


def claim_block(bases: range = BASES) -> Block:
    """Give a block of ports, none of which anybody listens on; raises ProcmanError when there is none."""
    # Not the first one every time: what has just ended may leave its port unusable for a minute (TIME_WAIT).
    start = secrets.randbelow(len(bases))
    for base in (*bases[start:], *bases[:start]):
        lock = _lock(base + SIZE - 1)
        if lock is None:
            continue
        if _are_free(range(base, base + SIZE - 1)):
            return Block(base, lock)
        lock.close()
    raise ProcmanError(
        f"no {SIZE} ports in a row are free from {bases[0]} on", hint="choose one: Formation(port=…)"
    )


def _lock(port: int) -> socket.socket | None:
    lock = socket.socket()
    try:
        lock.bind(("127.0.0.1", port))
    except OSError:
        lock.close()
        return None
    return lock


def _are_free(ports: range) -> bool:
    listening = linux_listeners()
    if listening is not None:
        return listening.keys().isdisjoint(ports)
    return all(is_free(port) for port in ports)

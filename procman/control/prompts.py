"""Sees when a process stops at a prompt: an unfinished line, and a terminal out of its usual mode.

A line editor (pdb, pry, a console) takes the terminal out of canonical mode, a password prompt
switches the echo off. A line that is merely unfinished (a progress bar) leaves both as they were.
"""

from __future__ import annotations

import termios
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from procman.output.block import Block

LFLAG = 3


class Prompts:
    """A sink, the last one: by the time it sees the unfinished line everybody has shown it.

    terminal_of: the master of a process's pseudo-terminal, or -1. say: shows a line of procman's own.
    is_connected: whether somebody sits at that terminal already.
    """

    def __init__(
        self,
        terminal_of: Callable[[str], int],
        say: Callable[[str], None],
        is_connected: Callable[[str], bool],
    ) -> None:
        self._terminal_of = terminal_of
        self._say = say
        self._is_connected = is_connected
        self._told: set[str] = set()

    def write(self, block: Block) -> None:
        if block.data.endswith(b"\n"):
            # Most blocks by far: a line has ended, the next prompt is another one.
            if block.event is None and self._told:
                self._told.discard(block.name)
            return
        name = block.name
        if name in self._told or self._is_connected(name) or not waits(self._terminal_of(name)):
            return
        self._told.add(name)
        self._say(f"{name} waits for input: procman connect {name}")


def waits(master: int) -> bool:
    """Whether whoever has this terminal reads it key by key, or without showing them."""
    if master < 0:
        return False
    try:
        lflag = termios.tcgetattr(master)[LFLAG]
    except (termios.error, OSError):
        return False
    return not lflag & termios.ICANON or not lflag & termios.ECHO

from __future__ import annotations

import os
import termios
from typing import TYPE_CHECKING

import pytest

from procman.control.prompts import Prompts
from procman.output.block import Block
from procman.runtime.pty import open_pty

if TYPE_CHECKING:
    from collections.abc import Iterator

PROMPT = Block("web.1", b"Password: ")


class Stage:
    def __init__(self) -> None:
        self.master, self.slave, _ = open_pty((24, 80))
        self.said: list[str] = []
        self.connected = False
        self.prompts = Prompts(lambda _: self.master, self.said.append, lambda _: self.connected)

    def switch_off(self, flag: int) -> None:
        attributes = termios.tcgetattr(self.slave)
        attributes[3] &= ~flag
        termios.tcsetattr(self.slave, termios.TCSANOW, attributes)


@pytest.fixture
def stage() -> Iterator[Stage]:
    found = Stage()
    yield found
    os.close(found.master)
    os.close(found.slave)


@pytest.mark.parametrize("flag", [termios.ICANON, termios.ECHO])
def test_a_prompt_on_a_terminal_out_of_its_usual_mode_is_told_once(stage: Stage, flag: int) -> None:
    stage.switch_off(flag)
    stage.prompts.write(PROMPT)
    stage.prompts.write(PROMPT._replace(data=b"*", continues=True))
    assert stage.said == ["web.1 waits for input: procman connect web.1"]


def test_the_next_prompt_is_told_again(stage: Stage) -> None:
    stage.switch_off(termios.ICANON)
    stage.prompts.write(PROMPT)
    stage.prompts.write(Block("worker.1", b"tick\n"))
    stage.prompts.write(PROMPT)
    assert len(stage.said) == 1
    stage.prompts.write(Block("web.1", b"\n", continues=True))
    stage.prompts.write(PROMPT)
    assert len(stage.said) == 2


def test_a_line_that_is_merely_unfinished_is_no_prompt(stage: Stage) -> None:
    stage.prompts.write(PROMPT)
    assert stage.said == []


def test_somebody_who_is_connected_knows_it_already(stage: Stage) -> None:
    stage.switch_off(termios.ICANON)
    stage.connected = True
    stage.prompts.write(PROMPT)
    assert stage.said == []


def test_without_a_terminal_there_is_no_prompt(stage: Stage) -> None:
    said: list[str] = []
    Prompts(lambda _: -1, said.append, lambda _: False).write(PROMPT)
    os.close(os.dup(stage.master))
    assert said == []

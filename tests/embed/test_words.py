from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from procman.embed.words import EVERYTHING, command_line, most_of_a_type

NOTHING: dict[str, Any] = {
    "procfile": None,
    "root": None,
    "types": (),
    "formation": "",
    "grace": None,
    "options": (),
}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"procfile": Path("a/Procfile")}, ["--procfile", "a/Procfile"]),
        ({"root": "app"}, ["--root", "app"]),
        ({"formation": {"web": 2, "all": 0}}, ["--formation", "web=2,all=0"]),
        ({"formation": "web=2"}, ["--formation", "web=2"]),
        ({"grace": 0}, ["--timeout", "0"]),
        ({"grace": 2.5}, ["--timeout", "2.5"]),
        ({"options": ["--pty"]}, ["--pty"]),
    ],
)
def test_each_argument_is_an_option(said: dict[str, Any], words: list[str]) -> None:
    assert command_line(**{**NOTHING, **said}) == [*EVERYTHING, *words, "--format", "json"]


@pytest.mark.parametrize("types", [("web", "db"), ["web", "db"], "web,db"])
def test_types_stand_at_the_end(types: Any) -> None:
    assert command_line(**{**NOTHING, "types": types})[-4:] == ["--format", "json", "web", "db"]


@pytest.mark.parametrize(
    ("formation", "most"),
    [("", 1), ({}, 1), ({"web": 0}, 1), ({"web": 3, "db": 12}, 12), ("web=2, db = 7", 7), ("rubbish", 1)],
)
def test_the_largest_count_says_how_many_ports_a_type_needs(formation: Any, most: int) -> None:
    assert most_of_a_type(formation) == most

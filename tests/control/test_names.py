from __future__ import annotations

import pytest

from procman.control.names import chosen

TYPES = {"web.1": "web", "web.2": "web", "worker.1": "worker", "work.1": "work"}


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["web.2"], ["web.2"]),
        (["web"], ["web.1", "web.2"]),
        (["w*"], ["web.1", "web.2", "worker.1", "work.1"]),
        (["*.1"], ["web.1", "worker.1", "work.1"]),
        (["work"], ["work.1"]),
        (["work?r"], ["worker.1"]),
        (["work.1", "web.1", "web"], ["web.1", "web.2", "work.1"]),
        ([], []),
    ],
)
def test_names_types_and_globs_mean_processes_each_once_and_in_order(
    words: list[str], names: list[str]
) -> None:
    assert chosen(words, TYPES) == (names, "")


@pytest.mark.parametrize("word", ["webs", "web.3", "x*", "WEB", ""])
def test_a_word_that_means_none_is_named(word: str) -> None:
    assert chosen(["web", word], TYPES) == ([], word)

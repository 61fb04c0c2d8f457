from __future__ import annotations

import pytest

from procman.config.nearest import did_you_mean, nearest

TYPES = ("web", "worker", "Scheduler")


@pytest.mark.parametrize(
    ("word", "match"),
    [("wbe", "web"), ("wroker", "worker"), ("WORKER", "worker"), ("scheduler", "Scheduler"), ("zzz", None)],
)
def test_the_nearest_word_is_found_whatever_its_case(word: str, match: str | None) -> None:
    assert nearest(word, TYPES) == match


def test_nothing_is_near_to_nothing() -> None:
    assert nearest("web", ()) is None


def test_a_hint_asks_only_when_something_is_near() -> None:
    assert did_you_mean("wrker", TYPES) == "did you mean worker?"
    assert did_you_mean("zzz", TYPES) == ""

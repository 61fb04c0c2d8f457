from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procman.config.formation import MOST_INSTANCES, counted, parse_formation, select
from procman.errors import ProcmanError

TYPES = ("web", "worker", "clock")


@pytest.mark.parametrize(
    ("texts", "counts"),
    [
        ([], (1, 1, 1)),
        ([""], (1, 1, 1)),
        (["web=2"], (2, 1, 1)),
        (["web=2,worker=4"], (2, 4, 1)),
        (["web=2", "worker=4"], (2, 4, 1)),
        ([" web = 2 , clock=3 "], (2, 1, 3)),
        (["web=2,"], (2, 1, 1)),
        (["all=2"], (2, 2, 2)),
        (["all=0,web=1"], (1, 0, 0)),
        (["web=1,all=0"], (1, 0, 0)),
        (["web=1", "all=0"], (1, 0, 0)),
        (["web=2", "web=3"], (3, 1, 1)),
        (["all=2,all=3"], (3, 3, 3)),
        (["web=007"], (7, 1, 1)),
        (["web=00"], (0, 1, 1)),
        ([f"web={MOST_INSTANCES}"], (MOST_INSTANCES, 1, 1)),
    ],
)
def test_a_formation_counts_every_type(texts: list[str], counts: tuple[int, ...]) -> None:
    assert parse_formation(texts, TYPES) == dict(zip(TYPES, counts, strict=True))


def test_the_usual_count_holds_where_nothing_is_said() -> None:
    usual = {"worker": 3, "clock": 0}
    assert parse_formation([], TYPES, usual) == {"web": 1, "worker": 3, "clock": 0}
    assert parse_formation(["worker=1"], TYPES, usual) == {"web": 1, "worker": 1, "clock": 0}
    assert parse_formation(["all=2"], TYPES, usual) == {"web": 2, "worker": 2, "clock": 2}


@pytest.mark.parametrize(
    "text",
    ["web", "web=", "web=1.5", "web=abc", "web=-1", "web=+1", "web=²", "web=٣", "web=1=2", "=2", "all=x"],
)
def test_a_count_that_is_no_whole_number_is_a_usage_error(text: str) -> None:
    with pytest.raises(ProcmanError) as caught:
        parse_formation([text], TYPES)
    assert caught.value.exit_code == 2
    assert caught.value.message.startswith(f"-c {text}: ")
    assert "web, worker, clock" in str(caught.value)


@pytest.mark.parametrize("digits", [str(MOST_INSTANCES + 1), "9" * 5000])
def test_more_instances_than_any_machine_runs_are_refused(digits: str) -> None:
    with pytest.raises(ProcmanError, match="more than 10000 instances") as caught:
        parse_formation([f"web={digits}"], TYPES)
    assert caught.value.exit_code == 2


def test_an_unknown_type_names_the_known_ones_and_the_nearest() -> None:
    with pytest.raises(ProcmanError) as caught:
        parse_formation(["wroker=2"], TYPES)
    assert caught.value.exit_code == 2
    assert caught.value.message == "-c wroker=2: no process type 'wroker', known: web, worker, clock"
    assert caught.value.hint == "did you mean worker?"


def test_all_counts_no_type_by_name() -> None:
    assert counted(["all=2, web=1", "clock=0,"]) == {"web", "clock"}


@given(
    st.dictionaries(st.sampled_from(TYPES), st.integers(0, MOST_INSTANCES)),
    st.none() | st.integers(0, MOST_INSTANCES),
    st.randoms(use_true_random=False),
)
@settings(max_examples=40, deadline=None)
def test_neither_order_nor_splitting_matters_where_no_name_is_repeated(
    counts: dict[str, int], everything: int | None, random: object
) -> None:
    parts = [f"{name}={count}" for name, count in counts.items()]
    parts += [] if everything is None else [f"all={everything}"]
    expected = {name: counts.get(name, 1 if everything is None else everything) for name in TYPES}
    random.shuffle(parts)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    assert parse_formation(parts, TYPES) == parse_formation([",".join(parts)], TYPES) == expected


@pytest.mark.parametrize(
    ("only", "excluded", "selected"),
    [
        ((), (), TYPES),
        (("clock", "web"), (), ("web", "clock")),
        ((), ("worker",), ("web", "clock")),
        (("web", "worker"), ("web",), ("worker",)),
        (("web", "web"), (), ("web",)),
        ((), TYPES, ()),
    ],
)
def test_a_selection_keeps_the_order_of_the_file(
    only: tuple[str, ...], excluded: tuple[str, ...], selected: tuple[str, ...]
) -> None:
    assert select(TYPES, only, excluded) == selected


@pytest.mark.parametrize(("only", "excluded"), [(("wbe",), ()), ((), ("wbe",))])
def test_selecting_an_unknown_type_is_an_error_with_the_nearest(
    only: tuple[str, ...], excluded: tuple[str, ...]
) -> None:
    with pytest.raises(ProcmanError) as caught:
        select(TYPES, only, excluded)
    assert caught.value.exit_code == 1
    assert caught.value.message == "no process type 'wbe' in the procfile, known: web, worker, clock"
    assert caught.value.hint == "did you mean web?"

"""The quick NamedTuple is what typing's is, in all that procman does with one."""

from __future__ import annotations

import copy
import pickle
import typing

import pytest

from procman import quicktuple


class Typed(typing.NamedTuple):
    begin: int
    end: int = 0
    text: str = ""

    @property
    def size(self) -> int:
        return self.end - self.begin


class Quick(quicktuple.NamedTuple):
    """With words of its own."""

    begin: int
    end: int = 0
    text: str = ""

    @property
    def size(self) -> int:
        return self.end - self.begin


class Empty(quicktuple.NamedTuple):
    pass


@pytest.fixture(autouse=True, params=["some values", "many"])
def _how_many(request: pytest.FixtureRequest) -> None:
    """From the ninth value of a class on they are made by a compiled constructor."""
    if request.param == "many":
        assert {Quick(1, text="a") for _ in range(20)} == {(1, 0, "a")}


def test_it_is_made_and_read_as_a_tuple_with_names() -> None:
    quick = Quick(2, end=5)
    assert tuple(quick) == tuple(Typed(2, end=5)) == (2, 5, "")
    assert (quick.begin, quick.end, quick.text, quick.size) == (2, 5, "", 3)
    assert repr(quick) == "Quick(begin=2, end=5, text='')"
    assert hash(quick) == hash(Typed(2, end=5))
    assert "__dict__" not in dir(quick)
    assert [*Empty()] == []


def test_every_way_to_give_values_is_the_same_from_the_first_to_the_twentieth() -> None:
    class Fresh(quicktuple.NamedTuple):
        begin: int
        end: int = 0
        text: str = ""

    for _ in range(20):
        assert tuple(Fresh(2)) == tuple(Fresh(begin=2)) == (2, 0, "")
        assert tuple(Fresh(2, 3, "a")) == tuple(Fresh(2, text="a", end=3)) == (2, 3, "a")
        assert tuple(Fresh(*range(3))) == (0, 1, 2)


def test_it_is_changed_by_replacing_it() -> None:
    quick = Quick(2)
    assert quick._replace(text="a", end=4) == Quick(2, 4, "a")
    assert type(quick._replace(end=4)) is Quick
    assert quick == Quick(2)
    assert quick._asdict() == Typed(2)._asdict()
    assert (Quick._fields, Quick._field_defaults) == (Typed._fields, Typed._field_defaults)


@pytest.mark.parametrize("kind", [Typed, Quick])
def test_wrong_use_is_an_error_as_ever(kind: type[Quick]) -> None:
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'begin'"):
        kind()  # type: ignore[call-arg]  # the mistake
    with pytest.raises(TypeError):
        kind(1, 2, "", 4)  # type: ignore[call-arg]  # the mistake
    with pytest.raises((TypeError, ValueError)):  # typing changed its mind in 3.13
        kind(1)._replace(start=4)  # type: ignore[call-arg]  # the mistake
    with pytest.raises(TypeError):
        kind._make([1])
    with pytest.raises(AttributeError):
        setattr(kind(1), "begin", 4)  # noqa: B010 - a type checker would stop it


def test_a_field_without_a_default_after_one_with_a_default_is_refused() -> None:
    with pytest.raises(TypeError, match="without a default"):

        class Wrong(quicktuple.NamedTuple):
            begin: int = 0
            end: int  # type: ignore[misc]  # the mistake


def test_it_matches_copies_and_travels() -> None:
    quick = Quick(2, 5)
    match quick:
        case Quick(begin, end=5):
            assert begin == 2
        case _:
            pytest.fail("it should have matched")
    assert copy.copy(quick) == quick
    assert pickle.loads(pickle.dumps(quick)) == quick  # noqa: S301 - our own
    assert Quick.__doc__ == "With words of its own."

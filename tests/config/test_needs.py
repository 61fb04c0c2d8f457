from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from procman.config.instance import Instance, Need
from procman.config.kinds import Kind
from procman.config.needs import circles, with_needs
from procman.config.settings import TypeSettings


def instance(name: str, kind: Kind = Kind.PROCESS) -> Instance:
    process_type, _, number = name.partition(".")
    return Instance(name, process_type, int(number), "x", {}, None, kind)


def wired(
    phases: list[str], others: list[str], needs: dict[str, tuple[str, ...]]
) -> tuple[dict[str, tuple[Need, ...]], list[str]]:
    said = {name: TypeSettings(needs=each) for name, each in needs.items()}
    found, notices = with_needs(
        [instance(name, Kind.RELEASE) for name in phases], [instance(name) for name in others], said
    )
    return {each.name: each.needs for each in found}, notices


def test_every_instance_needs_every_instance_of_the_type() -> None:
    needs, notices = wired([], ["db.1", "db.2", "web.1", "web.2"], {"web": ("db",)})
    both = (Need("db.1"), Need("db.2"))
    assert needs == {"db.1": (), "db.2": (), "web.1": both, "web.2": both}
    assert notices == []


def test_what_is_not_started_is_taken_to_be_ready_and_said_once() -> None:
    needs, notices = wired([], ["web.1", "web.2"], {"web": ("db",)})
    assert needs == {"web.1": (), "web.2": ()}
    assert notices == ["web needs db, which is not started here and taken to be ready"]


def test_the_others_wait_for_the_last_phase() -> None:
    needs, _ = wired(["preflight.1", "release.1"], ["web.1"], {})
    assert needs == {
        "preflight.1": (),
        "release.1": (Need("preflight.1", completed=True),),
        "web.1": (Need("release.1", completed=True),),
    }


def test_what_a_phase_needs_comes_before_it() -> None:
    needs, _ = wired(["release.1"], ["db.1", "disk.1", "web.1"], {"release": ("db",), "db": ("disk",)})
    assert needs == {
        "release.1": (Need("db.1"),),
        "db.1": (Need("disk.1"),),
        "disk.1": (),
        "web.1": (Need("release.1", completed=True),),
    }


def test_a_need_for_a_phase_is_for_its_end() -> None:
    needs, _ = wired(["release.1"], ["web.1"], {"web": ("release",)})
    assert needs["web.1"] == (Need("release.1", completed=True),)


TYPES = ["a", "b", "c", "d"]


@given(st.dictionaries(st.sampled_from(TYPES), st.lists(st.sampled_from(TYPES), max_size=3)))
@settings(max_examples=80, deadline=None)
def test_there_is_a_circle_exactly_when_there_is_no_order(needs: dict[str, list[str]]) -> None:
    found = circles(needs)
    for circle in found:
        assert circle[0] == circle[-1]
        assert all(after in needs[before] for before, after in pairwise(circle))
    left = set(TYPES)
    while ready := {name for name in left if not left & set(needs.get(name, ()))}:
        left -= ready
    assert bool(left) is bool(found)

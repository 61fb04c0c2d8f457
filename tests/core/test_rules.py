from __future__ import annotations

import pytest

from procman.config.kinds import Kind
from procman.config.plan import Instance, Need, Restart
from procman.core.events import Status
from procman.core.process import Process, State
from procman.core.rules import StopOn, may_start, takes_down

CLEAN = Status()
FAILED = Status(code=1)


def instance(kind: Kind = Kind.PROCESS, restart: Restart = Restart.NEVER, *needs: Need) -> Instance:
    return Instance("web.1", "web", 1, "serve", {}, None, kind, needs, restart=restart)


@pytest.mark.parametrize(
    ("stop_on", "clean", "failed"),
    [(StopOn.CRASH, False, True), (StopOn.EXIT, True, True), (StopOn.NEVER, False, False)],
)
def test_which_end_takes_all_down(stop_on: StopOn, clean: bool, failed: bool) -> None:
    assert takes_down(stop_on, instance(), CLEAN) is clean
    assert takes_down(stop_on, instance(), FAILED) is failed
    assert takes_down(stop_on, instance(), Status(signal=11)) is failed


@pytest.mark.parametrize("stop_on", list(StopOn))
@pytest.mark.parametrize("kind", [Kind.PREFLIGHT, Kind.RELEASE])
def test_a_phase_takes_all_down_exactly_when_it_fails(stop_on: StopOn, kind: Kind) -> None:
    assert not takes_down(stop_on, instance(kind), CLEAN)
    assert takes_down(stop_on, instance(kind), FAILED)


@pytest.mark.parametrize("stop_on", list(StopOn))
def test_one_that_comes_back_takes_nobody_with_it(stop_on: StopOn) -> None:
    assert not takes_down(stop_on, instance(restart=Restart.ALWAYS), CLEAN)
    assert not takes_down(stop_on, instance(restart=Restart.ALWAYS), FAILED)
    assert not takes_down(stop_on, instance(restart=Restart.ON_FAILURE), FAILED)


def test_one_that_comes_back_only_after_failures_takes_all_down_by_ending_where_any_exit_does() -> None:
    assert takes_down(StopOn.EXIT, instance(restart=Restart.ON_FAILURE), CLEAN)


@pytest.mark.parametrize(
    ("needed", "met"),
    [
        (Process("db.1"), False),
        (Process("db.1", state=State.STARTING), False),
        (Process("db.1", state=State.UP), True),
        (Process("db.1", state=State.UP, status=FAILED), True),
        (Process("db.1", state=State.STOPPING), False),
        (Process("db.1", state=State.BACKOFF), False),
        (Process("db.1", state=State.EXITED, status=CLEAN), True),
    ],
)
def test_a_need_is_met_while_it_is_up(needed: Process, met: bool) -> None:
    assert may_start(instance(Kind.PROCESS, Restart.NEVER, Need("db.1")), {"db.1": needed}) is met


@pytest.mark.parametrize(
    ("needed", "met"),
    [
        (Process("release.1"), False),
        (Process("release.1", state=State.UP), False),
        (Process("release.1", state=State.STOPPING, status=CLEAN), False),
        (Process("release.1", state=State.EXITED, status=CLEAN), True),
        (Process("release.1", state=State.EXITED, status=FAILED), False),
        (Process("release.1", state=State.EXITED, status=Status(signal=15)), False),
        (Process("release.1", state=State.EXITED), False),
    ],
)
def test_a_phase_is_done_when_it_has_ended_well(needed: Process, met: bool) -> None:
    need = Need("release.1", completed=True)
    assert may_start(instance(Kind.PROCESS, Restart.NEVER, need), {"release.1": needed}) is met


def test_all_needs_count_and_an_unknown_one_does_not_hold_anybody_up() -> None:
    up, down = Process("db.1", state=State.UP), Process("mq.1")
    both = instance(Kind.PROCESS, Restart.NEVER, Need("db.1"), Need("mq.1"))
    assert not may_start(both, {"db.1": up, "mq.1": down})
    assert may_start(both, {"db.1": up, "mq.1": up._replace(name="mq.1")})
    assert may_start(both, {"db.1": up})
    assert may_start(instance(), {"db.1": down})

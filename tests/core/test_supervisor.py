"""Who starts when, and who takes whom down by ending: by plain values, without a process."""

from __future__ import annotations

import signal

import pytest

from procman.config.plan import Restart
from procman.core.actions import (
    SYSTEM,
    Announce,
    AwaitEmpty,
    Signal,
    Spawn,
    Sweep,
)
from procman.core.ending import Cause
from procman.core.events import (
    Emptied,
    Exited,
    Spawned,
    SpawnFailed,
    Status,
    StopAsked,
)
from procman.core.process import State
from procman.core.rules import StopOn
from procman.core.supervisor import Supervisor
from tests.core.acts import (
    CLEAN,
    FAILED,
    INT,
    TERMINATING,
    acted,
    begin,
    end_all,
    instance,
    is_closing,
    is_finished,
    running,
    said,
    states,
    tell,
    tick,
    with_phases,
)


def test_spawns_go_one_at_a_time_in_the_plans_order() -> None:
    supervisor = Supervisor([instance("web.1"), instance("worker.1"), instance("worker.2")])
    assert begin(supervisor) == [Spawn("web.1")]
    assert acted(tell(supervisor, Spawned("web.1", 1), now=0.0)) == [Spawn("worker.1")]
    assert acted(tell(supervisor, Spawned("worker.1", 2), now=0.0)) == [Spawn("worker.2")]
    assert acted(tell(supervisor, Spawned("worker.2", 3), now=0.0)) == []


def test_a_start_is_announced_with_its_pid() -> None:
    supervisor = Supervisor([instance("web.1")])
    begin(supervisor)
    assert said(tell(supervisor, Spawned("web.1", 4711), now=0.0)) == ["web.1 | started with pid 4711"]


def test_a_signal_between_two_spawns_keeps_the_rest_from_starting() -> None:
    supervisor = Supervisor([instance("web.1"), instance("worker.1")])
    begin(supervisor)
    tell(supervisor, INT, now=0.1)
    actions = tell(supervisor, Spawned("web.1", 1), now=0.2)
    assert acted(actions) == [Signal("web.1", signal.SIGTERM)]
    assert states(supervisor) == {"web.1": State.STOPPING, "worker.1": State.DOWN}


def test_a_spawn_that_fails_is_the_cause_and_takes_all_down() -> None:
    supervisor = Supervisor([instance("web.1"), instance("worker.1"), instance("clock.1")])
    begin(supervisor)
    tell(supervisor, Spawned("web.1", 1), now=0.0)
    actions = tell(supervisor, SpawnFailed("worker.1", "no more processes allowed"), now=0.1)
    assert Signal("web.1", signal.SIGTERM) in actions
    assert Spawn("clock.1") not in actions
    assert supervisor.cause == Cause("worker.1", Status(code=1), "no more processes allowed")


def test_with_nothing_to_run_it_is_over_at_once() -> None:
    supervisor = Supervisor([])
    assert acted(begin(supervisor)) == [Sweep(SYSTEM, signal.SIGTERM, everyone=True), AwaitEmpty(SYSTEM)]
    tell(supervisor, Emptied(SYSTEM), now=0.0)
    assert is_finished(supervisor)


def test_phases_run_one_after_the_other_before_everything_else() -> None:
    supervisor = with_phases()
    assert begin(supervisor) == [Spawn("preflight.1")]
    assert acted(tell(supervisor, Spawned("preflight.1", 1), now=0.0)) == []
    assert acted(tell(supervisor, Exited("preflight.1", CLEAN), now=1.0)) == [Spawn("release.1")]
    assert acted(tell(supervisor, Spawned("release.1", 2), now=1.0)) == []
    assert acted(tell(supervisor, Exited("release.1", CLEAN), now=2.0)) == [Spawn("web.1")]


@pytest.mark.parametrize("restart", list(Restart))
def test_a_failing_phase_ends_the_start_with_its_status(restart: Restart) -> None:
    supervisor = with_phases(restart=restart)
    begin(supervisor)
    tell(supervisor, Spawned("preflight.1", 1), Exited("preflight.1", CLEAN), Spawned("release.1", 2), now=0)
    actions = tell(supervisor, Exited("release.1", FAILED), now=1.0)
    assert not [action for action in actions if isinstance(action, Spawn)]
    assert supervisor.cause == Cause("release.1", FAILED)
    end_all(supervisor, 1.1)
    tell(supervisor, Emptied(SYSTEM), now=1.2)
    assert is_finished(supervisor)
    assert states(supervisor)["web.1"] is State.DOWN


@pytest.mark.parametrize("status", [FAILED, Status(code=127), Status(signal=11)])
def test_a_crash_takes_everything_down(status: Status) -> None:
    supervisor = running("web.1", "worker.1", "worker.2")
    actions = tell(supervisor, Exited("worker.1", status), now=1.0)
    assert [a for a in actions if isinstance(a, Signal)] == [
        Signal("web.1", signal.SIGTERM),
        Signal("worker.2", signal.SIGTERM),
    ]
    assert actions.count(TERMINATING) == 1
    assert supervisor.cause == Cause("worker.1", status)
    assert is_closing(supervisor)


def test_who_was_taken_down_stands_in_the_plans_order() -> None:
    names = [f"web.{number}" for number in range(1, 12)]
    supervisor = running(*names)
    tell(supervisor, Exited("web.3", FAILED), now=1.0)
    assert list(supervisor.taken_down) == [name for name in names if name != "web.3"]


def test_a_crash_also_ends_what_the_crashed_one_left_behind() -> None:
    supervisor = running("web.1", "worker.1")
    actions = tell(supervisor, Exited("worker.1", FAILED), now=1.0)
    assert Sweep("worker.1", signal.SIGTERM, everyone=True) in actions
    assert AwaitEmpty("worker.1") in actions


def test_a_clean_end_is_announced_and_the_others_go_on() -> None:
    supervisor = running("web.1", "worker.1")
    actions = tell(supervisor, Exited("worker.1", CLEAN), now=1.0)
    assert actions == [Announce("worker.1", "exited with code 0", "exited")]
    assert states(supervisor) == {"web.1": State.UP, "worker.1": State.EXITED}
    assert not is_closing(supervisor)


def test_when_none_is_left_all_is_over_and_well() -> None:
    supervisor = running("web.1", "worker.1")
    actions = tell(supervisor, Exited("worker.1", CLEAN), Exited("web.1", CLEAN), now=1.0)
    assert TERMINATING not in actions  # there is nobody to send it to
    # Daemons of either may live on: those are awaited before the end.
    assert [a for a in actions if isinstance(a, AwaitEmpty)] == [AwaitEmpty("web.1"), AwaitEmpty("worker.1")]
    tell(supervisor, Emptied("worker.1"), Emptied("web.1"), Emptied(SYSTEM), now=1.1)
    assert (supervisor.finished, supervisor.cause, supervisor.signal) == (True, None, 0)


def test_stop_on_exit_any_end_takes_all_down_without_blame() -> None:
    supervisor = running("web.1", "worker.1", stop_on=StopOn.EXIT)
    assert Signal("web.1", signal.SIGTERM) in tell(supervisor, Exited("worker.1", CLEAN), now=1.0)
    assert supervisor.cause is None


def test_stop_on_never_waits_for_the_last_and_remembers_the_first_crash() -> None:
    supervisor = running("web.1", "worker.1", "clock.1", stop_on=StopOn.NEVER)
    assert acted(tell(supervisor, Exited("worker.1", FAILED), now=1.0)) == []
    assert acted(tell(supervisor, Exited("web.1", Status(code=9)), now=2.0)) == []
    assert not is_closing(supervisor)
    tell(supervisor, Exited("clock.1", CLEAN), now=3.0)
    assert is_closing(supervisor)
    assert supervisor.cause == Cause("worker.1", FAILED)


def test_only_the_first_crash_is_the_cause() -> None:
    supervisor = running("web.1", "worker.1")
    tell(supervisor, Exited("web.1", FAILED), Exited("worker.1", Status(code=7)), now=1.0)
    assert supervisor.cause == Cause("web.1", FAILED)


def test_an_end_after_the_stop_signal_is_no_crash() -> None:
    supervisor = running("web.1", "worker.1")
    tell(supervisor, INT, Exited("web.1", Status(code=143)), Exited("worker.1", Status(signal=9)), now=1.0)
    assert supervisor.cause is None


def test_one_that_somebody_stopped_is_no_crash_and_the_others_go_on() -> None:
    supervisor = running("web.1", "worker.1")
    assert tell(supervisor, StopAsked("web.1"), now=1.0) == [Signal("web.1", signal.SIGTERM)]
    tell(supervisor, Exited("web.1", Status(signal=15)), Emptied("web.1"), now=1.1)
    assert not is_closing(supervisor)
    assert states(supervisor) == {"web.1": State.EXITED, "worker.1": State.UP}


def test_one_that_comes_back_is_no_cause() -> None:
    supervisor = running(instance("web.1", restart=Restart.ALWAYS), "worker.1")
    tell(supervisor, Exited("web.1", FAILED), now=5.0)
    tell(supervisor, Emptied("web.1"), now=5.0)
    assert (supervisor.cause, supervisor.closing, supervisor.deadline) == (None, False, 6.0)
    assert tick(supervisor, 6.0) == [Spawn("web.1")]


def test_one_that_waits_to_come_back_does_not_hold_up_the_end() -> None:
    supervisor = running(instance("web.1", restart=Restart.ALWAYS))
    tell(supervisor, Exited("web.1", FAILED), Emptied("web.1"), now=5.0)
    tell(supervisor, INT, now=5.1)
    tell(supervisor, Emptied(SYSTEM), now=5.2)
    assert is_finished(supervisor)

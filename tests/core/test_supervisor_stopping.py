"""How everything is taken down: which signal when, said how, waited for how long."""

from __future__ import annotations

import signal

import pytest

from procman.config.plan import Need
from procman.core.actions import (
    SYSTEM,
    Announce,
    AwaitEmpty,
    Forward,
    Kill,
    Signal,
    Suspend,
    Sweep,
)
from procman.core.ending import SECOND_THOUGHTS, Cause
from procman.core.events import (
    Emptied,
    Exited,
    KillAsked,
    OutputLost,
    SignalArrived,
    Spawned,
    Status,
    StopAsked,
)
from procman.core.process import State
from procman.core.supervisor import Supervisor
from tests.core.acts import (
    CLEAN,
    FAILED,
    INT,
    KILLING,
    TERMINATING,
    acted,
    begin,
    end_all,
    instance,
    is_closing,
    is_finished,
    running,
    states,
    tell,
    tick,
)


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_takes_everything_down_and_says_so_first(signum: signal.Signals) -> None:
    supervisor = running("web.1", "worker.1")
    assert tell(supervisor, SignalArrived(signum), now=1.0) == [
        Announce(SYSTEM, f"{signum.name} received, starting shutdown", "signal"),
        TERMINATING,
        Signal("web.1", signal.SIGTERM),
        Signal("worker.1", signal.SIGTERM),
    ]
    assert (supervisor.signal, supervisor.cause) == (signum, None)


def test_each_gets_its_own_stop_signal_and_its_own_grace() -> None:
    patient = instance("db.1", stop_signal=signal.SIGINT.value, grace=30.0)
    supervisor = running("web.1", patient)
    assert Signal("db.1", signal.SIGINT) in tell(supervisor, INT, now=1.0)
    assert supervisor.deadline == 6.0
    assert tick(supervisor, 6.0) == [KILLING, Kill("web.1")]
    tell(supervisor, Exited("web.1", Status(signal=9)), Emptied("web.1"), now=6.1)
    assert supervisor.deadline == 31.0


def test_after_the_grace_whatever_is_left_is_killed_which_is_said_once() -> None:
    supervisor = running("web.1", "worker.1")
    tell(supervisor, INT, now=1.0)
    assert acted(tick(supervisor, 5.9)) == []
    assert tick(supervisor, 6.0) == [KILLING, Kill("web.1"), Kill("worker.1")]
    assert supervisor.deadline == 6.1
    assert tick(supervisor, 6.1) == [Kill("web.1"), Kill("worker.1")]


def test_a_second_signal_within_the_same_breath_is_the_same_one() -> None:
    supervisor = running("web.1")
    tell(supervisor, INT, now=1.0)
    assert tell(supervisor, INT, now=1.0 + SECOND_THOUGHTS - 0.01) == []
    assert tell(supervisor, SignalArrived(signal.SIGTERM), now=1.2) == []
    assert supervisor.deadline == 6.0


def test_a_second_signal_later_kills_at_once() -> None:
    supervisor = running("web.1", "worker.1")
    tell(supervisor, INT, now=0.0)
    tell(supervisor, INT, now=0.3)
    actions = tell(supervisor, INT, now=SECOND_THOUGHTS)
    assert actions[:3] == [KILLING, Kill("web.1"), Kill("worker.1")]
    assert Kill(SYSTEM) in actions
    assert supervisor.signal == signal.SIGINT


def test_the_first_signal_after_a_crash_is_no_second_one() -> None:
    supervisor = running("web.1", "worker.1")
    tell(supervisor, Exited("web.1", FAILED), now=1.0)
    assert tell(supervisor, INT, now=3.0) == [
        Announce(SYSTEM, "SIGINT received, already shutting down", "signal")
    ]
    assert KILLING in tell(supervisor, INT, now=3.5)
    assert supervisor.cause == Cause("web.1", FAILED)


def test_sigterm_is_announced_when_it_is_first_sent_also_after_a_late_spawn_and_once() -> None:
    supervisor = Supervisor([instance("web.1")])
    begin(supervisor)
    assert TERMINATING not in tell(supervisor, INT, now=0.1)
    assert tell(supervisor, Spawned("web.1", 1), now=0.2) == [
        Announce("web.1", "started with pid 1", "started"),
        TERMINATING,
        Signal("web.1", signal.SIGTERM),
    ]


def test_sigterm_is_announced_once_where_one_is_up_and_one_on_its_way() -> None:
    supervisor = Supervisor([instance("web.1"), instance("worker.1")])
    begin(supervisor)
    tell(supervisor, Spawned("web.1", 1), now=0.0)
    assert tell(supervisor, INT, now=0.1).count(TERMINATING) == 1
    assert TERMINATING not in tell(supervisor, Spawned("worker.1", 2), now=0.2)


def test_a_stop_of_one_process_is_not_announced_as_the_end_of_all() -> None:
    supervisor = running("web.1", "worker.1")
    assert TERMINATING not in tell(supervisor, StopAsked("web.1"), now=1.0)
    assert KILLING not in tell(supervisor, KillAsked("worker.1"), now=1.0)


def test_a_spawn_under_way_when_the_second_signal_comes_is_killed_when_it_is_there() -> None:
    supervisor = Supervisor([instance("web.1")])
    begin(supervisor)
    tell(supervisor, INT, now=0.1)
    tell(supervisor, INT, now=0.6)
    actions = tell(supervisor, Spawned("web.1", 1), now=0.7)
    assert Kill("web.1") in actions
    assert Signal("web.1", signal.SIGTERM) not in actions


def test_strays_of_unknown_origin_come_last_and_hold_up_the_end() -> None:
    supervisor = running("web.1", "worker.1")
    tell(supervisor, INT, now=1.0)
    tell(supervisor, Exited("web.1", CLEAN), Emptied("web.1"), Exited("worker.1", CLEAN), now=1.1)
    assert not is_finished(supervisor)
    assert tell(supervisor, Emptied("worker.1"), now=1.2) == [
        Sweep(SYSTEM, signal.SIGTERM, everyone=True),
        AwaitEmpty(SYSTEM),
    ]
    assert (supervisor.finished, supervisor.deadline) == (False, 6.2)
    assert tick(supervisor, 6.2) == [KILLING, Kill(SYSTEM)]
    tell(supervisor, Emptied(SYSTEM), now=6.3)
    assert (supervisor.finished, supervisor.deadline) == (True, None)


def test_strays_get_the_longest_grace_of_all() -> None:
    supervisor = running(instance("web.1", grace=0.5), instance("db.1", grace=20.0))
    tell(supervisor, INT, now=1.0)
    end_all(supervisor, 2.0)
    assert supervisor.deadline == 22.0


def test_a_tree_that_is_not_empty_holds_up_the_end() -> None:
    supervisor = running("web.1")
    tell(supervisor, INT, Exited("web.1", CLEAN), now=1.0)
    assert not is_finished(supervisor)
    assert tick(supervisor, 6.0) == [KILLING, Kill("web.1")]


def test_lost_output_is_an_orderly_end_without_blame() -> None:
    supervisor = running("web.1")
    assert tell(supervisor, OutputLost("Broken pipe"), now=1.0) == [
        TERMINATING,
        Signal("web.1", signal.SIGTERM),
    ]
    end_all(supervisor, 1.1)
    tell(supervisor, Emptied(SYSTEM), now=1.2)
    assert (supervisor.finished, supervisor.cause, supervisor.signal) == (True, None, 0)


@pytest.mark.parametrize("signum", [signal.SIGUSR1, signal.SIGUSR2])
def test_user_signals_are_passed_on(signum: signal.Signals) -> None:
    supervisor = running("web.1")
    assert tell(supervisor, SignalArrived(signum), now=1.0) == [
        Announce(SYSTEM, f"{signum.name} received, forwarding it to children", "signal"),
        Forward(signum),
    ]
    assert not is_closing(supervisor)


def test_ctrl_z_suspends() -> None:
    supervisor = running("web.1")
    assert tell(supervisor, SignalArrived(signal.SIGTSTP), now=1.0) == [Suspend()]
    assert not is_closing(supervisor)


def test_any_other_signal_means_nothing() -> None:
    supervisor = running("web.1")
    assert tell(supervisor, SignalArrived(signal.SIGALRM), now=1.0) == []


def test_a_crash_of_one_that_waits_for_its_turn_to_stop_is_no_cause() -> None:
    supervisor = running("db.1", instance("web.1", needs=(Need("db.1"),)))
    tell(supervisor, INT, Exited("db.1", FAILED), now=1.0)
    assert supervisor.cause is None


def test_the_late_end_of_one_that_was_given_up_takes_nobody_down() -> None:
    supervisor = running("web.1", "worker.1")
    tell(supervisor, StopAsked("web.1"), now=0.0)
    while supervisor.deadline is not None:
        tick(supervisor, supervisor.deadline)
    assert states(supervisor) == {"web.1": State.EXITED, "worker.1": State.UP}
    tell(supervisor, Exited("web.1", Status(signal=9)), now=100.0)
    assert (supervisor.cause, is_closing(supervisor)) == (None, False)

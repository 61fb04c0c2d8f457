"""One process, step by step: the times, counts and words that the table of states leaves out."""

from __future__ import annotations

import signal

import pytest

from procman.config.plan import Restart
from procman.core.actions import Abandon, Announce, AwaitEmpty, Kill, Signal, Spawn, Sweep
from procman.core.events import (
    DeadlinePassed,
    Emptied,
    Exited,
    KillAsked,
    ProcessEvent,
    RestartAsked,
    Spawned,
    SpawnFailed,
    StartAsked,
    Status,
    StopAsked,
    describe,
)
from procman.core.lifecycle import KILL_AGAIN, KILL_ROUNDS, step
from procman.core.policy import PARKED_AFTER
from procman.core.process import Process, State, Want
from tests.core.acts import CLEAN, FAILED, Acts

NAME = "web.1"


def act(process: Process, event: ProcessEvent, now: float) -> tuple[Process, Acts]:
    after, actions = step(process, event, now)
    return after, Acts(actions)


def started(now: float = 0.0, *, grace: float = 5.0, restart: Restart = Restart.NEVER) -> Process:
    process, _ = act(Process(NAME, grace=grace, restart=restart), StartAsked(NAME), now)
    return act(process, Spawned(NAME, 42), now)[0]


def after(process: Process, *events: ProcessEvent, now: float) -> Process:
    for event in events:
        process, _ = act(process, event, now)
    return process


def test_grace_counts_from_the_stop_signal_and_not_from_the_leaders_end() -> None:
    stopping, actions = act(started(grace=7.0), StopAsked(NAME), 10.0)
    assert (stopping.deadline, actions) == (17.0, [Signal(NAME, signal.SIGTERM)])
    heirs, actions = act(stopping, Exited(NAME, CLEAN), 12.0)
    assert (heirs.deadline, heirs.pid) == (17.0, None)
    assert actions == [
        Announce(NAME, "exited with code 0", "exited"),
        Sweep(NAME, signal.SIGTERM, everyone=False),
        AwaitEmpty(NAME),
    ]
    assert after(heirs, Emptied(NAME), now=13.0).state is State.EXITED


def test_a_stop_signal_of_its_own_is_what_a_process_gets() -> None:
    process = started()._replace(stop_signal=signal.SIGQUIT.value)
    stopping, actions = act(process, StopAsked(NAME), 0.0)
    assert actions == [Signal(NAME, signal.SIGQUIT)]
    assert Sweep(NAME, signal.SIGQUIT, everyone=False) in act(stopping, Exited(NAME, CLEAN), 0.0)[1]


def test_a_second_stop_sends_no_second_signal_and_gives_no_second_grace() -> None:
    stopping = after(started(), StopAsked(NAME), now=10.0)
    assert act(stopping, StopAsked(NAME), 14.0) == (stopping, [])


def test_what_does_not_die_of_kill_is_killed_again_and_in_the_end_given_up() -> None:
    process = after(started(), StopAsked(NAME), now=0.0)
    for _ in range(KILL_ROUNDS):
        assert process.deadline is not None
        now = process.deadline
        process, actions = act(process, DeadlinePassed(NAME), now)
        assert actions == [Kill(NAME)]
        assert process.deadline == now + KILL_AGAIN
    process, actions = act(process, DeadlinePassed(NAME), 99.0)
    assert actions == [Abandon(NAME)]
    assert (process.state, process.deadline) == (State.EXITED, None)


def test_the_late_end_of_one_that_was_given_up_is_news_and_nothing_more() -> None:
    lost = after(started(restart=Restart.ALWAYS), StopAsked(NAME), now=0.0)._replace(kills=KILL_ROUNDS)
    lost = after(lost, DeadlinePassed(NAME), now=9.0)
    same, actions = act(lost, Exited(NAME, Status(signal=9)), 10.0)
    assert same == lost
    assert actions == [Announce(NAME, "terminated by SIGKILL", "exited")]


def test_a_stop_during_the_spawn_follows_the_spawn() -> None:
    starting = after(Process(NAME), StartAsked(NAME), StopAsked(NAME), now=0.0)
    stopping, actions = act(starting, Spawned(NAME, 42), 3.0)
    assert actions == [Announce(NAME, "started with pid 42", "started"), Signal(NAME, signal.SIGTERM)]
    assert (stopping.state, stopping.deadline) == (State.STOPPING, 8.0)


def test_a_kill_during_the_spawn_follows_the_spawn_and_costs_no_later_patience() -> None:
    starting = after(Process(NAME), StartAsked(NAME), KillAsked(NAME), now=0.0)
    dying, actions = act(starting, Spawned(NAME, 42), 3.0)
    assert actions == [Announce(NAME, "started with pid 42", "started"), Kill(NAME)]
    gone = after(dying, Exited(NAME, Status(signal=9)), Emptied(NAME), now=3.1)
    again = after(gone, StartAsked(NAME), Spawned(NAME, 43), StopAsked(NAME), now=10.0)
    assert again.deadline == 15.0


def test_a_restart_waits_for_the_whole_tree_and_for_a_second_since_the_last_start() -> None:
    process = after(started(10.0), RestartAsked(NAME), Exited(NAME, CLEAN), now=10.2)
    assert process.state is State.STOPPING
    process = after(process, Emptied(NAME), now=10.3)
    assert (process.state, process.deadline, process.restarts) == (State.BACKOFF, 11.0, 1)
    process, actions = act(process, DeadlinePassed(NAME), 11.0)
    assert (process.state, actions) == (State.STARTING, [Spawn(NAME)])


def test_a_restart_of_an_old_process_starts_at_once() -> None:
    process = after(started(0.0), RestartAsked(NAME), Exited(NAME, CLEAN), Emptied(NAME), now=500.0)
    assert process.deadline == 500.0


def failing(process: Process, times: int, now: float) -> tuple[Process, list[float], float]:
    """Let a process fail so often, as soon as it is up; give the pauses between end and start."""
    pauses = []
    for _ in range(times):
        process = after(process, Exited(NAME, FAILED), Emptied(NAME), now=now)
        if process.state is not State.BACKOFF:
            break
        assert process.deadline is not None
        pauses.append(process.deadline - now)
        now = process.deadline
        process = after(process, DeadlinePassed(NAME), Spawned(NAME, 42), now=now)
    return process, pauses, now


def test_a_failing_process_comes_back_later_and_later_and_is_parked_at_last() -> None:
    process, pauses, now = failing(started(restart=Restart.ALWAYS), PARKED_AFTER - 1, 0.0)
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    parked, actions = act(process, Exited(NAME, FAILED), now)
    assert (parked.state, parked.want, parked.failures) == (State.EXITED, Want.DOWN, 0)
    assert actions[-1] == Announce(
        NAME, "failed 10 times in a row, parked (procman restart web.1 tries again)", "parked"
    )


def test_a_minute_up_forgives_earlier_failures() -> None:
    process, _, now = failing(started(restart=Restart.ALWAYS), 3, 0.0)
    assert process.deadline == now + 60.0
    process = after(process, DeadlinePassed(NAME), now=now + 60.0)
    assert (process.state, process.failures, process.deadline) == (State.UP, 0, None)


def test_a_clean_end_forgives_earlier_failures() -> None:
    process, _, now = failing(started(restart=Restart.ALWAYS), 3, 0.0)
    assert after(process, Exited(NAME, CLEAN), now=now).failures == 0


def test_a_stop_calls_a_comeback_off() -> None:
    waiting = after(started(restart=Restart.ALWAYS), Exited(NAME, FAILED), Emptied(NAME), now=0.0)
    assert waiting.state is State.BACKOFF
    stopped, actions = act(waiting, StopAsked(NAME), 0.5)
    assert (stopped.state, stopped.want, stopped.deadline, actions) == (State.EXITED, Want.DOWN, None, [])


def test_a_stop_of_one_that_has_ended_goes_after_its_daemons() -> None:
    ended = after(started(), Exited(NAME, CLEAN), now=1.0)
    assert ended.at_rest
    sweeping, actions = act(ended, StopAsked(NAME), 2.0)
    assert actions == [Sweep(NAME, signal.SIGTERM, everyone=True), AwaitEmpty(NAME)]
    assert (sweeping.state, sweeping.deadline) == (State.STOPPING, 7.0)


def test_a_spawn_that_failed_leaves_a_status_and_a_reason() -> None:
    starting = after(Process(NAME, restart=Restart.ALWAYS), StartAsked(NAME), now=0.0)
    failed, actions = act(starting, SpawnFailed(NAME, "too many open files"), 0.0)
    assert actions[0] == Announce(NAME, "could not be started: too many open files", "failed")
    # A daemon of an earlier start may still be about.
    assert actions[1:] == [Sweep(NAME, signal.SIGTERM, everyone=True), AwaitEmpty(NAME)]
    gone = after(failed, Emptied(NAME), now=0.0)
    assert (gone.state, gone.status) == (State.EXITED, Status(code=1))


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status(), "exited with code 0"),
        (Status(code=255), "exited with code 255"),
        (Status(signal=15), "terminated by SIGTERM"),
        (Status(signal=11), "terminated by SIGSEGV"),
        (Status(signal=36), "terminated by SIG36"),
    ],
)
def test_an_end_is_told_in_foremans_words(status: Status, words: str) -> None:
    assert describe(status) == words


@pytest.mark.parametrize(("status", "code"), [(Status(), 0), (Status(code=7), 7), (Status(signal=9), 137)])
def test_a_status_gives_the_code_sh_gives(status: Status, code: int) -> None:
    assert status.exit_code == code
    assert status.failed is (code != 0)

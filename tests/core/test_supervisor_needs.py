"""Who waits for whom, on the way up and on the way down, and until when."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from procman.config.plan import Instance, Need, Restart
from procman.config.settings import Ready, ReadyWhen
from procman.core.actions import SYSTEM, Announce, AwaitEmpty, Signal, Spawn, Sweep
from procman.core.ending import Cause
from procman.core.events import (
    Emptied,
    Exited,
    Readied,
    Spawned,
    Status,
)
from procman.core.process import State
from procman.core.rules import StopOn
from procman.core.supervisor import Supervisor
from tests.core.acts import (
    CLEAN,
    FAILED,
    INT,
    acted,
    begin,
    gone,
    instance,
    is_closing,
    is_finished,
    running,
    said,
    states,
    tell,
    tick,
)

if TYPE_CHECKING:
    from typing import Any

READY = Ready(ReadyWhen.PORT, within=10.0)


def needing(name: str, *needs: str, **options: Any) -> Instance:
    return instance(name, needs=tuple(Need(need) for need in needs), **options)


# --- readiness


def test_a_process_that_is_needed_starts_first_whatever_the_order_of_the_file() -> None:
    supervisor = Supervisor([needing("web.1", "db.1"), instance("db.1")])
    assert begin(supervisor) == [Spawn("db.1")]
    assert acted(tell(supervisor, Spawned("db.1", 1), now=0.0)) == [Spawn("web.1")]


def test_where_readiness_can_be_seen_it_is_waited_for() -> None:
    supervisor = Supervisor([needing("web.1", "db.1"), instance("db.1", ready=READY, port=5000)])
    begin(supervisor)
    assert acted(tell(supervisor, Spawned("db.1", 1), now=1.0)) == []
    assert supervisor.deadline == 11.0
    assert tell(supervisor, Readied("db.1"), now=3.0) == [
        Announce("db.1", "ready on port 5000 in 2.0 s", "ready"),
        Spawn("web.1"),
    ]


def test_a_web_process_says_where_it_is_ready() -> None:
    supervisor = Supervisor([instance("web.1", ready=READY, port=5000)])
    begin(supervisor)
    tell(supervisor, Spawned("web.1", 1), now=0.0)
    assert said(tell(supervisor, Readied("web.1"), now=1.94)) == [
        "web.1 | ready on http://localhost:5000 in 1.9 s"
    ]


def test_others_start_while_one_is_not_ready() -> None:
    supervisor = Supervisor([instance("db.1", ready=READY), needing("web.1", "db.1"), instance("clock.1")])
    begin(supervisor)
    assert acted(tell(supervisor, Spawned("db.1", 1), now=0.0)) == [Spawn("clock.1")]


def test_one_that_is_not_ready_in_time_is_a_crash() -> None:
    supervisor = Supervisor([instance("db.1", ready=READY), needing("web.1", "db.1")])
    begin(supervisor)
    tell(supervisor, Spawned("db.1", 1), now=0.0)
    actions = tick(supervisor, 10.0)
    assert said(actions)[0] == "db.1 | not ready after 10 s"
    assert Signal("db.1", signal.SIGTERM) in actions
    assert supervisor.cause == Cause("db.1", Status(code=1), "not ready after 10 s")
    assert is_closing(supervisor)


def test_one_that_need_not_be_ready_is_only_said_to_be_late() -> None:
    supervisor = Supervisor([instance("web.1", ready=READY._replace(required=False))])
    begin(supervisor)
    tell(supervisor, Spawned("web.1", 1), now=0.0)
    assert tick(supervisor, 10.0) == [Announce("web.1", "not ready after 10 s", "late")]
    assert not is_closing(supervisor)
    assert said(tell(supervisor, Readied("web.1"), now=12.0)) == ["web.1 | ready in 12.0 s"]


def test_a_late_one_that_comes_back_takes_nobody_down() -> None:
    supervisor = Supervisor([instance("db.1", ready=READY, restart=Restart.ALWAYS), instance("clock.1")])
    begin(supervisor)
    tell(supervisor, Spawned("db.1", 1), Spawned("clock.1", 2), now=0.0)
    assert acted(tick(supervisor, 10.0)) == [Signal("db.1", signal.SIGTERM)]
    gone(supervisor, "db.1", 10.5)
    assert (supervisor.deadline, supervisor.cause) == (11.5, None)
    assert tick(supervisor, 11.5) == [Spawn("db.1")]


def test_one_that_crashes_before_it_is_ready_takes_all_down() -> None:
    supervisor = Supervisor([instance("db.1", ready=READY), instance("clock.1")])
    begin(supervisor)
    tell(supervisor, Spawned("db.1", 1), Spawned("clock.1", 2), now=0.0)
    assert Signal("clock.1", signal.SIGTERM) in tell(supervisor, Exited("db.1", FAILED), now=1.0)
    assert supervisor.cause == Cause("db.1", FAILED)


def test_what_did_its_work_and_ended_counts_as_there() -> None:
    supervisor = Supervisor([instance("seed.1", ready=READY), needing("web.1", "seed.1")])
    begin(supervisor)
    tell(supervisor, Spawned("seed.1", 1), now=0.0)
    assert acted(tell(supervisor, Exited("seed.1", CLEAN), now=1.0)) == [Spawn("web.1")]


# --- needs that can't be met


def test_all_who_need_one_that_failed_are_told_at_once_and_nobody_waits_for_ever() -> None:
    supervisor = Supervisor(
        [
            instance("db.1", ready=READY),
            needing("web.1", "db.1"),
            needing("worker.1", "db.1"),
            needing("proxy.1", "web.1"),
        ],
        stop_on=StopOn.NEVER,
    )
    begin(supervisor)
    tell(supervisor, Spawned("db.1", 1), now=0.0)
    actions = tell(supervisor, Exited("db.1", FAILED), now=1.0)
    assert said(actions)[1:4] == [
        "web.1 | not started: db.1, which it needs, has failed",
        "worker.1 | not started: db.1, which it needs, has failed",
        "proxy.1 | not started: web.1, which it needs, has failed",
    ]
    tell(supervisor, Emptied("db.1"), Emptied(SYSTEM), now=1.1)
    assert is_finished(supervisor)


# --- the way down


def test_the_way_down_is_the_way_up_turned_round() -> None:
    supervisor = running(instance("db.1"), needing("web.1", "db.1"), needing("proxy.1", "web.1"))
    assert acted(tell(supervisor, INT, now=1.0)) == [Signal("proxy.1", signal.SIGTERM)]
    assert acted(gone(supervisor, "proxy.1", 1.1))[-1:] == [Signal("web.1", signal.SIGTERM)]
    assert acted(gone(supervisor, "web.1", 1.2))[-1:] == [Signal("db.1", signal.SIGTERM)]
    assert acted(gone(supervisor, "db.1", 1.3))[-2:] == [
        Sweep(SYSTEM, signal.SIGTERM, everyone=True),
        AwaitEmpty(SYSTEM),
    ]


def test_a_second_signal_kills_all_at_once_whoever_needs_whom() -> None:
    supervisor = running(instance("db.1"), needing("web.1", "db.1"))
    tell(supervisor, INT, now=0.0)
    tell(supervisor, INT, now=1.0)
    assert [process.deadline for process in supervisor.snapshot.values()] == [1.1, 1.1]


def test_one_that_crashes_while_it_waits_for_its_stop_is_not_brought_back() -> None:
    supervisor = running(instance("db.1", restart=Restart.ALWAYS), needing("web.1", "db.1"))
    tell(supervisor, INT, now=10.0)
    tell(supervisor, Exited("db.1", FAILED), Emptied("db.1"), now=10.1)
    assert states(supervisor)["db.1"] is State.EXITED
    gone(supervisor, "web.1", 14.0)
    tell(supervisor, Emptied("db.1"), Emptied(SYSTEM), now=14.0)
    assert is_finished(supervisor)


def test_one_that_waits_to_come_back_when_the_end_begins_does_not() -> None:
    supervisor = running(instance("db.1", restart=Restart.ALWAYS), needing("web.1", "db.1"))
    tell(supervisor, Exited("db.1", FAILED), Emptied("db.1"), now=10.0)
    assert states(supervisor)["db.1"] is State.BACKOFF
    tell(supervisor, INT, now=10.1)
    assert states(supervisor) == {"db.1": State.EXITED, "web.1": State.STOPPING}

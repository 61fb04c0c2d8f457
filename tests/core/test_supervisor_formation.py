"""What keeps procman going and what does not: cron lines, scale, stops by hand, quit."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from procman.core.actions import SYSTEM, Signal, Spawn
from procman.core.ending import Cause
from procman.core.events import (
    Emptied,
    Exited,
    OutputLost,
    QuitAsked,
    ScaleAsked,
    Spawned,
    StartAsked,
    Status,
    StopAsked,
)
from procman.core.rules import StopOn
from procman.core.supervisor import Supervisor
from tests.core.acts import (
    CLEAN,
    FAILED,
    INT,
    acted,
    begin,
    end_all,
    gone,
    instance,
    is_closing,
    is_finished,
    running,
    said,
    tell,
    tick,
)

if TYPE_CHECKING:
    from procman.config.plan import Instance

# --- cron lines


def cron(supervised: str = "cron.1") -> Instance:
    return instance(supervised, schedule="*/5 * * * *")


def test_a_cron_line_starts_when_it_is_asked_to_and_keeps_procman_alive() -> None:
    supervisor = Supervisor([cron()])
    assert begin(supervisor) == []
    assert not is_closing(supervisor)
    assert acted(tell(supervisor, StartAsked("cron.1"), now=60.0)) == [Spawn("cron.1")]
    tell(supervisor, Spawned("cron.1", 1), Exited("cron.1", CLEAN), now=61.0)
    assert not is_closing(supervisor)


@pytest.mark.parametrize("stop_on", list(StopOn))
def test_a_failing_run_of_a_cron_line_is_no_crash(stop_on: StopOn) -> None:
    supervisor = Supervisor([cron(), instance("web.1")], stop_on=stop_on)
    begin(supervisor)
    tell(supervisor, Spawned("web.1", 1), StartAsked("cron.1"), Spawned("cron.1", 2), now=60.0)
    assert acted(tell(supervisor, Exited("cron.1", FAILED), now=61.0)) == []
    assert (supervisor.cause, is_closing(supervisor)) == (None, False)


def test_a_cron_line_that_runs_is_not_started_beside_itself() -> None:
    supervisor = Supervisor([cron()])
    begin(supervisor)
    tell(supervisor, StartAsked("cron.1"), Spawned("cron.1", 1), now=60.0)
    assert tell(supervisor, StartAsked("cron.1"), now=120.0) == []


# --- scale


def scaled(*instances: Instance) -> Supervisor:
    supervisor = Supervisor(instances, multiply=lambda kind, number: instance(f"{kind}.{number}"))
    begin(supervisor)
    for pid, one in enumerate(instances, start=1):
        tell(supervisor, Spawned(one.name, pid), now=0.0)
    return supervisor


def test_scaling_up_starts_what_is_missing_one_at_a_time() -> None:
    supervisor = scaled(instance("web.1"))
    assert acted(tell(supervisor, ScaleAsked("web", 3), now=1.0)) == [Spawn("web.2")]
    assert acted(tell(supervisor, Spawned("web.2", 2), now=1.0)) == [Spawn("web.3")]
    assert list(supervisor.instances) == ["web.1", "web.2", "web.3"]


def test_scaling_down_stops_the_highest_numbers_and_forgets_them_once_gone() -> None:
    supervisor = scaled(instance("web.1"), instance("web.2"), instance("web.3"))
    assert acted(tell(supervisor, ScaleAsked("web", 1), now=1.0)) == [
        Signal("web.3", signal.SIGTERM),
        Signal("web.2", signal.SIGTERM),
    ]
    assert list(supervisor.snapshot) == ["web.1", "web.2", "web.3"]
    gone(supervisor, "web.3", 1.1)
    gone(supervisor, "web.2", 1.1)
    assert (list(supervisor.snapshot), list(supervisor.instances)) == (["web.1"], ["web.1"])
    assert (supervisor.cause, is_closing(supervisor)) == (None, False)


def test_scaling_up_again_while_one_still_stops_brings_it_back() -> None:
    supervisor = scaled(instance("web.1"), instance("web.2"))
    tell(supervisor, ScaleAsked("web", 1), ScaleAsked("web", 2), now=10.0)
    gone(supervisor, "web.2", 10.1)
    assert tick(supervisor, 10.1) == [Spawn("web.2")]


def test_scaled_to_nothing_procman_stays() -> None:
    supervisor = scaled(instance("web.1"))
    tell(supervisor, ScaleAsked("web", 0), now=1.0)
    gone(supervisor, "web.1", 1.1)
    assert not is_closing(supervisor)
    assert acted(tell(supervisor, ScaleAsked("web", 1), now=2.0)) == [Spawn("web.1")]


def test_one_that_was_stopped_by_hand_and_then_scaled_away_keeps_nobody() -> None:
    supervisor = scaled(instance("web.1"), instance("web.2"))
    tell(supervisor, StopAsked("web.2"), now=1.0)
    gone(supervisor, "web.2", 1.1)
    tell(supervisor, ScaleAsked("web", 1), Emptied("web.2"), Exited("web.1", CLEAN), now=2.0)
    assert is_closing(supervisor)


def test_nothing_is_scaled_once_the_end_has_begun() -> None:
    supervisor = scaled(instance("web.1"))
    tell(supervisor, INT, now=1.0)
    assert tell(supervisor, ScaleAsked("web", 3), now=1.1) == []


# --- other ends


def test_one_that_was_stopped_by_hand_keeps_procman_until_it_is_started_again() -> None:
    supervisor = running("web.1")
    tell(supervisor, StopAsked("web.1"), now=1.0)
    gone(supervisor, "web.1", 1.1)
    assert not is_closing(supervisor)
    assert acted(tell(supervisor, StartAsked("web.1"), now=9.0)) == [Spawn("web.1")]
    tell(supervisor, Spawned("web.1", 2), Exited("web.1", CLEAN), now=10.0)
    assert is_closing(supervisor)


def test_a_stop_of_a_stranger_keeps_nobody() -> None:
    supervisor = running("web.1")
    tell(supervisor, StopAsked("ghost.1"), Exited("web.1", CLEAN), now=1.0)
    assert is_closing(supervisor)


def test_quit_is_an_orderly_end_with_status_0() -> None:
    supervisor = running("web.1")
    actions = tell(supervisor, QuitAsked(), now=1.0)
    assert said(actions)[0] == "system | quit received, starting shutdown"
    assert Signal("web.1", signal.SIGTERM) in actions
    end_all(supervisor, 1.1)
    tell(supervisor, Emptied(SYSTEM), now=1.2)
    assert (is_finished(supervisor), supervisor.cause, supervisor.signal) == (True, None, 0)


def test_output_that_could_not_be_written_is_a_cause() -> None:
    supervisor = running("web.1")
    tell(supervisor, OutputLost("No space left on device", failed=True), now=1.0)
    assert supervisor.cause == Cause(SYSTEM, Status(code=1), "No space left on device")

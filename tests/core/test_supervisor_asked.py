"""What somebody asks of one process while the others go on."""

from __future__ import annotations

import pytest

from procman.core.actions import (
    SYSTEM,
    AwaitEmpty,
    Spawn,
)
from procman.core.events import (
    Emptied,
    Event,
    Exited,
    PortBusy,
    RestartAsked,
    Spawned,
    SpawnFailed,
    StartAsked,
    StopAsked,
)
from procman.core.process import State
from procman.core.supervisor import Supervisor
from tests.core.acts import (
    CLEAN,
    FAILED,
    INT,
    acted,
    begin,
    end_all,
    instance,
    is_closing,
    is_finished,
    running,
    states,
    tell,
    with_phases,
)


def test_a_stop_before_its_turn_came_is_not_forgotten() -> None:
    supervisor = Supervisor([instance("web.1"), instance("worker.1")])
    begin(supervisor)
    tell(supervisor, StopAsked("worker.1"), now=0.1)
    assert acted(tell(supervisor, Spawned("web.1", 1), now=0.2)) == []
    assert states(supervisor)["worker.1"] is State.DOWN


def test_one_that_was_started_out_of_turn_is_not_started_again_in_turn() -> None:
    supervisor = with_phases()
    begin(supervisor)
    assert acted(tell(supervisor, StartAsked("web.1"), now=0.1)) == [Spawn("web.1")]
    tell(supervisor, Spawned("web.1", 1), Spawned("preflight.1", 2), Exited("web.1", CLEAN), now=0.2)
    tell(supervisor, Exited("preflight.1", CLEAN), now=0.3)
    tell(supervisor, Spawned("release.1", 3), now=0.3)
    assert Spawn("web.1") not in tell(supervisor, Exited("release.1", CLEAN), now=0.4)


@pytest.mark.parametrize("ask", [StartAsked("web.1"), RestartAsked("web.1")])
def test_nothing_is_started_once_the_end_has_begun(ask: Event) -> None:
    supervisor = running("web.1", "worker.1")
    tell(supervisor, Exited("web.1", CLEAN), INT, Emptied("web.1"), now=1.0)
    assert states(supervisor)["web.1"] is State.EXITED
    assert tell(supervisor, ask, now=1.1) == []
    end_all(supervisor, 1.2)
    tell(supervisor, Emptied(SYSTEM), now=1.2)
    assert is_finished(supervisor)


def test_a_restart_under_way_ends_with_the_rest() -> None:
    supervisor = running("web.1", "worker.1")
    tell(supervisor, RestartAsked("web.1"), INT, now=1.0)
    tell(supervisor, Exited("web.1", CLEAN), Emptied("web.1"), now=1.1)
    assert states(supervisor)["web.1"] is State.EXITED


def test_an_event_about_a_stranger_means_nothing() -> None:
    supervisor = running("web.1")
    assert tell(supervisor, Exited("ghost.1", FAILED), StopAsked("ghost.1"), now=1.0) == []
    assert not is_closing(supervisor)


def test_the_deadline_is_the_next_of_all() -> None:
    supervisor = running(instance("web.1", grace=9.0), instance("worker.1", grace=2.0))
    idle = supervisor.deadline
    assert idle is None
    tell(supervisor, INT, now=1.0)
    assert supervisor.deadline == 3.0
    tell(supervisor, Exited("worker.1", CLEAN), Emptied("worker.1"), now=1.5)
    assert supervisor.deadline == 10.0


@pytest.mark.parametrize("answer", [SpawnFailed("web.1", "no room"), PortBusy("web.1")])
def test_a_daemon_of_an_earlier_start_is_not_forgotten_when_the_next_start_fails(answer: Event) -> None:
    supervisor = running("web.1", "worker.1")
    tell(supervisor, Exited("web.1", CLEAN), StartAsked("web.1"), INT, now=1.0)
    assert AwaitEmpty("web.1") in tell(supervisor, answer, now=1.1)
    end_all(supervisor, 1.2)
    tell(supervisor, Emptied(SYSTEM), now=1.3)
    assert is_finished(supervisor)

"""Stopping: gently, once, in time, and not before the last one has gone."""

from __future__ import annotations

import os
import time
from signal import SIGHUP, SIGINT, SIGKILL, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH, Signals
from typing import TYPE_CHECKING

import pytest

from tests.faults.conftest import PIPES, PORTABLE_PIPES, TERMINALS, promised
from tests.harness import child, eventually

if TYPE_CHECKING:
    from tests.faults.conftest import Manner
    from tests.harness import Procman
    from tests.project import Project

pytestmark = pytest.mark.fault

ENDING = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]


@pytest.mark.parametrize(
    ("signum", "manner"),
    [*((signum, PIPES) for signum in ENDING), (SIGINT, TERMINALS), (SIGINT, PORTABLE_PIPES)],
)
def test_a_signal_lets_children_clean_up_and_is_what_procman_dies_of(
    project: Project, manner: Manner, signum: Signals
) -> None:
    project.procfile(f"web: {child('listener')}\nworker: {child('listener', 3)}\n")
    procman = project.start(*manner.args, env=manner.env)
    procman.until("ready", times=2)
    procman.signal(signum)
    assert procman.wait() == -signum
    assert not project.survivors()
    assert procman.lines("web.1")[-2:] == ["cleaned up", "exited with code 0"]
    assert procman.lines("worker.1")[-2:] == ["cleaned up", "exited with code 3"]
    assert procman.lines("system")[0] == f"{signum.name} received, starting shutdown"


def test_a_signal_to_the_whole_group_ends_as_one_to_procman_alone(project: Project, manner: Manner) -> None:
    project.procfile(f"web: {child('listener')}\n")
    procman = project.start(*manner.args, env=manner.env)
    procman.until("ready")
    procman.signal_group(SIGINT)
    assert procman.wait() == -SIGINT
    # CONT follows, for those that were stopped; who is slow to end may hear that, too.
    heard = [line for line in procman.lines("web.1") if line.startswith("got ") and line != "got SIGCONT"]
    assert heard == ["got SIGTERM"]


def test_the_stop_signal_is_sent_once(project: Project, manner: Manner) -> None:
    project.procfile(f"web: {child('listener', 'deaf')}\n")
    procman = project.start("-t", "0.4", *manner.args, env=manner.env)
    procman.until("ready")
    assert procman.stop() == -SIGINT
    assert procman.lines("web.1").count("got SIGTERM") == 1


def test_a_shell_and_its_last_command_get_the_stop_signal_once_each(project: Project) -> None:
    project.procfile(f"web: true; {child('listener', 'deaf')}; true\n")
    procman = project.start("-t", "0.4")
    procman.until("ready")
    assert procman.stop() == -SIGINT
    assert procman.lines("web.1").count("got SIGTERM") == 1


def test_what_is_deaf_is_killed_when_its_time_is_over(project: Project, manner: Manner) -> None:
    project.procfile(f"web: {child('stubborn')}\n")
    procman = project.start("-t", "0.4", *manner.args, env=manner.env)
    procman.until("ready")
    assert procman.stop(SIGTERM) == -SIGTERM
    assert not project.survivors()
    took = procman.heard_at("sending SIGKILL to all") - procman.heard_at("sending SIGTERM to all")
    assert 0.35 < took < promised(1)
    assert procman.lines("web.1")[-1] == "terminated by SIGKILL"


def test_a_grace_of_nothing_kills_at_once(project: Project) -> None:
    project.procfile(f"web: {child('stubborn')}\n")
    procman = project.start("-t", "0")
    procman.until("ready")
    assert procman.stop() == -SIGINT
    assert procman.heard_at("terminated by SIGKILL") - procman.heard_at("starting shutdown") < promised(0.3)


def test_all_are_stopped_at_the_same_time(project: Project) -> None:
    project.procfile("".join(f"p{number}: {child('stubborn')}\n" for number in range(4)))
    procman = project.start("-t", "0.5")
    procman.until("ready", times=4)
    assert procman.stop() == -SIGINT
    assert procman.output.count("terminated by SIGKILL") == 4
    took = procman.heard_at("p3.1   | terminated") - procman.heard_at("sending SIGTERM to all")
    assert took < promised(1)


def test_two_interrupts_within_twenty_milliseconds_stop_gently(project: Project, manner: Manner) -> None:
    procman = stopping_slowly(project, manner)
    procman.signal(SIGINT)
    # As npm and npx deliver Ctrl-C: a second time, a moment later.
    twenty_milliseconds_later(procman)
    procman.until("got SIGTERM")
    finish(procman)
    assert procman.wait() == -SIGINT
    assert "cleaned up" in procman.lines("web.1")
    assert "sending SIGKILL" not in procman.output


def test_a_second_interrupt_after_half_a_second_kills(project: Project, manner: Manner) -> None:
    project.procfile(f"web: {child('forker')}\n")
    procman = project.start("-t", "60", *manner.args, env=manner.env)
    procman.until("ready")
    procman.signal(SIGINT)
    procman.until("sending SIGTERM to all")
    told = procman.heard_at("sending SIGTERM to all")
    eventually(lambda: time.monotonic() - told > 0.5)
    assert procman.process.poll() is None
    procman.signal(SIGINT)
    assert procman.wait(5) == -SIGINT
    assert not project.survivors()
    assert procman.lines("web.1")[-1] == "terminated by SIGKILL"


def test_a_second_interrupt_kills_while_a_crash_is_taking_all_down(project: Project) -> None:
    project.procfile(f"web: {child('stubborn')}\nworker: {child('holder', 5)}\n")
    procman = project.start("-t", "60")
    procman.until("ready", times=2)
    send(procman, "worker.1", SIGUSR1)
    procman.until("sending SIGTERM to all")
    procman.signal(SIGINT)
    procman.until("SIGINT received, already shutting down")
    told = procman.heard_at("already shutting down")
    eventually(lambda: time.monotonic() - told > 0.5)
    procman.signal(SIGINT)
    assert procman.wait(5) == 5


def test_a_stopped_child_is_woken_to_clean_up(project: Project, manner: Manner) -> None:
    project.procfile(f"web: {child('stopper')}\n")
    procman = project.start("-t", "8", *manner.args, env=manner.env)
    procman.until("ready")
    assert procman.stop() == -SIGINT
    assert "cleaned up" in procman.lines("web.1")
    assert "sending SIGKILL" not in procman.output


def test_a_stop_between_two_of_two_hundred_starts_leaves_none(project: Project) -> None:
    project.procfile("web: sleep 1000\n")
    procman = project.start("-c", "web=200")
    procman.until("web.20  | started")
    procman.signal(SIGTERM)
    assert procman.wait() == -SIGTERM
    assert not project.survivors()
    assert len(procman.pids()) < 200


def test_procman_waits_for_the_slowest(project: Project, manner: Manner) -> None:
    procman = stopping_slowly(project, manner)
    procman.signal(SIGTERM)
    procman.until("got SIGTERM")
    assert procman.process.poll() is None
    finish(procman)
    assert procman.wait() == -SIGTERM
    assert procman.lines("web.1")[-2:] == ["cleaned up", "exited with code 0"]


@pytest.mark.parametrize("signum", [SIGUSR1, SIGUSR2, SIGWINCH])
def test_a_signal_that_means_nothing_to_procman_is_passed_on(project: Project, signum: Signals) -> None:
    project.procfile(f"web: {child('listener')}\nworker: {child('listener')}\n")
    procman = project.start("--no-pty")
    procman.until("ready", times=2)
    procman.signal(signum)
    procman.until(f"got {signum.name}", times=2)
    assert procman.stop() == -SIGINT
    assert procman.lines("web.1").count(f"got {signum.name}") == 1


def test_a_child_killed_from_outside_is_a_crash_and_no_stop(project: Project) -> None:
    project.procfile(f"web: {child('listener')}\nworker: {child('listener')}\n")
    procman = project.start()
    procman.until("ready", times=2)
    send(procman, "web.1", SIGKILL)
    assert procman.wait() == 128 + SIGKILL
    assert procman.lines("worker.1")[-2:] == ["cleaned up", "exited with code 0"]


def test_a_child_that_signals_its_whole_group_reaches_nobody_else(project: Project, manner: Manner) -> None:
    project.procfile(f"bomb: kill -TERM 0; sleep 100\nweb: {child('listener')}\n")
    procman = project.start(*manner.args, "--stop-on", "never", env=manner.env)
    procman.until("ready")
    procman.until(f"bomb.1 | terminated by {SIGTERM.name}")
    assert procman.lines("web.1") == [f"started with pid {procman.pids('web.1')[0]}", "ready"]
    assert procman.stop() == 128 + SIGTERM


def test_the_shell_script_around_an_interrupted_procman_stops(project: Project) -> None:
    project.procfile(f"web: {child('listener')}\n")
    script = project.launch("bash", "-c", f"$procman start -p {project.port}; echo went on")
    script.until("ready")
    script.signal_group(SIGINT)
    assert script.wait() == -SIGINT
    assert "went on" not in script.output


def test_the_grace_is_kept_when_the_clock_is_set_back_an_hour(project: Project) -> None:
    # The wall clock as faketime would have it: an hour earlier from the moment a file appears.
    project.write(
        "sitecustomize.py",
        "import os, time\nreal = time.time\n"
        f"time.time = lambda: real() - 3600 * os.path.exists({str(project.root / 'set-back')!r})\n",
    )
    project.procfile(f"web: {child('stubborn')}\n")
    procman = project.start("-t", "0.5", "--timestamp", "iso", env={"PYTHONPATH": str(project.root)})
    procman.until("ready")
    project.write("set-back", "")
    procman.signal(SIGTERM)
    assert procman.wait(5) == -SIGTERM
    hours = [line[:13] for line in procman.output.splitlines()]
    assert hours[0] > hours[-1], "the clock was not set back at all"


def stopping_slowly(project: Project, manner: Manner) -> Procman:
    project.procfile(f"web: {child('listener', 'slow')}\n")
    procman = project.start("-t", "60", *manner.args, env=manner.env)
    procman.until("ready")
    return procman


def twenty_milliseconds_later(procman: Procman) -> None:
    begun = time.monotonic()
    eventually(lambda: time.monotonic() - begun > 0.02, every=0.005)
    procman.signal(SIGINT)


def finish(procman: Procman) -> None:
    send(procman, "web.1", SIGUSR2)


def send(procman: Procman, name: str, signum: int) -> None:
    os.kill(procman.pids(name)[-1], signum)

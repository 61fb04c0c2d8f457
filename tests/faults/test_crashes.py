"""Crashes: seen at once, told in words, and what procman ends with."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from signal import SIGINT, SIGKILL, SIGTERM, SIGUSR1, Signals
from typing import TYPE_CHECKING

import pytest

from tests.faults.conftest import promised
from tests.harness import child, is_alive

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.faults.conftest import Manner
    from tests.project import Project

pytestmark = pytest.mark.fault

STATUSES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "statuses.py")
# Those whose default action is not to end the process end nobody.
FATAL = [signum for signum in range(1, 32) if signum not in (17, 18, 19, 20, 21, 22, 23, 28)] + [34, 50, 64]
# Every bit, both ends, and those that shells give a meaning.
TELLING = sorted({0, 1, 2, 3, 4, 8, 16, 32, 64, 126, 127, 128, 129, 130, 137, 143, 192, 254, 255})


def ends(project: Project, statuses: Sequence[int], *args: str) -> list[int]:
    """Give what procman ends with when $STATUS is each of these."""
    process = project.launch(sys.executable, STATUSES, json.dumps(list(statuses)), *args)
    assert process.wait(40) == 0, process.output
    found: list[int] = json.loads(process.output.splitlines()[0])
    return found


def test_each_of_256_statuses_is_announced(project: Project, streams: Manner) -> None:
    project.procfile("".join(f"p{status}: exit {status}\n" for status in range(256)))
    procman = project.start("--stop-on", "never", "--no-port", *streams.args)
    assert procman.wait(30) == 1
    told = re.findall(r"p(\d+)\.1 *\| exited with code (\d+)\n", procman.output)
    assert sorted(told) == sorted((str(status), str(status)) for status in range(256))


def test_the_status_of_a_crash_is_the_status_of_start(project: Project) -> None:
    project.procfile("web: exit $STATUS\n")
    assert ends(project, TELLING, "start", "--no-pty") == TELLING


def test_a_status_comes_through_terminals_too(project: Project) -> None:
    project.procfile("web: exit $STATUS\n")
    statuses = [0, 1, 127, 128, 143, 255]
    assert ends(project, statuses, "start", "--pty") == statuses


def test_a_signal_that_ended_a_child_gives_128_and_its_number(project: Project) -> None:
    project.procfile("web: ulimit -c 0; kill -$STATUS $$\n")
    telling = [1, 2, 3, 6, 9, 11, 13, 15, 31, 34, 64]
    assert ends(project, telling, "start", "--no-pty") == [128 + signum for signum in telling]


def test_every_signal_is_announced_by_its_name(project: Project, streams: Manner) -> None:
    named = [Signals(signum) for signum in FATAL if signum < 34]
    lines = [f"{signum.name.lower()}: ulimit -c 0; kill -{signum.value} $$\n" for signum in named]
    project.procfile("".join(lines))
    procman = project.start("--stop-on", "never", "--no-port", *streams.args)
    assert procman.wait(20) > 128
    for signum in named:
        assert procman.lines(f"{signum.name.lower()}.1")[-1] == f"terminated by {signum.name}"


def test_the_commands_status_is_not_the_shells(project: Project) -> None:
    project.procfile("web: sh -c 'kill -9 $$'\n")
    procman = project.start()
    assert procman.wait() == 128 + SIGKILL
    assert "web.1  | terminated by SIGKILL" in procman.output


@pytest.mark.parametrize(
    ("command", "status", "words"),
    [("no-such-command-here", 127, "command not found"), ("/etc/passwd", 126, "found but not executable")],
)
def test_what_could_not_be_run_is_told_in_words(
    project: Project, command: str, status: int, words: str
) -> None:
    project.procfile(f"web: {command}\n")
    procman = project.start()
    assert procman.wait() == status
    assert words in procman.lines("system")[-1] + procman.output


def test_a_crash_takes_all_down_and_lets_them_clean_up(project: Project, manner: Manner) -> None:
    project.procfile(f"web: {child('listener')}\nworker: {child('holder', 7)}\n")
    procman = project.start(*manner.args, env=manner.env)
    procman.until("ready", times=2)
    os.kill(procman.pids("worker.1")[0], SIGUSR1)
    assert procman.wait() == 7
    assert not project.survivors()
    assert procman.lines("web.1")[-3:] == ["got SIGTERM", "cleaned up", "exited with code 0"]
    assert procman.lines("worker.1")[-1] == "exited with code 7"


def test_a_crash_is_told_at_once_though_a_grandchild_holds_the_pipe(project: Project, manner: Manner) -> None:
    project.procfile(f"web: {child('holder', 1)}\n")
    procman = project.start("-t", "2", *manner.args, env=manner.env)
    procman.until("ready")
    crashed = time.monotonic()
    os.kill(procman.pids("web.1")[0], SIGUSR1)
    assert procman.wait() == 1
    assert procman.heard_at("exited with code 1") - crashed < promised(0.2)
    assert not project.survivors()


def test_a_daemon_in_the_background_of_a_crash_is_gone_at_the_end(project: Project, manner: Manner) -> None:
    project.procfile("web: setsid sleep 1000 & echo ready; exit 9\nworker: sleep 1000\n")
    procman = project.start(*manner.args, env=manner.env)
    assert procman.wait(4) == 9
    assert not project.survivors()
    assert procman.heard_at("exited with code 9") - procman.heard_at("web.1    | ready") < promised(0.2)


def test_a_crash_is_told_at_once_though_standard_output_was_closed(project: Project, manner: Manner) -> None:
    project.procfile(f"web: {child('closer', 4)}\n")
    procman = project.start(*manner.args, env=manner.env)
    procman.until("ready")
    crashed = time.monotonic()
    os.kill(procman.pids("web.1")[0], SIGUSR1)
    assert procman.wait() == 4
    assert procman.heard_at("exited with code 4") - crashed < promised(0.2)


def test_closing_standard_output_is_no_end(project: Project, streams: Manner) -> None:
    project.procfile(f"web: {child('closer')}\nworker: echo worked\n")
    procman = project.start(*streams.args)
    procman.until("ready")
    procman.until("worker.1 | exited with code 0")
    assert is_alive(procman.pids("web.1")[0])
    assert procman.stop() == -SIGINT


def test_a_crash_is_told_soon_though_another_floods(project: Project, streams: Manner) -> None:
    project.procfile(f"flood: {child('flooder')}\nweb: {child('holder', 6)}\n")
    procman = project.start("-q", "flood", *streams.args)
    procman.until("ready")
    crashed = time.monotonic()
    os.kill(procman.pids("web.1")[0], SIGUSR1)
    assert procman.wait() == 6
    assert procman.heard_at("exited with code 6") - crashed < promised(0.4)


def test_the_first_crash_is_the_one_that_counts(project: Project) -> None:
    project.procfile(f"web: {child('listener', 3)}\nworker: {child('listener', 4)}\nfirst: exit 2\n")
    procman = project.start()
    assert procman.wait() == 2
    assert "first.1 crashed first: exited with code 2" in procman.output


def test_an_end_with_0_leaves_the_others_alone(project: Project, manner: Manner) -> None:
    project.procfile(f"web: {child('listener')}\nmigrate: true\n")
    procman = project.start(*manner.args, env=manner.env)
    procman.until("migrate.1 | exited with code 0")
    procman.until("ready")
    os.kill(procman.pids("web.1")[0], SIGTERM)
    assert procman.wait() == 0
    assert "crashed" not in procman.output


def test_any_end_takes_all_down_where_foremans_rule_is_asked_for(project: Project) -> None:
    project.procfile(f"web: {child('listener')}\nmigrate: true\n")
    procman = project.start("--stop-on", "exit")
    assert procman.wait() == 0
    assert procman.lines("web.1")[-1] in ("exited with code 0", "terminated by SIGTERM")


def test_no_end_takes_anyone_down_where_none_is_to(project: Project) -> None:
    project.procfile(f"web: {child('listener')}\nworker: exit 5\n")
    procman = project.start("--stop-on", "never")
    procman.until("worker.1 | exited with code 5")
    procman.until("ready")
    os.kill(procman.pids("web.1")[0], SIGTERM)
    assert procman.wait() == 5


def test_fifty_that_end_at_once_are_all_told_of(project: Project, manner: Manner) -> None:
    project.procfile("web: true\n")
    procman = project.start("-c", "web=50", *manner.args, env=manner.env)
    assert procman.wait(20) == 0
    assert procman.output.count("exited with code 0") == 50


def test_every_line_that_was_written_before_a_crash_is_shown(project: Project, manner: Manner) -> None:
    project.procfile(f"web: {child('flooder', 2000, 1)}\n")
    procman = project.start(*manner.args, env=manner.env)
    assert procman.wait() == 1
    expected = [f"line {number} of a flood" for number in range(2000)]
    assert procman.lines("web.1")[1:-1] == expected


def test_the_line_that_a_crash_cut_short_is_shown(project: Project, streams: Manner) -> None:
    project.procfile(f"web: {child('partial', 1)}\n")
    procman = project.start(*streams.args)
    assert procman.wait() == 1
    assert procman.lines("web.1")[1:] == ["ready", "no end of line", "exited with code 1"]


def test_a_status_after_the_stop_signal_is_no_crash(project: Project) -> None:
    project.procfile(f"web: {child('listener', 9)}\n")
    procman = project.start()
    procman.until("ready")
    assert procman.stop() == -SIGINT
    assert "exited with code 9" in procman.output
    assert "crashed" not in procman.output

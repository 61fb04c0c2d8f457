"""Restarts leave nothing behind: no descriptor, no zombie, no memory, no daemon of an earlier round."""

from __future__ import annotations

import json
import os
import re
import sys
from signal import SIGINT, SIGKILL, SIGTERM
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.conftest import promised
from tests.harness import child, eventually, is_alive

if TYPE_CHECKING:
    from tests.faults.conftest import Manner
    from tests.project import Project

pytestmark = pytest.mark.fault

ROUNDS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "restart_rounds.py")


def driven(project: Project, rounds: int, command: str, env: dict[str, str]) -> dict[str, Any]:
    process = project.launch(sys.executable, ROUNDS, str(rounds), command, env=env)
    assert process.wait(55) == 0, process.output
    found: dict[str, Any] = json.loads(process.output.splitlines()[0])
    assert found["started"] == found["exited"] == rounds
    return found


def test_a_thousand_rounds_leave_everything_where_it_was(project: Project) -> None:
    warm, last = driven(project, 1000, "echo line; exit $STATUS", {})["measures"]
    assert last["descriptors"] == warm["descriptors"]
    assert last["zombies"] == warm["zombies"] == 0
    assert last["objects"] < warm["objects"] + 200
    assert last["memory"] < warm["memory"] + 1024
    assert not project.survivors()


def test_daemons_of_earlier_rounds_go_before_the_next_begins(project: Project, road: Manner) -> None:
    found = driven(project, 20, "setsid sleep 1000 & exit $STATUS", road.env)
    warm, last = found["measures"]
    # The end of a pipe is read a moment after the daemon that held it has gone.
    assert last["descriptors"] <= warm["descriptors"] + 1
    assert not project.survivors()


def test_a_crash_is_followed_by_a_new_start_a_second_later(project: Project) -> None:
    project.procfile(f"# procman: restart=always\nweb: {child('daemoniser', 1)}\n")
    procman = project.start("-t", "0.3")
    procman.until("started with pid", times=2)
    took = procman.heard_at(re.compile("exited.*started", re.DOTALL)) - procman.heard_at("started with pid")
    assert took >= 0.95
    daemon = re.search(r"daemon has pid (\d+)", procman.output)
    assert daemon is not None
    assert not is_alive(int(daemon[1]))
    assert procman.stop() == -SIGINT
    assert not project.survivors()


@pytest.mark.parametrize("signum", [SIGINT, SIGTERM])
def test_a_stop_while_one_waits_to_come_back_is_obeyed_at_once(project: Project, signum: int) -> None:
    project.procfile("# procman: restart=on-failure\nweb: exit 1\n")
    procman = project.start()
    procman.until("exited with code 1", times=2)  # two seconds to the next
    procman.signal(signum)
    assert procman.wait(promised(1.5)) == -signum
    assert procman.output.count("started with pid") == 2


def test_one_that_comes_back_takes_nobody_with_it(project: Project) -> None:
    project.procfile(
        f"# procman: restart=on-failure\nweb: {child('stubborn')}\nworker: {child('listener')}\n"
    )
    procman = project.start("-t", "0.3")
    procman.until("ready", times=2)
    os.kill(procman.pids("web.1")[0], SIGKILL)
    procman.until("web.1    | ready", times=2)
    assert "got SIGTERM" not in procman.output
    assert procman.stop() == -SIGINT


def test_nothing_survives_a_sigkill_between_two_rounds(project: Project) -> None:
    project.procfile(f"# procman: restart=always\nweb: {child('holder', 1)}\nworker: {child('stubborn')}\n")
    procman = project.start()
    procman.until("ready", times=2)
    os.kill(procman.pids("web.1")[0], 10)
    procman.until("exited with code 1")
    procman.signal(SIGKILL)
    eventually(lambda: not project.survivors(), promised(1.0))

"""A formation that is up: what it answers, and what is left of it."""

from __future__ import annotations

import os
import re
import signal
import threading
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest

from procman import Formation, FormationError, Line, NotHeardError, ProcmanError
from tests.embed.conftest import SERVER, WAITER
from tests.harness import WITHIN, child, eventually, is_alive

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.project import Project

    Make = Callable[..., Formation]


def fetched(url: str) -> bytes:
    with urlopen(url, timeout=WITHIN) as response:  # noqa: S310 - a formation's own url
        found: bytes = response.read()
        return found


def test_a_server_answers_inside_the_block_and_nothing_is_left_behind_it(
    project: Project, formation: Make
) -> None:
    project.procfile(f"web: {SERVER}\nworker: {WAITER}\n")
    project.write("hello.txt", "hello")
    with formation() as app:
        assert [app.running, app.status] == [True, None]
        assert fetched(f"{app.url('web')}/hello.txt") == b"hello"
        pids = [app.pid("web"), app.pid("worker.1")]
        assert all(is_alive(pid) for pid in pids)
    assert not app.running
    assert app.status == 0
    assert project.survivors() == []


def test_two_of_one_project_run_side_by_side_and_beside_the_users_own(
    project: Project, formation: Make
) -> None:
    project.procfile(f"web: {SERVER}\n")
    project.write("hello.txt", "hello")
    own = project.start()
    own.until("ready on")
    with formation() as one, formation() as other:
        assert len({project.port, one.port("web"), other.port("web")}) == 3
        assert fetched(f"{one.url('web')}/hello.txt") == fetched(f"{other.url('web')}/hello.txt") == b"hello"
        assert "web.1" in project.run("ps").stdout
    assert own.stop() == -signal.SIGINT


def test_the_log_of_the_users_own_run_stays_the_last_one(project: Project, formation: Make) -> None:
    project.procfile("once: echo mine\n")
    assert project.start().wait() == 0
    project.procfile("once: echo the tests\n")
    with formation():
        pass
    assert "mine" in project.run("logs", "--last").stdout


def test_counts_and_types_choose_what_runs(project: Project, formation: Make) -> None:
    project.procfile(f"job: {WAITER}\nworker: {WAITER}\nother: {WAITER}\n")
    with formation(types=["worker", "other"], formation={"worker": 2}, options=["-x", "other"]) as app:
        app.wait_for("working", "worker.1")
        app.wait_for("working", "worker.2")
        assert {line.process for line in app.lines()} == {"worker.1", "worker.2"}
        assert app.port("worker.2") == app.port("worker") + 1


def test_more_of_a_type_than_its_share_of_ports_get_one_each(project: Project, formation: Make) -> None:
    project.procfile(f"job: {WAITER}\nworker: {WAITER}\n")
    with formation(formation="job=12") as app:
        assert app.port("job.12") == app.port("job.1") + 11
        assert app.port("worker") == app.port("job.1") + 12


def test_a_given_port_is_the_first_types_and_none_is_none(project: Project, formation: Make) -> None:
    project.procfile(f"job: echo port ${{PORT-none}}; {WAITER}\nworker: {WAITER}\n")
    with formation(port=project.port, types="worker") as app:
        assert app.port("worker") == project.port + 100
    with formation(port=None) as app:
        app.wait_for("port none", "job")
        with pytest.raises(ProcmanError, match="job has no port"):
            app.url("job")


def test_variables_reach_the_processes_and_win_over_the_file(project: Project, formation: Make) -> None:
    project.procfile('job: echo "$A $B"\n')
    project.env("A=file\nB=file\n")
    with formation(env={"A": "test"}) as app:
        assert app.wait_for("file").text == "test file"


def test_a_procfile_may_be_named_and_its_folder_is_the_root(project: Project, formation: Make) -> None:
    project.write("Procfile.test", "here: pwd\n")
    with formation(root=None, procfile=project.root / "Procfile.test") as app:
        assert app.wait_for(str(project.root)).process == "here.1"


def test_lines_are_values_in_their_order_and_events_are_apart(project: Project, formation: Make) -> None:
    project.procfile(f"job: echo one; echo two >&2; {WAITER}\n")
    with formation() as app:
        app.wait_for("working")
        assert [line.text for line in app.lines("job")] == ["one", "two", "working"]
        first = app.lines(events=True)[0]
        assert first == Line(first.at, "job.1", "stdout", f"started with pid {app.pid('job')}", "started")
        assert first.at.utcoffset() is not None
    assert app.wait_for("sending SIGTERM", "system", events=True).event == "stopping"
    with pytest.raises(NotHeardError):
        app.wait_for("sending SIGTERM", timeout=0)


def test_what_the_projects_options_hide_is_heard_and_none_of_them_sends_it_to_the_background(
    project: Project, formation: Make
) -> None:
    project.procfile(f"job: {WAITER}\nworker: {WAITER}\n")
    project.write("procman.toml", 'quiet = ["worker"]\nonly = ["job"]\ngrep = "nothing"\ndetach = true\n')
    with formation() as app:
        app.wait_for("working", "worker")
        app.wait_for("working", "job")
        assert app.running


def test_a_line_is_waited_for_by_text_and_by_pattern_of_one_process_or_any(
    project: Project, formation: Make
) -> None:
    go = project.root / "go"
    project.procfile(
        f"slow: until [ -e {go} ]; do sleep 0.02; done; echo job 17 done; {WAITER}\njob: {WAITER}\n"
    )
    with formation() as app:
        with pytest.raises(NotHeardError, match=r"'job \[0-9\]\+' was not said by slow within 0 s") as late:
            app.wait_for(re.compile("job [0-9]+"), "slow", timeout=0)
        assert late.value.lines == tuple(app.lines(events=True))
        timer = threading.Timer(0.1, go.touch)
        timer.start()
        assert app.wait_for(re.compile(r"job \d+")).text == "job 17 done"
        timer.join()
        with pytest.raises(NotHeardError):
            app.wait_for("job", "job", timeout=0)


def test_lines_that_were_cleared_are_not_found_again(project: Project, formation: Make) -> None:
    project.procfile("job: n=0; while :; do n=$((n+1)); echo tick $n; sleep 0.05; done\n")
    with formation() as app:
        before = int(app.wait_for("tick").text.split()[1])
        app.wait_for("tick 3")
        app.clear()
        assert int(app.wait_for("tick").text.split()[1]) > before + 1


def test_a_crash_inside_the_block_ends_the_waiting_and_is_the_status(
    project: Project, formation: Make
) -> None:
    go = project.root / "go"
    project.procfile(f"job: until [ -e {go} ]; do sleep 0.02; done; echo ouch; exit 7\nworker: {WAITER}\n")
    with formation() as app:
        go.touch()
        with pytest.raises(NotHeardError, match=r"(?s)ended with status 7.*job.1 \| ouch"):
            app.wait_for("never", timeout=WITHIN)
        assert not app.running
        with pytest.raises(FormationError, match="not running"):
            app.pid("worker")
    assert app.status == 7


def test_a_pid_is_another_one_after_a_restart_and_a_name_that_nothing_has_is_told(
    project: Project, formation: Make
) -> None:
    project.procfile(f"# procman: restart=always\njob: {WAITER}\n")
    with formation() as app:
        before = app.pid("job")
        os.kill(before, signal.SIGKILL)
        app.wait_for(re.compile("started with pid (?!" + str(before) + ")"), events=True)
        eventually(lambda: len(app.lines("job")) == 2)
        assert app.pid("job") != before
        with pytest.raises(ProcmanError, match=r"(?s)no process 'jbo'.*job"):
            app.port("jbo")


def test_the_stubborn_are_killed_when_their_grace_is_over(project: Project, formation: Make) -> None:
    project.procfile(f"job: {child('stubborn')}\n")
    with formation(grace=0.2) as app:
        app.wait_for("ready")
    assert app.wait_for("sending SIGKILL", events=True)
    assert project.survivors() == []


def test_an_error_inside_the_block_passes_and_nothing_is_left(project: Project, formation: Make) -> None:
    project.procfile(f"job: {WAITER}\n")
    with pytest.raises(ZeroDivisionError), formation():
        raise ZeroDivisionError
    assert project.survivors() == []


def test_to_stop_early_is_the_same_end_and_a_second_time_nothing(project: Project, formation: Make) -> None:
    project.procfile(f"job: {WAITER}\n")
    with formation() as app:
        assert app.stop() == 0
        assert project.survivors() == []
        assert app.lines("job")
    assert app.status == 0


def test_a_formation_is_entered_once(project: Project, formation: Make) -> None:
    project.procfile("job: true\n")
    app = formation()
    with app:
        pass
    with pytest.raises(ProcmanError, match="entered once"), app:
        pass

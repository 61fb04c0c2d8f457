"""A real formation, commanded from elsewhere."""

from __future__ import annotations

import os
import re
import signal
from typing import TYPE_CHECKING

import pytest

from tests.control.running import SERVER, TICKER, answers, background, done, logs, ps, quitting, reachable
from tests.harness import child, eventually, is_alive
from tests.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def ended(project: Project) -> Iterator[None]:
    yield from quitting(project)


def test_scale_to_ten_in_herokus_words_and_ten_ports_answer(project: Project) -> None:
    project.procfile(f"web: {SERVER}\nworker: {TICKER}\n")
    background(project)
    before = ps(project)
    assert done(project.run("scale", "web=10")) == "Scaling web processes... done, now running 10\n"
    assert all(answers(project.port + number) for number in range(10))
    assert done(project.run("scale")) == "web=10 worker=1\n"
    assert done(project.run("scale", "web-9", "worker+1")) == (
        "Scaling web processes... done, now running 1\nScaling worker processes... done, now running 2\n"
    )
    after = ps(project)
    assert list(after) == ["web.1", "worker.1", "worker.2"]
    for name in ("web.1", "worker.1"):
        assert (after[name]["pid"], after[name]["restarts"]) == (before[name]["pid"], 0)
    log = done(project.run("logs", "--since", "1m", "web"))
    assert {int(n) for n in re.findall(r"web\.(\d+) *\| terminated by SIGTERM", log)} == set(range(2, 11))


def test_what_cannot_be_scaled_is_refused_and_nothing_changes(project: Project) -> None:
    project.procfile(f"web: {TICKER}\n")
    background(project, "--no-port")
    unknown = project.run("scale", "wbe=2", "web=2")
    assert unknown.returncode == 1
    assert "did you mean web?" in unknown.stderr
    assert project.run("scale", "web").returncode == 2
    assert list(ps(project)) == ["web.1"]


def test_stop_start_and_restart_one_while_the_others_go_on(project: Project) -> None:
    project.procfile(f"web: {child('listener')}\nworker: {TICKER}\n")
    background(project, "--no-port")
    before = ps(project)
    assert done(project.run("stop", "web")) == "web.1 stopped\n"
    assert ps(project)["web.1"]["pid"] is None
    started = done(project.run("start", "web"))
    assert re.fullmatch(r"web\.1 started with pid \d+\n", started)
    restarted = done(project.run("restart", "w*.1", "--json"))
    assert '"done": "restarted"' in restarted
    after = ps(project)
    assert after["web.1"]["pid"] != before["web.1"]["pid"]
    assert after["worker.1"]["pid"] != before["worker.1"]["pid"]
    assert done(project.run("restart", "web")).startswith("web.1 restarted with pid ")
    assert ps(project)["worker.1"]["pid"] == after["worker.1"]["pid"]


def test_a_stopped_cron_line_is_paused_until_it_is_started_again(project: Project) -> None:
    project.procfile("cron: 0 0 29 2 * echo cleaned\nweb: sleep 100\n")
    background(project, "--no-port")
    assert ps(project)["cron.1"]["state"] == "down"
    assert done(project.run("stop", "cron")) == "cron.1 stopped\n"
    assert ps(project)["cron.1"]["state"] == "paused"
    assert re.search(r"^cron\.1 +paused +", done(project.run("ps")), re.MULTILINE)
    assert done(project.run("start", "cron")) == "cron.1 completed\n"
    assert ps(project)["cron.1"]["state"] == "exited"
    assert done(project.run("stop", "cron.1", "--json")).count('"done": "stopped"') == 1
    assert ps(project)["cron.1"]["state"] == "paused"
    assert done(project.run("restart", "cron")) == "cron.1 completed\n"
    assert ps(project)["cron.1"]["state"] == "exited"


def test_a_run_that_only_waits_for_its_time_is_reached(project: Project) -> None:
    project.procfile("cron: 0 0 29 2 * echo cleaned\n")
    background(project, "--no-port")
    assert ps(project)["cron.1"]["state"] == "down"


def test_a_cron_line_that_fails_when_it_is_started_says_so(project: Project) -> None:
    project.procfile("cron: 0 0 29 2 * exit 3\nweb: sleep 100\n")
    background(project, "--no-port")
    failed = project.run("start", "cron")
    assert (failed.returncode, failed.stderr) == (1, "cron.1: exited with code 3\n")


def test_a_restart_that_fails_says_so(project: Project) -> None:
    project.procfile("web: test ! -e fail && exec sleep 100\nworker: sleep 100\n")
    background(project, "--no-port", "--stop-on", "never")
    project.write("fail", "")
    failed = project.run("restart", "web")
    assert failed.returncode == 1
    assert "web.1: exited with code 1" in failed.stderr


def test_a_type_that_was_left_out_can_be_started_later(project: Project) -> None:
    project.procfile("web: sleep 100\nworker: sleep 100\n")
    background(project, "--no-port", "web")
    assert "worker.1 started" in done(project.run("start", "worker"))
    assert list(ps(project)) == ["web.1", "worker.1"]


def test_a_second_start_says_what_runs_and_how_to_reach_it(project: Project) -> None:
    project.procfile("web: sleep 100\nworker: sleep 100\n")
    pid = background(project, "--no-port")
    second = project.run("start", "--no-port")
    assert second.returncode == 1
    assert f"procman runs here already with pid {pid}: web.1, worker.1" in second.stderr
    assert "procman quit" in second.stderr


def test_a_killed_procman_is_in_nobodys_way(project: Project) -> None:
    project.procfile("web: sleep 100\n")
    pid = background(project, "--no-port")
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: not is_alive(pid))
    gone = project.run("ps")
    assert gone.returncode == 3
    assert "nothing is running here" in gone.stderr
    background(project, "--no-port")
    assert list(ps(project)) == ["web.1"]


def test_it_is_reached_from_any_folder_below_and_by_name_from_elsewhere(
    project: Project, tmp_path: Path
) -> None:
    project.procfile("web: sleep 100\n")
    background(project, "--no-port")
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    done(project.run("ps", "-d", str(tmp_path)))
    assert project.run("ps", "-d", str(below)).returncode == 3
    assert Project(below, project.port).run("ps").returncode == 0


def test_wait_returns_when_it_is_ready_and_fails_when_it_is_not_in_time(project: Project) -> None:
    project.procfile(f"web: while ! test -e go; do sleep 0.05; done; {SERVER}\n")
    background(project, "--no-wait")
    late = project.run("wait", "-t", "0.3")
    assert late.returncode == 1
    assert "web.1: not ready after 0.3 s" in late.stderr
    project.write("go", "")
    assert done(project.run("wait", "web")) == "web.1 ready\n"
    assert answers(project.port)


def test_a_signal_reaches_one_process(project: Project) -> None:
    project.procfile(f"web: {child('listener')}\nworker: {child('listener')}\n")
    background(project, "--no-port")
    eventually(lambda: logs(project).count("ready") == 2)
    assert done(project.run("signal", "web", "USR1")) == "sent SIGUSR1 to web.1\n"
    eventually(lambda: "got SIGUSR1" in logs(project, "web"))
    assert "got" not in logs(project, "worker")


def test_exec_gives_a_command_the_processes_environment_and_folder(project: Project) -> None:
    project.write("procman.toml", '[process.web]\ncwd = "app"\nenv = { FLAVOUR = "mint" }\n')
    (project.root / "app").mkdir()
    project.env("FROM_FILE=yes\n")
    project.procfile("web: sleep 100\n")
    background(project, "-c", "web=2", "--no-wait")
    found = done(project.run("exec", "web.2", "--", "sh", "-c", "echo $PS $PORT $FROM_FILE $FLAVOUR; pwd"))
    assert found == f"web.2 {project.port + 1} yes mint\n{project.root / 'app'}\n"
    assert project.run("exec", "web.1", "--", "sh", "-c", "exit 7").returncode == 7
    assert project.run("exec", "web.1", "--", "nosuchprogram").returncode == 127


def test_what_one_waits_for_input_is_said_with_the_way_to_give_it(project: Project) -> None:
    project.procfile("web: python3 -c 'import getpass; getpass.getpass()'\n")
    procman = project.start("--pty")
    procman.until("web.1 waits for input: procman connect web.1")
    assert procman.output.count("waits for input") == 1


def test_a_formation_in_the_foreground_is_reached_as_well(project: Project) -> None:
    project.procfile(f"web: {child('listener')}\n")
    procman = project.start("--no-port")
    procman.until("ready")
    reachable(project)
    assert ps(project)["web.1"]["pid"] == procman.pids("web.1")[0]
    done(project.run("quit"))
    assert procman.wait() == 0
    assert "quit received, starting shutdown" in procman.output


def test_a_procman_within_a_procman_is_no_second_one(project: Project) -> None:
    project.procfile("outer: $procman start -f Inner --no-port\n")
    project.write("Inner", f"inner: {TICKER}\n")
    procman = project.start("--no-port")
    procman.until("| tick")
    reachable(project)
    assert list(ps(project)) == ["outer.1"]
    procman.stop()

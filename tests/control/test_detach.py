"""`start -D`: in the background once it is ready, or the reason why not."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.control.running import SERVER, answers, background, done, logs, ps, quitting, reachable
from tests.harness import eventually, is_alive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.project import Project

SCRIPT = """
set -e
for folder in one two one two; do
  cd {root}/$folder
  $procman start -D --wait -p $(cat port) >/dev/null
  curl -sf http://127.0.0.1:$(cat port)/hello
  $procman ps --json | grep -c '"state": "up"'
  if test -e ../second; then $procman quit; cd ../one; $procman quit; rm ../second; else touch ../second; fi
done
echo end
"""


@pytest.fixture(autouse=True)
def ended(project: Project) -> Iterator[None]:
    yield from quitting(project)


def test_a_script_starts_uses_and_ends_two_at_once_twice_in_a_row(project: Project) -> None:
    for number, name in enumerate(("one", "two")):
        (project.root / name).mkdir()
        (project.root / name / "Procfile").write_text(f"web: {SERVER}\n")
        (project.root / name / "port").write_text(str(project.port + 100 * number))
        (project.root / name / "hello").write_text(f"{name}\n")
    script = project.launch("sh", "-c", SCRIPT.format(root=project.root))
    assert script.wait(40) == 0, script.output
    assert script.output.split() == ["one", "1", "two", "1"] * 2 + ["end"]


def test_it_answers_when_the_start_returns_and_is_gone_when_quit_returns(project: Project) -> None:
    project.procfile(f"web: {SERVER}\n")
    pid = background(project)
    assert answers(project.port)
    assert ps(project)["web.1"]["ready"] is True
    assert os.getsid(pid) == pid
    leader = ps(project)["web.1"]["pid"]
    done(project.run("quit"))
    assert not is_alive(leader)
    assert project.run("ps").returncode == 3


def test_one_that_is_restarted_and_fails_again_is_told_and_the_start_returns(project: Project) -> None:
    project.procfile("# procman: restart=always\nweb: exit 7\ndb: sleep 100\n")
    started = project.run("start", "-D", "--no-port", "--wait")
    assert (started.returncode, started.stderr) == (
        0,
        "procman: web.1: exited with code 7, 2 times in a row; it is tried again\n",
    )
    assert ps(project)["db.1"]["state"] == "up"


def test_a_crash_before_it_is_ready_is_told_with_its_status(project: Project) -> None:
    project.procfile("web: echo no database >&2; exit 7\ndb: sleep 100\n")
    failed = project.run("start", "-D")
    assert failed.returncode == 7
    assert "web.1 crashed first: exited with code 7" in failed.stderr
    assert "no database" in failed.stderr
    assert not ps(project)


def test_a_crash_a_moment_later_is_no_run_that_goes_on(project: Project) -> None:
    project.procfile("web: sleep 0.1; echo no database >&2; exit 7\ndb: sleep 100\n")
    failed = project.run("start", "-D", "--no-port")
    assert (failed.returncode, failed.stdout) == (7, "")
    assert "runs on" not in failed.stderr
    assert failed.stderr.splitlines() == [
        "procman: web.1 crashed first: exited with code 7",
        "procman: its last lines:",
        "procman:   no database",
        "procman: the others were stopped by procman: db.1",
        "procman: all that was said: procman logs --last",
    ]
    assert "no database" in project.run("logs", "--last").stdout


def test_a_run_that_has_ended_well_meanwhile_is_not_said_to_go_on(project: Project) -> None:
    project.procfile("one: true\ntwo: sleep 0.05\n")
    ended = project.run("start", "-D", "--no-port")
    assert (ended.returncode, ended.stdout) == (0, "")
    assert ended.stderr == "procman: all processes have ended\n"


def test_a_crash_that_is_not_the_end_is_told_and_the_run_goes_on(project: Project) -> None:
    project.procfile("web: sleep 0.1; exit 7\ndb: sleep 100\n")
    going = project.run("start", "-D", "--no-port", "--stop-on", "never")
    assert going.returncode == 1
    assert "web.1: exited with code 7\nprocman: runs on with pid " in going.stderr
    assert ps(project)["db.1"]["state"] == "up"


def test_without_waiting_it_returns_before_anything_is_ready(project: Project) -> None:
    project.procfile("# procman: ready=exec:false\nslow: sleep 100\n")
    started = project.run("start", "-D", "--no-wait")
    assert started.returncode == 0
    assert ps(project)["slow.1"]["state"] == "starting"


def test_what_is_wrong_with_the_files_is_told_before_anything_is_detached(project: Project) -> None:
    project.procfile("web: sleep 1\nweb: sleep 2\n")
    failed = project.run("start", "-D")
    assert failed.returncode == 1
    assert "web" in failed.stderr


def test_the_terminal_it_was_started_from_may_go(project: Project) -> None:
    project.procfile("web: sleep 100\n")
    shell = project.terminal("-D", "--no-port")
    shell.until("procman runs in the background")
    assert shell.wait() == 0
    shell.hang_up()
    assert list(ps(project)) == ["web.1"]


def test_its_processes_have_terminals_and_no_pipe_to_whoever_started_it(project: Project) -> None:
    project.procfile("web: test -t 1 && echo terminal; readlink /proc/$$/fd/*; exec sleep 100\n")
    background(project, "--no-port")
    log = eventually(lambda: text if "terminal" in (text := logs(project, "web")) else "")
    assert "pipe:" not in log


def test_an_interrupt_while_it_starts_ends_it(project: Project) -> None:
    project.procfile("web: sleep 100\n")
    starting = project.start("-D")
    reachable(project)
    starting.signal(2)
    assert starting.wait() == 130
    eventually(lambda: not ps(project))

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.harness import PROCMAN

if TYPE_CHECKING:
    from tests.project import Project

PROCFILE = """\
# procman: ready=log:accepting
db: sleep 0.2; touch up; echo accepting; sleep 100
# procman: needs=db
cache: test -e up && sleep 100
web: touch web; sleep 100
"""


def test_the_program_runs_beside_what_it_needs_and_decides_the_status(project: Project) -> None:
    project.procfile(PROCFILE)
    done = project.run(
        "run", "-p", str(project.port), "--with", "cache", "--", "sh", "-c", "cat; ls; exit 9", stdin="in"
    )
    assert done.returncode == 9
    assert done.stdout.split() == ["inProcfile", "up"], (
        "stdin and stdout are the program's; web was not started"
    )
    assert "accepting" not in done.stdout + done.stderr.replace("log:accepting", "")
    assert re.search(r"db\.1 +\| terminated by SIGTERM", done.stderr)


def test_a_type_is_run_with_its_own_port_and_name(project: Project) -> None:
    project.procfile("db: sleep 100\njob: echo $PS $PORT\n")
    done = project.run("run", "-p", str(project.port), "--with", "db", "job")
    assert done.stdout == f"job.1 {project.port + 100}\n"


def test_a_program_that_is_not_there_is_127_and_leaves_nothing(project: Project) -> None:
    project.procfile("db: sleep 100\n")
    done = project.run("run", "--no-port", "--with", "db", "--", "no-such-program")
    assert done.returncode == 127
    assert "command not found: no-such-program" in done.stderr


def test_what_fails_before_it_is_ready_ends_the_run_with_its_status(project: Project) -> None:
    project.procfile("# procman: ready=log:never\ndb: echo no space; exit 7\n")
    done = project.run("run", "--no-port", "--with", "db", "--", "echo", "ran")
    assert done.returncode == 7
    assert "ran" not in done.stdout
    assert "db.1 crashed first: exited with code 7" in done.stderr
    assert "no space" in done.stderr


def test_an_unknown_type_is_refused(project: Project) -> None:
    project.procfile("db: sleep 100\n")
    done = project.run("run", "--with", "dd", "--", "true")
    assert done.returncode == 1
    assert "no process type 'dd'" in done.stderr


def test_what_the_program_leaves_behind_is_gone_with_it(project: Project) -> None:
    project.procfile("db: sleep 100\n")
    done = project.run("run", "--no-port", "--with", "db", "--", "sh", "-c", "setsid sleep 1000 & exit 0")
    assert done.returncode == 0


def test_ctrl_c_is_the_programs_own(project: Project) -> None:
    project.procfile("db: sleep 100\n")
    program = "trap 'echo caught; exit 55' INT; echo ready; while :; do sleep 0.1; done"
    argv = [*PROCMAN, "run", "--no-port", "--with", "db", "--", "sh", "-c", program]
    procman = project.launch(*argv)
    procman.until("ready")
    procman.signal_group(2)
    assert procman.wait() == 55
    assert "caught" in procman.output

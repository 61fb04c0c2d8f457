"""What a child is given: clean signals, descriptors and limits, and nothing of procman's own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from signal import SIGINT, SIGUSR1
from typing import TYPE_CHECKING, Any

import pytest

from tests.harness import child, eventually

if TYPE_CHECKING:
    from tests.faults.conftest import Manner
    from tests.harness import Procman
    from tests.project import Project

pytestmark = pytest.mark.fault

LINUX = pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="read from /proc/self/status")
OF_THE_C_LIBRARY = 1 << 31 | 1 << 32
"""Signals 32 and 33, which no program may use: glibc's posix_spawn(3) leaves them ignored."""


def report_of(procman: Procman, name: str = "web.1") -> dict[str, Any]:
    procman.until('"environ"')
    (line,) = (line for line in procman.lines(name) if line.startswith("{"))
    assert procman.stop() == -SIGINT
    report: dict[str, Any] = json.loads(line)
    return report


def signal_sets(procman: Procman, name: str = "web.1") -> dict[str, int]:
    assert procman.wait() == 0
    found = [re.match(r"(Sig\w+):\s+([0-9a-f]+)$", line) for line in procman.lines(name)]
    return {match[1]: int(match[2], 16) & ~OF_THE_C_LIBRARY for match in found if match}


@LINUX
def test_no_signal_is_ignored_or_blocked(project: Project, manner: Manner) -> None:
    project.procfile("web: grep Sig /proc/self/status\n")
    procman = project.start(*manner.args, env=manner.env)
    sets = signal_sets(procman)
    assert sets["SigIgn"] == 0
    assert sets["SigBlk"] == 0


@LINUX
@pytest.mark.parametrize("ignored", ["PIPE XFSZ", "INT QUIT", "HUP TERM", "CHLD", "TSTP TTIN TTOU"])
def test_what_procmans_parent_ignored_is_not_inherited(project: Project, ignored: str) -> None:
    project.procfile("web: grep Sig /proc/self/status\n")
    procman = project.launch("sh", "-c", f"trap '' {ignored}; exec $procman start -p {project.port} --no-pty")
    sets = signal_sets(procman)
    assert sets["SigIgn"] == 0
    assert sets["SigBlk"] == 0


@LINUX
def test_signals_that_procmans_parent_blocked_are_seen_and_not_inherited(project: Project) -> None:
    blocking = (
        "import os, signal, sys\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())\n"
        "os.execv(sys.argv[1], sys.argv[1:])\n"
    )
    project.procfile(f"web: {child('reporter')}\nworker: true\n")
    argv = project.command("start", "--no-pty")
    procman = project.launch(argv[0], "-c", blocking, *argv)
    procman.until("worker.1 | exited with code 0")
    report = report_of(procman)
    assert report["blocked"] == 0


def test_a_child_has_three_descriptors(project: Project, manner: Manner) -> None:
    project.procfile(f"first: {child('listener')}\nweb: {child('reporter')}\n")
    procman = project.start(*manner.args, env=manner.env)
    report = report_of(procman)
    assert report["descriptors"] == [0, 1, 2]
    assert report["terminal"] == [manner.args == ("--pty",)] * 3


def test_what_procman_inherited_stays_with_procman(project: Project, streams: Manner) -> None:
    project.procfile(f"web: {child('reporter')}\n")
    shell = f"exec 5>five 9</dev/null; exec $procman start -p {project.port} {' '.join(streams.args)}"
    assert report_of(project.launch("sh", "-c", shell))["descriptors"] == [0, 1, 2]


@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-", "0<&- 2>&-", "0<&- 1>&- 2>&-"])
def test_a_child_has_three_descriptors_though_procman_had_fewer(project: Project, closed: str) -> None:
    report = project.root / "report"
    project.procfile(f"web: {child('reporter')} > report\nworker: echo done >&2\n")
    procman = project.launch("sh", "-c", f"exec $procman start -p {project.port} {closed}")
    eventually(lambda: report.exists() and report.read_text().endswith("}\n"))
    assert procman.stop() == -SIGINT
    assert json.loads(report.read_text())["descriptors"] == [0, 1, 2]


@pytest.mark.parametrize("umask", ["077", "000"])
def test_the_umask_is_the_one_procman_found(project: Project, umask: str) -> None:
    project.procfile(f"web: {child('reporter')}\n")
    procman = project.launch("sh", "-c", f"umask {umask}; exec $procman start -p {project.port}")
    assert report_of(procman)["umask"] == int(umask, 8)


def test_the_folder_is_the_procfiles(project: Project) -> None:
    (project.root / "app").mkdir()
    project.write("app/Procfile", f"web: {child('reporter')}\n")
    procman = project.start("-f", "app/Procfile")
    assert report_of(procman)["cwd"] == str(project.root / "app")


def test_a_child_leads_a_session_and_a_group_of_its_own(project: Project, manner: Manner) -> None:
    project.procfile(f"web: {child('reporter')}\n")
    procman = project.start(*manner.args, env=manner.env)
    report = report_of(procman)
    assert report["sid"] == report["pgid"] == report["pid"] == procman.pids("web.1")[0]


def test_a_child_on_a_terminal_controls_it(project: Project) -> None:
    project.procfile("web: ps -o tty= -p $$; tty; true < /dev/tty && echo controls\n")
    procman = project.start("--pty")
    assert procman.wait() == 0
    of_ps, of_tty, controls = procman.lines("web.1")[1:4]
    assert f"/dev/{of_ps.strip()}" == of_tty
    assert controls == "controls"


def test_two_children_have_two_terminals(project: Project) -> None:
    project.procfile("web: tty\nworker: tty\n")
    procman = project.start("--pty")
    assert procman.wait() == 0
    assert procman.lines("web.1")[1] != procman.lines("worker.1")[1]


def test_the_limit_of_descriptors_is_the_one_procman_was_given(project: Project) -> None:
    project.procfile(f"web: {child('reporter')}\n")
    procman = project.launch("sh", "-c", f"ulimit -S -n 200; exec $procman start -p {project.port}")
    assert report_of(procman)["files"] == 200


def test_a_locale_that_python_made_up_does_not_leak(project: Project) -> None:
    project.procfile("web: env\n")
    environ = {key: value for key, value in project.environ().items() if not key.startswith(("LC_", "LANG"))}
    bare = [f"{key}={value}" for key, value in environ.items() if key != "procman"]
    procman = project.launch("env", "-i", *bare, *project.command("start"))
    assert procman.wait() == 0
    assert not [line for line in procman.lines("web.1") if line.startswith("LC_CTYPE=")]


def test_variables_of_procmans_own_do_not_leak(project: Project) -> None:
    project.procfile(f"web: {child('reporter')}\n")
    procman = project.start(env={"PROCMAN_FORCE_PORTABLE": "1", "PROCMAN_GREETING": "hello"})
    environ = report_of(procman)["environ"]
    assert [key for key in environ if key.startswith("PROCMAN_")] == ["PROCMAN_RUN"]


def test_a_broken_pipe_ends_a_childs_program_silently(project: Project) -> None:
    project.procfile("web: yes | head -1; echo next\n")
    procman = project.start("--no-pty")
    assert procman.wait() == 0
    assert procman.lines("web.1")[1:] == ["y", "next", "exited with code 0"]


def test_standard_input_neither_ends_nor_takes_keys(project: Project, streams: Manner) -> None:
    project.procfile(
        f"web: trap '' USR1; echo ready; read line; echo read $line\nworker: {child('listener')}\n"
    )
    procman = project.start(*streams.args, stdin=subprocess.PIPE)
    procman.until("ready", times=2)
    assert procman.process.stdin is not None
    procman.process.stdin.write(b"keys of the user\n")
    procman.process.stdin.close()
    procman.signal(SIGUSR1)
    procman.until("got SIGUSR1")
    assert procman.stop() == -SIGINT
    assert not [line for line in procman.lines("web.1") if line.startswith("read ")]


def test_the_nice_value_is_the_one_procman_was_given(project: Project) -> None:
    if not shutil.which("nice"):
        pytest.skip("no nice(1) here")
    project.procfile("web: nice\n")
    procman = project.start(wrapper=("nice", "-n", "5"))
    assert procman.wait() == 0
    assert procman.lines("web.1")[1] == "5"

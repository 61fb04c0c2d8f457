"""`procman run`: the program itself, as if nobody stood between."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.cli.refusal import refusal
from tests.harness import PROCMAN, eventually
from tests.terminal import CTRL_C

if TYPE_CHECKING:
    from tests.project import Project


@pytest.mark.parametrize(
    ("script", "status"),
    [("exit 7", 7), ("exit 255", 255), ("kill -9 $$", -9), ("kill -TERM $$", -15), ("kill -PIPE $$", -13)],
)
def test_status_and_signal_are_the_program_s_own(project: Project, script: str, status: int) -> None:
    assert project.run("run", "sh", "-c", script).returncode == status


@pytest.mark.parametrize("words", [["sh", "-c", "echo ready; exec sleep 1000"], ["web"]])
def test_no_procman_is_left_between(project: Project, words: list[str]) -> None:
    project.procfile("web: sleep 1000\n")
    launched = project.launch(*PROCMAN, "run", *words)
    eventually(lambda: psutil.Process(launched.pid).cmdline() == ["sleep", "1000"])
    assert psutil.Process(launched.pid).children() == []
    assert launched.stop(signal.SIGTERM) == -signal.SIGTERM
    assert launched.output in {"", "ready\n"}


def test_a_type_s_name_runs_its_command_with_its_port_and_more_words(project: Project) -> None:
    project.procfile('web: echo "$PORT $PS $PROC_TYPE"\nworker: A=1 && echo "$PORT $PS" "$A"\n')
    assert project.run("run", "web").stdout == "5000 web.1 web\n"
    assert project.run("run", "-p", "3000", "worker").stdout == "3100 worker.1 1\n"
    assert project.run("run", "--no-port", "worker").stdout == " worker.1 1\n"
    assert project.run("run", "worker", "two words", "--x", "$PORT; ls").stdout == (
        "5100 worker.1 1 two words --x $PORT; ls\n"
    )


def test_two_dashes_force_a_plain_command(project: Project) -> None:
    project.procfile("echo: exit 9\n")
    assert project.run("run", "echo", "x").returncode == 9
    done = project.run("run", "--", "echo", "x", "--", "y")
    assert (done.returncode, done.stdout) == (0, "x -- y\n")


def test_a_command_gets_the_environment_and_the_folder_of_the_app(project: Project) -> None:
    (project.root / "sub").mkdir()
    project.write("sub/.env", "A='a b'\nB=file\n")
    done = project.run("run", "-d", "sub", "sh", "-c", 'echo "$A $B $PWD $PS"', env={"B": "shell"})
    assert done.stdout == f"a b shell {project.root}/sub run.1\n"
    done = project.run("-e", "sub/.env", "run", "sh", "-c", 'echo "$A $PWD"')
    assert done.stdout == f"a b {project.root}\n"


def test_the_command_s_own_options_are_left_alone(project: Project) -> None:
    words = ["-f", "x", "--help", "-p", "--", "--version", ""]
    done = project.run("run", "printf", "%s,", *words)
    assert done.stderr == ""
    assert done.stdout == project.run("run", "--", "printf", "%s,", *words).stdout
    assert done.stdout.startswith("-f,x,--help,-p,--,--version,,")


def test_standard_input_is_the_program_s_own(project: Project) -> None:
    assert project.run("run", "cat", stdin="hello\n").stdout == "hello\n"
    project.procfile("a: cat\n")
    assert project.run("run", "a", stdin="hello\n").stdout == "hello\n"


def test_the_terminal_is_the_program_s_own(project: Project) -> None:
    shell = project.shell(*PROCMAN, "run", "sh", "-c", "tty; test -t 0 && test -t 1 && test -t 2; cat")
    shell.until("/dev/pts/")
    shell.type("typed\n")
    shell.until("typed", times=2)
    shell.type(CTRL_C)
    assert shell.wait() == -signal.SIGINT


def test_nothing_is_blocked_or_ignored_and_nothing_open(project: Project) -> None:
    script = "grep -E 'Sig(Blk|Ign)' /proc/self/status; exec ls /proc/self/fd"
    done = project.run("run", "sh", "-c", script)
    _, blocked, _, ignored, *descriptors = done.stdout.split()
    assert int(blocked, 16) == 0
    # 32 and 33 are glibc's own: its posix_spawn ignores them, and this test may have been started by it.
    assert int(ignored, 16) & ~(0b11 << 31) == 0
    assert descriptors == ["0", "1", "2", "3"]


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["no-such-command"], 127, "command not found: no-such-command"),
        (["./no/such"], 127, "command not found: ./no/such"),
        ([""], 127, "command not found: ''"),
        (["\udcff\x1b[2J"], 127, r"command not found: \xff\x1b[2J"),
        (["--", "web"], 127, "command not found: web"),
        (["."], 126, "not executable: ."),
        (["./plain"], 126, "not executable: ./plain"),
        (["./plain/x"], 127, "command not found: ./plain/x"),
        (["./elsewhere"], 127, "command not found: ./elsewhere"),
        (["-p", "x", "true"], 2, "-p is 'x'"),
        (["-p", "65600", "web"], 2, "-p is '65600'"),
        (["-f", "nope", "true"], 1, "nope does not exist"),
        (["-e", "nope", "true"], 1, "nope does not exist"),
        (["-d", "nope", "true"], 1, "-d nope: no such folder"),
    ],
)
def test_what_cant_be_run_is_told_with_the_status_of_sh(
    project: Project, words: list[str], status: int, message: str
) -> None:
    project.procfile("web: true\n")
    project.write("plain", "echo hello\n")
    (project.root / "elsewhere").symlink_to("nowhere")
    assert message in refusal(project.run("run", *words), status)


def test_a_script_without_a_first_line_of_its_own_runs_as_from_a_prompt(project: Project) -> None:
    os.chmod(project.write("script", 'echo "hello $1"\n'), 0o700)
    assert project.run("run", "./script", "there").stdout == "hello there\n"


def test_a_command_needs_no_procfile_and_is_not_stopped_by_a_broken_one(project: Project) -> None:
    assert project.run("run", "echo", "x").stderr == ""
    project.procfile("a: true\na: true\n")
    done = project.run("run", "echo", "x")
    assert (done.returncode, done.stdout) == (0, "x\n")
    assert "a is declared more than once" in done.stderr

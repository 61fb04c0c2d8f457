"""Which files make a project: -f, -d, -e, $PROCFILE; and all that is no file."""

from __future__ import annotations

import os
import socket
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.cli.refusal import refusal

if TYPE_CHECKING:
    from tests.project import Project


def test_a_missing_procfile_says_what_to_do_next(project: Project) -> None:
    for command in ("start", "check"):
        message = refusal(project.run(command), 1)
        assert message.startswith("procman: Procfile does not exist\n")
        assert "create one: `echo 'web: " in message
        assert "name one with -f" in message


def test_a_missing_procfile_names_those_that_are_there(project: Project) -> None:
    project.write("Procfile.dev", "a: true\n")
    assert "name one with -f: Procfile.dev" in refusal(project.run("start"), 1)


@pytest.mark.parametrize(
    ("option", "name", "reason"),
    [
        ("-f", "nope", "nope does not exist"),
        ("-f", "Procfile/x", "Procfile/x does not exist"),
        ("-f", "dangling", "dangling does not exist"),
        ("-f", "loop", "loop can't be read: too many levels"),
        ("-f", "x" * 300, "can't be read: file name too long"),
        ("-f", ".", ". is a directory"),
        ("-f", "fifo", "fifo is a pipe and gave nothing: no process writes to it"),
        ("-f", "socket", "socket is a socket or a device"),
        ("-f", "/dev/null", "/dev/null is a device"),
        ("-f", "/dev/zero", "/dev/zero is a device"),
        ("-f", "/proc/self/mem", "/proc/self/mem can't be read: input/output error"),
        ("-f", "large", "large is larger than 4 MiB"),
        ("-e", "no/such/folder", "no/such/folder does not exist"),
        ("-e", "fifo", "fifo is a pipe and gave nothing"),
        ("-e", "large", "large is larger than 4 MiB"),
    ],
)
def test_what_is_no_readable_file_is_refused_at_once(
    project: Project, option: str, name: str, reason: str
) -> None:
    project.procfile("a: true\n")
    project.write("large", "#" * (4 * 1024 * 1024 + 1))
    os.mkfifo(project.root / "fifo")
    os.symlink("nowhere", project.root / "dangling")
    os.symlink("loop", project.root / "loop")
    with closing(socket.socket(socket.AF_UNIX)) as listener:
        listener.bind(os.path.relpath(project.root / "socket"))
    assert reason in refusal(project.run("start", option, name), 1)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["-f", ""], "'' does not exist"),
        (["-d", "nope"], "-d nope: no such folder"),
        (["-d", ""], "-d '': no such folder"),
        (["-d", "Procfile"], "-d Procfile: no such folder"),
        (["-e", ".env,nope"], "nope does not exist"),
        (["-e", ".env", "-e", "nope"], "nope does not exist"),
    ],
)
def test_a_file_or_folder_that_was_named_has_to_be_there(
    project: Project, args: list[str], message: str
) -> None:
    project.procfile("a: true\n")
    project.env("A=1\n")
    assert message in refusal(project.run("start", *args), 1)


def test_the_procfile_is_that_of_the_option_else_of_the_environment(project: Project) -> None:
    project.procfile("a: echo plain\n")
    project.write("named", "a: echo by-option\n")
    project.write("other", "a: echo by-variable\n")
    assert "plain" in project.run("start").stdout
    assert "plain" in project.run("start", env={"PROCFILE": ""}).stdout
    assert "by-variable" in project.run("start", env={"PROCFILE": "other"}).stdout
    assert "by-option" in project.run("start", "-f", "named", env={"PROCFILE": "other"}).stdout


@pytest.mark.parametrize(
    "line",
    [
        'echo "a: echo hello" | "$@" -f -',
        'echo "a: echo hello" | "$@" -f /dev/stdin',
        '"$@" -f <(echo "a: echo hello")',
        '"$@" -f <(sleep 0.2; echo "a: echo hello")',
        'echo "a: echo hello" > P; "$@" -f - < P',
    ],
)
def test_standard_input_and_a_pipe_can_be_a_procfile(project: Project, line: str) -> None:
    launched = project.launch("bash", "-c", f'mkdir sub; {line} -d "$PWD"', "bash", *project.command("start"))
    assert launched.wait() == 0, launched.output
    assert launched.lines("a.1")[1] == "hello"


def test_processes_run_in_the_procfile_s_folder_and_env_is_read_where_the_user_is(project: Project) -> None:
    (project.root / "sub").mkdir()
    project.write("sub/Procfile", 'a: echo "in $PWD with $A"\n')
    project.write("sub/.env", "A=below\n")
    project.env("A=here\n")
    assert f"in {project.root}/sub with here\n" in project.run("start", "-f", "sub/Procfile").stdout
    assert f"in {project.root}/sub with below\n" in project.run("start", "-d", "sub").stdout


def test_with_a_folder_named_files_are_looked_for_here_and_then_there(project: Project) -> None:
    (project.root / "sub").mkdir()
    project.write("sub/Procfile.dev", 'a: echo "there $A in ${PWD##*/}"\n')
    project.write("sub/one", "A=there\n")
    done = project.run("start", "-d", "sub", "-f", "Procfile.dev", "-e", "one")
    assert "there there in sub\n" in done.stdout
    project.write("Procfile.dev", 'a: echo "here $A in ${PWD##*/}"\n')
    project.write("one", "A=here\n")
    done = project.run("start", "-d", "sub", "-f", "Procfile.dev", "-e", "one")
    assert "here here in sub\n" in done.stdout


def test_several_env_files_are_merged_and_the_later_wins(project: Project) -> None:
    project.procfile('a: echo "$A $B $C."\n')
    project.env("C=from-the-default\n")
    project.write("one", "A=1\nB=1\n")
    project.write("two", "B=2\n")
    assert "1 2 .\n" in project.run("start", "-e", "one,two").stdout
    assert "1 2 .\n" in project.run("start", "-e", "one", "-e", "two").stdout
    assert "1 1 .\n" in project.run("start", "-e", " two , one ").stdout
    assert "  .\n" in project.run("start", "-e", "").stdout


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"A=\xff\n", ".env:1: error: byte 0xff is not utf-8"),
        ("A=1\n".encode("utf-16"), "not utf-8 but utf-16"),
        (b"A=1\nB=a\0b\n", ".env:2"),
        (b"A=" + b"x" * 140_000, "140002 bytes"),
    ],
)
def test_an_env_file_that_no_program_could_be_given_stops_the_start(
    project: Project, content: bytes, message: str
) -> None:
    project.procfile("a: true\n")
    (project.root / ".env").write_bytes(content)
    done = project.run("start")
    assert (done.returncode, done.stdout) == (1, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_statement_that_cant_be_read_is_named_and_the_rest_is_used(project: Project) -> None:
    project.procfile('a: echo "$A $C"\n')
    project.env("A=1\nB='open\nC=3\n")
    done = project.run("start")
    assert done.returncode == 0
    assert ".env:2:1: warning: " in done.stderr
    assert "a.1    | 1 " in done.stdout


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no entry at all"),
        (b"# only a comment\n\n", "no entry at all"),
        (b"web gunicorn\n", "no entry at all"),
        (b"a: true\nb: true\na: false\n", "a is declared more than once: lines 1 and 3"),
        (b"a: true\0\n", "Procfile:1:8: error: a nul byte"),
        ("a: true\n".encode("utf-16"), "not utf-8 but utf-16"),
        (b"\x7fELF\x02\x01\0\0\xff\xfe", "not a text file"),
    ],
)
def test_what_nothing_can_run_with_is_an_error(project: Project, content: bytes, message: str) -> None:
    (project.root / "Procfile").write_bytes(content)
    done = project.run("start")
    assert (done.returncode, done.stdout) == (1, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_run_refuses_a_type_that_is_declared_twice_and_runs_any_command(project: Project) -> None:
    project.procfile("a: echo 1\na: echo 2\n")
    done = project.run("run", "a")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Procfile:2:1: error: a is declared more than once: lines 1 and 2" in done.stderr
    assert project.run("run", "echo", "3").stdout == "3\n"


def test_start_and_run_warn_of_wrong_lines_and_go_on(project: Project) -> None:
    project.procfile("a: echo up\nb : false\nc false\n")
    for command in (("start",), ("run", "a")):
        done = project.run(*command)
        assert done.returncode == 0
        assert "up" in done.stdout
        assert "Procfile:2:2: warning: blank before the colon" in done.stderr
        assert "Procfile:3:2: warning: no colon after a name" in done.stderr
        assert "hint: write `b: false`" in done.stderr


def test_a_file_is_read_as_bytes_with_any_line_ends(project: Project) -> None:
    (project.root / "Procfile").write_bytes(
        b"\xef\xbb\xbfa: echo \xff # kept\r\nb: echo form\x0cfeed\rc: echo \xe2\x80\xa8 \xc3\xa9"
    )
    launched = project.start("--no-prefix")
    assert launched.wait() == 0
    assert launched.stdout is not None
    lines = launched.stdout.data.split(b"\n")
    assert {b"\xff", b"form\x0cfeed", b"\xe2\x80\xa8 \xc3\xa9"} <= set(lines)
    assert "byte 0xff is not utf-8" in launched.output

"""How many of what, and on which ports: -c, -m, -x, TYPE…, -p, --port-step, --no-port, the phases."""

from __future__ import annotations

import os
import re
import socket
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.cli.refusal import refusal
from tests.harness import PROCMAN

if TYPE_CHECKING:
    from tests.project import Project

THREE = "web: echo $PORT\nworker: echo $PORT\nclock: echo $PORT\n"


def ports(project: Project, *args: str, env: dict[str, str] | None = None, base: int = 0) -> dict[str, int]:
    """Give the PORT that each process echoes, counted from the base."""
    done = project.run("start", "--no-timestamp", *args, env=env)
    assert done.returncode == 0, done.stderr
    found = re.findall(r"^(\w+\.\d+) +\| (\d+)$", done.stdout, re.MULTILINE)
    return {name: int(port) - (base or project.port) for name, port in found}


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ("", {"web.1": 0, "worker.1": 100, "clock.1": 200}),
        ("-c web=2 -c clock=0", {"web.1": 0, "web.2": 1, "worker.1": 100}),
        ("-m all=1,web=2", {"web.1": 0, "web.2": 1, "worker.1": 100, "clock.1": 200}),
        ("--formation web=2,all=0", {"web.1": 0, "web.2": 1}),
        ("--concurrency all=0,clock=1,", {"clock.1": 200}),
        ("worker", {"worker.1": 100}),
        ("clock -c clock=2 -x web", {"clock.1": 200, "clock.2": 201}),
        ("-x web --except clock", {"worker.1": 100}),
        ("--port-step 10", {"web.1": 0, "worker.1": 10, "clock.1": 20}),
        ("--no-port", {}),
    ],
)
def test_every_process_gets_the_port_of_its_place_in_the_file(
    project: Project, args: str, expected: dict[str, int]
) -> None:
    project.procfile(THREE)
    assert ports(project, *args.split()) == expected


def test_blanks_in_a_formation_are_allowed(project: Project) -> None:
    project.procfile(THREE)
    assert set(ports(project, "-c", " web = 2 , all = 0 ")) == {"web.1", "web.2"}


@pytest.mark.parametrize(
    ("args", "environment", "file", "base"),
    [
        (["-p", "7000"], "7100", "7200", 7000),
        ([], "7100", "7200", 7100),
        ([], "", "7200", 7200),
        (["--override"], "7100", "7200", 7200),
        (["-p", "7000", "--override"], "7100", "7200", 7000),
    ],
)
def test_the_base_is_the_option_s_else_the_environment_s_else_the_file_s(
    project: Project, args: list[str], environment: str, file: str, base: int
) -> None:
    project.procfile(THREE)
    project.env(f"PORT={file}\n")
    launched = project.launch(*PROCMAN, "start", *args, env={"PORT": environment} if environment else {})
    assert launched.wait() == 0
    assert (launched.lines("web.1")[1], launched.lines("clock.1")[1]) == (str(base), str(base + 200))


@pytest.mark.parametrize("port", ["0", "65536", "abc", "", "-5", "9" * 5000])
def test_a_wrong_port_is_a_usage_error(project: Project, port: str) -> None:
    project.procfile(THREE)
    message = refusal(project.run("start", "-p", port), 2)
    assert re.match(r"procman: -p is '.*', a port is a number from 1 to 65535\n$", message)
    assert len(message) < 120


def test_a_wrong_port_elsewhere_names_the_place(project: Project) -> None:
    project.procfile(THREE)
    project.env("# the port\nPORT=many\n")
    launched = project.launch(*PROCMAN, "start")
    assert launched.wait() == 1
    assert launched.output == "procman: PORT from .env:2 is 'many', a port is a number from 1 to 65535\n"
    launched = project.launch(*PROCMAN, "run", "web", env={"PORT": "x"})
    assert launched.wait() == 1
    assert "PORT from the environment is 'x'" in launched.output


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["-p", "65400"], "clock.1 would get port 65600, ports are 1 to 65535"),
        (["-c", "web=102"], "web.101 and worker.1 would both get port"),
        (["--port-step", "9" * 30], "worker.1 would get port 10000000000"),
        (["nope"], "no process type 'nope' in the procfile, known: web, worker, clock"),
        (["wroker"], "did you mean worker"),
        ([""], "no process type ''"),
        (["-x", "wbe"], "did you mean web"),
        (["-c", "all=0"], "nothing to start"),
        (["web", "-x", "web"], "nothing to start"),
    ],
)
def test_a_formation_that_cant_be_is_refused_before_anything_starts(
    project: Project, args: list[str], message: str
) -> None:
    project.procfile(THREE)
    assert message in refusal(project.run("start", *args), 1)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["-c", "nope=2"], "-c nope=2: no process type 'nope', known: web, worker, clock"),
        (["-c", "web"], "a count is a whole number from 0 to 10000"),
        (["-c", "web=-1"], "a count is a whole number"),
        (["-c", "web=two"], "known types: web, worker, clock"),
        (["-c", "=2"], "no process type ''"),
        (["-m", "web=" + "9" * 5000], "more than 10000 instances"),
        (["-t", "soon"], "'soon' is not a valid"),
        (["-t", "-1"], "not in the range"),
        (["-t", "nan"], "'nan' is not a number of seconds"),
        (["--port-step", "0"], "not in the range"),
        (["--stop-on", "friday"], "'crash', 'exit', 'never'"),
    ],
)
def test_a_count_or_a_number_that_is_none_is_a_usage_error(
    project: Project, args: list[str], message: str
) -> None:
    project.procfile(THREE)
    assert message in refusal(project.run("start", *args), 2)


def test_a_port_that_is_taken_is_told_with_its_holder_before_anything_starts(project: Project) -> None:
    project.procfile(THREE)
    with closing(socket.create_server(("127.0.0.1", project.port + 100))):
        done = project.run("start")
    first = done.stdout.splitlines()[0]
    assert f"port {project.port + 100} of worker.1 is taken by " in first
    assert f"(pid {os.getpid()})" in first


PHASES = "web: echo serving\nrelease: echo migrating\npreflight: echo looking\n"


def names(output: str) -> list[str]:
    return re.findall(r"^(?:\S+ )?(\S+\.1) +\| started", output, re.MULTILINE)


def test_a_bare_start_leaves_the_phases_out_and_says_so(project: Project) -> None:
    project.procfile(PHASES)
    output = project.run("start").stdout
    assert names(output) == ["web.1"]
    for phase in ("release", "preflight"):
        assert output.count(f"{phase}: one-off phase, not started") == 1


@pytest.mark.parametrize("args", [["web", "release"], ["-c", "release=1", "-x", "preflight"]])
def test_a_phase_that_is_named_or_counted_is_an_ordinary_process(project: Project, args: list[str]) -> None:
    project.procfile(PHASES)
    output = project.run("start", *args).stdout
    assert names(output) == ["web.1", "release.1"]
    assert "one-off" not in output


def test_with_release_the_phases_end_before_anything_else_begins(project: Project) -> None:
    project.procfile(PHASES)
    output = project.run("start", "--release").stdout
    assert names(output) == ["preflight.1", "release.1", "web.1"]
    order = ["looking", "preflight.1 | exited", "migrating", "release.1   | exited", "web.1       | started"]
    assert [output.index(text) for text in order] == sorted(output.index(text) for text in order)


def test_a_phase_that_fails_ends_the_start_with_its_code(project: Project) -> None:
    project.procfile("web: echo serving\nrelease: exit 4\npreflight: true\n")
    done = project.run("start", "--release")
    assert done.returncode == 4
    assert names(done.stdout) == ["preflight.1", "release.1"]
    assert "release.1 crashed first: exited with code 4" in done.stdout


def test_nothing_but_phases_says_how_to_run_them(project: Project) -> None:
    project.procfile("release: echo migrating\n")
    assert "procman start release" in refusal(project.run("start"), 1)

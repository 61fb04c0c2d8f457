"""The command line as such: help, wrong words, odd surroundings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from procman.cli.main import COMMANDS, command_first
from tests.cli.refusal import refusal

if TYPE_CHECKING:
    from tests.project import Project

ODD_BYTE = "\udcff"
"""How Python hands on an argument's byte 0xff, and takes it back."""


@pytest.mark.parametrize(
    ("args", "named"),
    [
        (["strat"], "start"),
        ([""], "commands: start"),
        ([ODD_BYTE], "commands: start"),
        (["--bogus"], "--bogus"),
        (["version", "more"], "more"),
        (["start", "--bogus"], "--bogus"),
        (["start", f"--{ODD_BYTE}"], "no such option"),
        (["start", "-f"], "requires an argument"),
        (["start", "--prefix"], "requires an argument"),
        (["run"], "COMMAND"),
        (["run", "--bogus", "true"], "--bogus"),
        (["env", "a", "b"], "b"),
        (["help", "nope"], "nope"),
    ],
)
def test_a_wrong_command_line_is_a_usage_error_that_names_the_word(
    project: Project, args: list[str], named: str
) -> None:
    project.procfile("a: true\n")
    assert named in refusal(project.run(*args), 2)


def test_no_command_shows_the_help_and_is_a_usage_error(project: Project) -> None:
    done = project.run()
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("Usage: procman")


@pytest.mark.parametrize("args", [["--help"], ["-h"], ["help"]])
def test_the_help_lists_every_command_with_examples(project: Project, args: list[str]) -> None:
    done = project.run(*args)
    assert done.returncode == 0
    assert done.stderr == ""
    assert all(f"\n  {name} " in done.stdout for name in COMMANDS)
    assert "procman start web worker" in done.stdout


@pytest.mark.parametrize("name", ["start", "run", "check"])
def test_every_command_has_a_help_page_without_the_marks_of_its_source(project: Project, name: str) -> None:
    done = project.run(name, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: procman {name}")
    assert "\\b" not in done.stdout
    assert project.run("help", name).stdout == done.stdout


def test_the_help_can_be_written_where_only_ascii_can(project: Project) -> None:
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    done = project.run("start", "--help", env=ascii_only)
    assert done.returncode == 0
    assert "--formation" in done.stdout


@pytest.mark.parametrize("locale", ["C", "C.UTF-8", "no_SUCH"])
def test_odd_bytes_in_a_message_are_shown_and_not_sent(project: Project, locale: str) -> None:
    done = project.run("start", "-f", f"{ODD_BYTE}\x1b[2J\n", env={"LC_ALL": locale})
    assert r"\xff\x1b[2J\x0a does not exist" in refusal(done, 1)


def test_procman_needs_no_home_no_terminal_and_next_to_no_environment(project: Project) -> None:
    project.procfile('a: echo "up $PORT"\n')
    launched = project.launch("/usr/bin/env", "-i", *project.command("start"))
    assert launched.wait() == 0
    assert f"up {project.port}" in launched.output


@pytest.mark.parametrize(
    ("command", "closing"),
    [
        ("start", ">&-"),
        ("start", "2>&-"),
        ("start", "<&- >&- 2>&-"),
        ("check", ">&-"),
        ("check", "<&- >&- 2>&-"),
        ("env", ">&-"),
    ],
)
def test_closed_descriptors_change_nothing(project: Project, command: str, closing: str) -> None:
    project.procfile("a: echo up >> log\n")
    argv = ("sh", "-c", f'"$@" {closing}', "sh", *project.command(command))
    launched = project.launch(*argv)
    assert launched.wait() == 0, launched.output
    assert "Traceback" not in launched.output
    assert (project.root / "log").exists() == (command == "start")


@pytest.mark.parametrize("command", ["start", "check", "version", "env"])
def test_a_full_disk_is_told_in_one_line(project: Project, command: str) -> None:
    project.procfile("a: true\n")
    launched = project.launch("sh", "-c", '"$@" >/dev/full', "sh", *project.command(command))
    assert launched.wait() == 1
    assert launched.output == "procman: standard output can't be written: no space left on device\n"


@pytest.mark.parametrize("command", ["check --format json", "env"])
def test_a_reader_that_goes_away_is_no_error(project: Project, command: str) -> None:
    project.procfile("".join(f"t{number}: ls {'x' * 3000}\n" for number in range(60)))
    pipeline = f'"$@" {command} | true; echo "${{PIPESTATUS[0]}}"'
    launched = project.launch("bash", "-c", pipeline, "bash", *project.command())
    assert launched.wait() == 0
    assert launched.output == "0\n"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("-d .. -f Procfile.dev start web", "start -d .. -f Procfile.dev web"),
        ("-e .env.one,.env.two run sh -c -f", "run -e .env.one,.env.two sh -c -f"),
        ("--env=x --app-root y --no-colour start", "start --env=x --app-root y --no-colour"),
        ("-fP check", "check -fP"),
        ("help start", "start --help"),
        ("help", "--help"),
        ("start -f x", "start -f x"),
        ("-f x", "-f x"),
        ("--version", "--version"),
        ("-V start", "-V start"),
    ],
)
def test_options_of_the_project_may_stand_before_the_command_as_in_honcho(written: str, read: str) -> None:
    assert command_first(written.split()) == read.split()

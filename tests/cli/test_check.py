"""`procman check`: every problem at once, each with its place, a caret and a hint."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.cli.refusal import refusal

if TYPE_CHECKING:
    from tests.project import Project

FIVE = """\
web: python3 -m http.server $PORT
worker : python3 work.py
api python3 api.py
  clock: python3 clock.py
mail=python3 mail.py
web: python3 other.py
"""
_PLACE = re.compile(r"^(\S+?):(\d+):(\d+): (error|warning): (.+)$")


def problems(text: str) -> list[tuple[int, int, str]]:
    """Give line, column and message of each problem, having looked that its caret is where it says."""
    found = []
    lines = text.splitlines()
    for index, line in enumerate(lines):
        if match := _PLACE.match(line):
            excerpt, caret = lines[index + 1 : index + 3]
            assert caret.index("^") == 2 + int(match[3]) - 1
            assert len(caret) <= len(excerpt) + 1
            found.append((int(match[2]), int(match[3]), match[5]))
    return found


def test_a_good_file_is_named_with_its_types(project: Project) -> None:
    project.procfile("web: sleep 1\nworker: sleep $PORT\n")
    done = project.run("check")
    assert (done.returncode, done.stdout) == (0, "valid procfile detected (web, worker)\n")
    assert done.stderr == ""


def test_five_different_mistakes_are_five_errors_with_carets(project: Project) -> None:
    project.procfile(FIVE)
    done = project.run("check")
    assert (done.returncode, done.stdout) == (1, "")
    assert problems(done.stderr) == [
        (2, 7, "blank before the colon"),
        (3, 4, "no colon after a name"),
        (4, 1, "the entry is indented, and a name starts at the line's first column"),
        (5, 5, "= instead of a colon"),
        (6, 1, "web is declared more than once: lines 1 and 6"),
    ]
    assert len(re.findall(r"^Procfile:\d+:\d+: error:", done.stderr, re.MULTILINE)) == 5
    assert done.stderr.count("  hint: ") == 5


def test_json_holds_the_same_for_programs(project: Project) -> None:
    project.procfile("release: true\n" + FIVE)
    done = project.run("check", "--format", "json")
    assert done.returncode == 1
    assert done.stderr == ""
    document = json.loads(done.stdout)
    assert [entry["name"] for entry in document["entries"]] == ["release", "web", "web"]
    assert document["entries"][1] == {
        "name": "web",
        "command": "python3 -m http.server $PORT",
        "line": 2,
        "kind": "process",
    }
    assert document["entries"][0]["kind"] == "release"
    errors = [problem for problem in document["diagnostics"] if problem["severity"] == "error"]
    assert len(errors) == 5
    assert set(errors[0]) == {"file", "line", "column", "severity", "code", "message", "hint"}
    assert (errors[0]["file"], errors[0]["line"], errors[0]["column"]) == ("Procfile", 3, 7)


def test_github_gets_an_annotation_for_each(project: Project) -> None:
    project.procfile(FIVE)
    done = project.run("check", "--format", "github")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert len(lines) == 5
    assert lines[0].startswith(
        "::error file=Procfile,line=2,col=7,title=name-blank::blank before the colon%0A"
    )


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("web: no-such-program -x\n", "1:6", "no-such-program is not found"),
        ("web: ./no-such-file\n", "1:6", "./no-such-file is not found"),
        ("web: echo 'open\n", "1:6", "the shell can't read this command"),
        ("web: (sleep 1\n", "1:6", "the shell can't read this command"),
        ("web: sleep $NAP\n", "1:12", "NAP is not set"),
        ("web: serve-it %PORT%\n", "1:15", "%PORT% is how windows writes a variable"),
        ("web: sleep $PORT\napi: sleep 5000 --port 5000\n", "2:24", "port 5000 is the one that web gets"),
        ("web: sleep 1\nrelease: sleep 2\n", "2:1", "release runs once"),
        ("-x: sleep 1\n", "1:1", "a name with a leading - looks like an option"),
        ("http://example.org\nweb: sleep 1\n", "1:1", "this looks like a url"),
    ],
)
def test_what_will_hardly_do_what_was_meant_is_a_warning(
    project: Project, text: str, place: str, words: str
) -> None:
    project.procfile(text)
    done = project.run("check")
    assert done.returncode == 0
    assert f"Procfile:{place}: warning: {words}" in done.stderr
    assert done.stdout.startswith("valid procfile detected (")


def test_strict_makes_a_warning_fail(project: Project) -> None:
    project.procfile("web: sleep $NAP\n")
    done = project.run("check", "--strict")
    assert (done.returncode, done.stdout) == (1, "")
    assert "warning: NAP is not set" in done.stderr


def test_what_the_file_or_the_environment_sets_is_no_problem(project: Project) -> None:
    (project.root / "bin").mkdir()
    project.write("bin/serve", "#!/bin/sh\n").chmod(0o700)
    project.procfile("web: sleep $NAP $HOME ${OTHER:-1}\nhere: bin/serve\nthere: serve\n")
    project.env(f"NAP=1\nPATH={project.root}/bin:/usr/bin:/bin\n")
    done = project.run("check", "--strict", "--override")
    assert (done.returncode, done.stderr) == (0, "")


def test_the_env_file_is_checked_too(project: Project) -> None:
    project.procfile("web: sleep 1\n")
    project.env("A=1\nB='open\n")
    done = project.run("check")
    assert (done.returncode, done.stdout) == (1, "")
    assert ".env:2:1: error: the quote ' is not closed" in done.stderr
    assert "open" not in done.stderr  # a value may be a secret


def test_a_variable_that_no_option_has_is_a_warning_of_check_and_start_does_not_speak_of_it(
    project: Project,
) -> None:
    project.procfile("web: true\n")
    slip = {"PROCMAN_PORTT": "3000", "PROCMAN_PORT": "3000", "PROCMAN_RUN": "1/2"}
    checked = project.run("check", env=slip)
    assert checked.returncode == 0
    assert checked.stderr.splitlines() == [
        "<environment>: warning: PROCMAN_PORTT is no option of procman's, and no process gets it",
        "  hint: did you mean PROCMAN_PORT?",
    ]
    assert project.run("check", "--strict", env=slip).returncode == 1
    started = project.run("start", env=slip)
    assert started.returncode == 0
    assert "PROCMAN_PORTT" not in started.stdout + started.stderr


def test_ports_are_checked_too(project: Project) -> None:
    project.procfile("web: sleep 1\nworker: sleep 1\n")
    project.env("PORT=65500\n")
    done = project.run("check")
    assert done.returncode == 1
    assert "worker would get port 65600" in done.stderr
    assert project.run("check", "--no-port").returncode == 0
    assert "-p is 'many'" in project.run("check", "-p", "many").stderr


def test_standard_input_can_be_checked(project: Project) -> None:
    done = project.run("check", "-f", "-", stdin="web sleep\n")
    assert done.returncode == 1
    assert "<stdin>:1:4: error: no colon after a name" in done.stderr


def test_escapes_of_a_file_are_shown_and_not_sent(project: Project) -> None:
    project.procfile("\x1b[2Jweb: x\na: sleep 1 \x07\x1b]0;title\x07\nb\u202e : y\n")
    done = project.run("check")
    assert done.returncode == 1
    assert r"\x1b[2J" in done.stderr
    assert not set(done.stderr) & {"\x1b", "\x07", "\u202e"}


def test_colour_only_where_people_read(project: Project) -> None:
    project.procfile("web sleep\n")
    assert "\x1b" not in project.run("check").stderr
    assert "\x1b[1;31merror:" in project.run("check", env={"FORCE_COLOR": "1"}).stderr
    terminal = project.shell(*project.command("check"))
    assert terminal.wait() == 1
    assert b"\x1b[1;31merror:" in terminal.stdout.data


def test_what_one_command_leaves_open_is_not_closed_by_the_next(project: Project) -> None:
    project.procfile("a: echo 'x\nb: echo y'\nc: { echo\nd: } ; x() {\ne: }\n")
    found = problems(project.run("check").stderr)
    assert [line for line, _, message in found if "the shell can't read" in message] == [1, 2, 3, 4, 5]


def test_a_command_is_never_run(project: Project) -> None:
    project.procfile("a: touch ran; $(touch ran) `touch ran`\nb: <(touch ran) 'open\n")
    project.run("check")
    assert not (project.root / "ran").exists()


def test_a_missing_file_is_refused(project: Project) -> None:
    assert "nope does not exist" in refusal(project.run("check", "-f", "nope"), 1)

"""How the output of a run looks: the options that say so, on pipes."""

from __future__ import annotations

import json
import re
import stat
from typing import TYPE_CHECKING

import pytest

from tests.cli.refusal import refusal

if TYPE_CHECKING:
    from tests.harness import Procman
    from tests.project import Project

TWO = "web: echo to-out; echo to-err >&2\nworker: echo working\n"


def raw(procman: Procman) -> bytes:
    assert procman.stdout is not None
    return procman.stdout.data


@pytest.mark.parametrize(
    ("args", "pattern"),
    [
        ([], r"\d\d:\d\d:\d\d web\.1    \| to-out"),
        (["--timestamp", "iso"], r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d web\.1    \| to-out"),
        (["--timestamp", "relative"], r" +\+\d\.\d web\.1    \| to-out"),
        (["--timestamp", ""], r"web\.1    \| to-out"),
        (["--no-timestamp"], r"web\.1    \| to-out"),
        (["--timestamp", "%z é"], r"\+0530 é web\.1    \| to-out"),
        (["--no-prefix"], r"to-out"),
        (["--prefix", "{type}/{number} {pid}> "], r"web/1 \d+> to-out"),
        (["--prefix", "{{{name}}} "], r"\{web\.1\} to-out"),
        (["--mark-stderr", "--no-timestamp"], r"web\.1    ! to-err"),
    ],
)
def test_what_stands_before_a_line_can_be_chosen(project: Project, args: list[str], pattern: str) -> None:
    project.procfile(TWO)
    done = project.run("start", *args, env={"TZ": "XXX-5:30"})
    assert re.search(f"^{pattern}$", done.stdout, re.MULTILINE), done.stdout


def test_json_is_one_object_a_line(project: Project) -> None:
    project.procfile(TWO)
    done = project.run("start", "--format", "json", "--mark-stderr")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert all(set(row) == {"time", "process", "stream", "text", "event"} for row in rows)
    of_web = [(row["stream"], row["text"]) for row in rows if row["process"] == "web.1" and not row["event"]]
    assert sorted(of_web) == [("stderr", "to-err"), ("stdout", "to-out")]
    assert [row["event"] for row in rows if row["process"] == "worker.1"] == ["started", None, "exited"]


@pytest.mark.parametrize(
    ("args", "shown"),
    [
        (["-q", "web"], {"working"}),
        (["-q", "web,worker.1"], set()),
        (["-q", "web", "--quiet", "worker"], set()),
        (["-q", "web.2"], {"to-out", "to-err", "working"}),
        (["--only", "worker"], {"working"}),
        (["--only", "web.1,worker"], {"to-out", "to-err", "working"}),
        (["--grep", "^to-|nothing"], {"to-out", "to-err"}),
        (["--grep", "out", "--only", "web"], {"to-out"}),
    ],
)
def test_what_is_shown_can_be_chosen_and_events_always_are(
    project: Project, args: list[str], shown: set[str]
) -> None:
    project.procfile(TWO)
    done = project.run("start", "--no-prefix", *args)
    lines = set(done.stdout.splitlines())
    assert lines & {"to-out", "to-err", "working"} == shown
    assert done.stdout.count("exited with code 0") == 2


@pytest.mark.parametrize(
    ("args", "status", "message"),
    [
        (["-q", "wbe"], 1, "-q wbe: no such process type, known: web, worker\n  did you mean web"),
        (["--only", "web,nope"], 1, "--only nope: no such process type"),
        (["--grep", "("], 2, "--grep '(' is no regular expression"),
        (["--prefix", "{nope}"], 2, "it has no field {nope}"),
        (["--prefix", "{name.__class__}"], 2, "can't be used"),
        (["--prefix", "a\nb"], 2, "line break"),
        (["--timestamp", "%H\n"], 2, "is no time format"),
        (["--format", "xml"], 2, "'text', 'json'"),
        (["--log-dir", ""], 2, "--log-dir '' names no folder"),
        (["--log-dir", "Procfile"], 1, "can't write logs: "),
        (["--log-dir", "/proc/nope"], 1, "can't write logs: /proc/nope: "),
        (["--log-dir", "logs"], 1, "web.1.log"),
    ],
)
def test_a_wrong_option_is_refused_before_anything_starts(
    project: Project, args: list[str], status: int, message: str
) -> None:
    project.procfile(TWO)
    (project.root / "logs" / "web.1.log").mkdir(parents=True)
    assert message in refusal(project.run("start", *args), status)


def test_logs_are_a_plain_file_per_process_for_the_user_alone(project: Project) -> None:
    project.procfile("web: printf '\\033[31mred\\033[0m\\nopen'; exit 0\nworker: echo working\n")
    assert project.run("start", "--log-dir", "a/b").returncode == 0
    log = project.root / "a" / "b" / "web.1.log"
    lines = [line.partition(" ")[2] for line in log.read_text().splitlines()]
    assert lines[1:] == ["red", "open", "exited with code 0"]
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert "working" in (log.parent / "worker.1.log").read_text()


SEVEN = "".join(f"p{number}: echo hello\n" for number in range(7))


def test_colours_go_by_type_in_foreman_s_order(project: Project) -> None:
    project.procfile(SEVEN)
    procman = project.start("--color", "always", "--no-timestamp")
    assert procman.wait() == 0
    for number, code in enumerate((36, 33, 32, 35, 31, 34, 96)):
        assert f"\x1b[{code}mp{number}.1   | \x1b[0mhello\n".encode() in raw(procman)


@pytest.mark.parametrize(
    ("args", "environ", "coloured"),
    [
        ([], {}, False),
        ([], {"FORCE_COLOR": "1"}, True),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, True),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
        (["--no-colour"], {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colour_on_a_pipe_only_when_asked_for(
    project: Project, args: list[str], environ: dict[str, str], *, coloured: bool
) -> None:
    project.procfile("web: echo hello\n")
    procman = project.start(*args, env=environ)
    assert procman.wait() == 0
    assert (b"\x1b[36m" in raw(procman)) == coloured

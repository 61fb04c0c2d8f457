from __future__ import annotations

import json
import os
from signal import SIGKILL
from typing import TYPE_CHECKING

import pytest

from procman.cli.logs import _seconds
from procman.cli.remembered import _last_lines
from procman.errors import ProcmanError
from tests.control.running import TICKER, background, done, logs, quitting
from tests.harness import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.project import Project

SAYS = "web: for n in 1 2 3; do echo line $n; done; echo ERROR four; exec sleep 100\n"


@pytest.fixture(autouse=True)
def ended(request: pytest.FixtureRequest) -> Iterator[None]:
    if "project" not in request.fixturenames:
        yield
    else:
        yield from quitting(request.getfixturevalue("project"))


@pytest.mark.parametrize(
    ("data", "count", "last"),
    [
        (b"1\n2\n3\n", 2, b"2\n3\n"),
        (b"1\n2\n3\n", 9, b"1\n2\n3\n"),
        (b"1\n2\n3\n", 0, b""),
        (b"1\n2\n$ ", 2, b"2\n$ "),
        (b"1\n2\n$ ", 1, b"$ "),
        (b"", 5, b""),
    ],
)
def test_the_last_lines_are_so_many(data: bytes, count: int, last: bytes) -> None:
    assert _last_lines(data, count) == last


def test_times_are_written_with_their_unit() -> None:
    assert [_seconds(text) for text in ("30", "30s", "1.5m", "2h", "1d", "9d")] == [
        30,
        30,
        90,
        7200,
        86400,
        86400,
    ]
    for text in ("", "m", "5w", "-1s", "yesterday"):
        with pytest.raises(ProcmanError, match="no time"):
            _seconds(text)


def test_logs_are_shown_as_start_shows_them(project: Project) -> None:
    project.procfile(SAYS + f"worker: {TICKER}\n")
    background(project, "--no-port", "--no-wait")
    eventually(lambda: "four" in logs(project))
    plain = done(project.run("logs", "-n", "2", "web", "--no-prefix"))
    assert plain == "line 3\nERROR four\n"
    assert done(project.run("logs", "--grep", "ERR|line 1", "web", "--timestamp", "none")) == (
        "web.1    | line 1\nweb.1    | ERROR four\n"
    )
    found = [json.loads(line) for line in done(project.run("logs", "--json", "web")).splitlines()]
    assert [each["event"] for each in found] == ["started", None, None, None, None]
    assert found[-1]["text"] == "ERROR four"
    assert project.run("logs", "--since", "soon").returncode == 2
    assert "line" not in done(project.run("logs", "nobody"))


def test_a_follower_sees_what_comes_and_the_end(project: Project) -> None:
    project.procfile(f"web: {TICKER}\n")
    background(project, "--no-port", "--no-wait")
    follower = project.launch(*project.command("logs", "-f", "-n", "1"))
    follower.until("| tick", times=4)
    done(project.run("quit"))
    assert follower.wait() == 0
    assert "quit received, starting shutdown" in follower.output
    assert "terminated by SIGTERM" in follower.output


def test_the_last_runs_log_is_there_when_it_is_over(project: Project) -> None:
    project.procfile("web: echo hello; sleep 0.1; exit 3\n")
    assert project.run("start", "--no-port").returncode == 3
    last = done(project.run("logs", "--last", "--timestamp", "none", "web"))
    assert last.splitlines()[1:] == ["web.1  | hello", "web.1  | exited with code 3"]
    assert "web.1 crashed first" in done(project.run("logs", "--last"))
    folder = project.root / ".state" / "procman"
    assert [os.stat(folder / name).st_mode & 0o777 for name in os.listdir(folder)] == [0o600]


def test_where_nothing_has_run_there_is_no_last_log(project: Project) -> None:
    assert project.run("logs", "--last").returncode == 3


def test_a_follower_that_is_killed_is_forgotten(project: Project) -> None:
    project.procfile(f"web: {TICKER}\n")
    background(project, "--no-port", "--no-wait")
    follower = project.launch(*project.command("logs", "-f"))
    follower.until("| tick")
    follower.signal(SIGKILL)
    assert follower.wait() == -SIGKILL
    assert "tick" in logs(project)

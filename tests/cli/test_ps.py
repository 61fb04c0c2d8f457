from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from procman.cli.ps import age, size, state, table
from tests.control.running import background, done, quitting
from tests.harness import child, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.project import Project


@pytest.fixture(autouse=True)
def ended(request: pytest.FixtureRequest) -> Iterator[None]:
    if "project" not in request.fixturenames:
        yield
    else:
        yield from quitting(request.getfixturevalue("project"))


def row(name: str, **more: Any) -> dict[str, Any]:
    usual = {
        "process": name,
        "state": "up",
        "since": 2.4,
        "ready": True,
        "pid": 4711,
        "port": 5000,
        "restarts": 0,
        "command": "node web.js",
        "cpu": 1.25,
        "memory": 45 * 1024 * 1024,
    }
    return usual | more


def test_the_table_has_herokus_columns_and_a_few_more() -> None:
    rows = [
        row("web.1"),
        row(
            "worker.10", state="backoff", pid=None, port=None, cpu=None, memory=None, restarts=12, since=75.0
        ),
    ]
    assert table(rows, None) == [
        "Process    State            PID  Port   CPU  Memory  Restarts  Command",
        "---------  --------------  ----  ----  ----  ------  --------  ------------------------------",
        "web.1      up for 2s       4711  5000  1.2%     45M         0  node web.js",
        "worker.10  backoff for 1m                                  12  node web.js",
    ]


def test_on_a_terminal_lines_end_with_the_window() -> None:
    assert [len(line) for line in table([row("web.1", command="x" * 300)], 80)] == [63, 80, 80]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "up for 2s"),
        ({"ready": False}, "up for 2s, not ready"),
        ({"state": "starting", "ready": False}, "starting for 2s"),
        ({"state": "crashed", "since": 7300}, "crashed for 2h"),
        ({"state": "down", "since": None}, "down"),
    ],
)
def test_states_are_said_with_their_age(more: dict[str, Any], said: str) -> None:
    assert state(row("web.1", **more)) == said


def test_ages_and_sizes_are_short() -> None:
    assert [age(seconds) for seconds in (0.9, 59, 60, 3599, 3600, 90000)] == [
        "0s",
        "59s",
        "1m",
        "59m",
        "1h",
        "1d",
    ]
    assert [size(count) for count in (0, 1023, 4096, 45 << 20, 3 << 30)] == [
        "0B",
        "1023B",
        "4K",
        "45M",
        "3.0G",
    ]


def test_memory_and_cpu_are_those_of_the_whole_tree(project: Project) -> None:
    project.procfile(
        f"web: sh -c 'python3 -c \"while True: pass\" & {child('listener')}; true'\nworker: sleep 100\n"
    )
    background(project, "--no-port", "--no-wait")

    def busy() -> dict[str, dict[str, Any]]:
        """Give the rows once the busy one is a Python, and the clock of CPU time (10 ms) has met it."""
        found = json.loads(done(project.run("ps", "--json")))
        assert found["root"] == str(project.root)
        rows = {each["process"]: each for each in found["processes"]}
        return rows if rows["web.1"]["cpu"] > 0 and rows["web.1"]["memory"] > 8 << 20 else {}

    rows = eventually(busy)
    assert rows["worker.1"]["memory"] < 8 << 20
    text = done(project.run("ps", "web"))
    assert text.splitlines()[2].startswith("web.1")
    assert len(text.splitlines()) == 3


@pytest.mark.parametrize("command", ["ps", "scale", "stop", "restart", "logs", "wait", "quit"])
def test_where_nothing_runs_every_command_says_so_with_status_3(project: Project, command: str) -> None:
    args = ["web"] if command in ("stop", "restart") else []
    nothing = project.run(command, *args)
    assert nothing.returncode == 3
    assert "nothing is running here or in a folder above" in nothing.stderr

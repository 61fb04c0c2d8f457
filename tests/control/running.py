"""A formation that runs in the background of a test, and the commands that reach it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from procman.control.client import reach
from procman.errors import ProcmanError
from tests.harness import eventually

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from tests.project import Project

SERVER = "python3 -S -m http.server --bind 127.0.0.1 $PORT"
TICKER = "while :; do echo tick; sleep 0.2; done"


def background(project: Project, *args: str) -> int:
    """Run `start -D` and give the pid of the procman that goes on."""
    done = project.run("start", "-D", *args)
    assert done.returncode == 0, done.stderr
    found = re.search(r"with pid (\d+)", done.stdout)
    assert found, done.stdout
    return int(found[1])


def quitting(project: Project) -> Iterator[None]:
    """End whatever runs in the project, however the test ended (a fixture's body)."""
    yield
    ask(project, "quit")


def ask(project: Project, verb: str, **arguments: object) -> list[dict[str, Any]]:
    """Ask what runs in the project, without the price of a command line; [] when nothing does."""
    try:
        with reach(str(project.root), project.environ()) as client:
            return list(client.stream(verb, **arguments))
    except ProcmanError:
        return []


def ps(project: Project) -> dict[str, dict[str, Any]]:
    """Give the row of each process; nothing when nothing runs."""
    return {row["process"]: row for answer in ask(project, "ps") for row in answer["processes"]}


def logs(project: Project, *names: str) -> str:
    """Give all that is remembered of some processes, without prefixes."""
    return "".join(answer.get("text", "") for answer in ask(project, "logs", names=list(names)))


def answers(port: int) -> bool:
    """Whether a web server answers at a port."""
    from http.client import HTTPConnection, HTTPException

    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def done(result: subprocess.CompletedProcess[str]) -> str:
    assert result.returncode == 0, result.stderr
    return result.stdout


def reachable(project: Project) -> None:
    eventually(lambda: ps(project))

"""Clients that mean no good, while eight processes flood: nothing raises, nothing stops, nothing grows."""

from __future__ import annotations

import random
import socket
import time
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

import psutil
import pytest

from procman.control.address import found
from procman.control.client import reach
from procman.control.protocol import request_line
from tests.control.running import ps, quitting, reachable
from tests.harness import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.harness import Procman
    from tests.project import Project

PS = request_line("ps")
GREEDY = [
    PS * 1000,
    request_line("logs", follow=True),
    request_line("logs") * 20,
    b"x" * 10_000_000,
    b'{"procman":1,',
    b"\x00\xff" * 5000 + b"\n",
    b"[" * 60_000 + b"\n",
    request_line("connect", name="flood.1"),
    request_line("wait", names=["*"]) * 50,
]
GROWTH = 64 * 1024 * 1024
"""What all these clients together may cost: half of it is the history of eight flooding processes."""


@pytest.fixture(autouse=True)
def ended(project: Project) -> Iterator[None]:
    yield from quitting(project)


def flooded(project: Project) -> Procman:
    project.procfile("flood: exec yes 0123456789012345678901234567890123456789\nquiet: sleep 1000\n")
    procman = project.start("--no-port", "-c", "flood=8", stdout="/dev/null")
    reachable(project)
    return procman


def test_greedy_and_silent_clients_cost_nobody_anything_but_themselves(project: Project) -> None:
    procman = flooded(project)
    address = next(found(str(project.root), project.environ()))
    process = psutil.Process(procman.pid)
    before = process.memory_info().rss
    chance = random.Random(7)  # noqa: S311 - the same clients every time
    with ExitStack() as stack:
        for number in range(90):
            client = stack.enter_context(socket.socket(socket.AF_UNIX))
            client.settimeout(0.2)
            with suppress(OSError):
                client.connect(address.socket)
                client.sendall(GREEDY[number % len(GREEDY)])
                if chance.random() < 0.3:
                    client.sendall(chance.randbytes(2000))
                if chance.random() < 0.3:
                    client.shutdown(socket.SHUT_WR)
                if chance.random() < 0.3:
                    client.close()
        assert process.is_running()
        assert process.memory_info().rss - before < GROWTH
    eventually(lambda: len(ps(project)) == 9)
    assert {row["state"] for row in ps(project).values()} == {"up"}
    assert procman.stop() == -2
    assert "Traceback" not in procman.output


def test_a_look_costs_procman_little_more_than_the_one_who_looks(project: Project) -> None:
    """So that a thousand a second leave most of a processor to the log."""
    project.procfile("web: sleep 1000\n")
    procman = project.start("--no-port", "-c", "web=8")
    reachable(project)
    process = psutil.Process(procman.pid)
    with ExitStack() as stack:
        clients = [stack.enter_context(reach(str(project.root), project.environ())) for _ in range(10)]
        theirs, ours = sum(process.cpu_times()[:2]), time.process_time()
        for _ in range(100):
            for client in clients:
                assert len(client.ask("ps")["processes"]) == 8
        theirs, ours = sum(process.cpu_times()[:2]) - theirs, time.process_time() - ours
    assert theirs < 3 * ours
    assert procman.stop() == -2


@pytest.mark.skipif(
    not hasattr(psutil.Process, "io_counters"), reason="the system doesn't count what is written"
)
def test_a_follower_that_stops_reading_does_not_hold_up_the_log(project: Project) -> None:
    procman = flooded(project)
    process = psutil.Process(procman.pid)
    with ExitStack() as stack:
        for _ in range(8):
            client = stack.enter_context(reach(str(project.root), project.environ()))
            next(client.stream("logs", follow=True))
        before, begun = process.io_counters().write_chars, time.monotonic()
        memory = process.memory_info().rss
        eventually(lambda: time.monotonic() - begun > 0.5)
        assert process.io_counters().write_chars > before
        assert process.memory_info().rss - memory < GROWTH
        assert len(ps(project)) == 9
    assert procman.stop() == -2

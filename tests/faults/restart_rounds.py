"""Drives the engine through many crashes and restarts: `restart_rounds.py ROUNDS COMMAND`.

The clock leaps over every delay. Prints as JSON what procman held after the
half of the rounds and after the last: descriptors, zombies, memory (KiB), Python objects.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

from procman.config.kinds import Kind
from procman.config.plan import Instance, Restart
from procman.core.process import State
from procman.core.rules import StopOn
from procman.core.supervisor import Supervisor
from procman.output.writer import open_writer
from procman.runtime.census import is_portable
from procman.runtime.children import Children
from procman.runtime.engine import Engine
from procman.runtime.guardian import Guardian
from procman.runtime.intake import Intake
from procman.runtime.signals import Signals
from procman.runtime.spawn import Limits, Spawner
from procman.runtime.tree import Tree

if TYPE_CHECKING:
    from procman.output.block import Block


class Leaping:
    """A clock that leaps to the end of every delay before a restart."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._leapt = 0.0

    def __call__(self) -> float:
        if any(process.state is State.BACKOFF for process in self._supervisor.snapshot.values()):
            self._leapt += 100.0
        return time.monotonic() + self._leapt


class Rounds:
    """A sink that counts the exits, takes the measures and asks for the end."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.started = self.exited = 0
        self.measures: list[dict[str, int]] = []

    def write(self, block: Block) -> None:
        self.started += block.event == "started"
        if block.event != "exited":
            return
        self.exited += 1
        if self.exited in (self._limit // 2, self._limit):
            self.measures.append(measure())
        if self.exited == self._limit:
            os.kill(os.getpid(), signal.SIGTERM)

    def environ_of(self, _instance: Instance) -> dict[str, str]:
        # One success in five: ten failures in a row would be parked.
        return {**os.environ, "STATUS": str(int(self.started % 5 != 0))}


def measure() -> dict[str, int]:
    gc.collect()
    with open("/proc/self/statm") as file:
        resident = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024
    return {
        "descriptors": len(os.listdir("/proc/self/fd")),
        "zombies": zombies(),
        "memory": resident,
        "objects": len(gc.get_objects()),
    }


def zombies() -> int:
    with open(f"/proc/self/task/{os.getpid()}/children") as file:
        pids = file.read().split()
    found = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat") as file:
            found += file.read().rpartition(")")[2].split()[0] == "Z"
    return found


def drive(rounds: Rounds, command: str) -> dict[str, Any]:
    instance = Instance("web.1", "web", 1, command, {}, None, Kind.PROCESS)
    instance = instance._replace(restart=Restart.ALWAYS)
    portable = is_portable(os.environ)
    guardian = Guardian("rounds", portable=portable)
    tree = Tree("rounds", portable=portable, ignored=[guardian.pid])
    supervisor = Supervisor([instance], stop_on=StopOn.CRASH)
    spawner = Spawner(os.getcwd(), Limits())
    children = Children(
        supervisor.instances, rounds.environ_of, "rounds", spawner, tree, guardian, terminal=None
    )
    writer = open_writer(os.open(os.devnull, os.O_WRONLY))
    intake = Intake([rounds])
    clock = Leaping(supervisor)
    Engine(supervisor, children, tree, Signals(), intake, [rounds], writer, clock=clock).run()
    guardian.dismiss()
    return {"started": rounds.started, "exited": rounds.exited, "measures": rounds.measures}


print(json.dumps(drive(Rounds(int(sys.argv[1])), sys.argv[2])))

"""One process. The table of all transitions is a golden file, for people to read: states.txt."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, NamedTuple

import pytest

from procman.config.plan import Restart
from procman.core.actions import Action, Announce, Signal, Sweep
from procman.core.events import (
    DeadlinePassed,
    Emptied,
    Exited,
    KillAsked,
    PortBusy,
    ProcessEvent,
    Readied,
    RestartAsked,
    Spawned,
    SpawnFailed,
    StartAsked,
    Status,
    StopAsked,
)
from procman.core.lifecycle import KILL_ROUNDS, step
from procman.core.policy import PARKED_AFTER
from procman.core.process import Process, State, Want

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NAME = "web.1"
OUT_OF_TURN = "(out of turn)"
GOLDEN = os.path.join(os.path.dirname(__file__), "states.txt")
CLEAN = Status()
FAILED = Status(code=3)

EVENTS: dict[str, ProcessEvent] = {
    "start": StartAsked(NAME),
    "stop": StopAsked(NAME),
    "restart": RestartAsked(NAME),
    "kill": KillAsked(NAME),
    "spawned": Spawned(NAME, 42),
    "spawn failed": SpawnFailed(NAME, "no room"),
    "port busy": PortBusy(NAME),
    "ready": Readied(NAME),
    "exited well": Exited(NAME, CLEAN),
    "exited badly": Exited(NAME, FAILED),
    "emptied": Emptied(NAME),
    "deadline": DeadlinePassed(NAME),
}


class Situation(NamedTuple):
    """What of a process decides the next step, numbers and times aside."""

    state: State
    want: Want
    leader: bool
    timed: bool
    doomed: bool
    last_round: bool
    unready: bool

    def __str__(self) -> str:
        words = [self.state.value]
        if self.state is State.STOPPING and not self.leader:
            words.append("heirs")
        if self.state is State.UP and self.timed:
            words.append("after failures")
        if self.state is State.STARTING and self.leader:
            words.append("spawned")
        if self.unready:
            words.append("unready")
        if self.doomed:
            words.append("doomed")
        if self.last_round:
            words.append("last kill")
        return " ".join(words)


def situation(process: Process) -> Situation:
    last_round = process.state is State.STOPPING and process.kills >= KILL_ROUNDS
    doomed = process.state is State.STARTING and process.want is Want.DOWN and process.kills > 0
    timed = process.deadline is not None
    unready = process.state is State.UP and not process.ready
    leader = process.pid is not None
    return Situation(process.state, process.want, leader, timed, doomed, last_round, unready)


def can_happen(event: ProcessEvent, process: Process) -> bool:
    """Whether the world can tell this now: everything else comes out of turn."""
    match event:
        case Spawned() | SpawnFailed() | PortBusy():
            return process.state is State.STARTING and process.pid is None
        case Readied():
            return (
                process.state in (State.STARTING, State.UP) and process.pid is not None and not process.ready
            )
        case Exited():
            return process.pid is not None
        case Emptied():
            return process.state is State.STOPPING and process.pid is None
        case DeadlinePassed():
            return process.deadline is not None
        case _:
            return True


def every_situation(fresh: Process) -> list[Process]:
    """Give one process for each situation that can be reached, in the order of the states."""
    found = {situation(fresh): fresh}
    seen = {(situation(fresh), 0)}
    open_ends = [fresh]
    while open_ends:
        process = open_ends.pop(0)
        for event in EVENTS.values():
            if not can_happen(event, process):
                continue
            after, _ = step(process, event, 100.0)
            if (situation(after), after.failures) not in seen and after.failures < PARKED_AFTER:
                seen.add((situation(after), after.failures))
                found.setdefault(situation(after), after)
                open_ends.append(after)
            last = after._replace(kills=KILL_ROUNDS)
            if after.state is State.STOPPING:
                found.setdefault(situation(last), last)
    order = list(State)
    by_state = sorted(found, key=lambda s: (order.index(s.state), not s.leader, str(s), s.want.value))
    return [found[key] for key in by_state]


def brief(action: Action) -> str:
    match action:
        case Announce(event=event):
            return f"say {event}"
        case Signal(signum=signum):
            return f"Signal {signal.Signals(signum).name}"
        case Sweep(everyone=everyone):
            return "Sweep everyone" if everyone else "Sweep who left the group"
        case _:
            return type(action).__name__


def rows(kind: str, processes: Iterable[Process]) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for process in processes:
        for word, event in EVENTS.items():
            after, actions = step(process, event, 200.0)
            out_of_turn = "" if can_happen(event, process) else OUT_OF_TURN
            result = "-" if after == process else str(situation(after))
            want = "" if after.want is process.want else after.want.value
            does = ", ".join(brief(action) for action in actions)
            left = (kind, str(situation(process)), process.want.value, word)
            found.append((*left, result, want, does or out_of_turn))
    return found


def aligned(table: Sequence[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in table]
    blocks = [
        f"\n{line}" if row[:3] != before[:3] else line
        for row, before, line in zip(table, [table[0], *table], lines, strict=False)
    ]
    return "\n".join(blocks) + "\n"


KINDS = {
    "plain": Process(NAME),
    "on-failure": Process(NAME, restart=Restart.ON_FAILURE),
    "always": Process(NAME, restart=Restart.ALWAYS),
    "probed": Process(NAME, patience=30.0),
    "must be ready": Process(NAME, patience=30.0, late_fails=True),
    "must, always": Process(NAME, patience=30.0, late_fails=True, restart=Restart.ALWAYS),
}


def table() -> str:
    """Give all of an ordinary process, and of the others what differs from that and is in turn."""
    found: list[tuple[str, ...]] = [("process", "state", "want", "event", "-> state", "-> want", "actions")]
    plain = rows("plain", every_situation(KINDS["plain"]))
    known = {row[1:] for row in plain}
    found += plain
    for kind, fresh in KINDS.items():
        other = rows(kind, every_situation(fresh))
        found += [row for row in other if row[1:] not in known and row[-1] != OUT_OF_TURN]
    return aligned(found)


def test_the_table_of_states_is_the_one_that_was_agreed() -> None:
    """Compare with states.txt; after a wanted change: PROCMAN_WRITE_GOLDEN=1 pytest -n0 and read the diff.

    A "-" is a state in which nothing changed. Times, pids and counts are left out: what they do is tested
    below.
    """
    now = table()
    if os.environ.get("PROCMAN_WRITE_GOLDEN"):
        with open(GOLDEN, "w", encoding="utf-8") as file:
            file.write(now)
    with open(GOLDEN, encoding="utf-8") as file:
        assert now == file.read()


@pytest.mark.parametrize("kind", KINDS)
def test_an_event_out_of_turn_changes_nothing(kind: str) -> None:
    for process in every_situation(KINDS[kind]):
        for event in EVENTS.values():
            if not can_happen(event, process):
                after, actions = step(process, event, 200.0)
                assert after == process, event
                assert all(isinstance(action, Announce) for action in actions)


@pytest.mark.parametrize("kind", KINDS)
def test_backoff_and_stopping_always_have_a_deadline_and_rest_has_none(kind: str) -> None:
    for process in every_situation(KINDS[kind]):
        spawned = process.state is State.STARTING and process.pid is not None
        if spawned or process.state in (State.BACKOFF, State.STOPPING):
            assert process.deadline is not None, process
        elif process.state is not State.UP:
            assert process.deadline is None, process

"""One process: `step(process, event, now) -> (process, actions)`.

Theory of operation. `state` says what is, `want` what was asked last; both are needed and nothing
else is: an exit is a crash exactly when it finds the state UP, and a stop that arrives while a
restart is under way only changes `want`. A process is not at rest when its leader has gone but when
its whole tree has: STOPPING lasts from the stop signal, over the leader's exit, to `Emptied`. While
STOPPING there is always a deadline; when it passes the tree is killed, again and again until it is
empty or until it is plain that it can't be killed (uninterruptible, or another user's).
"""

from __future__ import annotations

from typing import assert_never

from procman.core.actions import Abandon, Action, Announce, AwaitEmpty, Kill, Signal, Spawn, Sweep
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
    describe,
)
from procman.core.policy import GOOD_MINUTE, comes_back, is_parked, restart_delay
from procman.core.process import Process, State, Want

KILL_AGAIN = 0.1
"""Seconds between two rounds of KILL: what forked in between is found by the next one."""
KILL_ROUNDS = 50
PORT_PAUSE = 0.25
"""Seconds between two looks whether a port is free again."""

Step = tuple[Process, list[Action]]


def step(process: Process, event: ProcessEvent, now: float) -> Step:
    """Give the next condition and what is to be done; an event that means nothing here changes nothing."""
    match event:
        case StartAsked():
            return _start(process, now)
        case StopAsked():
            return _stop(process, now, Want.DOWN)
        case RestartAsked():
            return _stop(process, now, Want.AGAIN)
        case KillAsked():
            return _kill_at_once(process, now)
        case Spawned(pid=pid):
            return _spawned(process, pid, now)
        case SpawnFailed(reason=reason):
            return _spawn_failed(process, reason, now)
        case PortBusy():
            return _port_busy(process, now)
        case Readied():
            return _readied(process, now)
        case Exited(status=status):
            return _exited(process, status, now)
        case Emptied():
            return _emptied(process, now)
        case DeadlinePassed():
            return _deadline_passed(process, now)
        case _:
            assert_never(event)


def _start(process: Process, now: float) -> Step:
    if process.state in (State.DOWN, State.EXITED, State.BACKOFF):
        return _spawning(process, now)
    if process.state is State.STOPPING:
        return process._replace(want=Want.AGAIN), []
    return process._replace(want=Want.UP, kills=0), []


def _spawning(process: Process, now: float) -> Step:
    begun = process._replace(
        state=State.STARTING, want=Want.UP, pid=None, since=now, deadline=None, kills=0, ready=False
    )
    return begun, [Spawn(process.name)]


def _spawned(process: Process, pid: int, now: float) -> Step:
    if process.state is not State.STARTING or process.pid is not None:
        return process, []
    up = process._replace(pid=pid, since=now)
    if process.patience is None:
        up = _up(up, now, ready=True)
    else:
        up = up._replace(deadline=now + process.patience)
    actions: list[Action] = [Announce(process.name, f"started with pid {pid}", "started")]
    if process.want is Want.UP:
        return up, actions
    # Asked to stop (or start afresh) while the spawn was under way.
    impatient = process.want is Want.DOWN and process.kills
    stopping, more = _kill_at_once(up, now) if impatient else _stop(up, now, process.want)
    return stopping, actions + more


def _port_busy(process: Process, now: float) -> Step:
    if process.state is not State.STARTING or process.pid is not None:
        return process, []
    if process.want is Want.DOWN:
        return _sweep(process, now, Want.DOWN, everyone=True)
    return process._replace(state=State.BACKOFF, want=Want.UP, deadline=now + PORT_PAUSE), []


def _up(process: Process, now: float, *, ready: bool) -> Process:
    forget_at = now + GOOD_MINUTE if process.failures else None
    return process._replace(state=State.UP, deadline=forget_at, ready=ready)


def _readied(process: Process, now: float) -> Step:
    if process.state not in (State.STARTING, State.UP) or process.pid is None or process.ready:
        return process, []
    took = now - process.since if process.since is not None else 0.0
    text = f"ready{process.address} in {took:.1f} s"
    return _up(process, now, ready=True), [Announce(process.name, text, "ready")]


def _late(process: Process, now: float) -> Step:
    """Not ready in time: a failure where readiness was asked for, else something to know."""
    text = f"not ready{process.address} after {process.patience:g} s"
    told: list[Action] = [Announce(process.name, text, "late")]
    if not process.late_fails:
        return _up(process, now, ready=False), told
    again = comes_back(process.restart, Status(code=1)) and not is_parked(process.failures + 1)
    stopping, actions = _stop(process, now, Want.AGAIN if again else Want.DOWN)
    return stopping._replace(failures=process.failures + 1), told + actions


def _spawn_failed(process: Process, reason: str, now: float) -> Step:
    if process.state is not State.STARTING or process.pid is not None:
        return process, []
    # A daemon of an earlier start may be about, and whoever asked for the stop meant that too.
    gone, actions = _sweep(process._replace(status=Status(code=1)), now, Want.DOWN, everyone=True)
    return gone, [Announce(process.name, f"could not be started: {reason}", "failed"), *actions]


def _stop(process: Process, now: float, want: Want) -> Step:
    match process.state:
        case State.UP | State.STARTING if process.pid is not None:
            stopping = process._replace(
                state=State.STOPPING, want=want, deadline=now + process.grace, kills=0
            )
            return stopping, [Signal(process.name, process.stop_signal)]
        case State.UP | State.STARTING | State.STOPPING:
            return process._replace(want=want), []
        case State.BACKOFF if want is Want.DOWN:
            return process._replace(state=State.EXITED, want=want, deadline=None), []
        case State.EXITED if want is Want.DOWN:
            return _sweep(process, now, want, everyone=True)
        case State.DOWN if want is Want.DOWN:
            return process._replace(want=want), []
        case State.DOWN | State.EXITED | State.BACKOFF:
            return _spawning(process, now)
        case _:
            assert_never(process.state)


def _sweep(process: Process, now: float, want: Want, *, everyone: bool) -> Step:
    """Go after what the leader left behind; `Emptied` comes at once where there is nothing."""
    sweeping = process._replace(
        state=State.STOPPING, want=want, pid=None, deadline=now + process.grace, kills=0
    )
    return sweeping, [Sweep(process.name, process.stop_signal, everyone), AwaitEmpty(process.name)]


def _kill_at_once(process: Process, now: float) -> Step:
    match process.state:
        case State.DOWN:
            return process._replace(want=Want.DOWN), []
        case State.STARTING if process.pid is None:
            # The spawn can't be called back; the kill follows when it is there.
            return process._replace(want=Want.DOWN, kills=1), []
        case State.BACKOFF:
            return process._replace(state=State.EXITED, want=Want.DOWN, deadline=None), []
        case State.STARTING | State.UP | State.STOPPING | State.EXITED:
            actions: list[Action] = [Kill(process.name)]
            if process.pid is None and process.state is not State.STOPPING:
                actions.append(AwaitEmpty(process.name))
            dying = process._replace(
                state=State.STOPPING, want=Want.DOWN, deadline=now + KILL_AGAIN, kills=process.kills + 1
            )
            return dying, actions
        case _:
            assert_never(process.state)


def _exited(process: Process, status: Status, now: float) -> Step:
    told: list[Action] = [Announce(process.name, describe(status), "exited")]
    if process.pid is None:
        return process, told  # it was given up (Abandon): its late end is news and nothing more
    gone = process._replace(pid=None, status=status)
    if process.state is State.STOPPING:
        # The group had its signal; what moved out of it has not.
        deadline = process.deadline if process.deadline is not None else now + process.grace
        return gone._replace(deadline=deadline), [
            *told,
            Sweep(process.name, process.stop_signal, everyone=False),
            AwaitEmpty(process.name),
        ]
    if not comes_back(process.restart, status):
        return gone._replace(state=State.EXITED, want=Want.DOWN, deadline=None, since=now), told
    failures = process.failures + 1 if status.failed else 0
    if is_parked(failures):
        text = f"failed {failures} times in a row, parked (procman restart {process.name} tries again)"
        parked = gone._replace(state=State.EXITED, want=Want.DOWN, deadline=None, since=now, failures=0)
        return parked, [*told, Announce(process.name, text, "parked")]
    swept, actions = _sweep(gone, now, Want.AGAIN, everyone=True)
    return swept._replace(failures=failures), told + actions


def _emptied(process: Process, now: float) -> Step:
    if process.state is not State.STOPPING or process.pid is not None:
        return process, []
    if process.want is Want.DOWN:
        return process._replace(state=State.EXITED, deadline=None, since=now), []
    again = now + restart_delay(process.failures) if process.failures else now
    if process.since is not None:
        again = max(again, process.since + 1.0)
    waiting = process._replace(
        state=State.BACKOFF, want=Want.UP, deadline=again, restarts=process.restarts + 1
    )
    return waiting, []


def _deadline_passed(process: Process, now: float) -> Step:
    match process.state:
        case State.BACKOFF:
            return _spawning(process, now)
        case State.STARTING if process.pid is not None:
            return _late(process, now)
        case State.UP:
            return process._replace(failures=0, deadline=None), []
        case State.STOPPING if process.kills >= KILL_ROUNDS:
            gone = process._replace(state=State.EXITED, want=Want.DOWN, pid=None, deadline=None, since=now)
            return gone, [Abandon(process.name)]
        case State.STOPPING:
            dying = process._replace(deadline=now + KILL_AGAIN, kills=process.kills + 1)
            return dying, [Kill(process.name)]
        case State.DOWN | State.STARTING | State.EXITED:
            return process, []
        case _:
            assert_never(process.state)

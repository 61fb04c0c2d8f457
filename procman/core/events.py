"""What happened: past tense, compared by equality, made by feeds and by the hands that act."""

from __future__ import annotations

import signal

from procman.quicktuple import NamedTuple


class Status(NamedTuple):
    """How a process ended: an exit code, or the number of the signal that ended it."""

    code: int = 0
    signal: int = 0

    @property
    def failed(self) -> bool:
        return self.code != 0 or self.signal != 0

    @property
    def exit_code(self) -> int:
        """As sh(1) gives it: 128+n for a signal."""
        return 128 + self.signal if self.signal else self.code


def describe(status: Status) -> str:
    """Say how a process ended, in the words Foreman's users grep for."""
    if status.signal:
        return f"terminated by {signal_name(status.signal)}"
    return f"exited with code {status.code}"


def signal_name(signum: int) -> str:
    try:
        return signal.Signals(signum).name
    except ValueError:  # a real-time signal has a number only
        return f"SIG{signum}"


class StartAsked(NamedTuple):
    name: str


class StopAsked(NamedTuple):
    name: str


class RestartAsked(NamedTuple):
    name: str


class KillAsked(NamedTuple):
    """Somebody has no patience left: KILL at once, the whole tree."""

    name: str


class Spawned(NamedTuple):
    name: str
    pid: int


class SpawnFailed(NamedTuple):
    """The operating system refused: no descriptor, no process, an argument list too long."""

    name: str
    reason: str


class PortBusy(NamedTuple):
    """Nothing was spawned: the port that the process had before is not free again yet."""

    name: str


class Readied(NamedTuple):
    """It does what its readiness was to be seen by: listens, answers, says so."""

    name: str


class Exited(NamedTuple):
    """The process that was spawned is gone; others of its tree may live on."""

    name: str
    status: Status


class Emptied(NamedTuple):
    """Nothing of the tree is alive any more (told once for every AwaitEmpty)."""

    name: str


class DeadlinePassed(NamedTuple):
    name: str


class SignalArrived(NamedTuple):
    """A signal for procman itself."""

    signum: int


class ScaleAsked(NamedTuple):
    """So many instances of a type from now on; the highest numbers stop first."""

    process_type: str
    quantity: int


class QuitAsked(NamedTuple):
    """Somebody ended the run from elsewhere: an orderly end, with status 0."""


class OutputLost(NamedTuple):
    """Whoever read procman's output has gone away (`| head`): an orderly end.

    failed: it could not be written for another reason (a full disk): an end with status 1.
    """

    reason: str = ""
    failed: bool = False


ProcessEvent = (
    StartAsked
    | StopAsked
    | RestartAsked
    | KillAsked
    | Spawned
    | SpawnFailed
    | PortBusy
    | Readied
    | Exited
    | Emptied
    | DeadlinePassed
)
Event = ProcessEvent | SignalArrived | ScaleAsked | QuitAsked | OutputLost

"""What is to be done: imperative, compared by equality, carried out by `runtime` and by nobody else."""

from __future__ import annotations

from procman.quicktuple import NamedTuple

SYSTEM = "system"
"""The name under which procman itself speaks, and to which strays of unknown origin belong."""


class Spawn(NamedTuple):
    name: str


class Signal(NamedTuple):
    """Send to the group of the process that was spawned (and CONT after it: a stopped one can't act)."""

    name: str
    signum: int


class Sweep(NamedTuple):
    """Send to what lives on of the tree now that its leader has gone.

    everyone: also to members of the leader's group; not when the group had this signal already,
    since a second TERM turns a graceful stop into a hard one in many servers.
    """

    name: str
    signum: int
    everyone: bool


class Kill(NamedTuple):
    """KILL every descendant that can be found, whatever group or session it moved to."""

    name: str


class AwaitEmpty(NamedTuple):
    """Tell `Emptied` as soon as nothing of the tree is alive."""

    name: str


class Abandon(NamedTuple):
    """Stop waiting for a tree that does not die, and say which pids are left."""

    name: str


class Announce(NamedTuple):
    """Show a line of procman's own in the prefix of `name`; event is its stable word for programs."""

    name: str
    text: str
    event: str


class Forward(NamedTuple):
    """Pass a signal on to the groups of all that run."""

    signum: int


class Suspend(NamedTuple):
    """STOP all groups, then procman itself; on CONT the other way round."""


Action = Spawn | Signal | Sweep | Kill | AwaitEmpty | Abandon | Announce | Forward | Suspend

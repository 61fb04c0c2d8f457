"""The condition of one process: what it is, what was asked of it, and since when.

DOWN      never started            no pid, no deadline
STARTING  the spawn is under way   no pid
          or runs, not ready yet   pid; a deadline, after which it is late
UP        runs                     pid; a deadline only to forget earlier failures
STOPPING  on its way out           pid until the leader has gone; always a deadline
BACKOFF   comes back later         no pid; always a deadline
EXITED    at rest                  no pid; a daemon of its tree may live on until procman ends
"""

from __future__ import annotations

import signal
from enum import Enum

from procman.config.plan import Restart
from procman.core.events import Status  # noqa: TC001 - a NamedTuple's annotations are looked at by tests
from procman.quicktuple import NamedTuple


class State(Enum):
    DOWN = "down"
    STARTING = "starting"
    UP = "up"
    STOPPING = "stopping"
    BACKOFF = "backoff"
    EXITED = "exited"


class Want(Enum):
    DOWN = "down"
    UP = "up"
    AGAIN = "again"


class Process(NamedTuple):
    """The condition of one instance; replaced, never changed. Times are monotonic seconds.

    patience: seconds it may take to become ready, None where nothing tells. late_fails: being late is a
    failure. address: where it is ready, as ` on http://localhost:5000`, or "". ready: it has been seen to be.
    """

    name: str
    stop_signal: int = signal.SIGTERM.value
    grace: float = 5.0
    restart: Restart = Restart.NEVER
    patience: float | None = None
    late_fails: bool = False
    address: str = ""
    state: State = State.DOWN
    want: Want = Want.DOWN
    pid: int | None = None
    status: Status | None = None
    since: float | None = None
    deadline: float | None = None
    failures: int = 0
    restarts: int = 0
    kills: int = 0
    ready: bool = False

    @property
    def at_rest(self) -> bool:
        return self.state in (State.DOWN, State.EXITED)

"""A formation as a context manager: up and ready inside the block, gone behind it."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Self

from procman.control.client import GoneError, RefusedError
from procman.embed.errors import FormationError, NotHeardError, NotReadyError
from procman.embed.freeports import STEP, claim_block
from procman.embed.running import LAST_WORDS, Running
from procman.embed.words import command_line, most_of_a_type
from procman.errors import ProcmanError

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Mapping
    from os import PathLike
    from types import TracebackType

    from procman.embed.captured import Line

FREE = "free"
PATIENCE = 60.0
"""Seconds for procman to end by itself where no grace was given: few types have more of their own."""
BEYOND_GRACE = 15.0
SUMMARY = "system"
"""The event of what procman says when all is over: who crashed first, and how."""


class Formation:
    """What `procman start` would run, in a process of its own beside this one.

    procfile, root: as -f and -d, found as on the command line. types: only these, all unless given.
    formation: `{"web": 2}` or `"web=2"`. env: variables, above those of this process and of `.env`.
    port: the first type's; "free": a block that nobody uses, so that formations run side by side; None: no
    PORT at all. timeout: seconds until everything is ready. grace: seconds from the stop signal to SIGKILL,
    the project's own unless given. options: more words for `procman start`.
    """

    def __init__(
        self,
        procfile: str | PathLike[str] | None = None,
        *,
        root: str | PathLike[str] | None = None,
        types: str | Iterable[str] = (),
        formation: Mapping[str, int] | str = "",
        env: Mapping[str, str] | None = None,
        port: int | str | None = FREE,
        timeout: float = 30.0,
        grace: float | None = None,
        options: Iterable[str] = (),
    ) -> None:
        self._words = command_line(
            procfile=procfile, root=root, types=types, formation=formation, grace=grace, options=options
        )
        self._port = port
        self._step = max(STEP, most_of_a_type(formation))
        self._env = dict(env or {})
        self._timeout = timeout
        self._patience = PATIENCE if grace is None else grace + BEYOND_GRACE
        self._procman: Running | None = None

    def __enter__(self) -> Self:
        """Start it, and return when everything is ready, as `procman wait` has it.

        What ends well is as good as ready. Raises NotReadyError when a process fails or the time is over, and
        nothing is left then.
        """
        if self._procman is not None:
            raise ProcmanError("a formation is entered once", hint="make another Formation")
        deadline = time.monotonic() + self._timeout
        self._procman = procman = self._start()
        with ExitStack() as undone:
            undone.callback(self.stop)
            problem = self._problem(procman, deadline)
            if not problem:
                undone.pop_all()
                return self
        raise NotReadyError(
            problem, procman.captured.lines(), said=procman.complaints, exit_code=self.status or 1
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def running(self) -> bool:
        return self._procman is not None and self._procman.status is None

    @property
    def status(self) -> int | None:
        """How `procman start` ended: 0, the first crash's status, or 128+n; None before that."""
        return None if self._procman is None else self._procman.status

    def stop(self) -> int | None:
        """End everything as `procman quit` does, and give the status; nothing is alive when this returns."""
        if self._procman is not None:
            self._procman.end(self._patience)
        return self.status

    def port(self, process: str) -> int:
        """Give the PORT of `web.2`, or of the first `web`."""
        found = self._row(process)["port"]
        if found is None:
            raise ProcmanError(f"{process} has no port")
        return int(found)

    def url(self, process: str) -> str:
        """Give `http://localhost:PORT`, nothing behind the port."""
        return f"http://localhost:{self.port(process)}"

    def pid(self, process: str) -> int:
        """Give the pid of `web.2`, or of the first `web`; another one after a restart."""
        row = self._row(process)
        if row["pid"] is None:
            raise ProcmanError(f"{row['process']} has no pid: {row['state']}")
        return int(row["pid"])

    def lines(self, process: str | None = None, *, events: bool = False) -> list[Line]:
        """Give what a process (`web.1`), a type (`web`) or all of them wrote, the oldest first.

        The latest 10000 lines are kept, at most 16 Mi characters. events: also what procman told of them
        (`started with pid 7`), and as `system` of all.
        """
        return [line for line in self._captured() if line.is_of(process) and (events or line.event is None)]

    def clear(self) -> None:
        """Forget the lines so far, so that the next `wait_for` finds only what comes after."""
        if self._procman is not None:
            self._procman.captured.clear()

    def wait_for(
        self,
        text: str | re.Pattern[str],
        process: str | None = None,
        *,
        timeout: float = 10.0,
        events: bool = False,
    ) -> Line:
        """Give the first line that has this text in it, or that the pattern finds; wait for it to come.

        Lines that are there already count (see `clear`). Raises NotHeardError after so many seconds, or as
        soon as the formation has ended without it.
        """

        def matches(line: Line) -> bool:
            if not line.is_of(process) or (line.event is not None and not events):
                return False
            return text in line.text if isinstance(text, str) else text.search(line.text) is not None

        procman = self._procman
        found = None if procman is None else procman.captured.first(matches, timeout)
        if found is not None:
            return found
        if procman is not None and procman.captured.over:
            procman.ends_within(LAST_WORDS)
        wanted = repr(text if isinstance(text, str) else text.pattern)
        by = f" by {process}" if process else ""
        how = f"within {timeout:g} s" if self.running else f"and it has ended with status {self.status}"
        raise NotHeardError(f"{wanted} was not said{by} {how}", self._captured())

    def _start(self) -> Running:
        environ = {**os.environ, **self._env}
        if self._port != FREE:
            where = ["--no-port"] if self._port is None else ["--port", str(self._port)]
            return Running(["start", *where, *self._words], environ)
        base, lock = claim_block()
        where = ["--port", str(base), "--port-step", str(self._step)]
        with lock:
            return Running(["start", *where, *self._words], environ, keep=[lock.fileno()])

    def _problem(self, procman: Running, deadline: float) -> str:
        """Wait until everything is ready; say what was in the way, "" for nothing."""
        late = f"not ready after {self._timeout:g} s"
        client = procman.reach(deadline)
        if client is None and procman.status is None:
            return late
        if client is not None:
            failed: dict[str, str] = {}
            try:
                with client:
                    for reply in client.stream("wait", timeout=max(0.0, deadline - time.monotonic())):
                        if "error" in reply:
                            failed[reply["process"]] = reply["error"]
                    return ""
            except RefusedError as refused:
                if refused.code == "failed" and time.monotonic() >= deadline:
                    return f"{late}: {', '.join(failed)}"
                if refused.code == "failed":
                    return ", ".join(f"{name}: {error}" for name, error in failed.items())
            except GoneError:
                pass
        procman.end(self._patience)  # it has ended, or is about to
        return _reason(procman) if procman.status else ""

    def _captured(self) -> list[Line]:
        return [] if self._procman is None else self._procman.captured.lines()

    def _row(self, process: str) -> dict[str, Any]:
        client = None if self._procman is None else self._procman.reach(0.0)
        if client is None:
            raise FormationError("the formation is not running", self._captured())
        with client:
            rows: list[dict[str, Any]] = client.ask("ps", names=[process])["processes"]
        return rows[0]


def _reason(procman: Running) -> str:
    """Say why it ended badly: who crashed first, or what it had against its files or options."""
    events = [line for line in reversed(procman.captured.lines()) if line.event is not None]
    summary = list(takewhile(lambda line: line.event == SUMMARY, events))
    if summary:
        return summary[-1].text
    said = procman.complaints.strip().removeprefix("procman: ").partition("\n")[0]
    return said or f"procman start ended with status {procman.status}"

"""What makes a start reachable from elsewhere: the root's lock, the log that is remembered, the socket.

The lock is taken before anything is started, the socket made when all has been: neither sockets nor
JSON are on the way to the first child.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from procman import __version__
from procman.config.sourcefile import is_nowhere
from procman.control.address import APART, address_in, made_folder
from procman.control.lock import HeldError, Lock, tidy
from procman.output.history import History

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from procman.cli.project import Project
    from procman.cli.supervise import Run
    from procman.config.scaling import Scaling
    from procman.control.address import Address
    from procman.control.server import Server

MARK = "PROCMAN_RUN"


class Claim:
    """The right to be the procman of a root. address: None where there is no folder for a socket.

    problem: why it can't be reached from elsewhere, "" when it can.
    """

    def __init__(self, root: str, environ: Mapping[str, str]) -> None:
        self.root = root
        self.problem = ""
        self.address: Address | None = None
        self._lock: Lock | None = None
        folder = made_folder(environ)
        if folder is None:
            self.problem = "no folder of our own for a socket (XDG_RUNTIME_DIR, or the temporary folder)"
            return
        self.address = address_in(folder, root)
        lock = Lock(self.address.lock)
        try:
            lock.take()
        except HeldError as held:
            if not _is_below(held.pid, environ):
                raise
            # A process of that very procman: it is reached through it, if at all.
            self.address = None
        except OSError as error:
            self.problem = f"{self.address.lock}: {(error.strerror or str(error)).lower()}"
            self.address = None
        else:
            self._lock = lock

    def renew(self) -> None:
        """Go on as another process, after a fork."""
        if self._lock is not None:
            self._lock.sign()

    def release(self) -> None:
        if self._lock is not None:
            self._lock.release()
        if self.address is not None and os.environ.get(APART):
            with suppress(OSError):
                os.rmdir(os.path.dirname(self.address.socket))


class Control:
    """One run's end of the wire, from its start to its end.

    info: what `info` tells of it. say: shows a line of procman's own.
    """

    def __init__(
        self,
        claim: Claim,
        scaling: Scaling,
        info: Mapping[str, Any],
        say: Callable[[str], None],
        *,
        reached: Callable[[], None] | None = None,
    ) -> None:
        self.history = History()
        self._claim = claim
        self._scaling = scaling
        self._info = info
        self._say = say
        self._reached = reached
        self._server: Server | None = None

    def open(self, run: Run) -> None:
        """Be reachable: called when nothing waits for its start any more."""
        if self._claim.problem:
            self._say(f"not reachable from other terminals: {self._claim.problem}")
        if self._claim.address is not None:
            self._listen(self._claim.address.socket, run)
        self._watch_prompts(run)
        if self._reached is not None:
            self._reached()

    def close(self) -> None:
        """All is over: keep the log, let the root go, and only then answer those who asked for the end."""
        # A run that stands apart (a test's) is not the one that `logs --last` is to tell of.
        keeps = self._claim.address is not None and not os.environ.get(APART)
        if keeps:
            from procman.control.kept import keep_log

            keep_log(self._claim.root, self.history.moments(), os.environ)
        server, self._server = self._server, None
        if server is not None:
            server.close(before_last_words=self._claim.release)
        self._claim.release()

    def _listen(self, path: str, run: Run) -> None:
        from procman.control.server import Server

        try:
            self._server = Server(path, self._handed(run))
        except OSError as error:
            self._say(f"not reachable from other terminals: {path}: {(error.strerror or str(error)).lower()}")
            return
        tidy(os.path.dirname(path))
        run.engine.attend(self._server)
        run.engine.tell(self._server)

    def _handed(self, run: Run) -> Any:
        """Hand the server what it needs of the run: live mappings and plain callables."""
        from procman.control.run import Run as Handed
        from procman.errors import ProcmanError

        supervisor, children = run.supervisor, run.children

        def refuse_scale(process_type: str, quantity: int) -> str:
            try:
                self._scaling.refuse(process_type, quantity, supervisor.instances.values())
            except ProcmanError as error:
                return error.message
            return ""

        def signal(name: str, signum: int) -> None:
            pid = children.pid_of(name)
            if pid is not None:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(pid, signum)

        return Handed(
            info={"pid": os.getpid(), **self._info},
            types=list(self._scaling.entries),
            instances=supervisor.instances,
            snapshot=supervisor.snapshot,
            history=self.history,
            clock=time.monotonic,
            closing=lambda: supervisor.closing,
            all_started=lambda: supervisor.all_started,
            refuse_scale=refuse_scale,
            signal=signal,
            terminal_of=children.terminal_of,
            tap=run.intake.tap,
            untap=run.intake.untap,
            paused=run.paused,
        )

    def _watch_prompts(self, run: Run) -> None:
        from procman.control.prompts import Prompts

        server = self._server
        if server is not None:
            run.sinks.append(Prompts(run.children.terminal_of, self._say, server.is_connected))


def told_of(project: Project, **options: Any) -> dict[str, Any]:
    """Say what `info` tells of a run: where its files are, and nothing of what is in them.

    To be called where the user stands: relative names are resolved.
    """
    files = project.env_files
    name = project.source.name
    return {
        "version": __version__,
        "protocol": 1,
        "root": project.root,
        "procfile": os.path.abspath(name) if os.path.isfile(name) and not is_nowhere(name) else None,
        "env_directory": os.path.abspath(project.env_directory),
        "env_files": None if files is None else [os.path.abspath(file) if file else "" for file in files],
        "override": options["override"],
    }


def _is_below(pid: int, environ: Mapping[str, str]) -> bool:
    """Whether a procman started us, however far above: its pid begins the mark that its children carry."""
    marks = (part.partition("/")[0] for part in environ.get(MARK, "").split(":"))
    return any(mark[:-8] == f"{pid:x}" for mark in marks)

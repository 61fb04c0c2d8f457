"""`run --with`: other processes come up and are ready, one program runs in the foreground, they go down.

The program has procman's terminal, standard streams and process group: Ctrl-C is its own business,
as under a shell. It belongs to the run: when procman ends, so has everything the program left behind.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn

from procman.cli.display import Display, Screen
from procman.cli.folders import check_folders, make_mounts
from procman.cli.ports import first_port
from procman.cli.renewal import Renewal
from procman.cli.supervise import Run, Wishes, supervise
from procman.config.plan import make_plan
from procman.core.actions import SYSTEM
from procman.core.events import Event, QuitAsked, Status
from procman.core.process import State
from procman.core.rules import StopOn
from procman.output.console import Console
from procman.output.filters import Filter
from procman.output.palette import Palette, want_color
from procman.output.prefix import Prefixes
from procman.output.writer import open_writer
from procman.runtime import census
from procman.runtime.spawn import DEFAULTED, standing_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from procman.cli.project import Project
    from procman.config.plan import Plan
    from procman.errors import ProcmanError

OURS_TO_IGNORE = (signal.SIGINT, signal.SIGQUIT)
"""The terminal sends them to the program as well, which decides what they mean: as system(3)."""


class Foreground:
    """Feed and observer: starts the program when all is ready, asks for the end when it has ended."""

    def __init__(self, words: Sequence[str], environ: Mapping[str, str], folder: str) -> None:
        self._words = words
        self._environ = environ
        self._folder = folder
        self._run: Run | None = None
        self._began = False
        self.status: Status | None = None
        self.problem: ProcmanError | None = None
        self.deadline: float | None = None

    def fileno(self) -> int:
        return -1

    def attend(self, run: Run) -> None:
        self._run = run
        run.engine.attend(self)
        run.engine.tell(self)
        self._start_if_ready()

    def notice(self, event: Event, now: float) -> None:  # noqa: ARG002 - as observers are told
        self._start_if_ready()

    def read(self, now: float) -> list[Event]:  # noqa: ARG002 - as feeds are read
        self.deadline = None
        return [QuitAsked()]

    def _start_if_ready(self) -> None:
        run = self._run
        if run is None or self._began or run.supervisor.closing:
            return
        # One that has done its work (a script that prepares something) is as good as ready.
        if all(process.state in (State.UP, State.EXITED) for process in run.supervisor.snapshot.values()):
            self._began = True
            self._start(run)

    def _start(self, run: Run) -> None:
        mark = census.mark_of(self._environ.get(census.MARK, ""), run.mark, SYSTEM)
        environ = {**self._environ, census.MARK: mark}
        try:
            with standing_in(self._folder, back=os.getcwd()):
                pid = os.posix_spawnp(self._words[0], list(self._words), environ, setsigdef=DEFAULTED)
        except OSError as error:
            from procman.cli.run import refusal

            self.problem = refusal(self._words[0], error)
            self.deadline = 0.0
            return
        for signum in OURS_TO_IGNORE:
            signal.signal(signum, signal.SIG_IGN)
        run.children.beside(pid, self._ended)

    def _ended(self, status: Status) -> None:
        self.status = status
        self.deadline = 0.0


def run_with(
    words: Sequence[str], environ: Mapping[str, str], folder: str, project: Project, **options: Any
) -> NoReturn:
    """Run words in the foreground beside `companions` and what those need, and end as the program ends."""
    names = tuple(name for text in options["companions"] for name in map(str.strip, text.split(",")) if name)
    plan = _plan(names, project, **options)
    check_folders(plan.instances, project)
    make_mounts(project.types, project.root)
    display = _display(plan)
    foreground = Foreground(words, environ, folder)
    renewal = Renewal(plan, project, plan.site, override=options["override"], say=display.say_for)
    wishes = Wishes(StopOn.CRASH, None, renewal.environ_of, when_started=foreground.attend)
    supervisor = supervise(plan, wishes, display)
    if foreground.problem is not None:
        raise foreground.problem
    status = foreground.status
    if status is not None and status.signal:
        with suppress(OSError, ValueError):
            signal.signal(status.signal, signal.SIG_DFL)
            os.kill(os.getpid(), status.signal)
    if status is None and supervisor.cause is None and supervisor.signal:
        os._exit(128 + supervisor.signal)
    ended = status or (supervisor.cause.status if supervisor.cause else Status(code=1))
    os._exit(ended.exit_code)


def _plan(names: tuple[str, ...], project: Project, **options: Any) -> Plan:
    from procman.cli.kinds import project_meanings

    wanted = list(names)
    for name in wanted:
        said = project.types.get(name)
        wanted += [needed for needed in (said.needs if said else ()) if needed not in wanted]
    return make_plan(
        project.procfile.entries,
        project.environment,
        {},
        root=project.root,
        base_port=first_port(project, **options),
        port_step=options["port_step"],
        selected=wanted,
        named=frozenset(wanted),
        settings=project.types,
        meanings=project_meanings(project, plain=options["plain"]),
    )


def _display(plan: Plan) -> Display:
    """Say nothing but what went wrong, on standard error: the screen is the program's."""
    writer = open_writer(2)
    types = list(dict.fromkeys(instance.process_type for instance in plan.instances))
    names = [instance.name for instance in plan.instances]
    palette = Palette(types, want_color("auto", os.environ, os.isatty(2)))
    console = Console(Prefixes(names, palette, start=0.0), terminal=os.isatty(2))
    quiet = Filter(console, muted=frozenset(types), only=frozenset(), pattern=None)
    return Display(Screen(quiet, writer), writer, [])

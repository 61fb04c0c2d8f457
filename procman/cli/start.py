"""`procman start`: from what was typed to a plan, and from the end of its run to a status."""

from __future__ import annotations

import errno
import os
import signal
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

import click

from procman.cli.configured import Configured, ConfiguredCommand
from procman.cli.control import Control, told_of
from procman.cli.display import Display, display_options, make_display
from procman.cli.folders import check_folders, make_mounts
from procman.cli.kinds import kind_errors, plain_option, project_meanings
from procman.cli.ports import first_port, taken_ports
from procman.cli.project import load_project, port_options, project_options, warn
from procman.cli.renewal import Renewal
from procman.cli.second import claim_root
from procman.cli.supervise import Wishes, supervise
from procman.config.environment import shadow_notice
from procman.config.formation import counted, parse_formation
from procman.config.plan import Restart, make_plan
from procman.config.scaling import Scaling
from procman.core.rules import StopOn
from procman.errors import ProcmanError
from procman.runtime.spawn import close_on_exec_above_two, open_missing_descriptors

if TYPE_CHECKING:
    from procman.cli.project import Project
    from procman.cli.supervise import Run
    from procman.config.plan import Plan
    from procman.core.supervisor import Supervisor

READER_GONE = frozenset(os.strerror(number) for number in (errno.EPIPE, errno.EIO, errno.ECONNRESET))
"""How writing fails when a pager was left or a window closed: no more to say, and nobody to say it to."""

EPILOG = """
\b
Examples:
  procman start                          everything, until Ctrl-C or a crash
  procman start web worker               only those two
  procman start -x worker                all but that one
  procman start -c all=1,worker=4 -p 3000
  procman start --release                preflight and release first
  procman start -D && curl localhost:5000   in the background, once it is ready
"""


class Seconds(click.FloatRange):
    """A float range without nan, which is below, above and equal to nothing."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        found = super().convert(value, param, ctx)
        if found != found:  # noqa: PLR0124 - that is what nan is
            self.fail(f"{value!r} is not a number of seconds", param, ctx)
        return found


@click.command(cls=ConfiguredCommand, epilog=EPILOG)
@click.argument("names", nargs=-1, metavar="[TYPE]...")
@project_options
@port_options
@click.option(
    "-c",
    "-m",
    "--formation",
    "--concurrency",
    multiple=True,
    metavar="TYPE=N,…",
    help="How many of each type; all=N for the rest. [1 each]",
)
@click.option("-x", "--except", "excluded", multiple=True, metavar="TYPE", help="Start all but this type.")
@click.option(
    "-t",
    "--timeout",
    type=Seconds(0, 86400),
    default=5.0,
    metavar="SECONDS",
    help="From the stop signal to SIGKILL. [5]",
)
@click.option(
    "--stop-on",
    type=click.Choice([rule.value for rule in StopOn]),
    default="crash",
    help="Which end of a process ends all: a crash, any exit (as foreman), or none. [crash]",
)
@click.option("--keep", is_flag=True, help='Start again whatever ends, as restart = "always" for all.')
@click.option(
    "--release", "run_phases", is_flag=True, help="Run preflight, then release, to their end first."
)
@click.option(
    "--pty/--no-pty", default=None, help="A pseudo-terminal for each process. [when stdout is a terminal]"
)
@plain_option
@click.option(
    "-D", "--detach", is_flag=True, help="Go on in the background; procman logs, ps, quit reach it."
)
@click.option(
    "--wait/--no-wait",
    default=True,
    help="With -D: return when all are ready, or as soon as they run. [wait]",
)
@display_options
def start(names: tuple[str, ...], **options: Any) -> NoReturn:
    """Start the processes of the Procfile, show what they say, take all of them down at the end.

    \b
    Exit status: 0 all ended well, that of the first crash, 128+n after a signal,
    1 configuration, 2 usage.
    """  # noqa: D301 - a real backspace is how click is told to keep the lines
    open_missing_descriptors()
    close_on_exec_above_two()
    project = load_project(
        options["procfile"],
        options["root"],
        options["env_files"],
        override=options["override"],
        options=options["configured"].options,
    )
    kinds = kind_errors(project, plain=options["plain"])
    warn((*project.procfile.diagnostics, *kinds, *project.dotenv_problems))
    claim = claim_root(project.root, names, detach=options["detach"], as_json=options["form"] == "json")
    click.get_current_context().call_on_close(claim.release)
    plan = plan_start(project, names, **options)
    wants_terminals = os.isatty(1) or options["detach"] if options["pty"] is None else options["pty"]
    terminal = 1 if wants_terminals else None
    check_folders(plan.instances, project)
    make_mounts(project.types, project.root)
    info = told_of(project, **options)
    reached = None
    if options["detach"]:
        from procman.cli.detach import detach

        reached = detach(project.root, wait=options["wait"])
        claim.renew()
    os.chdir(project.root)
    display = make_display(plan, [entry.name for entry in project.procfile.entries], **options)
    for notice in _notices(project, plan):
        display.say(notice)
    wishes = _wishes(project, plan, display, terminal, **options)
    scaling = Scaling({entry.name: entry for entry in project.procfile.entries}, plan.site, plan.instances)
    control = Control(claim, scaling, info, display.say, reached=reached)
    display.sinks.append(control.history)
    wishes = wishes._replace(when_started=partial(_all_started, control, display), when_over=control.close)
    supervisor = supervise(plan, wishes, display)
    if options["detach"]:
        from procman.cli.detach import last_words

        last_words(supervisor, display.recent, is_kept=claim.address is not None)
    if display.writer.lost and display.writer.lost not in READER_GONE:
        raise ProcmanError(f"standard output can't be written: {display.writer.lost.lower()}")
    leave(supervisor)


def plan_start(project: Project, names: tuple[str, ...], **options: Any) -> Plan:
    configured: Configured = options["configured"]
    types = [entry.name for entry in project.procfile.entries]
    return make_plan(
        project.procfile.entries,
        project.environment,
        parse_formation(options["formation"], types, _usual_counts(project, names)),
        root=project.root,
        base_port=first_port(project, **options),
        port_step=options["port_step"],
        grace=options["timeout"] if "timeout" in configured.explicit else None,
        selected=names,
        excluded=[name for text in options["excluded"] for name in map(str.strip, text.split(",")) if name],
        named=frozenset(names) | counted(options["formation"]),
        run_phases=options["run_phases"],
        restart=Restart.ALWAYS if options["keep"] else None,
        settings=project.types,
        meanings=project_meanings(project, plain=options["plain"]),
    )


def _wishes(project: Project, plan: Plan, display: Display, terminal: int | None, **options: Any) -> Wishes:
    renewal = Renewal(plan, project, plan.site, override=options["override"], say=display.say_for)
    scaling = Scaling({entry.name: entry for entry in project.procfile.entries}, plan.site, plan.instances)
    return Wishes(
        StopOn(options["stop_on"]),
        terminal,
        renewal.environ_of,
        mark_stderr=options["mark_stderr"],
        multiply=scaling.instance,
    )


def _all_started(control: Control, display: Display, run: Run) -> None:
    """Do what could wait for the first children."""
    control.open(run)
    if display.status_line is not None:
        from procman.cli.status import Status

        status = Status(display.status_line, run, display.writer.put)
        run.engine.attend(status)
        run.engine.tell(status)
        run.engine.when_resized(status.renew)


def _usual_counts(project: Project, names: tuple[str, ...]) -> dict[str, int]:
    """Give the count of each type that has one; a type of none that was asked for by name runs once."""
    return {
        name: max(said.count, int(name in names))
        for name, said in project.types.items()
        if said.count is not None
    }


def leave(supervisor: Supervisor) -> NoReturn:
    """End as the run ended: the first crash's status, or by the signal that ended us."""
    if supervisor.cause is None and supervisor.signal:
        signal.signal(supervisor.signal, signal.SIG_DFL)
        os.kill(os.getpid(), supervisor.signal)
        # As PID 1 of a container the default action of a signal is nothing.
        os._exit(128 + supervisor.signal)
    # Not sys.exit: an interpreter's end can wait for a stalled standard output.
    os._exit(supervisor.cause.status.exit_code if supervisor.cause else 0)


def _notices(project: Project, plan: Plan) -> list[str]:
    notices = [
        f"{name}: one-off phase, not started (procman run {name}, or start --release)"
        for name in plan.left_out
    ]
    shadowed = shadow_notice(project.environment.shadowed, project.settings)
    notices += plan.notices
    notices += taken_ports(plan.instances)
    return [shadowed, *notices] if shadowed else notices

"""Puts a run together: feeds, supervisor, engine and sinks. Whoever reads this knows the architecture."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from procman.core.supervisor import Supervisor
from procman.quicktuple import NamedTuple
from procman.runtime.census import is_portable
from procman.runtime.children import Children
from procman.runtime.engine import Engine
from procman.runtime.guardian import Guardian
from procman.runtime.intake import Intake
from procman.runtime.signals import Signals
from procman.runtime.spawn import Limits, Spawner
from procman.runtime.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from procman.cli.display import Display
    from procman.config.plan import Instance, Plan
    from procman.core.rules import StopOn
    from procman.runtime.feed import Sink


class Wishes(NamedTuple):
    """How a run is to be done, beyond its plan.

    terminal: the descriptor whose window the children's pseudo-terminals follow, None for pipes.
    environ_of: the environment of an instance about to be spawned. multiply: makes one more of a type.
    when_started: does what can wait until everything has been started. when_over: what comes when nothing is
    alive any more and the last word has been said.
    """

    stop_on: StopOn
    terminal: int | None
    environ_of: Callable[[Instance], Mapping[str, str]]
    mark_stderr: bool = False
    multiply: Callable[[str, int], Instance] | None = None
    when_started: Callable[[Run], None] | None = None
    when_over: Callable[[], None] | None = None


class Run(NamedTuple):
    """A run that goes on: what those need who come to it later (the control server).

    mark: what all its processes carry in PROCMAN_RUN. paused: the cron lines that were stopped by hand.
    """

    supervisor: Supervisor
    children: Children
    intake: Intake
    engine: Engine
    sinks: list[Sink]
    mark: str
    paused: set[str]


def supervise(plan: Plan, wishes: Wishes, display: Display) -> Supervisor:
    """Run a plan to its end: when this returns, nothing that it started is alive."""
    portable = is_portable(os.environ)
    mark = f"{os.getpid():x}{os.urandom(4).hex()}"
    limits = Limits()
    guardian = Guardian(mark, portable=portable)
    signals = Signals()
    supervisor = Supervisor(plan.instances, stop_on=wishes.stop_on, multiply=wishes.multiply)
    tree = Tree(mark, portable=portable, ignored=[guardian.pid])
    spawner = Spawner(plan.root, limits, mark_stderr=wishes.mark_stderr)
    children = Children(
        supervisor.instances, wishes.environ_of, mark, spawner, tree, guardian, terminal=wishes.terminal
    )
    sinks = list(display.sinks)
    intake = Intake(sinks)
    engine = Engine(supervisor, children, tree, signals, intake, sinks, display.writer)
    engine.tell(display)
    for feed in display.feeds:
        engine.attend(feed)
    run = Run(supervisor, children, intake, engine, sinks, mark, set())
    _attend_feeds(plan, run, display, portable=portable)
    if wishes.when_started is not None:
        engine.when_started(partial(wishes.when_started, run))
    engine.run()
    guardian.dismiss()
    from procman.cli.ports import port_of_crash
    from procman.output.summary import crash_summary

    for line in crash_summary(supervisor.cause, supervisor.taken_down, display.recent):
        display.say(line)
    if taken := port_of_crash(supervisor.cause, plan.instances, display.recent):
        display.say(taken)
    if wishes.when_over is not None:
        wishes.when_over()
    display.close()
    engine.finish()
    return supervisor


def _attend_feeds(plan: Plan, run: Run, display: Display, *, portable: bool) -> None:
    """Add what wakes the engine beside signals and children: each only for those who asked for it."""
    if os.environ.get("PROCMAN_LIFELINE"):
        from procman.runtime.lifeline import Lifeline

        run.engine.attend(Lifeline())
    instances, members = run.supervisor.instances, run.children.members
    schedules = {instance.name: instance.schedule for instance in plan.instances if instance.schedule}
    if schedules:
        from procman.runtime.timetable import Timetable

        snapshot = run.supervisor.snapshot

        def is_running(name: str) -> bool:
            return name in snapshot and not snapshot[name].at_rest  # `scale cron=0` takes it away

        timetable = Timetable(schedules, say=display.say, is_running=is_running, paused=run.paused)
        run.engine.attend(timetable)
        run.engine.tell(timetable)
    if any(instance.ready for instance in plan.instances):
        from procman.runtime.probes import Probes

        probes = Probes(instances, portable=portable, members=members, beside=run.children.run_beside)
        run.engine.attend(probes)
        run.engine.tell(probes)
        run.sinks.append(probes)
    if any(instance.size for instance in plan.instances):
        from procman.runtime.gauge import Gauge

        run.engine.attend(Gauge(instances, members=members, say=display.say_for))
    if any(instance.watch for instance in plan.instances):
        from procman.runtime.watch import Watch

        watch = Watch(plan.root, instances, say=display.say_for)
        run.engine.attend(watch)
        run.engine.tell(watch)

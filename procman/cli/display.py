"""How the output of a run looks: the options, and the sinks that they make."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any, TypeVar

import click

from procman.core.events import OutputLost, Spawned
from procman.errors import USAGE, ProcmanError
from procman.output.block import SYSTEM, Block
from procman.output.console import Console
from procman.output.palette import Palette, want_color
from procman.output.prefix import Prefixes
from procman.output.recent import Recent
from procman.output.writer import open_writer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from procman.config.plan import Plan
    from procman.core.events import Event
    from procman.output.filters import Sink as Renderer
    from procman.output.logfiles import LogFiles
    from procman.output.statusline import StatusLine
    from procman.output.writer import Writer
    from procman.runtime.feed import Feed

    Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def display_options(command: Decorated) -> Decorated:
    """Add the options that say what is shown, and how."""
    for option in reversed(
        (
            click.option(
                "--color",
                type=click.Choice(["auto", "always", "never"]),
                default="auto",
                help="Colour of the prefixes. [auto]",
            ),
            click.option("--no-color", "--no-colour", is_flag=True, help="The same as --color never."),
            click.option(
                "--timestamp", metavar="FORMAT", help="strftime format, or iso, relative, none. [%H:%M:%S]"
            ),
            click.option("--no-timestamp", is_flag=True, help="The same as --timestamp none."),
            click.option(
                "--prefix",
                metavar="TEMPLATE",
                help="In place of the prefix: {time} {name} {type} {number} {pid}.",
            ),
            click.option("--no-prefix", is_flag=True, help="The processes' lines and nothing before them."),
            click.option(
                "--format",
                "form",
                type=click.Choice(["text", "json"]),
                default="text",
                help="Lines for people, or a JSON object each. [text]",
            ),
            click.option("--mark-stderr", is_flag=True, help="Show what came from stderr with ! for |."),
            click.option(
                "-q",
                "--quiet",
                "muted",
                multiple=True,
                metavar="NAMES",
                help="Don't show these types or processes (web,worker.2).",
            ),
            click.option(
                "--only", multiple=True, metavar="NAMES", help="Show only these types or processes."
            ),
            click.option("--grep", metavar="REGEX", help="Show only lines that match."),
            click.option(
                "--status", is_flag=True, help="Keep a line with all states at the bottom of the terminal."
            ),
            click.option(
                "--log-dir", metavar="DIR", help="Also write a plain file per process, rotated at 10 MiB."
            ),
        )
    ):
        command = option(command)
    return command


class Screen:
    """The sink in front: renders blocks and queues the bytes for standard output."""

    def __init__(self, renderer: Renderer, writer: Writer) -> None:
        self._renderer = renderer
        self._writer = writer

    def write(self, block: Block) -> None:
        self._writer.put(self._renderer.render(block))

    def close(self) -> None:
        self._writer.put(self._renderer.close())


class Kept:
    """Log files as a sink, and as a feed that tells once when they can't be written any more."""

    def __init__(self, logs: LogFiles) -> None:
        self._logs = logs
        self._problem: str | None = None
        self.deadline: float | None = None

    def write(self, block: Block) -> None:
        self._note(self._logs.write(block))

    def close(self) -> None:
        self._note(self._logs.close())

    def fileno(self) -> int:
        return -1

    def read(self, now: float) -> list[Event]:  # noqa: ARG002 - as feeds are read
        self.deadline = None
        return [OutputLost(self._problem or "", failed=True)]

    def _note(self, problem: str | None) -> None:
        if problem is not None:
            self._problem = problem
            self.deadline = 0.0


class Display:
    """Everything that takes the output of a run."""

    def __init__(
        self, screen: Screen, writer: Writer, others: list[Any], prefixes: Prefixes | None = None
    ) -> None:
        self.recent = Recent()
        self.writer = writer
        self.status_line: StatusLine | None = None
        self.feeds: list[Feed] = []
        self._screen = screen
        self._prefixes = prefixes
        self.sinks = [screen, self.recent, *others]

    def say(self, text: str) -> None:
        """Show a line of procman's own."""
        self.say_for(SYSTEM, text, "system")

    def say_for(self, name: str, text: str, event: str) -> None:
        """Show what procman has to say about one process; event is its stable word for programs."""
        block = Block(name, text.encode("utf-8", "surrogateescape") + b"\n", event=event)
        for sink in self.sinks:
            sink.write(block)

    def notice(self, event: Event, now: float) -> None:  # noqa: ARG002 - as observers are told
        """Take a process that came later into the column, and the pid of every one."""
        if self._prefixes is not None and isinstance(event, Spawned):
            self._prefixes.add(event.name, event.pid)

    def close(self) -> None:
        for sink in self.sinks:
            close = getattr(sink, "close", None)
            if close is not None:
                close()


def make_display(plan: Plan, types: Sequence[str], **options: Any) -> Display:
    """Wire the sinks; types: those of the Procfile, started or not, that -q and --only may name."""
    writer = open_writer(1)
    prefixes = None if options["form"] == "json" else _prefixes(plan, **options)
    renderer = _filtered(_renderer(prefixes, **options), types, **options)
    line: StatusLine | None = None
    if options["status"] and prefixes is not None and os.isatty(1):
        from procman.output.statusline import StatusLine

        renderer = line = StatusLine(renderer, _window)
    screen = Screen(renderer, writer)
    others: list[Any] = []
    if options["log_dir"] is not None:
        from procman.output.logfiles import LogFiles

        if not options["log_dir"]:
            raise ProcmanError("--log-dir '' names no folder", exit_code=USAGE)
        kept = Kept(LogFiles(options["log_dir"], [instance.name for instance in plan.instances]))
        others.append(kept)
    display = Display(screen, writer, others, prefixes)
    display.status_line = line
    display.feeds = others
    return display


def _window() -> tuple[int, int]:
    try:
        size = os.get_terminal_size(1)
    except OSError:  # the window was closed
        return 0, 0
    return size.lines, size.columns


def _renderer(prefixes: Prefixes | None, **options: Any) -> Renderer:
    if prefixes is None:
        from procman.output.jsonlines import JsonLines

        return JsonLines()
    return Console(prefixes, terminal=os.isatty(1), mark_stderr=options["mark_stderr"])


def _prefixes(plan: Plan, **options: Any) -> Prefixes:
    types = list(dict.fromkeys(instance.process_type for instance in plan.instances))
    palette = Palette(types, want_color(_color(**options), os.environ, os.isatty(1)))
    timestamp = "%H:%M:%S" if options["timestamp"] is None else options["timestamp"]
    timestamp = "none" if options["no_timestamp"] else timestamp
    template = "" if options["no_prefix"] else options["prefix"]
    names = [instance.name for instance in plan.instances]
    return Prefixes(names, palette, timestamp=timestamp, template=template, start=time.time())


def _color(**options: Any) -> str:
    return "never" if options["no_color"] else options["color"]


def _filtered(renderer: Renderer, types: Sequence[str], **options: Any) -> Renderer:
    if not (options["muted"] or options["only"] or options["grep"]):
        return renderer
    from procman.output.filters import Filter, compile_pattern

    pattern = compile_pattern(options["grep"]) if options["grep"] else None
    muted, only = (
        _names(option, options[key], types) for option, key in (("-q", "muted"), ("--only", "only"))
    )
    return Filter(renderer, muted=muted, only=only, pattern=pattern)


def _names(option: str, texts: Sequence[str], types: Sequence[str]) -> frozenset[str]:
    """Names of types or instances, comma separated as in honcho; a name that nothing has would do nothing."""
    names = [name for text in texts for name in map(str.strip, text.split(",")) if name]
    for name in names:
        process_type, dot, number = name.partition(".")
        if process_type not in types or (dot and not number.isdecimal()):
            from procman.config.nearest import did_you_mean

            raise ProcmanError(
                f"{option} {name}: no such process type, known: {', '.join(types)}",
                hint=did_you_mean(name, types),
            )
    return frozenset(names)

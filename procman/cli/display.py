"""How the output of a run looks: the options, and the sinks that they make."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any, TypeVar

import click

from procman.output.block import SYSTEM, Block
from procman.output.console import Console
from procman.output.palette import Palette, want_color
from procman.output.prefix import Prefixes
from procman.output.recent import Recent
from procman.output.writer import open_writer

if TYPE_CHECKING:
    from collections.abc import Callable

    from procman.config.plan import Plan
    from procman.output.filters import Sink as Renderer
    from procman.output.writer import Writer

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
                metavar="NAME",
                help="Don't show this type or process.",
            ),
            click.option("--only", multiple=True, metavar="NAME", help="Show only this type or process."),
            click.option("--grep", metavar="REGEX", help="Show only lines that match."),
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


class Display:
    """Everything that takes the output of a run."""

    def __init__(self, screen: Screen, writer: Writer, others: list[Any]) -> None:
        self.recent = Recent()
        self.writer = writer
        self._screen = screen
        self.sinks = [screen, self.recent, *others]

    def say(self, text: str) -> None:
        """Show a line of procman's own."""
        block = Block(SYSTEM, text.encode("utf-8", "surrogateescape") + b"\n", event="system")
        for sink in self.sinks:
            sink.write(block)

    def close(self) -> None:
        for sink in self.sinks:
            close = getattr(sink, "close", None)
            if close is not None:
                close()


def make_display(plan: Plan, **options: Any) -> Display:
    writer = open_writer(1)
    screen = Screen(_filtered(_renderer(plan, **options), **options), writer)
    others: list[Any] = []
    if options["log_dir"]:
        from procman.output.logfiles import LogFiles

        others.append(LogFiles(options["log_dir"], [instance.name for instance in plan.instances]))
    return Display(screen, writer, others)


def _renderer(plan: Plan, **options: Any) -> Renderer:
    if options["form"] == "json":
        from procman.output.jsonlines import JsonLines

        return JsonLines()
    terminal = os.isatty(1)
    types = list(dict.fromkeys(instance.process_type for instance in plan.instances))
    palette = Palette(types, want_color(options["color"], os.environ, terminal))
    timestamp = "none" if options["no_timestamp"] else (options["timestamp"] or "%H:%M:%S")
    template = "" if options["no_prefix"] else options["prefix"]
    names = [instance.name for instance in plan.instances]
    prefixes = Prefixes(names, palette, timestamp=timestamp, template=template, start=time.time())
    return Console(prefixes, terminal=terminal, mark_stderr=options["mark_stderr"])


def _filtered(renderer: Renderer, **options: Any) -> Renderer:
    if not (options["muted"] or options["only"] or options["grep"]):
        return renderer
    from procman.output.filters import Filter, compile_pattern

    pattern = compile_pattern(options["grep"]) if options["grep"] else None
    return Filter(
        renderer, muted=frozenset(options["muted"]), only=frozenset(options["only"]), pattern=pattern
    )

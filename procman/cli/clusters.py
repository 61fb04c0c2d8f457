"""`--on`: the same verbs for an app that runs on a cluster and not here."""

from __future__ import annotations

import os
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from procman.errors import USAGE, ProcmanError

if TYPE_CHECKING:
    from collections.abc import Callable

    from procman.export.tool import Target

    Decorated = TypeVar("Decorated", bound=Callable[..., Any])

ENGINES = ("kubernetes", "swarm")


def on_cluster(act: Callable[..., int]) -> Callable[[Decorated], Decorated]:
    """Give a command the options that name a cluster; with --on, `act` does its work.

    act: called with the target and with what the command would have been called with.
    """

    def decorate(command: Decorated) -> Decorated:
        @wraps(command)
        def either(*args: Any, engine: str | None, **options: Any) -> Any:
            chosen = {key: options.pop(key) for key in ("context", "namespace", "app", "verbose")}
            if engine is None:
                if chosen["context"] or chosen["namespace"]:
                    raise ProcmanError("--context and --namespace go with --on", exit_code=USAGE)
                return command(*args, **options)
            return act(_target(engine, **chosen), **options)

        found: Any = either
        for option in reversed(_options()):
            found = option(found)
        decorated: Decorated = found
        return decorated

    return decorate


def ps_there(target: Target, *, names: tuple[str, ...], as_json: bool, **_: Any) -> int:
    from procman.export.drivers import ps_on, table

    rows = [row for row in ps_on(target) if not names or row.process.partition(".")[0] in names]
    if as_json:
        import json

        click.echo(json.dumps({"processes": [row._asdict() for row in rows]}, indent=2))
    else:
        click.echo(table(rows))
    return 0


def scale_there(target: Target, *, changes: tuple[str, ...], as_json: bool, **_: Any) -> int:
    from procman.cli.scale import change
    from procman.export.drivers import formation_on, scale_on

    wanted = [change(text) for text in changes]
    before = formation_on(target) if not wanted or any(sign != "=" for _, sign, _ in wanted) else {}
    counts: dict[str, int] = {}
    for process_type, sign, number in wanted:
        now = counts.get(process_type, before.get(process_type.lower().replace("_", "-"), 0))
        counts[process_type] = max(0, {"=": number, "+": now + number, "-": now - number}[sign])
    lines = scale_on(target, counts) if wanted else []
    if as_json:
        import json

        click.echo(json.dumps({"formation": counts or before}, indent=2))
    elif not wanted:
        click.echo(" ".join(f"{name}={quantity}" for name, quantity in before.items()))
    else:
        click.echo("\n".join(lines))
    return 0


def logs_there(target: Target, *, names: tuple[str, ...], follow: bool, lines: int | None, **_: Any) -> int:
    from procman.export.drivers import logs_on

    return logs_on(target, names, follow=follow, lines=100 if lines is None else lines)


def run_there(target: Target, *, words: tuple[str, ...], **_: Any) -> int:
    from procman.export.drivers import run_on

    return run_on(target, words)


def _target(engine: str, *, context: str | None, namespace: str, app: str | None, verbose: bool) -> Target:
    from procman.cli.handover import default_name
    from procman.export.tool import Target

    name = app or default_name(os.path.realpath("."))
    return Target(engine, context or "", name, namespace, verbose=verbose)


def _options() -> tuple[Callable[[Any], Any], ...]:
    return (
        click.option("--on", "engine", type=click.Choice(ENGINES), help="On a cluster, not here."),
        click.option("--context", metavar="NAME", help="With --on: which cluster; has to be named."),
        click.option("--namespace", metavar="NAME", default="", help="With --on kubernetes: where in it."),
        click.option("-a", "--app", metavar="NAME", help="With --on: the app. [the folder's name]"),
        click.option("-v", "--verbose", is_flag=True, help="With --on: show each call that is made."),
    )

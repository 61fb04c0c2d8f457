"""What all commands share that talk to a running procman: where it is, and how its answers are told."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeVar

import click

from procman.control.client import Client, RefusedError, reach
from procman.errors import USAGE, ProcmanError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from procman.control.protocol import Reply

    Decorated = TypeVar("Decorated", bound=Callable[..., Any])

STATUSES = """
\b
Exit status: 0 done, 1 refused or failed, 2 usage, 3 nothing is running here.
"""


def root_option(command: Decorated) -> Decorated:
    return click.option(
        "-d",
        "--root",
        "--app-root",
        metavar="DIR",
        envvar="PROCMAN_ROOT",
        help="Where it was started. [here, or a folder above]",
    )(command)


def where_options(command: Decorated) -> Decorated:
    """Add the options that say which running procman is meant."""
    by_file = click.option(
        "-f", "--procfile", metavar="FILE", envvar="PROCMAN_PROCFILE", help="The same, by its Procfile."
    )
    return root_option(by_file(command))


json_option = click.option("--json", "as_json", is_flag=True, help="The answer as JSON.")


def running(root: str | None, procfile: str | None = None) -> Client:
    """Connect to the running procman that is meant."""
    if root is None and procfile is not None:
        root = os.path.dirname(os.path.abspath(procfile))
    if root is not None and not os.path.isdir(root):
        raise ProcmanError(f"-d {root or repr(root)}: no such folder", exit_code=USAGE)
    return reach(root, os.environ)


def named(names: Sequence[str], *, everything: bool) -> dict[str, Any]:
    """Give the arguments of a verb that takes names, or all of them."""
    if bool(names) == everything:
        raise click.UsageError("name processes, types or globs, or say --all")
    return {"all": True} if everything else {"names": list(names)}


def told(client: Client, verb: str, *, as_json: bool, **arguments: object) -> int:
    """Put a request and say of each process how it went, as it comes; give the exit status."""
    from procman.config.reporting import visible

    failed = False
    rows = []
    try:
        for reply in client.stream(verb, **arguments):
            if "process" not in reply:
                continue
            rows.append(reply)
            failed = failed or "error" in reply
            if not as_json:
                click.echo(visible(in_words(reply)), err="error" in reply)
    except RefusedError as refused:
        if refused.code != "failed":
            raise
    if as_json:
        say_json({"processes": rows, "ok": not failed})
    return int(failed)


def in_words(reply: Reply) -> str:
    name = reply["process"]
    if "error" in reply:
        return f"{name}: {reply['error']}"
    done = reply.get("done", "")
    pid = reply.get("pid")
    text = f"{name} {done}" if not pid else f"{name} {done} with pid {pid}"
    return text if reply.get("ready", True) else f"{text}, not ready"


def say_json(value: object) -> None:
    import json

    click.echo(json.dumps(value, indent=2))

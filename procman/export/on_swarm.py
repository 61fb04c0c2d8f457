"""Verbs for an app on a swarm, each one or a few calls of docker; nothing is remembered here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from procman.errors import ProcmanError
from procman.export import cluster
from procman.export.compose import swarm
from procman.export.drivers import Row
from procman.export.tool import Tool

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from procman.export.model import App, ProcessType
    from procman.export.tool import Target

    Document = dict[str, Any]


def deploy(target: Target, app: App, counted: frozenset[str], say: Callable[[str], None]) -> int:
    """Run the release to its end, then deploy the stack, without what is no longer in it."""
    tool = Tool(target)
    running = formation(target)
    names = cluster.folded_types(app)
    types = tuple(
        each
        if each.name in counted
        else each._replace(instances=running.get(names[each.name], each.instances))
        for each in app.types
    )
    stack = swarm(app._replace(types=types)).files[0]
    release = app.release_type
    if release:
        say("release")
        status = _run(tool, app.image, ["/bin/sh", "-c", release.script], _environ(app, release))
        if status:
            raise ProcmanError(f"the release ended with {status}: nothing else was changed", exit_code=status)
    name = cluster.folded(target.app)
    options = ("--compose-file=-", "--prune", "--with-registry-auth")
    say(tool.text("stack", "deploy", *options, name, given=stack.text).strip())
    return 0


def formation(target: Target) -> dict[str, int]:
    """Return how many of each type are asked for now, by the name the type has there."""
    found = {}
    for service in _services(Tool(target), target):
        wanted = service["Replicas"].partition("/")[2].split()[0]
        found[_process_type(target, service["Name"])] = int(wanted)
    return found


def ps(target: Target) -> list[Row]:
    name = cluster.folded(target.app)
    tasks = _objects(
        Tool(target).text(
            "stack", "ps", name, "--filter=desired-state=running", "--no-trunc", "--format={{json .}}"
        )
    )
    return [
        Row(_process_type(target, task["Name"]), _state(task["CurrentState"]), task["Image"])
        for task in tasks
    ]


def scale(target: Target, counts: Mapping[str, int]) -> list[str]:
    tool = Tool(target)
    wanted = [f"{_service(target, name)}={count}" for name, count in counts.items()]
    tool.text("service", "scale", "--detach", *wanted)
    return [f"Scaling {name} processes... done, now running {count}" for name, count in counts.items()]


def logs(target: Target, types: Sequence[str], *, follow: bool, lines: int) -> int:
    """Show the logs of one service after the other; those that are followed all at once."""
    tool = Tool(target)
    services = [_service(target, name) for name in types or formation(target)]
    more = ("--follow",) if follow else ()
    calls = [("service", "logs", f"--tail={lines}", *more, service) for service in services]
    if not follow:
        return max((tool.call(*call) for call in calls), default=0)
    return max((process.wait() for process in [tool.start(*call) for call in calls]), default=0)


def run(target: Target, words: Sequence[str], *, name: str) -> int:
    """Run a one-off command in a container of its own on the context's machine; return its status."""
    tool = Tool(target)
    services = _services(tool, target)
    if not services:
        raise ProcmanError(f"nothing of {target.app} is deployed in {target.context}", hint="procman deploy")
    spec = _objects(tool.text("service", "inspect", services[0]["Name"], "--format={{json .Spec}}"))[0]
    container = spec["TaskTemplate"]["ContainerSpec"]
    environ = dict(entry.partition("=")[::2] for entry in container.get("Env", []))
    environ |= {"PS": "run.1", "PROC_TYPE": "run"}
    return _run(tool, container["Image"], words, environ, f"--name={name}")


def _run(tool: Tool, image: str, words: Sequence[str], environ: Mapping[str, str], *options: str) -> int:
    import os

    # The values go by docker's environment: in its arguments everybody could read them.
    variables = [word for key in environ for word in ("--env", key)]
    terminal = ["--interactive", *(["--tty"] if os.isatty(0) and os.isatty(1) else [])]
    entry, *rest = words
    start = ["run", "--rm", "--init", *terminal, *options, *variables, f"--entrypoint={entry}", image]
    return tool.call(*start, *rest, environ=environ)


def _environ(app: App, each: ProcessType) -> dict[str, str]:
    return {**app.environ, **each.of_instance(1)}


def _services(tool: Tool, target: Target) -> list[Document]:
    stack = f"--filter=label=com.docker.stack.namespace={cluster.folded(target.app)}"
    return _objects(tool.text("service", "ls", stack, "--format={{json .}}"))


def _objects(lines: str) -> list[Document]:
    import json

    return [json.loads(line) for line in lines.splitlines() if line.strip()]


def _service(target: Target, process_type: str) -> str:
    return f"{cluster.folded(target.app)}_{cluster.folded(process_type)}"


def _process_type(target: Target, service: str) -> str:
    return service.removeprefix(f"{cluster.folded(target.app)}_")


def _state(text: str) -> str:
    """Return `up for 3 minutes` for `Running 3 minutes ago`."""
    up, running, since = text.partition("Running ")
    return text.lower() if up or not running else f"up for {since.removesuffix(' ago')}"

"""Verbs for an app on Kubernetes, each one or a few calls of kubectl; nothing is remembered here."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from procman.errors import ProcmanError
from procman.export import cluster
from procman.export.drivers import Row, age
from procman.export.kubernetes import make_manifests
from procman.export.tool import Target, Tool
from procman.export.yamlfile import yaml_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from procman.export.model import App

    Document = dict[str, Any]

COMPONENT = "app.kubernetes.io/component"
ROLLED_OUT_WITHIN = "10m"
STUCK = frozenset(
    {
        "ErrImagePull",
        "ImagePullBackOff",
        "InvalidImageName",
        "CreateContainerConfigError",
        "CreateContainerError",
    }
)


def deploy(target: Target, app: App, counted: frozenset[str], say: Callable[[str], None]) -> int:
    """Apply the configuration, run the release to its end, then apply the rest and wait until it is out.

    counted: the types whose number was asked for; all others keep the number they were scaled to.
    """
    tool = Tool(target)
    running = formation(target)
    names = cluster.folded_types(app)
    types = tuple(
        each
        if each.name in counted
        else each._replace(instances=running.get(names[each.name], each.instances))
        for each in app.types
    )
    manifests = make_manifests(app._replace(types=types))
    if manifests.config:
        _apply(tool, manifests.config)
    if manifests.release:
        say(f"release {manifests.job}")
        _apply(tool, manifests.release)
        if not _completed(tool, manifests.job):
            tool.call("logs", f"job/{manifests.job}", "--tail=50")
            raise ProcmanError(
                f"the release {manifests.job} failed: nothing else was changed",
                hint=f"kubectl --context {target.context} describe job/{manifests.job}",
            )
    _apply(tool, manifests.app)
    for name in sorted(running.keys() - set(names.values())):
        say(f"{name} is no longer in the Procfile: kubectl delete deployment {_deployment(target, name)}")
    say("waiting until all of it is up")
    timeout = f"--timeout={ROLLED_OUT_WITHIN}"
    return tool.call("rollout", "status", "deployment", f"--selector={_selector(target)}", timeout)


def formation(target: Target) -> dict[str, int]:
    """Return how many of each type are asked for now, by the name the type has there."""
    found = _get(Tool(target), "deployments", _selector(target))
    return {each["metadata"]["labels"][COMPONENT]: each["spec"]["replicas"] for each in found}


def ps(target: Target) -> list[Row]:
    from datetime import UTC, datetime

    now = datetime.now(UTC)
    pods = _get(Tool(target), "pods", _selector(target))
    return [_row(pod, now) for pod in pods if pod["status"].get("phase") not in {"Succeeded", "Failed"}]


def scale(target: Target, counts: Mapping[str, int]) -> list[str]:
    tool, said = Tool(target), []
    for name, count in counts.items():
        tool.text("scale", f"deployment/{_deployment(target, name)}", f"--replicas={count}")
        said.append(f"Scaling {name} processes... done, now running {count}")
    return said


def logs(target: Target, types: Sequence[str], *, follow: bool, lines: int) -> int:
    selector = _selector(target)
    if types:
        selector += f",{COMPONENT} in ({','.join(map(cluster.folded, types))})"
    more = ("--follow",) if follow else ()
    many = "--max-log-requests=1000"
    return Tool(target).call("logs", f"--selector={selector}", "--prefix", f"--tail={lines}", many, *more)


def run(target: Target, words: Sequence[str], *, name: str) -> int:
    """Run a one-off command in a pod like those of the app; return its status.

    The status is the container's own, which `kubectl run -i` doesn't tell reliably.
    """
    tool = Tool(target)
    deployments = _get(tool, "deployments", _selector(target))
    if not deployments:
        raise ProcmanError(f"nothing of {target.app} is deployed in {target.context}", hint="procman deploy")
    pod = _one_off(target, deployments[0]["spec"]["template"]["spec"], words, name)
    tool.text("create", "--filename=-", given=yaml_text("one-off", [pod], pretty=False))
    try:
        _await_start(tool, name)
        tool.call("logs", f"pod/{name}", "--follow")
        return _exit_code(tool, name)
    finally:
        tool.text("delete", f"pod/{name}", "--wait=false", "--ignore-not-found")


def _apply(tool: Tool, documents: Sequence[Document]) -> None:
    tool.text("apply", "--filename=-", given=yaml_text("applied", documents, pretty=False))


def _completed(tool: Tool, job: str) -> bool:
    """Wait for a Job's end: `kubectl wait` knows one condition only, and there are two."""
    path = '--output=jsonpath={range .status.conditions[*]}{.type} {end}{"\\n"}'
    # A watch ends when the server feels like it, and is begun again.
    while True:
        with closing(tool.lines("get", f"job/{job}", "--watch", path)) as lines:
            for line in lines:
                if {"Complete", "Failed"} & set(line.split()):
                    return "Complete" in line.split()


def _await_start(tool: Tool, name: str) -> None:
    waiting = "{.status.containerStatuses[0].state.waiting.reason}"
    path = f'--output=jsonpath={{.status.phase}} {waiting}{{"\\n"}}'
    with closing(tool.lines("get", f"pod/{name}", "--watch", path)) as lines:
        for line in lines:
            phase, _, reason = line.partition(" ")
            if reason in STUCK:
                raise ProcmanError(f"the container can't start: {reason}")
            if phase not in {"", "Pending"}:
                return


def _exit_code(tool: Tool, name: str) -> int:
    path = '--output=jsonpath={.status.containerStatuses[0].state.terminated.exitCode}{"\\n"}'
    with closing(tool.lines("get", f"pod/{name}", "--watch", path)) as lines:
        for line in lines:
            if line.isdecimal():
                return int(line)
    raise ProcmanError(
        f"the end of {name} was not seen", hint="the connection to the cluster ended before it"
    )


def _one_off(target: Target, template: Document, words: Sequence[str], name: str) -> Document:
    container = {
        key: value
        for key, value in template["containers"][0].items()
        if key in {"name", "image", "env", "envFrom", "securityContext", "resources", "volumeMounts"}
    }
    container["command"] = [word.replace("$", "$$") for word in words]
    spec = {
        key: value
        for key, value in template.items()
        if key in {"securityContext", "volumes", "imagePullSecrets", "automountServiceAccountToken"}
    }
    spec |= {"restartPolicy": "Never", "enableServiceLinks": False, "containers": [container]}
    # Not the app's labels: it would be found among the app's processes, and served to.
    labels = {
        "app.kubernetes.io/part-of": cluster.folded(target.app),
        "app.kubernetes.io/managed-by": "procman",
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels}, "spec": spec}


def _get(tool: Tool, what: str, selector: str) -> list[Document]:
    import json

    found: list[Document] = json.loads(tool.text("get", what, f"--selector={selector}", "--output=json"))[
        "items"
    ]
    return found


def _selector(target: Target) -> str:
    return f"app.kubernetes.io/instance={cluster.folded(target.app)},app.kubernetes.io/managed-by=procman"


def _deployment(target: Target, process_type: str) -> str:
    return cluster.label(f"{cluster.folded(target.app)}-{cluster.folded(process_type)}")


def _row(pod: Document, now: datetime) -> Row:
    component = pod["metadata"]["labels"].get(COMPONENT, "?")
    container = pod["spec"]["containers"][0]
    command = container.get("command", [""])[-1].replace("$$", "$").removeprefix("exec ")
    statuses = pod["status"].get("containerStatuses") or [{}]
    state = statuses[0].get("state", {})
    waiting = state.get("waiting", {}).get("reason")
    phase = "up" if pod["status"].get("phase") == "Running" else pod["status"].get("phase", "unknown").lower()
    since = state.get("running", {}).get("startedAt") or pod["status"].get("startTime")
    words = f"{phase} for {age(since, now)}" if since else phase
    suffix = pod["metadata"]["name"].rpartition("-")[2]
    return Row(f"{component}.{suffix}", waiting or words, command, statuses[0].get("restartCount", 0))

"""The pod of a process type: one container that Pod Security "restricted" lets run."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from procman.config.kinds import Kind
from procman.config.settings import ReadyWhen
from procman.export import cluster
from procman.export.container import arguments, mount_points, own_variables
from procman.export.model import secret_keys
from procman.export.quoting import doubled_dollars
from procman.quicktuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from procman.config.settings import Ready
    from procman.export.model import App, ProcessType

    Document = dict[str, Any]

ENGINE = "kubernetes"
SETTLING = 5
"""Seconds for which a pod goes on serving after it was taken out of its Service: the news takes a while."""
PROBE_EVERY = 2


class Pod(NamedTuple):
    """What the pods of an app are made of.

    names: of each type, as there. sources: where the shared variables come from; own: and a type's secrets.
    """

    app: App
    names: Mapping[str, str]
    image: str
    sources: tuple[Document, ...]
    own: Mapping[str, Document] = {}

    def component(self, each: ProcessType) -> dict[str, str]:
        return {"app.kubernetes.io/component": self.names[each.name]}

    def selector(self, each: ProcessType) -> dict[str, str]:
        """Return what tells a type's pods from others; it can't be changed later."""
        name = cluster.folded(self.app.name)
        app = {"app.kubernetes.io/name": name, "app.kubernetes.io/instance": name}
        return {**app, **self.component(each)}


def template(pod: Pod, each: ProcessType) -> Document:
    """Return the spec of a pod, all but its restartPolicy."""
    long_lived = each.kind not in {Kind.CRON, Kind.RELEASE}
    grace = math.ceil(each.grace) + (SETTLING if each.serves and long_lived else 0)
    spec: Document = {
        "automountServiceAccountToken": False,
        # Else another Service called web sets WEB_PORT=tcp://… in every container.
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": grace,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [_container(pod, each, long_lived=long_lived)],
    }
    if each.mounts:
        spec["volumes"] = [
            {"name": cluster.label(cluster.folded(name)), "emptyDir": {}} for name in each.mounts
        ]
    if long_lived:
        spec["topologySpreadConstraints"] = [
            {
                "maxSkew": 1,
                "topologyKey": "kubernetes.io/hostname",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": pod.selector(each)},
            }
        ]
    return spec


def container_port(each: ProcessType) -> Document:
    assert each.port is not None  # noqa: S101 - it serves
    return {"name": "http", "containerPort": cluster.port(each.port, each.name)}


def _container(pod: Pod, each: ProcessType, *, long_lived: bool) -> Document:
    own, secret = own_variables(each, ENGINE), secret_keys(each.environ)
    container: Document = {
        "name": pod.names[each.name],
        "image": pod.image,
        "command": arguments(each, ENGINE),
        "env": [
            {"name": "PS", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            *({"name": key, "value": value} for key, value in own.items() if key not in secret),
        ],
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    sources = [*pod.sources, *([pod.own[each.name]] if each.name in pod.own else [])]
    if sources:
        container["envFrom"] = sources
    if each.memory:
        memory = cluster.quantity(each.memory, each.name)
        container["resources"] = {"requests": {"memory": memory}, "limits": {"memory": memory}}
    if each.mounts:
        container["volumeMounts"] = [
            {"name": cluster.folded(name), "mountPath": path} for name, path in mount_points(each).items()
        ]
    if not long_lived:
        return container
    if each.serves:
        container["ports"] = [container_port(each)]
        container["lifecycle"] = {"preStop": {"sleep": {"seconds": SETTLING}}}
    return {**container, **_probes(each.ready)}


def _probes(ready: Ready | None) -> Document:
    probe: Document
    match ready:
        case None:
            return {}
        case _ if ready.when is ReadyWhen.HTTP:
            probe = {"httpGet": {"path": ready.target or "/", "port": "http"}}
        case _ if ready.when is ReadyWhen.PORT:
            probe = {"tcpSocket": {"port": "http"}}
        case _ if ready.when is ReadyWhen.EXEC:
            probe = {"exec": {"command": ["/bin/sh", "-c", doubled_dollars(ready.target)]}}
        case _:
            # A line of the log is nothing that a kubelet could look at.
            return {}
    probe |= {"periodSeconds": PROBE_EVERY, "timeoutSeconds": PROBE_EVERY}
    probes: Document = {"readinessProbe": {**probe, "failureThreshold": 3}}
    if ready.required:
        failures = max(1, math.ceil(ready.within / PROBE_EVERY))
        probes["startupProbe"] = {**probe, "failureThreshold": failures}
    return probes

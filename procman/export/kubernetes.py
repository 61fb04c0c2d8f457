"""Kubernetes: what the app needs (00-config), what runs first (10-release), what runs (20-app).

Written for the API as of 1.30 and for Pod Security "restricted". A ConfigMap and a Secret are named by their
content: a change makes new ones, and with them new pods; a rollback finds the old ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from procman.export import cluster
from procman.export.container import shared_variables
from procman.export.model import VALUES, Export, File, secret_keys
from procman.export.pod import Pod, container_port, template
from procman.export.quoting import utf8
from procman.export.schedules import crontab_fields
from procman.export.yamlfile import WITHOUT_PYYAML, has_pyyaml, yaml_text
from procman.quicktuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from procman.export.model import App, ProcessType

    Document = dict[str, Any]

CONFIG, RELEASE, APP = "00-config.yaml", "10-release.yaml", "20-app.yaml"
RELEASE_WITHIN = 3600
"""Seconds, Heroku's limit for a release."""
KEPT_AFTER = 86_400
"""Seconds for which a release that has ended stays to be looked at."""


class Manifests(NamedTuple):
    """names: what each type is called there. job: the release's Job, "" without one."""

    config: tuple[Document, ...]
    release: tuple[Document, ...]
    app: tuple[Document, ...]
    names: Mapping[str, str]
    job: str


def kubernetes(app: App) -> Export:
    manifests = make_manifests(app)
    pretty = has_pyyaml()
    parts = ((CONFIG, manifests.config), (RELEASE, manifests.release), (APP, manifests.app))
    files = [
        File(path, yaml_text(app.marker("kubernetes"), documents, pretty=pretty), VALUES)
        for path, documents in parts
        if documents
    ]
    notices = [
        f"kubernetes stops {each.name} with SIGTERM or its image's STOPSIGNAL, whatever its stop_signal"
        for each in app.services
        if each.stop_signal != 15  # noqa: PLR2004 - SIGTERM
    ]
    if manifests.release:
        notices.append(f"{RELEASE} has to complete before {APP} is applied: procman deploy does that")
    if not pretty:
        notices.append(WITHOUT_PYYAML)
    return Export(tuple(files), tuple(notices))


def make_manifests(app: App) -> Manifests:
    """Return the documents; raises ProcmanError for what the API server would refuse."""
    cluster.label(cluster.folded(app.name))
    names = cluster.folded_types(app)
    shared, own = _config(app), _own_secrets(app, names)
    config = [*shared, *own.values()]
    references = {name: _reference(document) for name, document in own.items()}
    pod = Pod(app, names, cluster.image(app.image), tuple(map(_reference, shared)), references)
    running: list[Document] = []
    for each in app.services:
        running += _service(pod, each)
    running += [_cron_job(pod, each) for each in app.crons]
    release = [_release(pod, app.release_type)] if app.release_type else []
    job = release[0]["metadata"]["name"] if release else ""
    return Manifests(tuple(config), tuple(release), tuple(running), names, job)


def content_hash(content: object) -> str:
    import hashlib
    import json

    text = json.dumps(content, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def _config(app: App) -> list[Document]:
    """Return what all types share: a ConfigMap and a Secret, each if it holds anything."""
    shared = shared_variables(app, "kubernetes")
    secret = secret_keys(shared)
    name = cluster.folded(app.name)
    plain = {key: value for key, value in shared.items() if key not in secret}
    return [
        *_holder(app, "ConfigMap", f"{name}-config", plain),
        *_holder(app, "Secret", f"{name}-secret", {key: shared[key] for key in shared if key in secret}),
    ]


def _own_secrets(app: App, names: Mapping[str, str]) -> dict[str, Document]:
    """Return a Secret for each type that has secret variables of its own."""
    found = {}
    for each in app.types:
        data = {key: utf8(each.environ[key], "kubernetes", key) for key in sorted(secret_keys(each.environ))}
        for document in _holder(app, "Secret", f"{cluster.folded(app.name)}-{names[each.name]}", data):
            found[each.name] = document
    return found


def _holder(app: App, kind: str, name: str, data: Mapping[str, str]) -> list[Document]:
    if not data:
        return []
    metadata = {"name": f"{name}-{content_hash(data)}", "labels": app_labels(app)}
    field = "data" if kind == "ConfigMap" else "stringData"
    head = {"apiVersion": "v1", "kind": kind, "metadata": metadata, "immutable": True}
    return [{**head, field: cluster.config_data(data, kind)}]


def _reference(document: Document) -> Document:
    key = "configMapRef" if document["kind"] == "ConfigMap" else "secretRef"
    return {key: {"name": document["metadata"]["name"]}}


def app_labels(app: App) -> dict[str, str]:
    name = cluster.folded(app.name)
    return {
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/instance": name,
        "app.kubernetes.io/managed-by": "procman",
    }


def _metadata(pod: Pod, each: ProcessType, name: str) -> Document:
    return {"name": name, "labels": {**app_labels(pod.app), **pod.component(each)}}


def _service(pod: Pod, each: ProcessType) -> list[Document]:
    name = cluster.label(f"{cluster.folded(pod.app.name)}-{pod.names[each.name]}")
    metadata = _metadata(pod, each, name)
    selector = pod.selector(each)
    found: list[Document] = [
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": metadata,
            "spec": {
                "replicas": each.instances,
                "revisionHistoryLimit": 5,
                "selector": {"matchLabels": selector},
                "strategy": _strategy(each),
                "template": {
                    "metadata": {"labels": metadata["labels"]},
                    "spec": {"restartPolicy": "Always", **template(pod, each)},
                },
            },
        }
    ]
    if each.serves:
        ports = [{"name": "http", "port": 80, "targetPort": container_port(each)["name"]}]
        spec: Document = {"selector": selector, "ports": ports}
        found.append({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec})
        if each.instances > 1:
            spec = {"maxUnavailable": 1, "selector": {"matchLabels": selector}}
            head = {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": metadata}
            found.append({**head, "spec": spec})
    return found


def _strategy(each: ProcessType) -> Document:
    if each.singleton:
        return {"type": "Recreate"}
    return {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0 if each.serves else 1}}


def _cron_job(pod: Pod, each: ProcessType) -> Document:
    name = f"{cluster.folded(pod.app.name)}-{pod.names[each.name]}"
    metadata = _metadata(pod, each, cluster.label(name, cluster.LONGEST_CRONJOB))
    assert each.schedule is not None  # noqa: S101 - what makes a type one of the crons
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": metadata,
        "spec": {
            "schedule": crontab_fields(each.schedule),
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": 60,
            "successfulJobsHistoryLimit": 3,
            "failedJobsHistoryLimit": 3,
            "jobTemplate": {"spec": _job(pod, each, metadata["labels"])},
        },
    }


def _release(pod: Pod, each: ProcessType) -> Document:
    # A Job's template can't be changed, so every release is one of its own.
    release = pod.app.release or content_hash([pod.app.image, each.command, pod.sources, pod.own])
    name = f"{cluster.folded(pod.app.name)}-{pod.names[each.name]}-{release}"
    metadata = _metadata(pod, each, cluster.label(name))
    spec = _job(pod, each, metadata["labels"])
    spec |= {"activeDeadlineSeconds": RELEASE_WITHIN, "ttlSecondsAfterFinished": KEPT_AFTER}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec}


def _job(pod: Pod, each: ProcessType, labels: Mapping[str, str]) -> Document:
    spec = {"restartPolicy": "Never", **template(pod, each)}
    return {"backoffLimit": 0, "template": {"metadata": {"labels": dict(labels)}, "spec": spec}}

"""Docker compose, and the same for a swarm: one file each, in the words of the compose specification."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

from procman.config.kinds import Kind
from procman.config.plan import Restart
from procman.export import cluster
from procman.export.container import arguments, mount_points, own_variables, shared_variables
from procman.export.model import VALUES, Export, File
from procman.export.quoting import doubled_dollars
from procman.export.schedules import crontab_fields
from procman.export.yamlfile import WITHOUT_PYYAML, has_pyyaml, yaml_text

if TYPE_CHECKING:
    from procman.export.model import App, ProcessType

COMPOSE, SWARM = "compose", "swarm"


def compose(app: App) -> Export:
    """Return a compose.yaml: `docker compose up` runs the release, then all; cron lines wait for a caller."""
    names = cluster.folded_types(app)
    services = {names[each.name]: _compose_service(app, each, names) for each in app.types}
    document: dict[str, Any] = {"name": cluster.label(cluster.folded(app.name)), "services": services}
    document |= _volumes(app, names)
    notices = [
        f"compose has no timetable, cron has: {crontab_fields(cron.schedule)}"
        f" docker compose -f {app.directory}/compose.yaml run --rm {names[cron.name]}"
        for cron in app.crons
        if cron.schedule
    ]
    return _export(app, COMPOSE, "compose.yaml", document, notices)


def swarm(app: App) -> Export:
    """Return a stack.yaml for `docker stack deploy`; the release is not in it, `procman deploy` runs it."""
    names = cluster.folded_types(app)
    types = [each for each in app.types if each.kind is not Kind.RELEASE]
    services = {names[each.name]: _swarm_service(app, each, names) for each in types}
    document: dict[str, Any] = {"version": "3.8", "services": services, **_volumes(app, names)}
    notices = []
    if app.release_type:
        notices.append("a stack knows no release: procman deploy --on swarm runs it first")
    if app.crons:
        notices.append(
            "a swarm has no timetable: cron services have 0 replicas, and labels for crazymax/swarm-cronjob"
        )
    return _export(app, SWARM, "stack.yaml", document, notices)


def _export(app: App, engine: str, path: str, document: dict[str, Any], notices: list[str]) -> Export:
    pretty = has_pyyaml()
    if not pretty:
        notices.append(f"{path}: {WITHOUT_PYYAML}")
    text = yaml_text(app.marker(engine), [document], pretty=pretty)
    return Export((File(path, text, VALUES),), tuple(notices))


def _compose_service(app: App, each: ProcessType, names: dict[str, str]) -> dict[str, Any]:
    service = _service(app, each, names, COMPOSE)
    if not app.image:
        service["image"] = f"{cluster.folded(app.name)}:latest"
        service["build"] = doubled_dollars(os.path.relpath(app.root, app.directory))
    service["init"] = True
    release = app.release_type
    needs: dict[str, Any] = {names[name]: {"condition": "service_started"} for name in each.needs}
    if each.kind is Kind.CRON:
        return {**service, "profiles": ["cron"], "restart": "no"}
    if each is release:
        return {**service, "restart": "no"}
    if release:
        needs[names[release.name]] = {"condition": "service_completed_successfully"}
    if needs:
        service["depends_on"] = needs
    service["restart"] = "on-failure" if each.restart is Restart.ON_FAILURE else "unless-stopped"
    service["deploy"] = {"replicas": each.instances, **_limits(each)}
    if each.serves and each.port is not None:
        last = cluster.port(each.port + max(each.instances, 1) - 1, each.name)
        outside = str(each.port) if each.instances <= 1 else f"{each.port}-{last}"
        service["ports"] = [f"{outside}:{each.port}"]
    return service


def _swarm_service(app: App, each: ProcessType, names: dict[str, str]) -> dict[str, Any]:
    service = _service(app, each, names, SWARM)
    service["init"] = True
    if each.schedule:
        labels = {
            "swarm.cronjob.enable": "true",
            "swarm.cronjob.schedule": crontab_fields(each.schedule),
            "swarm.cronjob.skip-running": "true",
        }
        service["deploy"] = {"replicas": 0, "restart_policy": {"condition": "none"}, "labels": labels}
        return service
    condition = "on-failure" if each.restart is Restart.ON_FAILURE else "any"
    # One that must never run twice stops before its successor starts.
    order = "stop-first" if each.singleton else "start-first"
    service["deploy"] = {
        "replicas": each.instances,
        "restart_policy": {"condition": condition, "delay": "1s"},
        "update_config": {"order": order, "failure_action": "rollback"},
        **_limits(each),
    }
    if each.serves and each.port is not None:
        service["ports"] = [f"{cluster.port(each.port, each.name)}:{each.port}"]
    return service


def _service(app: App, each: ProcessType, names: dict[str, str], engine: str) -> dict[str, Any]:
    shared = {key: doubled_dollars(value) for key, value in shared_variables(app, engine).items()}
    service = {
        "image": cluster.image(app.image) if app.image else "",
        # Not `command`: an entry point of the image's own would get it as its arguments.
        "entrypoint": arguments(each, engine),
        "environment": {**shared, "PS": each.name, **own_variables(each, engine)},
        "stop_signal": signal.Signals(each.stop_signal).name,
        "stop_grace_period": f"{each.grace:g}s",
    }
    mounts = [f"{_volume(names[each.name], name)}:{path}" for name, path in mount_points(each).items()]
    return {**service, "volumes": mounts} if mounts else service


def _limits(each: ProcessType) -> dict[str, Any]:
    if not each.memory:
        return {}
    # Bytes: the units of compose files are others than Kubernetes'.
    return {"resources": {"limits": {"memory": str(each.memory)}}}


def _volumes(app: App, names: dict[str, str]) -> dict[str, Any]:
    volumes = [_volume(names[each.name], name) for each in app.types for name in each.mounts]
    return {"volumes": dict.fromkeys(volumes)} if volumes else {}


def _volume(process_type: str, mount: str) -> str:
    return f"{process_type}-{cluster.folded(mount)}"

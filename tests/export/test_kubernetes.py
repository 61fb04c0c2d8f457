from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from procman.config.settings import Ready, ReadyWhen
from procman.export.kubernetes import kubernetes, make_manifests
from tests.export.apps import CLOCK, CRON, RELEASE, VALUES, WEB, make_app
from tests.export.engines import engine, output

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.engine

Document = dict[str, Any]


def deployment(documents: tuple[Document, ...], name: str = "shop-web") -> Document:
    return next(
        each for each in documents if (each["kind"], each["metadata"]["name"]) == ("Deployment", name)
    )


def container(document: Document) -> Document:
    found: Document = document["spec"]["template"]["spec"]["containers"][0]
    return found


def test_the_newest_schemas_take_all_of_it_strictly(tmp_path: Path) -> None:
    program = engine("kubernetes-validate")
    paths = []
    ready = WEB._replace(ready=Ready(ReadyWhen.HTTP, "/health"), mounts={"up": "/x/up"})
    for file in kubernetes(make_app(ready, CLOCK, CRON, RELEASE)).files:
        paths.append(tmp_path / file.path)
        paths[-1].write_text(file.text)
    done = output(program, "--strict", *map(str, paths))
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(" passed for resource ") == 2 + 1 + 5


def test_that_check_can_fail(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    text = next(file.text for file in kubernetes(make_app()).files if file.path == "20-app.yaml")
    path.write_text(text.replace("replicas: 2", "replicas: many"))
    assert output(engine("kubernetes-validate"), "--strict", str(path)).returncode


def test_config_and_secret_are_named_by_their_content_and_can_not_change() -> None:
    config = make_manifests(make_app()).config
    assert [(each["kind"], each["immutable"]) for each in config] == [("ConfigMap", True), ("Secret", True)]
    assert config[0]["data"] == {key: VALUES[key] for key in ("RACK_ENV", "GREETING")}
    assert config[1]["stringData"] == {"DATABASE_URL": VALUES["DATABASE_URL"]}
    other = make_manifests(make_app(environ={**VALUES, "RACK_ENV": "staging"})).config
    assert other[0]["metadata"]["name"] != config[0]["metadata"]["name"]
    assert other[1] == config[1]


def test_pods_take_their_variables_from_both() -> None:
    manifests = make_manifests(make_app())
    sources = container(deployment(manifests.app))["envFrom"]
    assert sources == [
        {"configMapRef": {"name": manifests.config[0]["metadata"]["name"]}},
        {"secretRef": {"name": manifests.config[1]["metadata"]["name"]}},
    ]


def test_a_secret_of_one_type_is_in_a_secret_that_only_its_pods_name() -> None:
    own = WEB._replace(environ={"PROC_TYPE": "web", "API_TOKEN": "t0p", "MODE": "a$b"})
    manifests = make_manifests(make_app(own, CLOCK, environ={}))
    assert [each["stringData"] for each in manifests.config] == [{"API_TOKEN": "t0p"}]
    web = container(deployment(manifests.app))
    assert web["envFrom"] == [{"secretRef": {"name": manifests.config[0]["metadata"]["name"]}}]
    assert {"name": "MODE", "value": "a$$b"} in web["env"]
    assert "t0p" not in str(manifests.app)
    assert "envFrom" not in container(deployment(manifests.app, "shop-clock"))


def test_a_web_process_is_taken_out_before_it_is_stopped() -> None:
    spec = deployment(make_manifests(make_app(WEB._replace(grace=15.0))).app)["spec"]["template"]["spec"]
    assert spec["terminationGracePeriodSeconds"] == 20
    assert spec["containers"][0]["lifecycle"] == {"preStop": {"sleep": {"seconds": 5}}}


@pytest.mark.parametrize(
    ("ready", "kinds"),
    [
        (Ready(ReadyWhen.PORT, required=False), {"readinessProbe": "tcpSocket"}),
        (Ready(ReadyWhen.HTTP, "/up"), {"readinessProbe": "httpGet", "startupProbe": "httpGet"}),
        (Ready(ReadyWhen.EXEC, "test $X"), {"readinessProbe": "exec", "startupProbe": "exec"}),
        (Ready(ReadyWhen.LOG, "done"), {}),
        (None, {}),
    ],
)
def test_what_makes_a_type_ready_is_what_the_kubelet_probes(
    ready: Ready | None, kinds: dict[str, str]
) -> None:
    web = container(deployment(make_manifests(make_app(WEB._replace(ready=ready))).app))
    assert {
        probe: kind for probe in web for kind in ("tcpSocket", "httpGet", "exec") if kind in web[probe]
    } == kinds
    assert "livenessProbe" not in web


def test_pods_pass_pod_security_restricted() -> None:
    manifests = make_manifests(make_app())
    specs = [each["spec"]["template"]["spec"] for each in manifests.app if each["kind"] == "Deployment"]
    specs.append(manifests.release[0]["spec"]["template"]["spec"])
    for spec in specs:
        assert spec["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
        assert spec["containers"][0]["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        }


def test_a_selector_finds_the_pods_of_its_type_and_no_others() -> None:
    for each in make_manifests(make_app()).app:
        if each["kind"] == "Deployment":
            labels = each["spec"]["template"]["metadata"]["labels"]
            assert each["spec"]["selector"]["matchLabels"].items() <= labels.items()
            assert labels["app.kubernetes.io/component"] == each["metadata"]["name"].removeprefix("shop-")


def test_only_what_others_connect_to_has_a_service() -> None:
    manifests = make_manifests(make_app())
    services = [each for each in manifests.app if each["kind"] == "Service"]
    assert [each["metadata"]["name"] for each in services] == ["shop-web"]
    assert services[0]["spec"]["ports"] == [{"name": "http", "port": 80, "targetPort": "http"}]


@pytest.mark.parametrize("ready", [None, Ready(ReadyWhen.LOG, "listening")], ids=str)
def test_a_web_that_is_not_looked_at_by_its_port_is_connected_to_all_the_same(ready: Ready | None) -> None:
    manifests = make_manifests(make_app(WEB._replace(ready=ready)))
    assert [each["kind"] for each in manifests.app if each["kind"] == "Service"] == ["Service"]
    assert "readinessProbe" not in container(deployment(manifests.app))


def test_a_singleton_is_never_there_twice() -> None:
    assert deployment(make_manifests(make_app()).app, "shop-clock")["spec"]["strategy"] == {
        "type": "Recreate"
    }


def test_a_cron_job_runs_once_at_a_time_and_sunday_is_zero() -> None:
    spec = next(each for each in make_manifests(make_app()).app if each["kind"] == "CronJob")["spec"]
    assert (spec["schedule"], spec["concurrencyPolicy"]) == ("*/5 3 * * 0", "Forbid")
    assert spec["jobTemplate"]["spec"]["template"]["spec"]["restartPolicy"] == "Never"


def test_every_release_is_a_job_of_its_own_that_is_tried_once() -> None:
    manifests = make_manifests(make_app(release="1b2c"))
    assert manifests.job == "shop-release-1b2c"
    assert manifests.release[0]["spec"]["backoffLimit"] == 0
    image = make_manifests(make_app(image="shop:2")).job
    assert image != make_manifests(make_app(image="shop:3")).job


def test_a_size_is_what_a_container_may_take() -> None:
    web = container(deployment(make_manifests(make_app()).app))
    assert web["resources"] == {"requests": {"memory": "512Mi"}, "limits": {"memory": "512Mi"}}

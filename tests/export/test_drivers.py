"""ps, scale, logs and run on a cluster: which calls are made, and what is made of the answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from procman.errors import ProcmanError
from procman.export import drivers
from procman.export.tool import KUBERNETES, SWARM, Target
from tests.export.fake_cluster import DEPLOYMENTS, LABEL, PODS, SERVICES, SPEC, documents

if TYPE_CHECKING:
    from tests.export.fake_cluster import Cluster


def on(engine: str) -> Target:
    return Target(engine, "prod", "shop")


def test_ps_shows_what_runs_as_heroku_does(cluster: Cluster) -> None:
    cluster.answer((["pods"], PODS, 0))
    rows = drivers.ps_on(on(KUBERNETES))
    assert [(row.process, row.command, row.restarts) for row in rows] == [
        ("web.x7k2p", "serve -p $PORT", 2),
        ("web.qqqqq", "serve -p $PORT", 0),
    ]
    assert rows[0].state.startswith("up for ")
    assert rows[1].state == "ImagePullBackOff"
    lines = drivers.table(rows).splitlines()
    assert lines[0].split() == ["Process", "State", "Command"]
    assert len({line.index(word) for line, word in zip(lines[2:], ("up", "Image"), strict=True)}) == 1


def test_ps_on_a_swarm_shows_its_tasks(cluster: Cluster) -> None:
    task = {"Name": "shop_web.1", "CurrentState": "Running 3 minutes ago", "Image": "shop:1"}
    cluster.answer((["stack", "ps"], json.dumps(task) + "\n", 0))
    assert drivers.ps_on(on(SWARM)) == [drivers.Row("web.1", "up for 3 minutes", "shop:1")]


def test_scale_says_what_heroku_says(cluster: Cluster) -> None:
    said = drivers.scale_on(on(KUBERNETES), {"web": 10, "fast_worker": 0})
    assert said[0] == "Scaling web processes... done, now running 10"
    assert [call.words for call in cluster.calls()] == [
        "scale deployment/shop-web --replicas=10",
        "scale deployment/shop-fast-worker --replicas=0",
    ]


def test_scale_on_a_swarm_is_one_call(cluster: Cluster) -> None:
    drivers.scale_on(on(SWARM), {"web": 3, "worker": 1})
    assert [call.words for call in cluster.calls()] == ["service scale --detach shop_web=3 shop_worker=1"]


def test_the_formation_is_what_is_asked_for_not_what_is_up(cluster: Cluster) -> None:
    cluster.answer((["deployments"], DEPLOYMENTS, 0), (["ls"], SERVICES, 0))
    assert drivers.formation_on(on(KUBERNETES)) == {"web": 5, "old": 1}
    assert drivers.formation_on(on(SWARM)) == {"web": 5, "worker": 1}


def test_logs_follow_the_types_that_are_named(cluster: Cluster, capfd: pytest.CaptureFixture[str]) -> None:
    cluster.answer((["logs"], "[pod/x] hello\n", 0))
    assert drivers.logs_on(on(KUBERNETES), ["web"], follow=True, lines=7) == 0
    assert drivers.logs_on(on(SWARM), ["web"]) == 0
    kubernetes, swarm = cluster.calls()
    assert f",{LABEL} in (web) --prefix --tail=7" in kubernetes.words
    assert kubernetes.words.endswith("--follow")
    assert swarm.words == "service logs --tail=100 shop_web"
    assert capfd.readouterr().out == "[pod/x] hello\n" * 2


def test_run_returns_the_containers_own_status_and_leaves_no_pod(cluster: Cluster) -> None:
    phase, code = (
        '{.status.phase} {.status.containerStatuses[0].state.waiting.reason}{"\\n"}',
        ('{.status.containerStatuses[0].state.terminated.exitCode}{"\\n"}'),
    )
    cluster.answer(
        (["deployments"], DEPLOYMENTS, 0),
        ([f"--output=jsonpath={phase}"], "Pending ContainerCreating\nRunning \n", 0),
        ([f"--output=jsonpath={code}"], "\n9\n", 0),
    )
    assert drivers.run_on(on(KUBERNETES), ["rake", "$x"]) == 9
    calls = cluster.calls()
    assert [call.arguments[2] for call in calls] == ["get", "create", "get", "logs", "get", "delete"]
    pod = documents(calls[1])[0]
    assert pod["spec"]["restartPolicy"] == "Never"
    container = pod["spec"]["containers"][0]
    assert (container["command"], container["image"]) == (["rake", "$$x"], "shop:1")
    assert container["envFrom"] == [{"secretRef": {"name": "shop-secret-1"}}]
    assert "ports" not in container
    assert LABEL not in pod["metadata"]["labels"]


def test_a_one_off_that_can_not_start_is_told_and_removed(cluster: Cluster) -> None:
    cluster.answer((["deployments"], DEPLOYMENTS, 0), (["--watch"], "Pending ErrImagePull\n", 0))
    with pytest.raises(ProcmanError, match="can't start: ErrImagePull"):
        drivers.run_on(on(KUBERNETES), ["rake"])
    assert cluster.calls()[-1].arguments[2] == "delete"


def test_run_on_a_swarm_uses_the_services_image_and_values(cluster: Cluster) -> None:
    cluster.answer((["ls"], SERVICES, 0), (["inspect"], SPEC, 0), (["run"], "no", 4))
    assert drivers.run_on(on(SWARM), ["rake", "a b"]) == 4
    last = cluster.calls()[-1]
    assert last.arguments[-3:] == ["--entrypoint=rake", "shop:1", "a b"]
    assert last.environ == {"SECRET_TOKEN": "a=b", "PS": "run.1"}
    assert "a=b" not in last.words


def test_a_complaint_of_the_tool_is_told_with_its_status(cluster: Cluster) -> None:
    cluster.answer((["pods"], "error: context prod does not exist\nsee kubectl config\n", 1))
    with pytest.raises(ProcmanError, match="kubectl get ended with 1: error: context prod does not exist"):
        drivers.ps_on(on(KUBERNETES))

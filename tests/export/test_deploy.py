"""`procman deploy`: which calls of kubectl and docker are made, and in which order (by fake_tool.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from procman.export.tool import KUBERNETES, SWARM
from tests.export.fake_cluster import DEPLOYMENTS, SERVICES, documents

if TYPE_CHECKING:
    from pathlib import Path

    from tests.export.fake_cluster import Call, Cluster
    from tests.project import Project


def deploy(project: Project, cluster: Cluster, *arguments: str) -> Any:
    project.procfile("web: serve -p $PORT\nworker: work\nrelease: migrate '$HOME'\n")
    project.env("SECRET_TOKEN=t0p\nMODE=x\n")
    named = ("--context", "prod", "--image", "shop:2", "-a", "shop")
    return project.run("deploy", *named, *arguments, env=cluster.environ)


def replicas(call: Call) -> dict[str, int]:
    return {
        each["metadata"]["name"]: each["spec"]["replicas"]
        for each in documents(call)
        if each["kind"] == "Deployment"
    }


def test_a_deploy_configures_releases_waits_and_only_then_brings_up_the_rest(
    project: Project, cluster: Cluster
) -> None:
    cluster.answer((["deployments"], DEPLOYMENTS, 0), (["--watch"], "\nSuccessCriteriaMet\nComplete \n", 0))
    done = deploy(project, cluster, "--on", "kubernetes")
    assert done.returncode == 0, done.stderr
    first, config, release, watch, rest, rollout = cluster.calls()
    assert first.words.startswith("get deployments --selector=app.kubernetes.io/instance=shop,")
    assert [each["kind"] for each in documents(config)] == ["ConfigMap", "Secret"]
    (job,) = documents(release)
    assert job["spec"]["template"]["spec"]["containers"][0]["command"][2] == "exec migrate '$$HOME'"
    assert watch.words.startswith(f"get job/{job['metadata']['name']} --watch")
    assert [each["kind"] for each in documents(rest)] == [
        "Deployment",
        "Service",
        "PodDisruptionBudget",
        "Deployment",
    ]
    assert rollout.words.startswith("rollout status deployment --selector=")
    assert "old is no longer in the Procfile: kubectl delete deployment shop-old" in done.stderr


def test_what_was_scaled_stays_so_unless_a_number_is_asked_for(project: Project, cluster: Cluster) -> None:
    cluster.answer((["deployments"], DEPLOYMENTS, 0), (["--watch"], "Complete\n", 0))
    deploy(project, cluster, "--on", "kubernetes")
    assert replicas(cluster.calls()[4]) == {"shop-web": 5, "shop-worker": 1}
    deploy(project, cluster, "--on", "kubernetes", "-c", "web=2")
    assert replicas(cluster.calls()[-2]) == {"shop-web": 2, "shop-worker": 1}


def test_a_failing_release_stops_the_deploy_and_shows_its_log(project: Project, cluster: Cluster) -> None:
    cluster.answer(
        (["deployments"], '{"items": []}', 0),
        (["--watch"], "\nFailed\n", 0),
        (["logs"], "no such table\n", 0),
    )
    done = deploy(project, cluster, "--on", "kubernetes")
    assert done.returncode == 1
    assert "no such table" in done.stdout
    assert "failed: nothing else was changed" in done.stderr
    assert [call.arguments[2] for call in cluster.calls()] == ["get", "apply", "apply", "get", "logs"]


def test_a_watch_that_the_server_ends_is_begun_again(project: Project, cluster: Cluster) -> None:
    # The first answer to a watch is given once: the second is then the first that fits.
    none = (["deployments"], '{"items": []}', 0, 1)
    cluster.answer(none, (["--watch"], "\n", 0, 1), (["--watch"], "Complete\n", 0, 2))
    assert deploy(project, cluster, "--on", "kubernetes").returncode == 0
    assert [call.arguments[2] for call in cluster.calls()] == [
        "get",
        "apply",
        "apply",
        "get",
        "get",
        "apply",
        "rollout",
    ]


def test_a_watch_that_is_refused_is_told(project: Project, cluster: Cluster) -> None:
    cluster.answer((["deployments"], '{"items": []}', 0), (["--watch"], "error: forbidden\n", 1))
    done = deploy(project, cluster, "--on", "kubernetes")
    assert (done.returncode, "kubectl get ended with 1: error: forbidden" in done.stderr) == (1, True)


@pytest.mark.parametrize("engine", [KUBERNETES, SWARM])
def test_a_context_is_never_a_default(project: Project, cluster: Cluster, engine: str) -> None:
    project.procfile("web: serve\n")
    done = project.run("deploy", "--on", engine, "--image", "shop:2", env=cluster.environ)
    assert done.returncode == 1
    assert "--context NAME says which cluster is meant" in done.stderr
    assert cluster.calls() == []


def test_every_call_is_shown_when_asked_for_and_none_else(project: Project, cluster: Cluster) -> None:
    cluster.answer((["deployments"], '{"items": []}', 0), (["--watch"], "Complete\n", 0))
    assert "+ kubectl" not in deploy(project, cluster, "--on", "kubernetes").stderr
    shown = deploy(project, cluster, "--on", "kubernetes", "-v", "-n", "team").stderr
    assert "+ kubectl --context prod --namespace team apply --filename=-\n" in shown
    assert "t0p" not in shown


def test_a_swarm_gets_the_release_first_its_values_out_of_sight(project: Project, cluster: Cluster) -> None:
    cluster.answer((["ls"], SERVICES, 0))
    done = deploy(project, cluster, "--on", "swarm")
    assert done.returncode == 0, done.stderr
    listing, release, stack = cluster.calls()
    assert listing.words.startswith("service ls --filter=label=com.docker.stack.namespace=shop")
    assert release.arguments[-3:] == ["shop:2", "-c", "exec migrate '$HOME'"]
    assert release.environ == {"SECRET_TOKEN": "t0p", "PS": "release.1"}
    assert "t0p" not in release.words
    assert stack.words == "stack deploy --compose-file=- --prune --with-registry-auth shop"
    (document,) = documents(stack)
    assert {name: each["deploy"]["replicas"] for name, each in document["services"].items()} == {
        "web": 5,
        "worker": 1,
    }


def test_a_failing_release_on_a_swarm_stops_the_deploy_with_its_status(
    project: Project, cluster: Cluster
) -> None:
    cluster.answer((["ls"], SERVICES, 0), (["run"], "boom\n", 3))
    done = deploy(project, cluster, "--on", "swarm")
    assert done.returncode == 3
    assert "the release ended with 3: nothing else was changed" in done.stderr
    assert len(cluster.calls()) == 2


def test_a_missing_tool_is_told(project: Project, tmp_path: Path) -> None:
    project.procfile("web: serve\n")
    done = project.run(
        *("deploy", "--on", "swarm", "--context", "x", "--image", "shop:2"), env={"PATH": str(tmp_path)}
    )
    assert (done.returncode, "docker is not installed" in done.stderr) == (1, True)

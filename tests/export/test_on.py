"""`ps`, `scale`, `logs` and `run` with `--on`, as they are typed (kubectl is fake_tool.py)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.export.fake_cluster import DEPLOYMENTS, PODS

if TYPE_CHECKING:
    from tests.export.fake_cluster import Cluster
    from tests.project import Project

THERE = ("--on", "kubernetes", "--context", "prod", "-a", "shop")


def there(project: Project, cluster: Cluster, command: str, *arguments: str) -> Any:
    return project.run(command, *THERE, *arguments, env=cluster.environ)


def test_ps_shows_the_clusters_processes_and_can_name_a_type(project: Project, cluster: Cluster) -> None:
    cluster.answer((["pods"], PODS, 0))
    done = there(project, cluster, "ps")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[2].startswith("web.x7k2p  up for ")
    assert json.loads(there(project, cluster, "ps", "--json", "worker").stdout) == {"processes": []}


def test_scale_takes_herokus_grammar(project: Project, cluster: Cluster) -> None:
    cluster.answer((["deployments"], DEPLOYMENTS, 0))
    done = there(project, cluster, "scale", "web+2", "old=0")
    assert done.stdout.splitlines() == [
        "Scaling web processes... done, now running 7",
        "Scaling old processes... done, now running 0",
    ]
    assert [call.words for call in cluster.calls()][1:] == [
        "scale deployment/shop-web --replicas=7",
        "scale deployment/shop-old --replicas=0",
    ]


def test_scale_without_a_change_shows_the_formation(project: Project, cluster: Cluster) -> None:
    cluster.answer((["deployments"], DEPLOYMENTS, 0))
    assert there(project, cluster, "scale").stdout == "web=5 old=1\n"


def test_logs_passes_the_types_and_the_number_of_lines(project: Project, cluster: Cluster) -> None:
    cluster.answer((["logs"], "GET /\n", 0))
    done = there(project, cluster, "logs", "-n", "7", "web")
    assert "GET /" in done.stdout
    assert "--tail=7" in cluster.calls()[-1].words


def test_every_call_is_shown_where_it_is_asked_for(project: Project, cluster: Cluster) -> None:
    cluster.answer((["pods"], PODS, 0))
    assert "kubectl --context prod" in there(project, cluster, "ps", "-v").stderr


def test_a_cluster_that_is_not_named_is_refused(project: Project, cluster: Cluster) -> None:
    for command in ("ps", "scale", "logs"):
        done = project.run(command, "--on", "kubernetes", env=cluster.environ)
        assert done.returncode == 1
        assert "--context NAME" in done.stderr
    done = project.run("run", "--on", "swarm", "true", env=cluster.environ)
    assert "--context NAME" in done.stderr
    assert cluster.calls() == []


def test_a_context_without_a_cluster_is_a_slip(project: Project, cluster: Cluster) -> None:
    done = project.run("ps", "--context", "prod", env=cluster.environ)
    assert done.returncode == 2
    assert "--context and --namespace go with --on" in done.stderr

"""kubectl and docker that note what they are asked, and transcripts of what they answer, shortened."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:
    from pathlib import Path

FAKE = os.path.join(os.path.dirname(__file__), "fake_tool.py")
Answer = tuple[list[str], str, int] | tuple[list[str], str, int, int]

LABEL = "app.kubernetes.io/component"
TEMPLATE = {
    "automountServiceAccountToken": False,
    "containers": [
        {
            "name": "web",
            "image": "shop:1",
            "command": ["/bin/sh", "-c", "exec serve -p $$PORT"],
            "ports": [{"containerPort": 5000}],
            "envFrom": [{"secretRef": {"name": "shop-secret-1"}}],
        }
    ],
}
DEPLOYMENTS = json.dumps(
    {
        "items": [
            {"metadata": {"labels": {LABEL: "web"}}, "spec": {"replicas": 5, "template": {"spec": TEMPLATE}}},
            {"metadata": {"labels": {LABEL: "old"}}, "spec": {"replicas": 1}},
        ]
    }
)
PODS = json.dumps(
    {
        "items": [
            {
                "metadata": {"name": "shop-web-6d4-x7k2p", "labels": {LABEL: "web"}},
                "spec": TEMPLATE,
                "status": {
                    "phase": "Running",
                    "containerStatuses": [
                        {"restartCount": 2, "state": {"running": {"startedAt": "2020-01-01T00:00:00Z"}}}
                    ],
                },
            },
            {
                "metadata": {"name": "shop-web-6d4-qqqqq", "labels": {LABEL: "web"}},
                "spec": TEMPLATE,
                "status": {
                    "phase": "Pending",
                    "containerStatuses": [{"state": {"waiting": {"reason": "ImagePullBackOff"}}}],
                },
            },
            {
                "metadata": {"name": "shop-release-1-abcde", "labels": {LABEL: "release"}},
                "spec": TEMPLATE,
                "status": {"phase": "Succeeded"},
            },
        ]
    }
)
SERVICES = '{"Name":"shop_web","Replicas":"5/5"}\n{"Name":"shop_worker","Replicas":"0/1 (max 1 per node)"}\n'
SPEC = json.dumps(
    {"TaskTemplate": {"ContainerSpec": {"Image": "shop:1", "Env": ["SECRET_TOKEN=a=b", "PS=web"]}}}
)


class Call(NamedTuple):
    tool: str
    arguments: list[str]
    given: str
    environ: dict[str, str]

    @property
    def words(self) -> str:
        """The call without its context, which every one of them names."""
        assert self.arguments[:2] == ["--context", "prod"]
        return " ".join(self.arguments[2:])


class Cluster:
    """What stands in for kubectl and docker, and what it was asked."""

    def __init__(self, folder: Path) -> None:
        self._calls = folder / "calls"
        self._answers = folder / "answers.json"
        for name in ("kubectl", "docker"):
            tool = folder / name
            tool.write_text(
                f'#!/bin/sh\nexec {sys.executable} -S -E -c \'import sys; sys.argv[0] = "{name}";'
                f' exec(open("{FAKE}").read())\' "$@"\n'
            )
            tool.chmod(0o755)
        self.environ = {
            "PATH": f"{folder}:{os.environ['PATH']}",
            "FAKE_CALLS": str(self._calls),
            "FAKE_ANSWERS": str(self._answers),
        }
        self.answer()

    def answer(self, *answers: Answer) -> None:
        self._answers.write_text(json.dumps(answers))

    def calls(self) -> list[Call]:
        if not self._calls.exists():
            return []
        return [Call(**json.loads(line)) for line in self._calls.read_text().splitlines()]


def documents(call: Call) -> list[dict[str, Any]]:
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    return list(yaml.safe_load_all(call.given))

"""How a scenario is run: children on pipes or on terminals, Linux's road or the portable one."""

from __future__ import annotations

import os
from typing import NamedTuple

import pytest

PORTABLE = {"PROCMAN_FORCE_PORTABLE": "1"}


def promised(seconds: float) -> float:
    """Give the time in which procman promises something, for a machine as busy as this one is now.

    A promise is made for a machine that has time: where more wants to run than can, all takes longer.
    """
    wanting = os.getloadavg()[0]
    if os.path.exists("/proc/loadavg"):
        with open("/proc/loadavg") as file:
            wanting = max(wanting, float(file.read().split()[3].split("/")[0]))
    return seconds * max(1.0, wanting / (os.cpu_count() or 1))


class Manner(NamedTuple):
    """args: for `start`. env: beside the test's own environment."""

    args: tuple[str, ...]
    env: dict[str, str]


PIPES = Manner(("--no-pty",), {})
TERMINALS = Manner(("--pty",), {})
PORTABLE_PIPES = Manner(("--no-pty",), PORTABLE)


@pytest.fixture(
    params=[PIPES, TERMINALS, PORTABLE_PIPES],
    ids=["pipes", "terminals", "portable"],
)
def manner(request: pytest.FixtureRequest) -> Manner:
    found: Manner = request.param
    return found


@pytest.fixture(params=[PIPES, PORTABLE_PIPES], ids=["linux", "portable"])
def road(request: pytest.FixtureRequest) -> Manner:
    found: Manner = request.param
    return found


@pytest.fixture(params=[PIPES, TERMINALS], ids=["pipes", "terminals"])
def streams(request: pytest.FixtureRequest) -> Manner:
    found: Manner = request.param
    return found

"""The real engines that exports are tried on, and the reason where one is not here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest


def find(program: str) -> str | None:
    """Give the path of a program on the PATH or beside this Python."""
    beside = os.path.join(os.path.dirname(sys.executable), program)
    return shutil.which(program) or shutil.which(beside)


def engine(program: str) -> str:
    """Give the path of an engine's program; skip the test where it is not installed (`.ci/engines` does)."""
    path = find(program)
    if path is None:
        pytest.skip(f"{program} is not installed (.ci/engines installs what it can)")
    return path


def output(
    *argv: str, given: str = "", env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, input=given, capture_output=True, text=True, check=False, timeout=30, env=env)

"""Formations in pytest's own process, as those have them who embed procman."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from procman import Formation

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.project import Project

SERVER = f"exec {sys.executable} -S -E -u -m http.server --bind 127.0.0.1 $PORT"
WAITER = "echo working; exec sleep 1000"


@pytest.fixture
def formation(project: Project) -> Callable[..., Formation]:
    """Give what makes a Formation of the project, whose processes carry the mark of survivors."""

    def make(*, env: dict[str, str] | None = None, **options: Any) -> Formation:
        environ = {key: project.environ()[key] for key in ("TEST_MARK", "CHILDREN", "XDG_STATE_HOME")}
        options = {"root": project.root, "timeout": 20.0, **options}
        return Formation(env={**environ, **(env or {})}, **options)

    return make

"""The cluster that isn't there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.export.fake_cluster import Cluster

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    folder = tmp_path / "bin"
    folder.mkdir()
    found = Cluster(folder)
    for key, value in found.environ.items():
        monkeypatch.setenv(key, value)
    return found

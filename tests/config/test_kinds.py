from __future__ import annotations

import pytest

from procman.config.kinds import PHASES, Kind, kind_of
from procman.config.procfile import Entry


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("release", Kind.RELEASE),
        ("preflight", Kind.PREFLIGHT),
        ("web", Kind.PROCESS),
        ("Release", Kind.PROCESS),
        ("release-notes", Kind.PROCESS),
        ("process", Kind.PROCESS),
    ],
)
def test_the_exact_name_makes_a_phase(name: str, kind: Kind) -> None:
    assert kind_of(Entry(name, "true", 1, 1)) is kind


def test_preflight_comes_before_release() -> None:
    assert PHASES == (Kind.PREFLIGHT, Kind.RELEASE)

"""docs/guarantees.md names tests that there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.fault

HERE = Path(__file__).parent
GUARANTEES = HERE.parents[1] / "docs" / "guarantees.md"


def test_every_test_that_a_guarantee_names_exists() -> None:
    there = set(
        re.findall(r"^def (test_\w+)", "".join(p.read_text() for p in HERE.glob("test_*.py")), re.MULTILINE)
    )
    named = set(re.findall(r"::(test_\w+)", GUARANTEES.read_text("utf-8")))
    assert len(named) > 30
    assert named <= there


def test_every_file_that_a_guarantee_names_exists() -> None:
    named = set(re.findall(r"`(test_\w+)(?:::|`)", GUARANTEES.read_text("utf-8")))
    assert {f"{name}.py" for name in named} <= {path.name for path in HERE.iterdir()}

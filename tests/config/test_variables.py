from __future__ import annotations

import re
from pathlib import Path

import pytest

from procman.config.diagnostics import Severity
from procman.config.option_keys import OPTIONS
from procman.config.variables import unknown_variables

PACKAGE = Path(__file__).parents[2] / "procman"


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("PROCMAN_PORTT", "PROCMAN_PORT"),
        ("PROCMAN_port", "PROCMAN_PORT"),
        ("PROCMAN_STOPON", "PROCMAN_STOP_ON"),
        ("PROCMAN_STOP-ON", "PROCMAN_STOP_ON"),
        ("PROCMAN_LOGDIR", "PROCMAN_LOG_DIR"),
    ],
)
def test_a_slip_is_told_with_the_nearest_name(variable: str, meant: str) -> None:
    (found,) = unknown_variables({"HOME": "/", variable: "1"})
    assert found.severity is Severity.WARNING
    assert not found.fatal
    assert variable in found.message
    assert found.hint == f"did you mean {meant}?"


def test_what_is_near_to_nothing_is_told_how_variables_are_called() -> None:
    (found,) = unknown_variables({"PROCMAN_ZZZZZZ": "1"})
    assert "PROCMAN_PORT_STEP" in found.hint


@pytest.mark.parametrize(
    "environ", [{"PROCMAN_PORTT": ""}, {"PROCMANX": "1"}, {"OVERMIND_PORTT": "1"}], ids=str
)
def test_an_empty_one_counts_as_unset_and_others_are_nobody_s_business(environ: dict[str, str]) -> None:
    assert not list(unknown_variables(environ))


def test_every_option_s_variable_is_known() -> None:
    assert not list(unknown_variables({f"PROCMAN_{key.upper()}": "1" for key in OPTIONS}))


def test_every_variable_that_the_code_has_is_known() -> None:
    texts = [path.read_text("utf-8") for path in PACKAGE.rglob("*.py")]
    named = {name for text in texts for name in re.findall(r'"(PROCMAN_[A-Z_]*[A-Z])"', text)}
    assert "PROCMAN_RUN" in named
    assert not list(unknown_variables(dict.fromkeys(named, "1")))

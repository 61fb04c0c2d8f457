from __future__ import annotations

import pytest

from procman.cli.scale import change as parsed
from procman.errors import USAGE, ProcmanError


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("web=10", ("web", "=", 10)),
        ("web+2", ("web", "+", 2)),
        ("web-1", ("web", "-", 1)),
        ("my-worker-2", ("my-worker", "-", 2)),
        ("my_worker2=0", ("my_worker2", "=", 0)),
        ("web=2:Standard-1X", ("web", "=", 2)),
    ],
)
def test_changes_are_written_as_herokus(text: str, change: tuple[str, str, int]) -> None:
    assert parsed(text) == change


@pytest.mark.parametrize(
    "text", ["", "web", "web=", "=2", "web=-1", "web=two", "web =2", "web=1.5", "web=1234567"]
)
def test_what_is_no_change_is_a_usage_error(text: str) -> None:
    with pytest.raises(ProcmanError, match="no change of a formation") as error:
        parsed(text)
    assert error.value.exit_code == USAGE

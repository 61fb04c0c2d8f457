from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procman.config.plan import Restart
from procman.core.events import Status
from procman.core.policy import LONGEST_DELAY, comes_back, is_parked, restart_delay

CLEAN = Status()
FAILED = Status(code=3)
KILLED = Status(signal=9)


@pytest.mark.parametrize(
    ("restart", "back"),
    [
        (Restart.NEVER, {CLEAN: False, FAILED: False, KILLED: False}),
        (Restart.ON_FAILURE, {CLEAN: False, FAILED: True, KILLED: True}),
        (Restart.ALWAYS, {CLEAN: True, FAILED: True, KILLED: True}),
    ],
)
def test_who_comes_back_after_which_end(restart: Restart, back: dict[Status, bool]) -> None:
    assert {status: comes_back(restart, status) for status in back} == back


def test_delays_double_from_one_second_to_a_minute() -> None:
    assert [restart_delay(failures) for failures in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]


@given(st.integers(min_value=0, max_value=500))
def test_a_delay_is_never_under_a_second_nor_over_a_minute(failures: int) -> None:
    assert 1.0 <= restart_delay(failures) <= LONGEST_DELAY
    assert restart_delay(failures) <= restart_delay(failures + 1)


def test_the_tenth_failure_in_a_row_parks() -> None:
    assert [is_parked(failures) for failures in (0, 9, 10, 11)] == [False, False, True, True]

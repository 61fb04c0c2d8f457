from __future__ import annotations

import pytest

from procman.core.ending import Cause
from procman.core.events import Status
from procman.core.process import Process, State
from procman.output.block import Block
from procman.output.recent import Recent
from procman.output.summary import crash_summary


def ended(*names: str) -> dict[str, Process]:
    return {name: Process(name, state=State.EXITED, status=Status(signal=15)) for name in names}


def first_line(status: Status) -> str:
    return crash_summary(Cause("web.1", status), {}, Recent())[0]


def test_without_a_crash_there_is_nothing_to_sum_up() -> None:
    assert crash_summary(None, ended("web.1"), Recent()) == []


def test_a_crash_is_summed_up_by_cause_last_lines_and_the_others_fate() -> None:
    recent = Recent()
    recent.write(Block("web.1", b"".join(b"line %d\n" % number for number in range(9))))
    snapshot = ended("web.1", "worker.1") | {"clock.1": Process("clock.1")}
    assert crash_summary(Cause("web.1", Status(code=3)), snapshot, recent) == [
        "web.1 crashed first: exited with code 3",
        "its last lines:",
        "  line 4",
        "  line 5",
        "  line 6",
        "  line 7",
        "  line 8",
        "the others were stopped by procman: worker.1",
    ]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status(code=127), "exited with code 127 (command not found)"),
        (Status(code=126), "exited with code 126 (found but not executable)"),
        (Status(code=137), "exited with code 137 (killed in the shell (SIGKILL): out of memory?)"),
        (Status(code=1), "exited with code 1"),
        (Status(signal=11), "terminated by SIGSEGV (segmentation fault)"),
        (Status(signal=9), "terminated by SIGKILL (killed from outside, or out of memory)"),
        (Status(signal=10), "terminated by SIGUSR1"),
        # The number of a code is not a signal's, and the other way round.
        (Status(code=11), "exited with code 11"),
        (Status(signal=12), "terminated by SIGUSR2"),
    ],
)
def test_statuses_are_told_in_words(status: Status, words: str) -> None:
    assert first_line(status) == f"web.1 crashed first: {words}"


def test_one_that_never_ran_did_not_crash() -> None:
    cause = Cause("web.1", Status(code=1), "too many open files")
    assert crash_summary(cause, {}, Recent()) == ["web.1 could not be started: too many open files"]


def test_many_others_are_named_in_part() -> None:
    snapshot = ended("web.1", *(f"worker.{number}" for number in range(1, 12)))
    last = crash_summary(Cause("web.1", Status(code=1)), snapshot, Recent())[-1]
    assert last.endswith("worker.7, worker.8 and 3 more")


def test_odd_bytes_reach_the_summary_unchanged() -> None:
    recent = Recent()
    recent.write(Block("web.1", b"caf\xe9\n"))
    line = crash_summary(Cause("web.1", Status(code=1)), {}, recent)[-1]
    assert line.encode("utf-8", "surrogateescape") == b"  caf\xe9"

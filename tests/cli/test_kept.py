"""Log files that can't be written any more end the run: what was to be kept is kept, or it is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.cli.display import Kept
from procman.core.events import OutputLost
from procman.output.block import Block
from procman.output.logfiles import LogFiles

if TYPE_CHECKING:
    from pathlib import Path


def test_a_log_that_can_not_be_written_is_told_once_and_as_a_failure(tmp_path: Path) -> None:
    logs = LogFiles(str(tmp_path), ["web.1"], limit=100)
    kept = Kept(logs)
    kept.write(Block("web.1", b"one\n"))
    assert [kept.deadline] == [None]
    assert (tmp_path / "web.1.log").exists()
    # A folder in the place of the next file, as a stand-in for a disk that is full: root can write to any.
    (tmp_path / "web.1.log.1").mkdir()
    (tmp_path / "web.1.log.1" / "x").touch()
    for _ in range(3):
        kept.write(Block("web.1", b"x" * 90 + b"\n"))
    assert [kept.deadline] == [0.0]
    (event,) = kept.read(1.0)
    assert isinstance(event, OutputLost)
    assert event.failed
    assert event.reason.startswith("log files are no longer written: ")
    kept.write(Block("web.1", b"more\n"))
    assert [kept.deadline] == [None]

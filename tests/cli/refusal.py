"""What every refusal has in common, whatever was wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from subprocess import CompletedProcess


def refusal(done: CompletedProcess[str], status: int) -> str:
    """Give the message of a command line that was refused: one to three lines, and nothing was started."""
    assert done.returncode == status, done.stderr
    assert done.stdout == ""
    message = done.stderr
    assert "Traceback" not in message
    assert 1 <= message.count("\n") <= 3, message
    assert message.startswith("procman"), message
    return message

"""How a formation disappoints: each error tells what was said last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.errors import ProcmanError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from procman.embed.captured import Line

SHOWN = 20


class FormationError(ProcmanError):
    """lines: all that was captured, the oldest first; the text of the error ends with the last 20."""

    def __init__(
        self, message: str, lines: Sequence[Line] = (), *, said: str = "", exit_code: int = 1
    ) -> None:
        shown = [*said.strip().splitlines(), *(f"{line.process} | {line.text}" for line in lines)][-SHOWN:]
        super().__init__(message, hint="\n  ".join(shown), exit_code=exit_code)
        self.lines = tuple(lines)


class NotReadyError(FormationError):
    """It crashed before everything was ready, or the time was over; nothing of it is left.

    exit_code: the status of `procman start`, 1 when only the time was over.
    """


class NotHeardError(FormationError):
    """A line that was waited for did not come: the time was over, or the formation ended."""

"""The one way in which procman refuses: a problem in the world, told in one or two lines."""

CONFIGURATION = 1
USAGE = 2


class ProcmanError(Exception):
    """Something the user can put right; printed by the command line without a traceback.

    message: what happened and where, lower case, no full stop at the end.
    hint: what to do next, or "".
    exit_code: 1 for configuration and the world, 2 for usage, 126 and 127 as sh(1).
    """

    def __init__(self, message: str, *, hint: str = "", exit_code: int = CONFIGURATION) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.exit_code = exit_code

    def __str__(self) -> str:
        return f"{self.message}\n  {self.hint}" if self.hint else self.message

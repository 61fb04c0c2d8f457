"""Which colour a process type has, and whether there is colour at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.output.block import SYSTEM

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ORDER = ("CYAN", "YELLOW", "GREEN", "MAGENTA", "RED", "BLUE")


class Palette:
    """Colours by the order of the types, as Foreman gives them, then the bright ones; `system` is white.

    A type that comes later gets the next colour; after twelve they begin again.
    """

    def __init__(self, types: Sequence[str], enabled: bool) -> None:
        self._colors: dict[str, tuple[bytes, bytes]] = {}
        self._cycle: list[bytes] = []
        self._off = b""
        if enabled:
            self._mix()
            for process_type in types:
                self.color(process_type)

    def color(self, process_type: str) -> tuple[bytes, bytes]:
        """Look up what switches the colour of a type on and off; both empty without colour."""
        color = self._colors.get(process_type)
        if color is None and self._cycle:
            used = len(self._colors) - 1  # `system` is no type
            color = (self._cycle[used % len(self._cycle)], self._off)
            self._colors[process_type] = color
        return color or (b"", b"")

    def _mix(self) -> None:
        from colorama import Fore, Style

        names = (*_ORDER, *(f"LIGHT{name}_EX" for name in _ORDER))
        self._cycle = [str(getattr(Fore, name)).encode() for name in names]
        self._off = str(Style.RESET_ALL).encode()
        self._colors[SYSTEM] = (str(Fore.WHITE).encode(), self._off)


def want_color(choice: str, environ: Mapping[str, str], isatty: bool) -> bool:
    """Whether to colour: choice is "auto", "always" or "never"; auto follows FORCE_COLOR, NO_COLOR and TERM.

    Sources: https://no-color.org, https://force-color.org; FORCE_COLOR=0 forces nothing, as in Node.
    """
    if choice != "auto":
        return choice == "always"
    if environ.get("FORCE_COLOR", "0") not in {"", "0"}:
        return True
    return isatty and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"

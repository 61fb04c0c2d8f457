"""Ports as Foreman assigns them: a block for each type of the file, one port for each instance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from procman.errors import USAGE, ProcmanError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from procman.config.dotenv import Setting

DEFAULT_BASE = 5000
DEFAULT_STEP = 100
HIGHEST = 65_535
AUTO = "auto"
"""The base that is chosen for each checkout: here it stands for none."""


def base_port(
    option: str | int | None,
    environ: Mapping[str, str],
    settings: Mapping[str, Setting],
    *,
    override: bool = False,
) -> int:
    """Return the first type's port: the option, else PORT from the environment, else from `.env`, else 5000.

    With override `.env` comes before the environment, as it does in what the children get. An empty PORT
    counts as unset. Raises ProcmanError that names where a bad value came from.
    """
    if option is not None and option != AUTO:
        return _port(str(option), "-p", USAGE)
    candidates = [(environ.get("PORT", ""), "the environment")]
    setting = settings.get("PORT")
    if setting is not None:
        candidates.insert(0 if override else 1, (setting.value, f"{setting.file}:{setting.line}"))
    for value, origin in candidates:
        if value.strip():
            return _port(value, f"PORT from {origin}")
    return DEFAULT_BASE


def assign(base: int, index_of_type: int, instance: int, step: int = DEFAULT_STEP) -> int:
    """Return the port of an instance: types count from 0 as the file has them, instances from 1.

    The result may be no port at all: check_ports says so for all of them at once.
    """
    return base + step * index_of_type + instance - 1


def check_ports(ports: Mapping[str, int]) -> None:
    """Refuse ports (by instance name) that do not exist, or that two instances would share."""
    holders: dict[int, str] = {}
    for name, port in ports.items():
        if not 1 <= port <= HIGHEST:
            raise ProcmanError(
                f"{name} would get port {port}, ports are 1 to {HIGHEST}",
                hint="choose a lower base with -p, a smaller --port-step, or --no-port",
            )
        other = holders.setdefault(port, name)
        if other != name:
            raise ProcmanError(
                f"{other} and {name} would both get port {port}",
                hint="the instances of one type reach into the next type's block: widen it with --port-step",
            )


def _port(text: str, origin: str, exit_code: int = 1) -> int:
    digits = text.strip()
    # Five digits are enough for a port, and int() refuses very long ones with an error of its own.
    if digits.isascii() and digits.isdecimal() and len(digits.lstrip("0")) <= len(str(HIGHEST)):
        port = int(digits.lstrip("0") or "0")
        if 1 <= port <= HIGHEST:
            return port
    shown = text if len(text) <= 20 else text[:20] + "…"  # noqa: PLR2004 - enough to recognise it
    raise ProcmanError(f"{origin} is {shown!r}, a port is a number from 1 to {HIGHEST}", exit_code=exit_code)

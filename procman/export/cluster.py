"""What an API server would refuse, refused before anything is written.

From the validation of Kubernetes 1.36: names are DNS labels (RFC 1123, a Service's RFC 1035), at most 63
characters, a CronJob's 52, a port's name 15.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from procman.config.ports import HIGHEST
from procman.errors import ProcmanError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from procman.export.model import App

LONGEST_LABEL = 63
LONGEST_CRONJOB = 52
LONGEST_PORT_NAME = 15
MOST_CONFIG_BYTES = 1_048_576
LEAST_MEMORY = 4 * 2**20
"""Bytes below which no container starts at all."""

_LABEL = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")
_CONFIG_KEY = re.compile(r"[-._a-zA-Z0-9]+")
# A registry's host and port, a path, a tag, a digest: distribution/reference without its finer points.
_IMAGE = re.compile(
    r"(?:[A-Za-z0-9.-]+(?::[0-9]+)?/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*"
    r"(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?"
)


def folded(name: str) -> str:
    """Return a name as a DNS label has it: lower case, - for _ (as buildpacks fold process types)."""
    return name.lower().replace("_", "-").strip("-")


def label(name: str, longest: int = LONGEST_LABEL) -> str:
    """Return the name where it is a DNS label that starts with a letter."""
    if len(name) > longest:
        raise ProcmanError(
            f"the name {name} has {len(name)} characters, there it may have {longest}",
            hint="choose a shorter app name with -a, or rename the process type",
        )
    if not _LABEL.fullmatch(name):
        raise ProcmanError(
            f"the name {name!r} is no DNS label: a-z, 0-9 and -, a letter first, no - last",
            hint="choose another app name with -a, or rename the process type",
        )
    return name


def port(number: int, name: str) -> int:
    if not 1 <= number <= HIGHEST:
        raise ProcmanError(f"{name} would listen on port {number}, ports are 1 to {HIGHEST}")
    return number


def quantity(size: int, name: str) -> str:
    """Return bytes as a quantity: in the largest unit of 1024 that divides them."""
    if size < LEAST_MEMORY:
        raise ProcmanError(
            f"{name} has a size of {size} bytes, a container needs {LEAST_MEMORY // 2**20}Mi at least"
        )
    for unit, power in (("Gi", 2**30), ("Mi", 2**20), ("Ki", 2**10)):
        if size % power == 0:
            return f"{size // power}{unit}"
    return str(size)


def config_data(data: Mapping[str, str], what: str) -> dict[str, str]:
    """Return what a ConfigMap or Secret can hold."""
    for key in data:
        if not _CONFIG_KEY.fullmatch(key):
            raise ProcmanError(f"{key!r} can't be a key of a {what}: letters, digits, - _ and .")
    size = sum(len(key) + len(value.encode()) for key, value in data.items())
    if size > MOST_CONFIG_BYTES:
        raise ProcmanError(f"the variables take {size} bytes, a {what} holds {MOST_CONFIG_BYTES}")
    return dict(data)


def image(name: str) -> str:
    if not _IMAGE.fullmatch(name):
        raise ProcmanError(
            f"--image {name!r} is no image name",
            hint="such as registry.example.com/team/app:1.4",
            exit_code=2,
        )
    return name


def folded_types(app: App) -> dict[str, str]:
    """Return the folded name of each type; two types that become one are refused."""
    names: dict[str, str] = {}
    for each in app.types:
        name = label(folded(each.name))
        if name in names:
            raise ProcmanError(
                f"{names[name]} and {each.name} would both be called {name} there", hint="rename one of them"
            )
        names[name] = each.name
    return {original: name for name, original in names.items()}

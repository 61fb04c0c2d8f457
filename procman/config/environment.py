"""The environment that every child gets, and where each value of it came from."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from procman.quicktuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from procman.config.dotenv import Setting

RUN_MARKER = "PROCMAN_RUN"
_OWN = "PROCMAN_"
_MOST_NAMES = 8
_MASK = "********"


class Environment(NamedTuple):
    """base: what every child gets. origins: `environment`, `.env:3` or `procman`, by key.

    shadowed: keys of the files that the environment already has with another value, in the files' order.
    """

    base: dict[str, str]
    origins: dict[str, str]
    shadowed: tuple[str, ...]


class Explained(NamedTuple):
    key: str
    value: str
    origin: str


def build_environment(
    environ: Mapping[str, str], settings: Mapping[str, Setting], *, override: bool
) -> Environment:
    """Merge the files' settings under the environment, or over it with override.

    Variables that are options of this procman (`PROCMAN_…`) stay behind: a procman that a child starts is
    not to inherit them. The marker of an outer run passes, so that its guardian still knows its descendants.
    """
    inherited = {k: v for k, v in environ.items() if k == RUN_MARKER or not k.startswith(_OWN)}
    wanted = {k: s for k, s in settings.items() if not k.startswith(_OWN)}
    differing = tuple(k for k, s in wanted.items() if k in inherited and inherited[k] != s.value)
    base, origins = dict(inherited), dict.fromkeys(inherited, "environment")
    for key, setting in wanted.items():
        if override or key not in inherited:
            base[key] = setting.value
            origins[key] = f"{setting.file}:{setting.line}"
    if "PYTHONUNBUFFERED" not in base:
        base["PYTHONUNBUFFERED"] = "1"
        origins["PYTHONUNBUFFERED"] = "procman"
    return Environment(base, origins, () if override else differing)


def shadow_notice(shadowed: tuple[str, ...], settings: Mapping[str, Setting]) -> str:
    """Return the line that names the keys the environment wins, "" when there are none."""
    if not shadowed:
        return ""
    files = ", ".join(dict.fromkeys(settings[key].file for key in shadowed))
    names = ", ".join(shadowed[:_MOST_NAMES])
    if len(shadowed) > _MOST_NAMES:
        names += f" and {len(shadowed) - _MOST_NAMES} more"
    keys, win = ("key", "wins") if len(shadowed) == 1 else ("keys", "win")
    return (
        f"{files}: {len(shadowed)} {keys} already set in the environment {win}: {names}"
        " (--override turns this round)"
    )


def original_environ(
    environ: Mapping[str, str] = os.environ, given: str = "/proc/self/environ"
) -> dict[str, str]:
    """Return the environment as procman was given it.

    In the C locale CPython sets LC_CTYPE for itself (PEP 538), which children would inherit. Only Linux
    tells what was given (proc_pid_environ(5)); elsewhere the variable stays.
    """
    original = dict(environ)
    if "LC_CTYPE" in original:
        try:
            with open(given, "rb") as stream:
                variables = stream.read().split(b"\0")
        except OSError:
            return original
        if not any(variable.startswith(b"LC_CTYPE=") for variable in variables):
            del original["LC_CTYPE"]
    return original


_SECRET_PARTS = ("SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL", "APIKEY", "PRIVATE")
_SECRET_WORDS = frozenset({"AUTH", "COOKIE", "DSN", "KEY", "KEYS", "PASS", "PWD", "SALT", "TOKEN", "TOKENS"})
_HARMLESS = frozenset({"PWD", "OLDPWD", "SSH_AUTH_SOCK"})


def is_secret(key: str) -> bool:
    """Tell whether a variable of this name is likely to hold something that is not to be shown."""
    upper = key.upper()
    if upper in _HARMLESS:
        return False
    words = upper.replace("-", "_").replace(".", "_").split("_")
    return (
        any(part in upper for part in _SECRET_PARTS)
        or upper.endswith("TOKEN")
        or not _SECRET_WORDS.isdisjoint(words)
    )


def mask(value: str) -> str:
    """Return what is shown in place of a secret: always the same length, "" for an empty one."""
    return _MASK if value else ""


def explain(
    environment: Environment,
    overlay: Mapping[str, tuple[str, str]],
    *,
    hidden: frozenset[str] = frozenset(),
    show_secrets: bool = False,
) -> tuple[Explained, ...]:
    """Return every variable of a process sorted by key; overlay maps keys to (value, origin).

    hidden: what the process doesn't get of the environment.
    """
    merged = {
        key: (value, environment.origins[key]) for key, value in environment.base.items() if key not in hidden
    }
    merged.update(overlay)
    return tuple(
        Explained(key, value if show_secrets else shown(key, value), origin)
        for key, (value, origin) in sorted(merged.items())
    )


def shown(key: str, value: str) -> str:
    """Mask a secret; of an address that carries a password (`DATABASE_URL`) only the password."""
    if is_secret(key):
        return mask(value)
    scheme, found, rest = value.partition("://")
    # Up to the last @, not to the first slash: a password may hold a slash that nobody escaped.
    user, at, host = rest.rpartition("@")
    name, _, password = user.partition(":")
    return f"{scheme}://{name}:{_MASK}@{host}" if found and at and password else value

"""Where a running procman can be reached: folders of the user's own, names made of the project's root.

The socket of a root is `<folder>/<hash of the real root>.sock`, short enough for the 103 bytes that
every system allows, however long the project's path is. The folder is `$XDG_RUNTIME_DIR/procman`,
else `procman-<uid>` in the temporary folder: 0700, ours, no link planted by somebody else, or it is
not used at all. `PROCMAN_SOCKETS` names another one: a run that has it stands apart, beside the one
that the user has in the same root.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from procman.quicktuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

APART = "PROCMAN_SOCKETS"
"""The folder of a run that is nobody's but its starter's, who need not live to take it away."""
LONGEST_SOCKET = 103
"""Bytes of a socket's path: sun_path holds 104 on macOS and the BSDs, 108 on Linux, with the NUL."""


class Address(NamedTuple):
    """The files of one root. root: real, absolute. lock: the file whose lock the running procman holds."""

    root: str
    socket: str
    lock: str


def address_in(folder: str, root: str) -> Address:
    root = os.path.realpath(root)
    base = os.path.join(folder, digest(root))
    return Address(root, f"{base}.sock", f"{base}.lock")


def digest(root: str) -> str:
    """Give 16 hexadecimal digits that stand for a folder."""
    try:
        from _blake2 import blake2b  # hashlib itself loads OpenSSL: a third of the whole start
    except ImportError:
        from hashlib import blake2b
    return blake2b(os.fsencode(root), digest_size=8).hexdigest()


def folders(environ: Mapping[str, str]) -> Iterator[str]:
    """Give where a procman of this user may have its socket, best first; none of them is looked at yet."""
    if apart := environ.get(APART):
        yield os.path.abspath(apart)
        return
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    if os.path.isabs(runtime):
        yield os.path.join(runtime, "procman")
    own = f"procman-{os.getuid()}"
    temporary = environ.get("TMPDIR", "")
    if os.path.isabs(temporary):
        yield os.path.join(temporary, own)
    yield os.path.join("/tmp", own)  # noqa: S108 - a folder of ours alone, or it isn't used


def made_folder(environ: Mapping[str, str]) -> str | None:
    """Give the first of the folders that can be had, made where it isn't there; None when there is none."""
    for folder in folders(environ):
        if len(os.fsencode(folder)) + 1 + 16 + len(".sock") > LONGEST_SOCKET:
            continue
        with suppress(OSError):
            os.mkdir(folder, 0o700)
        if is_private(folder):
            return folder
    return None


def is_private(folder: str) -> bool:
    """Whether a folder is the user's own and nobody else's: no link, 0700."""
    try:
        status = os.lstat(folder)
    except OSError:
        return False
    return (
        stat.S_ISDIR(status.st_mode)
        and status.st_uid == os.getuid()
        and not stat.S_IMODE(status.st_mode) & 0o077
    )


def is_own_socket(path: str) -> bool:
    try:
        status = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISSOCK(status.st_mode) and status.st_uid == os.getuid()


def upwards(start: str) -> Iterator[str]:
    """Give a folder, its parent, and so on up to the root of the file system."""
    here = os.path.realpath(start)
    while True:
        yield here
        above = os.path.dirname(here)
        if above == here:
            return
        here = above


def found(start: str, environ: Mapping[str, str], *, below: bool = True) -> Iterator[Address]:
    """Give the addresses at which a socket lies for this folder or (below) one above it, nearest first."""
    usable = [folder for folder in folders(environ) if is_private(folder)]
    for root in upwards(start):
        for folder in usable:
            address = address_in(folder, root)
            if is_own_socket(address.socket):
                yield address
        if not below:
            return

"""`-p auto`: a block of ports for each worktree of a git repository, the same one every time.

The main checkout keeps the base; each linked worktree claims the first number nobody else has, in
a file beside the repository's own, under a lock, so that two of them started at once agree. A
worktree that is gone gives its number back.
"""

from __future__ import annotations

import fcntl
import os

from procman.errors import ProcmanError

FIRST = 10_000
SPAN = 1000
MOST = 55
"""Blocks from 10000 to 64999: below are the ports that people know, above there is nothing."""
REGISTRY = "procman-ports"


def claim_base(root: str, base: int) -> int:
    """Give the first port for a project in `root`: base itself outside a linked worktree."""
    found = _worktree(os.path.realpath(root))
    if found is None:
        return base
    top, common = found
    try:
        number = _claim(os.path.join(common, REGISTRY), top)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ProcmanError(
            f"-p auto can't keep its list in {common}: {reason}", hint="choose a port with -p"
        ) from None
    return FIRST + SPAN * (number - 1)


def _worktree(folder: str) -> tuple[str, str] | None:
    """Give a linked worktree's folder and the repository's common one; None in a main checkout or none."""
    while not os.path.lexists(os.path.join(folder, ".git")):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    try:
        with open(os.path.join(folder, ".git"), encoding="utf-8", errors="surrogateescape") as file:
            own = os.path.join(folder, file.read(4096).partition("gitdir:")[2].strip())
        # A submodule has a .git file as well, but no common folder: gitrepository-layout(5).
        with open(os.path.join(own, "commondir"), encoding="utf-8", errors="surrogateescape") as file:
            return folder, os.path.normpath(os.path.join(own, file.read(4096).strip()))
    except OSError:
        return None


def _claim(path: str, top: str) -> int:
    """Give the number of this worktree, taking the first free one where it has none yet."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with open(descriptor, "r+", encoding="utf-8", errors="surrogateescape") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        claimed = _claims(file.read())
        number = next((number for number, folder in claimed.items() if folder == top), None)
        if number is None:
            number = next((n for n in range(1, MOST + 1) if n not in claimed), None)
            if number is None:
                raise ProcmanError(
                    f"-p auto has blocks for {MOST} worktrees, and all are taken",
                    hint="choose a port with -p",
                )
            claimed[number] = top
        file.seek(0)
        file.truncate()
        file.writelines(f"{number} {folder}\n" for number, folder in sorted(claimed.items()))
    return number


def _claims(text: str) -> dict[int, str]:
    """Read the list, without the worktrees that are no more."""
    found = {}
    for line in text.splitlines():
        number, _, folder = line.partition(" ")
        if number.isdecimal() and 1 <= int(number) <= MOST and os.path.lexists(os.path.join(folder, ".git")):
            found[int(number)] = folder
    return found

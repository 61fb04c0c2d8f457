"""The last lines of every process with their times, for `logs`: bounded, and cheap to add to.

What is kept of a block is a reference and the moment, so that a flood costs what it cost before. A
process may have 256 KiB or 1500 blocks (Logplex keeps 1500 lines), all together 8 MiB; where that is
not enough for all, each has an equal part.
"""

from __future__ import annotations

import os
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

from procman.quicktuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator

    from procman.output.block import Block

MOST_BLOCKS = 1500
EACH = 256 * 1024
ALL = 8 * 1024 * 1024
OVERHEAD = 200
"""Bytes that a block costs beside its data."""


class Moment(NamedTuple):
    """A block and when it came, in seconds of the wall clock."""

    at: float
    block: Block


class _Ring:
    __slots__ = ("moments", "size")

    def __init__(self) -> None:
        self.moments: deque[Moment] = deque()
        self.size = 0

    def trim(self, limit: int) -> int:
        """Drop the oldest; the newest stays whatever its size. Gives the bytes that went."""
        before = self.size
        while len(self.moments) > 1 and (self.size > limit or len(self.moments) > MOST_BLOCKS):
            self.size -= len(self.moments.popleft().block.data) + OVERHEAD
        return before - self.size


class History:
    """A sink that remembers, and tells its followers."""

    def __init__(self, *, each: int = EACH, total: int = ALL, clock: Callable[[], float] = time.time) -> None:
        self._each = each
        self._most = total
        self._clock = clock
        self._rings: dict[str, _Ring] = {}
        self._limit = each
        self._size = 0
        self._followers: list[Callable[[Moment], None]] = []

    def write(self, block: Block) -> None:
        ring = self._rings.get(block.name)
        if ring is None:
            ring = self._rings[block.name] = _Ring()
            self._limit = min(self._each, self._most // len(self._rings))
        if len(block.data) > self._limit:
            block = _tail(block, self._limit)
        moment = Moment(self._clock(), block)
        ring.moments.append(moment)
        grown = len(block.data) + OVERHEAD
        ring.size += grown
        self._size += grown
        if ring.size > self._limit or len(ring.moments) > MOST_BLOCKS:
            self._size -= ring.trim(self._limit)
        if self._size > self._most:
            self._shrink()
        for follow in self._followers:
            follow(moment)

    def follow(self, callback: Callable[[Moment], None]) -> None:
        """Have every block told from now on, as it comes."""
        self._followers.append(callback)

    def unfollow(self, callback: Callable[[Moment], None]) -> None:
        self._followers.remove(callback)

    @property
    def size(self) -> int:
        return self._size

    def moments(
        self, names: Container[str] | None = None, *, since: float = 0.0, lines: int | None = None
    ) -> list[Moment]:
        """Give what is remembered of some processes (None: of all), oldest first.

        since: seconds of the wall clock. lines: leave out the oldest blocks, as long as so many lines remain.
        """
        from heapq import merge

        rings = [r.moments for name, r in self._rings.items() if names is None or name in names]
        # By time alone: a block is no key, and equal times keep the order of the rings.
        found = [m for m in merge(*rings, key=lambda m: m.at) if m.at >= since]
        return found if lines is None else _last(found, lines)

    def _shrink(self) -> None:
        """Make room for a while: those that were there before many others came may still have too much."""
        fair = self._most // 2 // len(self._rings)
        self._size -= sum(ring.trim(fair) for ring in self._rings.values())


def _tail(block: Block, limit: int) -> Block:
    """Keep the end of a block that is larger than all that is kept of its process."""
    cut = block.data.find(b"\n", len(block.data) - limit) + 1 or len(block.data) - limit
    return block._replace(data=block.data[cut:] or block.data[-limit:], continues=False)


def _last(moments: list[Moment], lines: int) -> list[Moment]:
    count = 0
    for index in range(len(moments) - 1, -1, -1):
        if count >= lines:
            return moments[index + 1 :]
        count += moments[index].block.data.count(b"\n")
    return moments


def keep(path: str, encode: Callable[[Moment], bytes], moments: list[Moment]) -> None:
    """Write what is remembered into a file of the user's own, in place of an older one; errors are passed on.

    encode: how a moment is written, a line each.
    """
    beside = f"{path}.{os.getpid()}"
    fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(fd, "wb") as file:
            file.writelines(encode(moment) for moment in moments)
        os.rename(beside, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(beside)
        raise


def prune(folder: str, most: int, suffix: str) -> None:
    """Leave the newest files of a folder with this ending, so that old projects don't pile up."""
    with suppress(OSError), os.scandir(folder) as entries:
        files = [
            (entry.stat(follow_symlinks=False).st_mtime, entry.path)
            for entry in entries
            if entry.name.endswith(suffix)
        ]
        for _, path in sorted(files)[:-most]:
            with suppress(OSError):
                os.unlink(path)


def recalled(path: str, decode: Callable[[bytes], Moment | None]) -> Iterator[Moment]:
    """Read what `keep` wrote; lines that can't be read are left out."""
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(fd, "rb") as file:
        if os.fstat(file.fileno()).st_uid == os.getuid():
            for line in file:
                moment = decode(line)
                if moment is not None:
                    yield moment

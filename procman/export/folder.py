"""The folder that is exported to: written atomically, cleared of what an earlier export left, compared.

Only files that carry the marker of this engine and app are replaced or removed. Nothing is written when
anything is in the way.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from procman.errors import ProcmanError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from procman.export.model import File

HEAD = 1024
"""Bytes at a file's beginning in which the marker is looked for."""
SUPERVISE = ("supervise", os.path.join("log", "supervise"))
"""What runsv(8) makes in a service's folder; it goes when the service goes."""


class Folder:
    """marker: the words by which the files of one engine and app are known again."""

    def __init__(self, path: str, marker: str) -> None:
        self.path = path
        self._marker = marker.encode()

    def stale(self, files: Sequence[File]) -> list[str]:
        """Return the relative paths of files from an earlier export that this one does not have."""
        current = {file.path for file in files}
        return sorted(path for path in self._below("") if path not in current and self._is_own(path))

    def check(self, files: Sequence[File]) -> None:
        """Refuse when a file stands in the way that procman did not write for this engine and app."""
        for file in files:
            if os.path.lexists(self._absolute(file.path)) and not self._is_own(file.path):
                raise ProcmanError(
                    f"{self._absolute(file.path)} is there and was not written by this export",
                    hint="move it away, or export to another folder",
                )

    def write(self, file: File) -> str:
        """Write one file, all of it or nothing; return its path."""
        path = self._absolute(file.path)
        temporary = f"{path}.{os.getpid()}.new"
        data = file.text.encode("utf-8", "surrogateescape")
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            with open(os.open(temporary, flags, file.mode), "wb") as stream:
                # Whatever the umask is: these are for an engine that may run as another user.
                os.fchmod(stream.fileno(), file.mode)
                stream.write(data)
            os.replace(temporary, path)
        except OSError as error:
            with suppress(OSError):
                os.unlink(temporary)
            raise ProcmanError(f"{path} can't be written: {error.strerror}") from error
        return path

    def remove(self, relative: str) -> str:
        """Remove one stale file, and its folder when nothing is left in it; return its path."""
        path = self._absolute(relative)
        os.unlink(path)
        folder = os.path.dirname(path)
        while folder != self.path:
            self._forget_supervision(folder)
            try:
                os.rmdir(folder)
            except OSError:
                break
            folder = os.path.dirname(folder)
        return path

    def read(self, relative: str) -> str:
        """Return what stands in a file now, "" without one."""
        try:
            with open(
                self._absolute(relative), encoding="utf-8", errors="surrogateescape", newline=""
            ) as file:
                return file.read()
        except OSError:
            return ""

    def _forget_supervision(self, folder: str) -> None:
        from shutil import rmtree

        left = set(os.listdir(folder))
        if left and left <= {"supervise", "log"}:
            for name in SUPERVISE:
                rmtree(os.path.join(folder, name), ignore_errors=True)
            with suppress(OSError):
                os.rmdir(os.path.join(folder, "log"))

    def _absolute(self, relative: str) -> str:
        return os.path.join(self.path, relative)

    def _below(self, relative: str, depth: int = 2) -> Iterator[str]:
        with suppress(OSError), os.scandir(self._absolute(relative)) as entries:
            for entry in entries:
                path = os.path.join(relative, entry.name)
                if entry.is_file(follow_symlinks=False):
                    yield path
                elif depth and entry.is_dir(follow_symlinks=False):
                    yield from self._below(path, depth - 1)

    def _is_own(self, relative: str) -> bool:
        try:
            descriptor = os.open(self._absolute(relative), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with open(descriptor, "rb") as file:
                return stat.S_ISREG(os.fstat(descriptor).st_mode) and self._marker in file.read(HEAD)
        except OSError:
            return False

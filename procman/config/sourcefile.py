"""Read a file that the user named, once and whole, without ever waiting on one that can't answer."""

from __future__ import annotations

import errno
import os
import stat

from procman.errors import ProcmanError
from procman.quicktuple import NamedTuple

LARGEST = 4 * 1024 * 1024
STANDARD_INPUT = "-"
_BOM = b"\xef\xbb\xbf"


class SourceFile(NamedTuple):
    """A file as it was read: name as the user typed it (`<stdin>` for `-`), data unchanged."""

    name: str
    data: bytes

    def lines(self) -> list[str]:
        """Return the lines as text: no byte order mark, odd bytes as surrogates (PEP 383)."""
        return split_lines(self.data.removeprefix(_BOM).decode("utf-8", "surrogateescape"))


def is_nowhere(path: str) -> bool:
    """Say whether a path is in no folder of the project's: standard input, `<(…)`."""
    return path == STANDARD_INPUT or path.startswith(("/dev/", "/proc/"))


def split_lines(text: str) -> list[str]:
    r"""Split at \n, \r\n and \r only: str.splitlines also cuts at form feeds, NEL and U+2028."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not lines[-1]:
        lines.pop()
    return lines


def read_source(path: str) -> SourceFile:
    """Read `path`, `-` being standard input; a pipe (`<(...)`) is read to its end.

    Refuses what is missing, unreadable, neither a regular file nor a pipe, or larger than LARGEST bytes.
    """
    if path == STANDARD_INPUT:
        return SourceFile("<stdin>", _read(0, "standard input"))
    shown = path or "''"
    try:
        # O_NONBLOCK: opening a FIFO that nobody writes must not wait for a writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except (OSError, ValueError) as error:
        raise _refusal(path, shown, error) from None
    try:
        mode = os.fstat(descriptor).st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
            raise ProcmanError(f"{shown} is {_kind(mode)}, not a file", hint=_other_files(path))
        os.set_blocking(descriptor, True)
        data = _read(descriptor, shown)
    finally:
        os.close(descriptor)
    if stat.S_ISFIFO(mode) and not data:
        raise ProcmanError(f"{shown} is a pipe and gave nothing: no process writes to it")
    return SourceFile(path, data)


def _read(descriptor: int, shown: str) -> bytes:
    pieces: list[bytes] = []
    left = LARGEST + 1
    try:
        while left and (piece := os.read(descriptor, left)):
            pieces.append(piece)
            left -= len(piece)
    except OSError as error:
        raise ProcmanError(f"{shown} can't be read: {_reason(error)}") from None
    if not left:
        raise ProcmanError(
            f"{shown} is larger than {LARGEST // 1024 // 1024} MiB",
            hint="is it the file you meant?",
        )
    return b"".join(pieces)


def _refusal(path: str, shown: str, error: OSError | ValueError) -> ProcmanError:
    if isinstance(error, ValueError):
        return ProcmanError(f"{path!r} can't be a file name: {error}")
    if error.errno in {errno.ENOENT, errno.ENOTDIR}:
        return ProcmanError(f"{shown} does not exist", hint=_other_files(path) or _first_file(path))
    if error.errno == errno.ENXIO:
        return ProcmanError(f"{shown} is a socket or a device, not a file", hint=_other_files(path))
    return ProcmanError(f"{shown} can't be read: {_reason(error)}")


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a directory"
    return "a socket" if stat.S_ISSOCK(mode) else "a device"


def _other_files(path: str) -> str:
    """Name the Procfiles that are there: a Rails project often has only a Procfile.dev."""
    folder = path if os.path.isdir(path) else os.path.dirname(path)
    if not os.path.basename(path).lower().startswith("procfile") and not os.path.isdir(path):
        return ""
    try:
        names = sorted(name for name in os.listdir(folder or ".") if name.lower().startswith("procfile"))
    except OSError:
        return ""
    files = [found for name in names if os.path.isfile(found := os.path.join(folder, name))]
    return f"name one with -f: {', '.join(files[:5])}" if files else ""


def _first_file(path: str) -> str:
    if os.path.basename(path) != "Procfile":
        return ""
    from shlex import quote

    create = f"echo 'web: python3 -m http.server $PORT' > {quote(path)}"
    return f"create one: `{create}`, or let `procman init` write it, or name one with -f"

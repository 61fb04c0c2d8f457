"""The listening socket, and who is at the other end of a connection."""

from __future__ import annotations

import os
import socket
import struct
from contextlib import suppress

from procman.control.address import is_own_socket

BACKLOG = 64


def listen(path: str) -> socket.socket:
    """Listen at a path that is ours (its lock is held), in place of a dead socket; for the user alone."""
    if is_own_socket(path):
        os.unlink(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # The mode is the file's from the moment it is there: Linux takes it from the descriptor, others
        # from the umask.
        with suppress(OSError):
            os.fchmod(listener.fileno(), 0o600)
        umask = os.umask(0o177)
        try:
            listener.bind(path)
        finally:
            os.umask(umask)
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener


def peer_uid(connection: socket.socket) -> int:
    """Give the user at the other end, -1 where the system doesn't say."""
    try:
        if hasattr(socket, "SO_PEERCRED"):
            return int(
                struct.unpack("iii", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[1]
            )
        # LOCAL_PEERCRED of unix(4): struct xucred begins with its version and the uid.
        return int(struct.unpack_from("II", connection.getsockopt(0, 1, 76))[1])
    except (OSError, struct.error):
        return -1

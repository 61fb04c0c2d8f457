"""Who listens on which TCP port of this machine.

Linux tells in /proc/net/tcp and tcp6, for a few microseconds and without touching the port: no
server logs a connection that nobody meant. Which process holds a socket is looked up only to name
it. Elsewhere psutil is asked about the processes of the tree, which are the user's own.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from procman.runtime.census import portable_mark

if TYPE_CHECKING:
    from collections.abc import Iterable

LISTEN = b"0A"


class Holder(NamedTuple):
    """Who has a port: pid 0 and an empty name where the system doesn't say."""

    pid: int
    name: str
    started_by_procman: bool = False


def linux_listeners() -> dict[int, set[int]]:
    """Give the sockets (inodes) that listen on each port."""
    found: dict[int, set[int]] = {}
    for path in ("/proc/self/net/tcp", "/proc/self/net/tcp6"):
        try:
            with open(path, "rb", buffering=0) as file:
                lines = file.readall().split(b"\n")[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split(None, 10)
            if len(fields) > 9 and fields[3] == LISTEN:  # noqa: PLR2004 - proc(5): the tenth is the inode
                found.setdefault(int(fields[1].rpartition(b":")[2], 16), set()).add(int(fields[9]))
    return found


def portable_listeners(pids: Iterable[int]) -> dict[int, set[int]]:
    """Give the ports that these processes listen on, with the pids in place of the sockets."""
    import psutil

    found: dict[int, set[int]] = {}
    for pid in pids:
        try:
            connections = psutil.Process(pid).net_connections(kind="tcp")
        except (psutil.Error, OSError):
            continue
        for connection in connections:
            if connection.status == psutil.CONN_LISTEN and connection.laddr:
                found.setdefault(connection.laddr.port, set()).add(pid)
    return found


def holders(ports: Iterable[int]) -> dict[int, Holder]:
    """Name who listens on each of these ports; a port that is free is left out."""
    import psutil

    wanted = set(ports)
    found: dict[int, Holder] = {}
    try:
        connections = psutil.net_connections(kind="tcp")
    except (psutil.Error, OSError):  # macOS tells root only
        return {port: Holder(0, "") for port in wanted if not is_free(port)}
    for connection in connections:
        if connection.status == psutil.CONN_LISTEN and connection.laddr:
            port, pid = connection.laddr.port, connection.pid or 0
            if port in wanted and (pid or port not in found):
                found[port] = Holder(pid, _name(pid), bool(pid and portable_mark(pid)))
    return found


def is_free(port: int) -> bool:
    """Whether a server could take this port on the loopback address now."""
    if listening := linux_listeners():
        return port not in listening
    import socket

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _name(pid: int) -> str:
    if not pid:
        return ""
    import psutil

    try:
        words = psutil.Process(pid).cmdline()
        name = psutil.Process(pid).name()
    except (psutil.Error, OSError):
        return ""
    # `python3 -m http.server` says more than `python3`.
    return " ".join([os.path.basename(words[0]), *words[1:3]]) if words else name

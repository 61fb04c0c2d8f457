"""Who listens on which TCP port of this machine.

Linux tells without touching the port: no server logs a connection that nobody meant. sock_diag(7)
gives the listening sockets in 50 µs; /proc/net/tcp, for a system without it, lists the connections
too and takes milliseconds. Which process holds a socket is looked up only to name it. Elsewhere
psutil is asked about the processes of the tree, which are the user's own.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from procman.quicktuple import NamedTuple
from procman.runtime.census import portable_mark

if TYPE_CHECKING:
    from collections.abc import Iterable

LISTEN = 10
LONGEST_WORD = 40
FAMILIES = (2, 10)
"""AF_INET and AF_INET6: the socket module, which has them, costs more to import than the question."""
QUESTION, END, ERROR = 20, 3, 2
"""Kinds of netlink messages: SOCK_DIAG_BY_FAMILY, NLMSG_DONE, NLMSG_ERROR."""
ALL_OF_THEM = 0x301
"""NLM_F_REQUEST and NLM_F_DUMP."""


class Holder(NamedTuple):
    """Who has a port: pid 0 and an empty name where the system doesn't say."""

    pid: int
    name: str
    started_by_procman: bool = False


def linux_listeners() -> dict[int, set[int]] | None:
    """Give the sockets (inodes) that listen on each port; None where nothing tells (it isn't Linux)."""
    found: dict[int, set[int]] = {}
    pairs: list[tuple[int, int]] | None
    try:
        pairs = [pair for family in FAMILIES for pair in _told_by_netlink(family)]
    except OSError:  # a kernel, or a sandbox, without it
        pairs = _read_from_proc()
    if pairs is None:
        return None
    for port, inode in pairs:
        found.setdefault(port, set()).add(inode)
    return found


def _told_by_netlink(family: int) -> list[tuple[int, int]]:
    """Ask for the listening TCP sockets: port and inode of each."""
    from _socket import socket
    from struct import pack, unpack_from

    tcp = 6
    question = pack("=IHHIIBBBBI48x", 72, QUESTION, ALL_OF_THEM, 1, 0, family, tcp, 0, 0, 1 << LISTEN)
    found: list[tuple[int, int]] = []
    netlink = socket(16, 3, 4)  # AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG
    try:
        netlink.send(question)
        while True:
            answer = netlink.recv(65536)
            start = 0
            while start < len(answer):
                size, kind = unpack_from("=IH", answer, start)
                if kind == END:
                    return found
                if kind == ERROR:
                    raise OSError("no sock_diag")
                # After a header of 16 bytes, struct inet_diag_msg: its port and, last, its inode.
                found.append((*unpack_from("!H", answer, start + 20), *unpack_from("=I", answer, start + 84)))
                start += (size + 3) & ~3
    finally:
        netlink.close()


def _read_from_proc() -> list[tuple[int, int]] | None:
    found: list[tuple[int, int]] = []
    can_be_read = False
    for path in ("/proc/self/net/tcp", "/proc/self/net/tcp6"):
        try:
            with open(path, "rb", buffering=0) as file:
                lines = file.readall().split(b"\n")[1:]
        except OSError:
            continue
        can_be_read = True
        for line in lines:
            fields = line.split(None, 10)
            if len(fields) > 9 and int(fields[3], 16) == LISTEN:  # noqa: PLR2004 - proc(5): the tenth is the inode
                found.append((int(fields[1].rpartition(b":")[2], 16), int(fields[9])))
    return found if can_be_read else None


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
    listening = linux_listeners()
    if listening is not None:
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
    # `python3 -m http.server` says more than `python3`; a word may be a whole program, or hold line ends.
    shown = [os.path.basename(words[0]), *words[1:3]] if words else [name]
    return " ".join(word if word.isprintable() and len(word) <= LONGEST_WORD else "…" for word in shown)

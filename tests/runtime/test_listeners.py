from __future__ import annotations

import os
import socket
import sys
from typing import TYPE_CHECKING

import pytest

from procman.runtime.listeners import _read_from_proc, holders, is_free, linux_listeners

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOPBACK = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}
linux = pytest.mark.skipif(sys.platform != "linux", reason="asks Linux")


@pytest.fixture(params=LOOPBACK, ids=["IPv4", "IPv6"])
def server(request: pytest.FixtureRequest) -> Iterator[socket.socket]:
    with socket.socket(request.param) as server:
        try:
            server.bind((LOOPBACK[request.param], 0))
        except OSError:
            pytest.skip("no such addresses here")
        server.listen()
        yield server


def port_of(end: socket.socket) -> int:
    port: int = end.getsockname()[1]
    return port


def inode_of(end: socket.socket) -> int:
    return os.fstat(end.fileno()).st_ino


@linux
def test_who_listens_is_found_by_port_and_socket(server: socket.socket) -> None:
    assert inode_of(server) in (linux_listeners() or {})[port_of(server)]


@linux
def test_an_established_connection_is_no_listener(server: socket.socket) -> None:
    with socket.create_connection(server.getsockname()[:2]) as client:
        assert port_of(client) not in (linux_listeners() or {})
        assert (linux_listeners() or {})[port_of(server)] == {inode_of(server)}


@linux
def test_a_system_without_sock_diag_tells_the_same_in_proc(server: socket.socket) -> None:
    assert (port_of(server), inode_of(server)) in (_read_from_proc() or [])
    with socket.create_connection(server.getsockname()[:2]) as client:
        assert port_of(client) not in dict(_read_from_proc() or [])


def test_a_port_is_free_once_its_server_is_gone(server: socket.socket) -> None:
    port = port_of(server)
    if server.family == socket.AF_INET:
        assert not is_free(port)
    server.close()
    assert is_free(port)


@linux
def test_the_holder_of_a_port_is_named(server: socket.socket) -> None:
    holder = holders([port_of(server)])[port_of(server)]
    assert (holder.pid, holder.started_by_procman) == (os.getpid(), False)

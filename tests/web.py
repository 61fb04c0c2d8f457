"""A client for what procman's processes serve."""

from __future__ import annotations

import http.client
import socket
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from tests.harness import WITHIN, eventually

if TYPE_CHECKING:
    from collections.abc import Mapping


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes


def ask(
    port: int,
    path: str = "/",
    method: str = "GET",
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Send one request on a connection of its own; the path goes out as it is written."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=WITHIN)) as connection:
        connection.request(method, path, body, dict(headers or {}))
        response = connection.getresponse()
        return Answer(response.status, dict(response.getheaders()), response.read())


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), WITHIN)


def listens(port: int) -> bool:
    try:
        connect(port).close()
    except OSError:
        return False
    return True


def until_it_listens(port: int) -> None:
    eventually(lambda: listens(port))

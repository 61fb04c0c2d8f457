"""The same as child.c, for a machine without a C compiler: child.py MODE READY GO [NAME COUNT]."""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import time

LINE = 80
WRITE = 4096


def main(mode: str, ready_path: str, go_path: str, name: str = "", count: str = "0") -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    ready = os.open(ready_path, os.O_WRONLY)
    os.write(ready, b"+%d\n" % os.getpid())
    if mode != "wait":
        fcntl.flock(os.open(go_path, os.O_RDONLY), fcntl.LOCK_SH)
    if mode == "crash":
        sys.exit(1)
    if mode == "tick":
        tick(name, int(count))
    if mode in {"produce", "burst"}:
        produce(name, int(count))
    if mode != "burst":
        os.write(ready, b"-%d\n" % os.getpid())
        signal.pause()


def produce(name: str, count: int) -> None:
    buffer = b""
    for number in range(count):
        buffer += f"<{name:.8} {number:09} ".ljust(LINE - 2, ".").encode() + b">\n"
        if len(buffer) >= WRITE:
            put(buffer[:WRITE])
            buffer = buffer[WRITE:]
    put(buffer)


def tick(name: str, count: int) -> None:
    for _ in range(count):
        time.sleep(0.002)
        put(b"<%s %d>\n" % (name.encode(), time.monotonic_ns()))


def put(data: bytes) -> None:
    while data:
        data = data[os.write(1, data) :]


if __name__ == "__main__":
    main(*sys.argv[1:])

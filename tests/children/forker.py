"""Children of children, each of which ignores TERM. `forker.py [WIDTH] [DEPTH]`: 2 and 3 make fourteen."""

import os
import signal
import sys


def multiply(width: int, depth: int, ready: int) -> None:
    for _ in range(width if depth else 0):
        if os.fork() == 0:
            os.write(ready, b".")
            multiply(width, depth - 1, ready)
            while True:
                signal.pause()


width, depth = (int(arg) for arg in (*sys.argv[1:], "2", "3")[:2])
for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(signum, signal.SIG_IGN)
reader, writer = os.pipe()
multiply(width, depth, writer)
count = sum(width**level for level in range(1, depth + 1))
while count:
    count -= len(os.read(reader, count))
print("ready", flush=True)
while True:
    signal.pause()

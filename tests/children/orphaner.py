"""Orphans, of which each ends with a status of its own. `orphaner.py [COUNT]`."""

import os
import signal
import sys

count = int(sys.argv[1]) if len(sys.argv) > 1 else 10
reader, writer = os.pipe()
for number in range(count):
    if os.fork() == 0:
        parent = os.getpid()
        if os.fork() == 0:
            os.setsid()
            while os.getppid() == parent:
                os.sched_yield()
            os._exit(number % 256)
        os._exit(0)
    os.wait()
os.close(writer)
os.read(reader, 1)  # the end comes when the last of them has gone
print("ready", flush=True)
while True:
    signal.pause()

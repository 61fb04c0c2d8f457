"""Never waits for its children. `zombies.py [COUNT]`."""

import os
import signal
import sys

count = int(sys.argv[1]) if len(sys.argv) > 1 else 20
for _ in range(count):
    if os.fork() == 0:
        os._exit(7)
# Known to be dead, and left so.
for _ in range(count):
    os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
print("ready", flush=True)
while True:
    signal.pause()

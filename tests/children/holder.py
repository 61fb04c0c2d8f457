"""A grandchild in a session of its own holds standard output open. `holder.py [STATUS]` ends on USR1."""

import os
import signal
import sys

reader, writer = os.pipe()
if os.fork() == 0:
    os.setsid()
    os.write(writer, b".")
    while True:
        signal.pause()
os.read(reader, 1)
signal.signal(signal.SIGUSR1, lambda *_: os._exit(int(sys.argv[1]) if len(sys.argv) > 1 else 1))
print("ready", flush=True)
while True:
    signal.pause()

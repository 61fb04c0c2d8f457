"""A child in another process group of the same session, deaf to TERM."""

import os
import signal

reader, writer = os.pipe()
if os.fork() == 0:
    os.setpgid(0, 0)
    for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(signum, signal.SIG_IGN)
    os.write(writer, b".")
    while True:
        signal.pause()
os.read(reader, 1)
print("ready", flush=True)
while True:
    signal.pause()

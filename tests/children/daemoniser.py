"""A daemon by the book: two forks, a session of its own, no descriptor of its parent's, deaf to TERM.

`daemoniser.py [STATUS]`: the parent stays, or ends with that status.
"""

import os
import signal
import sys

reader, writer = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(signum, signal.SIG_IGN)
        os.chdir("/")
        os.write(writer, f"daemon has pid {os.getpid()}\n".encode())
        os.closerange(0, 64)
        while True:
            signal.pause()
    os._exit(0)
os.wait()
os.close(writer)
said = os.read(reader, 64)  # when this has come, the daemon is one
os.read(reader, 64)
os.write(1, said + b"ready\n")
if len(sys.argv) > 1:
    sys.exit(int(sys.argv[1]))
while True:
    signal.pause()

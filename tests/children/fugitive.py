"""Never the same process for long: a successor in a new session every few milliseconds, deaf to TERM."""

import os
import select
import signal

for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(signum, signal.SIG_IGN)
print("ready", flush=True)
while True:
    if os.fork():
        os._exit(0)
    os.setsid()
    select.select((), (), (), 0.005)

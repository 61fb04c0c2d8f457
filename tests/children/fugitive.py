"""Never the same process for long: a successor in a new session every few milliseconds, deaf to TERM.

It ends by itself after a while: one that nobody caught would keep the machine busy for ever.
"""

import os
import select
import signal

for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(signum, signal.SIG_IGN)
print("ready", flush=True)
for _ in range(4000):
    if os.fork():
        os._exit(0)
    os.setsid()
    select.select((), (), (), 0.005)
